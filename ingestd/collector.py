"""The collecting loop: take what CPA has, file it, turn it into events. It waits for CPA and for nothing else.

Signals set a flag; the batch in hand is finished. Nothing is popped while the file cannot be written. What takes
long runs in `worker`, what is to be told goes through `heartbeat`.
"""

import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from ingestd import unfiled
from ingestd.cpa.errors import CpaError
from ingestd.heartbeat import Heartbeat
from ingestd.pipeline import Pipeline
from ingestd.queue import Delivery, Failover
from ingestd.queue.poll_interval import PollInterval
from ingestd.schedule import Schedule
from ingestd.storage_trouble import StorageFull, storage_trouble
from ingestd.tasks import Work, run
from ingestd.worker import Worker
from shared import heartbeat
from shared.clock import SECOND, Clock
from shared.systemd import Notifier

DISK_FREE_BYTES = 128 * 1024 * 1024
"""Below this much free disk nothing more is popped: CPA's queue is the better place while it lasts."""

FIRST_BATCH_LIMIT = 64
"""Events asked for at once, doubled while CPA has more: what is popped and not committed is what a kill loses."""

STORAGE_RETRY_SECONDS = 1.0
ROUND_BUSY_MS = 2_000
"""So long a round waits for somebody's lock: what is in hand is kept for the next one, and a stop is not held up."""

SHUTDOWN_SECONDS = 3.0
SHUTDOWN_BUSY_MS = 1_500
"""A stop is over within five seconds: so long it goes on storing, and so long it waits for a lock."""

WAIT_SECONDS_MAX = 1.0
"""The loop looks at its flag and the schedule at least this often."""

log = structlog.get_logger()


