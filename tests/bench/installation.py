"""Both daemons on whatever a folder holds, and a CPA that can send more."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.process import Feed
from tests.cpa.stand_in import DEFAULT_KEY
from tests.daemons import Installation


@contextmanager
def running(folder: Path, backlog: int = 0) -> Iterator[tuple[Installation, Feed]]:
    """Ready to be asked; `backlog`: so many events wait in CPA. Stopped in the end, or killed when measuring fails."""
    feed = Feed(backlog)
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
