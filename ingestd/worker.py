"""The second thread: whatever takes long, so that the collecting loop never waits for it.

It runs the periodic work that `tasks` gives it, and what people ask for (`commands`), one thing at a time. Its
writes are short (`short_write`), so the collector is held up by some 50 ms at most.
"""

import sqlite3
import threading
from collections.abc import Callable

import structlog

from ingestd.commands import Commands
from ingestd.schedule import Schedule, TaskError, Thread
from ingestd.tasks import Work, run
from shared.clock import SECOND, Clock

POLL_SECONDS = 1.0
"""How soon a command is seen."""
STOP_SECONDS = 1.5
"""How long a stop waits for what is under way. What it abandons is a call to CPA, or a bounded transaction."""

log = structlog.get_logger()


class Worker:
    """`start` it, `hasten` a task, `stop` it."""

    thread: Thread = "worker"

    def __init__(
        self,
        work: Work,
        schedule: Schedule,
        commands: Commands,
        *,
        cancel_calls: Callable[[], None],
        clock: Clock,
        monotonic: Clock,
    ) -> None:
        """`cancel_calls()` ends a call to CPA that is under way, and any later one at once."""
        self._work = work
        self._schedule = schedule
        self._commands = commands
        self._cancel_calls = cancel_calls
        self._clock = clock
        self._monotonic = monotonic
        self._wakeup = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self._last_logged: str | None = None

    def start(self) -> None:
        self._thread.start()

    def hasten(self, task: str, *, delay: int = 0) -> None:
        """Have a task run in `delay` microseconds at the latest; from any thread."""
        self._schedule.hasten(task, self._monotonic() + delay)
        self._wakeup.set()

    def stop(self) -> None:
        """Begin nothing more, and let what is under way end at its next step. Does not wait."""
        self._stopping.set()
        self._commands.stop()
        self._cancel_calls()
        self._wakeup.set()

    def join(self) -> None:
        """Wait a little for what is under way."""
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def close(self) -> None:
        """Close its connection, unless it is still in use: SQLite does not survive that, and the process ends soon."""
        self.join()
        if not self._thread.is_alive():
            self._work.connection.close()

    def step(self) -> float:
        """One command or one step of a task; gives the seconds until the next is worth a look."""
        if self._commands.run_next():
            return 0.0
        task = self._schedule.next_due(self._monotonic())
        if task is None:
            return min(POLL_SECONDS, self._schedule.wait(self._monotonic()) / SECOND)
        outcome = None
        try:
            outcome = run(task, self._work, clock=self._clock, monotonic=self._monotonic)
        except sqlite3.DatabaseError:
            raise
        except TaskError as problem:
            log.error("task.failed", task=task.name, reason=str(problem))  # noqa: TRY400 - the reason is the message
        except Exception:  # the edge of one task: the others go on, and this one has its next turn
            log.exception("task.failed", task=task.name)
        finally:
            self._schedule.ran(task, self._monotonic(), outcome)
        return 0.0

    def _run(self) -> None:
        recovered = False
        while not self._stopping.is_set():
            try:
                if not recovered:
                    self._commands.recover()
                    recovered = True
                pause = self.step()
                self._last_logged = None
            except sqlite3.DatabaseError as error:  # the edge: the collector reports what is wrong with the file
                if self._last_logged != str(error):
                    self._last_logged = str(error)
                    log.warning("worker.file_refused", reason=str(error))
                pause = POLL_SECONDS
            if pause > 0:
                self._wakeup.wait(pause)
                self._wakeup.clear()
