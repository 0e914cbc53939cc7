"""The loop: the only place of the collector that waits or looks at a clock.

Signals set a flag; the batch in hand is finished. What the file or CPA refuses is told once, retried with patience,
and shown in the heartbeat. Nothing is popped while the file cannot be written.
"""

import shutil
import sqlite3
import threading
import time
from pathlib import Path

import structlog

from ingestd.pipeline import Pipeline
from ingestd.schedule import Schedule, Work, run
from ingestd.source import Auto, Delivery, SourceError
from ingestd.source.pace import Pace
from ingestd.watch import Watch
from shared import __version__, heartbeat
from shared.clock import SECOND, Clock
from shared.database import transaction

DISK_FREE_BYTES = 128 * 1024 * 1024
"""Below this much free disk nothing more is popped: CPA's queue is the better place while it lasts."""

FIRST_HELPING = 64
"""Events asked for at once, doubled while CPA has more: what is popped and not committed is what a kill loses."""

STORAGE_RETRY_SECONDS = 1.0
ROUND_BUSY_MS = 2_000
"""So long a round waits for somebody's lock: what is in hand is kept for the next one, and a stop is not held up."""

FAREWELL_SECONDS = 3.0
FAREWELL_BUSY_MS = 1_500
"""A stop is over within five seconds: so long it goes on storing, and so long it waits for a lock."""

WAIT_SECONDS_MAX = 1.0
"""The loop looks at its flag, the heartbeat and the schedule at least this often."""

log = structlog.get_logger()


class StorageFull(Exception):
    """The disk of WORK_DIR is nearly full."""


