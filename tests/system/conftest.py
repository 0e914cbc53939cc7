"""A stand-in for CPA and keepers that collect from it: real processes, nothing left running."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from shutil import copyfile

import pytest

from ingestd.pricebook import catalogue, catalogue_format
from shared.clock import now
from shared.database import open_writer
from shared.migrations import migrate
from tests.cpa.stand_in import DEFAULT_KEY, StandIn
from tests.system.keeper import Keeper

DATA = Path(__file__).parents[1] / "data" / "cpa"


@pytest.fixture
def cpa() -> Iterator[StandIn]:
    with StandIn(retention_seconds=600) as stand_in:
        yield stand_in


@pytest.fixture(scope="session")
def started_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an ingestd that has started once: schema and prices, the slow part of a first start."""
    path = tmp_path_factory.mktemp("started_once") / "app.db"
    with closing(open_writer(path, "ingestd")) as writer:
        migrate(writer, now())
        catalogue.seed(writer, catalogue_format.read(), now())
    return path


@pytest.fixture
def keep(tmp_path, started_once) -> Iterator[Callable[..., Keeper]]:
    """Makes keepers of a CPA, not started yet: `keep(cpa, REDIS_QUEUE_MODE="http")`.

    Their file has seen a start already, unless they are `new`.
    """
    with ExitStack() as running:

        def keep(
            cpa: StandIn, *, folder: str = "keeper", key: str = DEFAULT_KEY, new: bool = False, **settings: str
        ) -> Keeper:
            defaults = {"REDIS_QUEUE_IDLE_INTERVAL": "50ms"}
            keeper = running.enter_context(Keeper(tmp_path / folder, cpa.url, key, **defaults | settings))
            if not new:
                copyfile(started_once, keeper.database)
                keeper.database.chmod(0o600)  # as ingestd made it
            return keeper

        yield keep


@pytest.fixture(scope="session")
def lines() -> list[bytes]:
    """Every recorded and sampled payload, byte for byte."""
    return [
        line
        for name in ("usage-samples.jsonl", "captured-usage.jsonl")
        for line in (DATA / name).read_bytes().splitlines()
    ]
