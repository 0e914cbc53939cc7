"""Both daemons on whatever a folder holds, and a CPA that can send more."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import held
from tests.bench.process import Feed
from tests.cpa.stand_in import DEFAULT_KEY
from tests.daemons import Daemon, Installation


@contextmanager
def running(
    folder: Path, backlog: int = 0, *, note_transactions: bool = False, **settings: str
) -> Iterator[tuple[Installation, Feed]]:
    """Ready to be asked; `backlog`: so many events wait in CPA. Stopped in the end, or killed when measuring fails.

    `note_transactions`: ingestd leaves `held.json` (`tests.bench.held`).
    """
    feed = Feed(backlog)
    installation = Installation(folder, feed.url, DEFAULT_KEY, REDIS_QUEUE_ADDR=feed.queue, **settings)
    if note_transactions:
        installation.ingestd = Daemon(held.MODULE, installation.settings, folder / "ingestd.out")
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
