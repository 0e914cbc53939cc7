"""Both daemons on a copy of the reference data set, and a CPA that can send more."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.process import Feed
from tests.bench.reference import copy
from tests.cpa.stand_in import DEFAULT_KEY
from tests.daemons import Installation


@contextmanager
def running(folder: Path) -> Iterator[tuple[Installation, Feed]]:
    """Ready to be asked. They are stopped as they would be, or killed when the measurement fails."""
    copy(folder / "app.db")
    feed = Feed()
    installation = Installation(folder, feed.url, DEFAULT_KEY)
    try:
        installation.start()
        installation.wait_ready()
        yield installation, feed
        installation.ingestd.stop()
        installation.queryd.stop()
    finally:
        installation.ingestd.kill()
        installation.queryd.kill()
        feed.close()
