"""A stand-in for CLIProxyAPI: a test double of its protocols, usable from tests and from the shell.

`StandIn` is the class for tests; `python -m tests.cpa --help` says what it does from the shell.
"""

from tests.cpa.faults import Faults
from tests.cpa.stand_in import DEFAULT_KEY, StandIn

__all__ = ["DEFAULT_KEY", "Faults", "StandIn"]
