"""When periodic work is due. What work there is stands in `tasks`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from shared.clock import SECOND

Work = TypeVar("Work")

Thread = Literal["collector", "worker"]
"""`collector`: bounded to some milliseconds, since the queue waits meanwhile. `worker`: everything else."""


class TaskError(Exception):
    """A task could not do its work; the text is one sentence for the status page."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run did, in words for the status page."""

    detail: str
    again: bool = False
    """There is more to do: the next bounded step is due at once."""
    next_in: int | None = None
    """The next run in so many microseconds, in place of the period."""


@dataclass(frozen=True, slots=True)
class Task(Generic[Work]):
    name: str
    thread: Thread
    period: int  # microseconds
    jitter: int  # up to this much later, so that tasks do not line up
    run: Callable[[Work, int], Outcome]
    meaning: str


def delay(task: Task[Any], outcome: Outcome | None) -> int:
    """Microseconds from the end of a run to the next, without jitter; `outcome` is None when it failed."""
    if outcome is None:
        return task.period
    if outcome.again:
        return 0
    return task.period if outcome.next_in is None else outcome.next_in


class Schedule:
    """Which task is due. Missed runs are skipped, not made up for. Times are in monotonic microseconds.

    One thread asks; `hasten` may be called from any.
    """

    def __init__(self, tasks: tuple[Task[Any], ...], now: int, spread: Callable[[int], int]) -> None:
        """`spread(jitter)` gives a delay from 0 to `jitter` microseconds."""
        self._tasks = tasks
        self._spread = spread
        # A minute after the start everything has run once, however short-lived the process is.
        self._due = {
            task.name: now + min(task.period, 5 * SECOND + spread(min(task.jitter, 30 * SECOND))) for task in tasks
        }

    def next_due(self, now: int) -> Task[Any] | None:
        """A task whose time has come, the one that waits longest; or None."""
        task = min(self._tasks, key=lambda task: self._due[task.name], default=None)
        return task if task is not None and self._due[task.name] <= now else None

    def wait(self, now: int) -> int:
        """Microseconds until a task is due; an hour when there is none."""
        return max(0, min(self._due.values(), default=now + 3_600 * SECOND) - now)

    def hasten(self, name: str, at: int) -> None:
        """The task is due at `at` at the latest."""
        self._due[name] = min(self._due[name], at)

    def ran(self, task: Task[Any], now: int, outcome: Outcome | None) -> None:
        """The task ran, or (None) failed."""
        planned = outcome is not None and (outcome.again or outcome.next_in is not None)
        self._due[task.name] = now + delay(task, outcome) + (0 if planned else self._spread(task.jitter))