class Collector:
    """Drives one pipeline. `step` does one round and says how long to wait; `run` loops until `stop` is set.

    `refresh()` is called when CPA says that its credentials or configuration changed.
    """

    def __init__(
        self,
        *,
        connection: sqlite3.Connection,
        database: Path,
        pipeline: Pipeline,
        queue: Failover,
        poll_interval: PollInterval,
        schedule: Schedule,
        work: Work,
        batch_size: int,
        refresh: Callable[[], None],
        notifier: Notifier,
        clock: Clock,
        monotonic: Clock,
    ) -> None:
        self._connection = connection
        self._database = database
        self._pipeline = pipeline
        self._queue = queue
        self._poll_interval = poll_interval
        self._schedule = schedule
        self._work = work
        self._batch_size = batch_size
        self._first_batch_limit = self._batch_limit = min(FIRST_BATCH_LIMIT, batch_size)
        self._refresh = refresh
        self._collecting = work.loss.collecting
        self._notifier = notifier
        self._clock = clock
        self._monotonic = monotonic
        self._heartbeat: Heartbeat | None = None
        self._checked_disk_at: int | None = None
        self._in_flight: Delivery | None = None
        self._kept: Path | None = None
        self._unkept = False
        self._last_seen: tuple[object, ...] = ()
        self._asking_since: int | None = None
        self.disk_free: int | None = None
        self.storage_trouble: heartbeat.Trouble | None = None
        self.stop = threading.Event()

    @property
    def waiting(self) -> int:
        """For how many microseconds CPA's present answer has been waited for."""
        since = self._asking_since
        return 0 if since is None else self._monotonic() - since

    def run(self, heartbeat: Heartbeat, worker: Worker) -> None:
        """Collect until `stop` is set, then finish what is in hand."""
        self._heartbeat = heartbeat
        self._connection.execute(f"pragma busy_timeout = {ROUND_BUSY_MS}")
        heartbeat.start()
        worker.start()
        while not self.stop.is_set():
            pause = self.step()
            self._notifier.turned()
            if pause > 0 and not self.stop.is_set():
                self._queue.wait(min(pause, WAIT_SECONDS_MAX))
        self._finish(heartbeat, worker)

    def step(self) -> float:
        """One round: store what is pending, take what CPA has, store that, and look after the file.

        Gives the seconds until the next round is worth it.
        """
        try:
            self._check_disk()
            self._file_in_flight()
            while self._pipeline.drain(self._clock()) and not self.stop.is_set():
                self._notifier.turned()  # what waits after a long stop takes more than a round
            pause = self._collect()
            self._run_due_task()
            if self._work.handover.run_one(self._connection):
                pause = 0.0
        except (sqlite3.Error, StorageFull) as error:  # the edge of the file: it is told, and tried again
            self._note_storage(error)
            return STORAGE_RETRY_SECONDS
        if self.storage_trouble is not None:
            self.storage_trouble = None
            log.info("storage.recovered")
        self._tell_news()
        return pause

    def _collect(self) -> float:
        self._asking_since = self._monotonic()
        try:
            delivery = self._queue.receive(self._batch_limit)
        except CpaError as error:
            self._collecting.failed(error.kind)
            return min(max(error.retry_after, 0.05), WAIT_SECONDS_MAX)
        finally:
            self._asking_since = None
        if delivery.lost:
            log.error("queue.reply_broken", lost=delivery.lost, kept=len(delivery.payloads))
        if delivery.refresh:
            self._refresh()
        self._batch_limit = min(self._batch_limit * 2, self._batch_size) if delivery.full else self._first_batch_limit
        self._in_flight = delivery
        self._file_in_flight()
        self._collecting.went_well()
        while self._pipeline.drain(self._clock()):
            pass
        return self._poll_interval.after(delivery, self._monotonic() / SECOND)

    def _file_in_flight(self) -> None:
        """File what was taken out of CPA; it stays in hand until the file has it."""
        if self._in_flight is not None:
            self._pipeline.file(self._in_flight.payloads, self._in_flight.transport, self._clock())
            self._in_flight = None
            self._unkept = False
            if self._kept is not None:
                self._kept.unlink(missing_ok=True)
                self._kept = None

    def _keep_in_flight(self) -> None:
        """What the file does not take outlives this process beside it, where the disk allows."""
        if self._in_flight is None or not self._in_flight.payloads or self._kept is not None:
            return
        try:
            self._kept = unfiled.keep(
                self._database.parent, self._in_flight.transport, self._in_flight.payloads, self._clock()
            )
        except OSError as error:
            if self._unkept:  # it was said
                return
            self._unkept = True
            log.warning("storage.not_kept", held=len(self._in_flight.payloads), reason=str(error))

    def _run_due_task(self) -> None:
        task = self._schedule.next_due(self._monotonic())
        if task is None:
            return
        outcome = None
        try:
            outcome = run(task, self._work, clock=self._clock, monotonic=self._monotonic)
        except sqlite3.DatabaseError:
            raise
        except Exception:  # the edge of one task: collecting goes on, and the task has its next turn
            log.exception("task.failed", task=task.name)
        finally:
            self._schedule.ran(task, self._monotonic(), outcome)

    def _check_disk(self) -> None:
        now = self._monotonic()
        if self._checked_disk_at is None or now - self._checked_disk_at >= SECOND:
            self._checked_disk_at = now
            self.disk_free = shutil.disk_usage(self._database.parent).free
        if self.disk_free is not None and self.disk_free < DISK_FREE_BYTES:
            raise StorageFull(f"only {self.disk_free // 2**20} MiB free in {self._database.parent}")

    def _note_storage(self, error: sqlite3.Error | StorageFull) -> None:
        trouble = storage_trouble(error, self._database, self._clock())
        self._collecting.failed(trouble.code)
        self._keep_in_flight()
        known = self.storage_trouble
        if known is None or known.code != trouble.code:
            held = len(self._in_flight.payloads) if self._in_flight else 0
            log.error("storage.failed", reason=str(error), held=held, pending=self._pipeline.pending)
            self.storage_trouble = trouble
        self._tell_news()

    def _tell_news(self) -> None:
        """Have the heartbeat written at once when something has come or gone."""
        status = self._queue.status()
        seen = (status.connected, status.transport, status.error and status.error.kind, self.storage_trouble)
        if seen != self._last_seen:
            self._last_seen = seen
            if self._heartbeat is not None:
                self._heartbeat.news()

    def _finish(self, heartbeat: Heartbeat, worker: Worker) -> None:
        """Take nothing more; store what was taken; leave a file that needs no recovery.

        Raises `sqlite3.DatabaseError` when the file cannot be written even now: what is in hand is kept for the next
        start, or, if the disk does not take that either, told in the log as lost.
        """
        self._notifier.stopping()
        worker.stop()
        self._queue.close()
        self._connection.execute(f"pragma busy_timeout = {SHUTDOWN_BUSY_MS}")
        try:
            self._store_rest(time.monotonic() + SHUTDOWN_SECONDS)
            worker.join()
            heartbeat.stop()
            heartbeat.write("stopped")
        except sqlite3.DatabaseError as error:
            self._keep_in_flight()
            held = len(self._in_flight.payloads) if self._in_flight else 0
            kept = held if self._kept is not None else 0
            log.error(  # noqa: TRY400 - the reason is the message
                "ingestd.stopped_in_trouble",
                reason=str(error),
                kept=kept,
                lost=held - kept,
                pending=self._pipeline.pending,
            )
            raise
        self._connection.execute("pragma wal_checkpoint(truncate)")
        log.info("ingestd.stopped", pending=self._pipeline.pending)

    def _store_rest(self, deadline: float) -> None:
        self._file_in_flight()
        while time.monotonic() < deadline:
            try:
                delivery = self._queue.receive(self._batch_size)
            except CpaError:
                break  # closed: what was under way is over
            if not delivery.payloads:
                break
            self._in_flight = delivery
            self._file_in_flight()
        while time.monotonic() < deadline and self._pipeline.drain(self._clock()):
            pass
