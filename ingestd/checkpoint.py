"""A fourth thread: what is committed moves from the write-ahead log into the file, and the log begins anew.

SQLite does that within the commit that makes the log long, and whoever commits waits for the disk: up to seconds for
what has come during a backup. So the other connections leave it to this one. Most of it moves while others write; only
the rest moves while the threads of this process hold still, since a log that is written to all the time never begins
anew.
"""

import sqlite3
import threading

import structlog

from shared.database import rows_written, turn

CHECKPOINTS_NOTHING = "pragma wal_autocheckpoint = 0"
"""For the other connections of the process."""

PERIOD_SECONDS = 0.5
ROWS = 4_000
"""So many rows written since the last time are some 16 MiB of log."""

LONG_PAGES = 4_000
"""For a log of so many pages (32 MiB) the others hold still until its rest is moved: as long as two syncs take."""

REST_PAGES = 256
"""Most pages (2 MiB) for which they do."""

_STOP_SECONDS = 1.5

log = structlog.get_logger()


class Checkpointer:
    """Of one connection, which nobody else uses."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._done = rows_written()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoint", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """End the thread, and what it is doing; its connection stays where that does not end in time."""
        self._stopping.set()
        self._connection.interrupt()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)
        if not self._thread.is_alive():
            self._connection.close()

    def step(self) -> bool:
        """Move what there is if it is worth it; whether it was. Raises `sqlite3.DatabaseError`."""
        written = rows_written()
        if written - self._done < ROWS:
            return False
        pages, rest = self._move()
        if pages >= LONG_PAGES and rest <= REST_PAGES:
            with turn():
                self._move()
        self._done = written
        return True

    def _move(self) -> tuple[int, int]:
        """Gives the pages of the log, and how many are not moved yet: what others have added meanwhile, and what came
        after a reader began who still reads.
        """
        _, pages, moved = self._connection.execute("pragma wal_checkpoint(passive)").fetchone()
        return pages, pages - moved

    def _run(self) -> None:
        while not self._stopping.wait(PERIOD_SECONDS):
            try:
                self.step()
            except sqlite3.DatabaseError as error:  # the collector says what is wrong with the file
                log.debug("checkpoint.failed", reason=str(error))
