"""How the worker writes: briefly, and not all the time."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from shared.database import transaction

WRITE_SECONDS = 0.05
"""What one transaction of the worker may take; longer work is cut into steps of fewer rows."""
_PAUSE_SECONDS_MAX = 0.2


@contextmanager
def short_write(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """A transaction, and then a pause as long as it took.

    SQLite's lock is not fair: a writer that waits looks again only now and then. The pause lets the collector in.
    """
    began = time.monotonic()
    with transaction(connection):
        yield connection
    give_way(began)


def give_way(began: float) -> None:
    """The pause after a transaction that began at `began` (monotonic seconds)."""
    time.sleep(min(max(0.001, time.monotonic() - began), _PAUSE_SECONDS_MAX))
