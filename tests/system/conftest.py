"""A stand-in for CPA and keepers that collect from it: real processes, nothing left running."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cpa.stand_in import DEFAULT_KEY, StandIn
from tests.system.keeper import Keeper

DATA = Path(__file__).parents[1] / "data" / "cpa"


@pytest.fixture
def cpa() -> Iterator[StandIn]:
    with StandIn(retention_seconds=600) as stand_in:
        yield stand_in


@pytest.fixture
def keep(tmp_path) -> Iterator[Callable[..., Keeper]]:
    """Makes keepers of a CPA, not started yet: `keep(cpa, REDIS_QUEUE_MODE="http")`."""
    with ExitStack() as running:

        def keep(cpa: StandIn, *, folder: str = "keeper", key: str = DEFAULT_KEY, **settings: str) -> Keeper:
            defaults = {"REDIS_QUEUE_IDLE_INTERVAL": "50ms"}
            return running.enter_context(Keeper(tmp_path / folder, cpa.url, key, **defaults | settings))

        yield keep


@pytest.fixture(scope="session")
def lines() -> list[bytes]:
    """Every recorded and sampled payload, byte for byte."""
    return [
        line
        for name in ("usage-samples.jsonl", "captured-usage.jsonl")
        for line in (DATA / name).read_bytes().splitlines()
    ]