class Runner:
    """Drives one pipeline. `step` does one round and says how long to wait; `run` loops until `stop` is set."""

    def __init__(
        self,
        *,
        connection: sqlite3.Connection,
        database: Path,
        pipeline: Pipeline,
        source: Auto,
        pace: Pace,
        watch: Watch,
        schedule: Schedule,
        work: Work,
        mode: str,
        batch_size: int,
        clock: Clock,
    ) -> None:
        self._connection = connection
        self._database = database
        self._pipeline = pipeline
        self._source = source
        self._pace = pace
        self._watch = watch
        self._schedule = schedule
        self._work = work
        self._mode = mode
        self._batch_size = batch_size
        self._first_helping = self._helping = min(FIRST_HELPING, batch_size)
        self._clock = clock
        self._started_at = clock()
        self._beaten_at = 0
        self._beaten_news: tuple[object, ...] = ()
        self._checked_disk_at = 0.0
        self._disk_free = 0
        self._held: Delivery | None = None
        self._storage_trouble: heartbeat.Trouble | None = None
        self._told: str | None = None
        self.stop = threading.Event()

    def run(self) -> None:
        """Collect until `stop` is set, then finish what is in hand."""
        self._connection.execute(f"pragma busy_timeout = {ROUND_BUSY_MS}")
        while not self.stop.is_set():
            pause = self.step(time.monotonic())
            if pause > 0 and not self.stop.is_set():
                self._source.wait(min(pause, WAIT_SECONDS_MAX))
        self._finish()

    def step(self, monotonic: float) -> float:
        """One round: store what is pending, take what CPA has, store that, and look after the file.

        Gives the seconds until the next round is worth it.
        """
        try:
            self._check_disk(monotonic)
            self._keep_held()
            while self._pipeline.drain(self._clock()) and not self.stop.is_set():
                self._beat("running", pending=True)
            pause = self._collect(monotonic)
            self._maintain()
            self._beat("running")
        except (sqlite3.OperationalError, StorageFull) as error:
            self._note_storage(error)
            return STORAGE_RETRY_SECONDS
        if self._storage_trouble is not None:
            self._storage_trouble = None
            log.info("storage.recovered")
        return pause

    def _collect(self, monotonic: float) -> float:
        try:
            delivery = self._source.receive(self._helping)
        except SourceError as error:
            self._tell(error)
            return min(max(error.retry_after, 0.05), WAIT_SECONDS_MAX)
        if self._told is not None:
            log.info("queue.connected", transport=delivery.transport)
            self._told = None
        if delivery.lost:
            log.error("queue.reply_broken", lost=delivery.lost, kept=len(delivery.payloads))
        self._helping = min(self._helping * 2, self._batch_size) if delivery.full else self._first_helping
        self._held = delivery
        self._keep_held()
        while self._pipeline.drain(self._clock()):
            pass
        return self._pace.after(delivery, monotonic)

    def _keep_held(self) -> None:
        """File what was taken out of CPA; it stays in hand until the file has it."""
        if self._held is not None:
            self._pipeline.file(self._held.payloads, self._held.transport, self._clock())
            self._held = None

    def _maintain(self) -> None:
        task = self._schedule.next_due(self._clock())
        if task is None:
            return
        try:
            outcome = run(task, self._work, self._clock)
            self._schedule.ran(task, self._clock(), again=outcome.again)
        except sqlite3.OperationalError:
            self._schedule.ran(task, self._clock(), again=False)
            raise
        except Exception:  # the edge of one task: collecting goes on, and the task has its next turn
            self._schedule.ran(task, self._clock(), again=False)
            log.exception("task.failed", task=task.name)

    def _check_disk(self, monotonic: float) -> None:
        if monotonic - self._checked_disk_at >= 1.0 or not self._checked_disk_at:
            self._checked_disk_at = monotonic
            self._disk_free = shutil.disk_usage(self._database.parent).free
        if self._disk_free < DISK_FREE_BYTES:
            raise StorageFull(f"only {self._disk_free // 2**20} MiB free in {self._database.parent}")

    def _note_storage(self, error: Exception) -> None:
        if self._storage_trouble is None:
            held = len(self._held.payloads) if self._held else 0
            log.error("storage.failed", reason=str(error), held=held, pending=self._pipeline.pending)
            code = "disk_full" if isinstance(error, StorageFull) else "storage_failed"
            message = f"The file cannot be written ({error}). Nothing is taken out of CPA until it can."
            self._storage_trouble = heartbeat.Trouble(code=code, message=message, since=self._clock())
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
            return  # whoever holds the file keeps the heartbeat out of it too
        try:
            self._beat("degraded")
        except sqlite3.OperationalError:
            log.debug("heartbeat.failed")  # the file cannot be written: that is what the log said already

    def _tell(self, error: SourceError) -> None:
        if self._told != error.condition:
            self._told = error.condition
            log.warning("queue.trouble", condition=error.condition, message=str(error), retry_after=error.retry_after)

    def _beat(self, state: str, *, pending: bool = False) -> None:
        """Write the heartbeat when it is time, or when there is news: a trouble that came or went, another state."""
        now = self._clock()
        status, observation = self._source.status(), self._watch.observation
        trouble = status.trouble and heartbeat.Trouble(
            code=status.trouble.condition, message=status.trouble.message, since=status.trouble.since
        )
        news = (state, status.connected, trouble, observation, self._storage_trouble)
        if news == self._beaten_news and now - self._beaten_at < heartbeat.PERIOD:
            return
        self._beaten_at, self._beaten_news = now, news
        oldest = self._work.inbox.oldest_pending_at() if pending or self._pipeline.pending else None
        detail = heartbeat.Detail(
            queue=heartbeat.Queue(
                mode=status.transport or self._mode,
                connected=status.connected,
                last_event_at=status.last_event_at,
                trouble=trouble or observation.trouble,
            ),
            inbox=heartbeat.Inbox(
                pending=self._pipeline.pending,
                rejected=self._connection.execute("select count(*) from rejected").fetchone()[0],
            ),
            lag_us=max(0, now - oldest) if oldest else 0,
            counters=self._pipeline.counters,
            statistics_enabled=observation.statistics_enabled,
            storage_trouble=self._storage_trouble,
            disk_free_bytes=self._disk_free,
        )
        beat(self._connection, state, self._started_at, now, detail)

    def _finish(self) -> None:
        """Take nothing more; store what was taken; leave a file that needs no recovery.

        Raises `sqlite3.OperationalError` when the file cannot be written even now; what that loses is in the log.
        """
        self._source.close()
        self._watch.stop()
        self._connection.execute(f"pragma busy_timeout = {FAREWELL_BUSY_MS}")
        try:
            self._store_rest(time.monotonic() + FAREWELL_SECONDS)
            self._beat("stopped")
        except sqlite3.OperationalError as error:
            lost = len(self._held.payloads) if self._held else 0
            log.error("ingestd.stopped_in_trouble", reason=str(error), lost=lost, pending=self._pipeline.pending)  # noqa: TRY400 - the reason is the message
            raise
        self._connection.execute("pragma wal_checkpoint(truncate)")
        log.info(
            "ingestd.stopped", pending=self._pipeline.pending, uptime_s=(self._clock() - self._started_at) // SECOND
        )

    def _store_rest(self, deadline: float) -> None:
        self._keep_held()
        while time.monotonic() < deadline:
            try:
                delivery = self._source.receive(self._batch_size)
            except SourceError:
                break  # closed: what was under way is over
            if not delivery.payloads:
                break
            self._held = delivery
            self._keep_held()
        while time.monotonic() < deadline and self._pipeline.drain(self._clock()):
            pass


def beat(connection: sqlite3.Connection, state: str, started_at: int, now: int, detail: heartbeat.Detail) -> None:
    """Write ingestd's heartbeat row."""
    with transaction(connection):
        connection.execute(
            "insert or replace into heartbeat (daemon, at, started_at, version, state, detail)"
            " values ('ingestd', ?, ?, ?, ?, ?)",
            (now, started_at, __version__, state, heartbeat.encode(detail)),
        )
