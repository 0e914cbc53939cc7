"""Periodic work: what runs, how often, and what it does. The table reads as the operations manual."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ingestd import retention
from ingestd.inbox import Inbox
from shared.clock import DAY, HOUR, MINUTE, SECOND, Clock
from shared.database import transaction
from shared.settings import Settings


@dataclass(frozen=True, slots=True)
class Work:
    """What periodic work may touch."""

    connection: sqlite3.Connection
    inbox: Inbox
    settings: Settings
    database: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run did, in words for the status page; `again` asks for the next bounded step at once."""

    detail: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    name: str
    period: int  # microseconds
    jitter: int  # up to this much later, so that tasks do not line up
    run: Callable[[Work, int], Outcome]
    meaning: str


def _clean_inbox(work: Work, now: int) -> Outcome:
    removed = retention.clean_inbox(work.inbox, work.settings.tz, now)
    return Outcome(f"{removed} messages removed", again=removed == retention.STEP_ROWS)


def _clean_rejected(work: Work, now: int) -> Outcome:
    removed = retention.clean_rejected(work.connection, now)
    return Outcome(f"{removed} messages removed", again=removed == retention.STEP_ROWS)


def _clean_events(work: Work, now: int) -> Outcome:
    removed = retention.clean_events(work.connection, work.settings.tz, work.settings.event_retention_days, now)
    return Outcome(f"{removed} requests removed", again=removed >= retention.STEP_ROWS)


def _checkpoint(work: Work, _: int) -> Outcome:
    busy, frames, moved = work.connection.execute("pragma wal_checkpoint(passive)").fetchone()
    return Outcome("a reader was busy" if busy else f"{moved} of {frames} pages moved into the file")


def _optimize(work: Work, _: int) -> Outcome:
    work.connection.execute("pragma optimize")
    return Outcome("statistics of the query planner looked after")


TASKS: tuple[Task, ...] = (
    Task("clean_inbox", 10 * MINUTE, 30 * SECOND, _clean_inbox, "settled messages of earlier days leave the inbox"),
    Task("clean_rejected", HOUR, MINUTE, _clean_rejected, "rejected messages older than seven days leave"),
    Task("clean_events", HOUR, MINUTE, _clean_events, "single requests beyond EVENT_RETENTION_DAYS leave"),
    Task("checkpoint", 5 * MINUTE, 10 * SECOND, _checkpoint, "the write-ahead log moves into the file"),
    Task("optimize", DAY, HOUR, _optimize, "SQLite looks after its statistics"),
)


class Schedule:
    """Which task is due. Missed runs are skipped, not made up for."""

    def __init__(self, tasks: tuple[Task, ...], now: int, spread: Callable[[int], int]) -> None:
        """`spread(jitter)` gives a delay from 0 to `jitter` microseconds."""
        self._tasks = tasks
        self._spread = spread
        # A minute after the start everything has run once, however short-lived the process is.
        self._due = {task.name: now + 5 * SECOND + spread(min(task.jitter, 30 * SECOND)) for task in tasks}

    def next_due(self, now: int) -> Task | None:
        """A task whose time has come, or None."""
        return next((task for task in self._tasks if self._due[task.name] <= now), None)

    def ran(self, task: Task, now: int, *, again: bool) -> None:
        self._due[task.name] = now if again else now + task.period + self._spread(task.jitter)


def run(task: Task, work: Work, clock: Clock) -> Outcome:
    """Run one step of a task and record it in `task_run`; raises what the task raises, recorded as failed."""
    started = clock()
    outcome, failure = Outcome(""), ""
    try:
        outcome = task.run(work, started)
    except Exception as error:  # nothing is caught: the record names what was raised
        failure = type(error).__name__
        raise
    finally:
        with transaction(work.connection):
            work.connection.execute(
                "insert or replace into task_run (name, started_at, duration_us, outcome, detail)"
                " values (?, ?, ?, ?, ?)",
                (task.name, started, clock() - started, "failed" if failure else "done", failure or outcome.detail),
            )
    return outcome
