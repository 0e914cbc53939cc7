"""A third thread: says every two seconds how collection goes, also while the loop waits for CPA.

An answer of CPA may take as long as REQUEST_TIMEOUT; whoever looks meanwhile must see a collector that lives.
"""

import sqlite3
import threading
from collections.abc import Callable

import structlog

from ingestd.diagnosis import Diagnosis, Situation
from ingestd.inbox import Inbox
from ingestd.pipeline import Pipeline
from shared import __version__, heartbeat
from shared.clock import SECOND, Clock
from shared.database import transaction

BUSY_MS = 1_000
STOP_SECONDS = 1.5
_SETTLE_SECONDS = 0.05
"""News come in groups, and a row a round would be too many."""

log = structlog.get_logger()


class Heartbeat:
    """Writes the heartbeat row with a connection of its own: each period, and when `news` are told.

    `situation()` and `disk_free()` are asked in this thread and must be cheap and safe to ask.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        pipeline: Pipeline,
        inbox: Inbox,
        *,
        situation: Callable[[], Situation],
        disk_free: Callable[[], int | None],
        clock: Clock,
    ) -> None:
        self._connection = connection
        self._pipeline = pipeline
        self._inbox = inbox
        self._situation = situation
        self._disk_free = disk_free
        self._clock = clock
        self._diagnosis = Diagnosis(clock)
        self._started_at = clock()
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        connection.execute(f"pragma busy_timeout = {BUSY_MS}")

    def start(self) -> None:
        self._thread.start()

    def news(self) -> None:
        """Something may have changed that should be seen at once. From any thread."""
        self._news.set()

    def stop(self) -> None:
        """End the thread; the caller writes the last heartbeat."""
        self._stopping.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def close(self) -> None:
        """Close its connection, unless it is still in use: SQLite does not survive that, and the process ends soon."""
        self.stop()
        if not self._thread.is_alive():
            self._connection.close()

    def write(self, state: str | None = None) -> None:
        """Write the row now; raises `sqlite3.DatabaseError`. Troubles are logged even when that fails."""
        situation = self._situation()
        troubles = self._diagnosis.troubles(situation)
        detail = self._detail(situation, troubles)
        if state is None:
            state = "running" if situation.storage is None else "degraded"
        with transaction(self._connection):
            self._connection.execute(
                "insert or replace into heartbeat (daemon, at, started_at, version, state, detail)"
                " values ('ingestd', ?, ?, ?, ?, ?)",
                (self._clock(), self._started_at, __version__, state, heartbeat.encode(detail)),
            )

    def _detail(self, situation: Situation, troubles: tuple[heartbeat.Trouble, ...]) -> heartbeat.Detail:
        now = self._clock()
        pending = self._pipeline.pending
        oldest = self._oldest_pending_at() if pending else None
        queue, storage = situation.queue, situation.storage
        of_queue = next((each for each in troubles if storage is None or each.code != storage.code), None)
        return heartbeat.Detail(
            queue=heartbeat.Queue(
                mode=queue.transport or situation.mode,
                connected=queue.connected,
                last_event_at=queue.last_event_at,
                trouble=of_queue,
            ),
            inbox=heartbeat.Inbox(
                pending=pending,
                rejected=self._connection.execute("select count(*) from rejected").fetchone()[0],
            ),
            lag_us=max(0, now - oldest) if oldest else 0,
            counters=self._pipeline.counters,
            statistics_enabled=situation.findings.statistics.enabled,
            storage_trouble=situation.storage,
            disk_free_bytes=self._disk_free(),
            statistics=situation.findings.statistics,
            troubles=troubles,
            ahead=self._pipeline.ahead(now),
            cpa_version=situation.cpa_version,
            collected_at=situation.collected_at,
            uncompared_since=situation.uncompared_since,
            uptime=heartbeat.uptime(),
        )

    def _oldest_pending_at(self) -> int | None:
        row = self._connection.execute(
            "select arrived_at from inbox where id > ? order by id limit 1", (self._inbox.settled,)
        ).fetchone()
        return row[0] if row else None

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.write()
            except sqlite3.DatabaseError as error:
                log.debug("heartbeat.failed", reason=str(error))  # the collector says what is wrong with the file
            except Exception:  # a thread's edge: without heartbeats a living collector would look dead
                log.exception("heartbeat.mistake")
            self._stopping.wait(_SETTLE_SECONDS)
            self._news.wait(heartbeat.PERIOD / SECOND)
            self._news.clear()
