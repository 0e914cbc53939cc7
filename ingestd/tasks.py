"""All periodic work: what runs, in which thread, how often, and what it does. It reads as an operations manual."""

import sqlite3
from dataclasses import dataclass, field

from ingestd import charge_column, packing, retention, vacuum
from ingestd.accounts import Accounts
from ingestd.accounts.endpoints import InvalidOverride
from ingestd.accounts.failures import STEP_MESSAGES
from ingestd.accounts.refresh import watched
from ingestd.backup import BackupError
from ingestd.backup.process import BackupProcess
from ingestd.backup.schedule import describe, due_in, prune
from ingestd.cpa.errors import CpaError
from ingestd.handover import Handover
from ingestd.inbox import Inbox
from ingestd.loss import STATISTICS_DISABLED, LossMeter
from ingestd.metadata import Metadata
from ingestd.monitor import Monitor
from ingestd.queue.errors_channel import ErrorsChannel
from ingestd.quota import retention as quota_retention
from ingestd.quota.judge import STEP_WINDOWS, judge
from ingestd.retention import SteadyClock
from ingestd.schedule import Outcome, Task, TaskError, delay
from shared import backups
from shared.clock import DAY, HOUR, MINUTE, SECOND, Clock
from shared.database import transaction
from shared.settings import Settings


@dataclass(frozen=True, slots=True)
class Work:
    """What the work of one thread may touch. Each thread has a writing connection of its own."""

    connection: sqlite3.Connection
    inbox: Inbox  # the collector's; other threads read nothing but its numbers
    settings: Settings
    monitor: Monitor
    loss: LossMeter
    metadata: Metadata
    handover: Handover
    accounts: Accounts
    errors: ErrorsChannel
    backup: BackupProcess = field(default_factory=BackupProcess)
    steady: SteadyClock = field(default_factory=SteadyClock)


def _check_usage(work: Work, now: int) -> Outcome:
    outcome = work.monitor.check()
    seen = work.monitor.seen
    if seen is None:
        return outcome
    impaired = work.monitor.findings.competition if seen.enabled else STATISTICS_DISABLED
    again = work.loss.compare(work.connection, seen.counters, impaired, now)
    return outcome if again is None else Outcome(outcome.detail, next_in=again)


def _refresh_credentials(work: Work, now: int) -> Outcome:
    return Outcome(work.metadata.refresh_credentials(work.connection, now))


def _refresh_keys(work: Work, now: int) -> Outcome:
    return Outcome(work.metadata.refresh_keys(work.connection, now))


_WATCH = 15 * SECOND
"""How soon somebody who begins to look at quota is noticed."""


def _refresh_quota(work: Work, now: int) -> Outcome:
    chosen = work.settings
    if not chosen.quota_auto_refresh_enabled:
        return Outcome("QUOTA_AUTO_REFRESH_ENABLED is false", next_in=10 * MINUTE)
    if not watched(work.connection, now):
        return Outcome("nobody looks at a page with quota", next_in=_WATCH)
    try:
        asked, left = work.accounts.refresh_due(work.connection, chosen.quota_auto_refresh_interval)
    except (CpaError, InvalidOverride) as problem:
        raise TaskError(str(problem)) from problem
    return Outcome(f"{asked} accounts looked up", again=bool(left), next_in=_WATCH)


def _keep_failures(work: Work, now: int) -> Outcome:
    messages = work.errors.take(STEP_MESSAGES)
    kept = work.accounts.keep_failures(work.connection, messages, now)
    if not messages and not work.errors.subscribed:
        return Outcome("CPA's errors channel is not connected")
    return Outcome(f"{kept} failures of accounts kept", again=len(messages) == STEP_MESSAGES)


def _judge_quota(work: Work, now: int) -> Outcome:
    judged = judge(work.connection, now)
    return Outcome(f"{judged} windows judged", again=judged == STEP_WINDOWS)


def _restore_accounts(work: Work, _: int) -> Outcome:
    items = work.accounts.switches.restore_due(work.connection)
    return Outcome(f"{sum(item.outcome == 'done' for item in items)} accounts enabled at their reset")


def _clean_quota(work: Work, now: int) -> Outcome:
    if not work.steady.confirms(work.connection, now):
        return _NOT_YET
    removed = quota_retention.clean(work.connection, now)
    return Outcome(f"{removed} rows removed", again=removed >= quota_retention.STEP_ROWS)


_NOT_YET = Outcome("waits until the clock has been steady for a while")


def _clean_inbox(work: Work, now: int) -> Outcome:
    if not work.steady.confirms(work.connection, now):
        return _NOT_YET
    removed = retention.clean_inbox(work.inbox, work.settings.tz, now)
    return Outcome(f"{removed} messages removed", again=removed == retention.STEP_ROWS)


def _clean_rejected(work: Work, now: int) -> Outcome:
    if not work.steady.confirms(work.connection, now):
        return _NOT_YET
    removed = retention.clean_rejected(work.connection, now)
    return Outcome(f"{removed} messages removed", again=removed == retention.STEP_ROWS)


def _clean_events(work: Work, now: int) -> Outcome:
    if not work.steady.confirms(work.connection, now):
        return _NOT_YET
    removed = retention.clean_events(work.connection, work.settings.tz, work.settings.event_retention_days, now)
    return Outcome(f"{removed} requests removed", again=removed >= retention.STEP_ROWS)


def _pack_raw(work: Work, now: int) -> Outcome:
    removed = packing.clean_bytes(work.connection)
    if work.steady.confirms(work.connection, now):
        removed += packing.clean_day(work.connection, retention.local_midnight(now, work.settings.tz))
    packed = packing.pack_step(work.connection, work.inbox.settled)
    return Outcome(f"{packed} messages packed, {removed} packs removed", again=bool(packed or removed))


def _vacuum(work: Work, _: int) -> Outcome:
    pages = vacuum.vacuum(work.connection)
    if pages is None:
        return Outcome("an older file: it gives pages back once a backup of it is restored")
    return Outcome(f"{pages} pages given back", again=pages == vacuum.STEP_PAGES)


def _fill_charges(work: Work, _: int) -> Outcome:
    filled = charge_column.fill(work.connection)
    return Outcome("one older chunk filled" if filled else "every chunk has it", again=filled)


_BACKUP_LOOK = SECOND
"""How often a backup under way is looked at, since the worker does other things meanwhile."""


def _back_up(work: Work, now: int) -> Outcome:
    chosen, process = work.settings, work.backup
    try:
        if process.running:
            if process.poll() is None:
                return Outcome("one is being made", next_in=_BACKUP_LOOK)
        elif not chosen.backup_enabled:
            return Outcome("BACKUP_ENABLED is false")
        elif not due_in(work.connection, chosen.database, chosen.backup_interval, now):
            process.start()
            return Outcome("one is being made", next_in=_BACKUP_LOOK)
    except BackupError as problem:
        raise TaskError(str(problem)) from problem
    if work.steady.confirms(work.connection, now):
        prune(chosen.database, chosen.backup_retention_days, chosen.tz, now)
    wait = due_in(work.connection, chosen.database, chosen.backup_interval, now)
    newest = backups.listed(chosen.database)
    return Outcome(
        describe(newest[0]) if newest else "none yet: the first comes an interval after the file was made",
        next_in=min(wait, 15 * MINUTE) or SECOND,
    )


def _checkpoint(work: Work, _: int) -> Outcome:
    busy, frames, moved = work.connection.execute("pragma wal_checkpoint(passive)").fetchone()
    return Outcome("a reader was busy" if busy else f"{moved} of {frames} pages moved into the file")


def _optimize(work: Work, _: int) -> Outcome:
    work.connection.execute("pragma optimize")
    return Outcome("statistics of the query planner looked after")


TASKS: tuple[Task[Work], ...] = (
    Task("check_usage", "worker", MINUTE, 0, _check_usage, "is usage recorded, and do events match CPA's counters?"),
    Task("refresh_credentials", "worker", MINUTE, 0, _refresh_credentials, "names and states of credentials"),
    Task("refresh_keys", "worker", 5 * MINUTE, 0, _refresh_keys, "keys of clients and upstreams"),
    Task("clean_inbox", "collector", 10 * MINUTE, 30 * SECOND, _clean_inbox, "messages of earlier days leave"),
    Task("pack_raw", "worker", MINUTE, 5 * SECOND, _pack_raw, "settled messages take less room, old packs leave"),
    Task("vacuum", "worker", HOUR, MINUTE, _vacuum, "empty pages go back to the disk"),
    Task("clean_rejected", "worker", HOUR, MINUTE, _clean_rejected, "rejected messages older than seven days leave"),
    Task("clean_events", "worker", HOUR, MINUTE, _clean_events, "single requests beyond EVENT_RETENTION_DAYS leave"),
    Task("fill_charges", "worker", DAY, MINUTE, _fill_charges, "older chunks learn how their requests were charged"),
    Task("refresh_quota", "worker", MINUTE, 0, _refresh_quota, "what accounts have left, while somebody looks"),
    Task("keep_failures", "worker", MINUTE, 0, _keep_failures, "what CPA tells of accounts whose requests fail"),
    Task("judge_quota", "worker", MINUTE, 0, _judge_quota, "which accounts run dry before their reset, and when"),
    Task("restore_accounts", "worker", MINUTE, 0, _restore_accounts, "accounts disabled until a reset, enabled"),
    Task("clean_quota", "worker", HOUR, MINUTE, _clean_quota, "old readings of quota and errors of accounts leave"),
    Task("backup", "worker", 15 * MINUTE, 0, _back_up, "a verified copy every BACKUP_INTERVAL, old ones leave"),
    Task("checkpoint", "worker", 5 * MINUTE, 10 * SECOND, _checkpoint, "the write-ahead log moves into the file"),
    Task("optimize", "worker", DAY, HOUR, _optimize, "SQLite looks after its statistics"),
)  # fmt: skip
"""Beside these, every round of the collector looks at the free disk, and the heartbeat has a thread of its own."""


def run(task: Task[Work], work: Work, *, clock: Clock, monotonic: Clock) -> Outcome:
    """Run one step of a task and record it in `task_run`; raises what the task raises, recorded as failed."""
    started_at, started = clock(), monotonic()
    outcome, failure = Outcome(""), ""
    try:
        outcome = task.run(work, started_at)
    except Exception as error:  # nothing is caught: the record names what was raised
        failure = str(error) if isinstance(error, TaskError) else type(error).__name__
        raise
    finally:
        with transaction(work.connection):
            work.connection.execute(
                "insert or replace into task_run (name, started_at, duration_us, outcome, detail, next_at)"
                " values (?, ?, ?, ?, ?, ?)",
                (
                    task.name,
                    started_at,
                    monotonic() - started,
                    "failed" if failure else "done",
                    failure or outcome.detail,
                    clock() + delay(task, None if failure else outcome),
                ),
            )
    return outcome
