"""What is wrong, in words that say what to do: the list on the status page and behind the warning in the bar.

Each has a code and parameters, from which the dashboard says it in its own language; the message is the same in
English. What ingestd told comes from its heartbeat as it is.
"""

import errno
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args
from zoneinfo import ZoneInfo

from queryd.params.calendar import rfc3339
from queryd.shapes import DatabaseStatus, Problem, ProblemCode, TaskStatus
from queryd.state.collector import Beat, Life
from queryd.state.rejected import RejectedCounts
from shared import work_folder
from shared.clock import MINUTE, SECOND
from shared.heartbeat import Trouble
from shared.settings import Reading
from shared.storage_errors import explain

BEHIND = 60 * SECOND
"""A message that waits longer to become an event is worth a word."""

DISK_FREE_BYTES = 1024 * 1024 * 1024
DISK_FULL_BYTES = 1024 * 1024
WAL_BYTES = 256 * 1024 * 1024
"""Four times what a checkpoint leaves: a reader must be holding it open."""

CLOCKS_APART = MINUTE
_NAMES_SHOWN = 3
_MEBIBYTE = 1024 * 1024

KNOWN: frozenset[str] = frozenset(get_args(ProblemCode))

Parameters = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Place:
    """What of the installation `status` tells."""

    database: Path
    zone: ZoneInfo
    cpa_url: str | None
    login: bool
    open_to_network: bool
    env_file: Path
    update_url: str
    started_at: int  # of this process, UTC epoch microseconds
    readings: Sequence[Reading]
    queue_address: str
    event_retention_days: int  # 0: all
    backup_enabled: bool
    backup_interval: int  # microseconds
    quota_auto_refresh: bool
    quota_auto_refresh_interval: int  # microseconds


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that problems are found in."""

    beat: Beat | None
    life: Life
    runs: Sequence[TaskStatus]
    database: DatabaseStatus
    last_event_at: int | None  # UTC epoch microseconds
    rejected: RejectedCounts
    unpriced: Sequence[str]
    password_in_clear: int | None = None  # when one came so last, UTC epoch microseconds


def problems(found: Findings, *, place: Place, now: int) -> list[Problem]:
    """Errors first: figures are missing, or will be."""
    listed = [
        *collecting(found.beat, found.life, place, now),
        *_clock(found.last_event_at, place, now),
        *_keeping(found),
        *_pricing(found.unpriced),
        *_serving(place, found.password_in_clear),
    ]
    return sorted(listed, key=lambda problem: problem.severity != "error")


def collecting(beat: Beat | None, life: Life, place: Place, now: int) -> Iterator[Problem]:
    """Whether events reach the file, from ingestd's heartbeat and its lock."""
    if beat is None:
        if life != "running":
            yield _error("not_collecting", "ingestd has not run yet: nothing is being collected. Start it.", None)
    elif life == "running":
        yield from _told(beat, place, now)
    else:
        yield _stopped(life, rfc3339(beat.at, place.zone), place.database)


def _stopped(life: Life, since: str, database: Path) -> Problem:
    """Why nothing has been heard of ingestd since."""
    if life == "locked_out":
        return _error(
            "storage_locked",
            "ingestd runs, but another program keeps the database locked for writing. It goes on when the lock ends;"
            " until then it takes nothing out of CPA, which keeps events for redis-usage-queue-retention-seconds.",
            since,
        )
    if life == "silent" and _is_full(database.parent):
        full = explain(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), database)
        return _error(
            "disk_full",
            f"{full.message} Nothing is taken out of CPA until the file can be written.",
            since,
            path=full.path,
            user=full.user,
        )
    if life == "silent":
        return _error(
            "collector_silent",
            "ingestd runs, but has said nothing for a while: the disk may be slow, or the process is stopped.",
            since,
        )
    return _error(
        "not_collecting",
        "ingestd is not running, so nothing is being collected, and CPA drops events that nobody takes within its"
        " redis-usage-queue-retention-seconds (60 unless set). Start it.",
        since,
    )


def _told(beat: Beat, place: Place, now: int) -> Iterator[Problem]:
    """What a collector that runs says of itself and of CPA."""
    since, detail = rfc3339(beat.at, place.zone), beat.detail
    if beat.at - now > CLOCKS_APART:
        seconds = (beat.at - now) // SECOND
        yield _warning(
            "clocks_apart",
            f"the clock was {seconds:,} s ahead when ingestd wrote last; figures of the present are off.",
            since,
            seconds=seconds,
        )
    if detail is None:
        yield _warning(
            "versions_apart",
            f"ingestd is of version {beat.version}; run both of one version.",
            since,
            version=beat.version,
        )
        return
    single = (detail.queue.trouble, detail.storage_trouble)
    troubles = detail.troubles or [each for each in single if each is not None]
    yield from (_of_trouble(trouble, place) for trouble in troubles)
    if detail.statistics_enabled is False and all(each.code != "statistics_disabled" for each in troubles):
        yield _error(
            "statistics_disabled",
            "CPA does not report usage: set usage-statistics-enabled to true in its configuration.",
            None,
        )
    if detail.lag_us > BEHIND:
        pending, seconds = detail.inbox.pending, detail.lag_us // SECOND
        yield _warning(
            "behind",
            f"{pending:,} messages wait to become events, the oldest for {seconds:,} s; the figures will catch up.",
            None,
            pending=pending,
            seconds=seconds,
        )


def _of_trouble(trouble: Trouble, place: Place) -> Problem:
    at = rfc3339(trouble.since, place.zone)
    if trouble.code in KNOWN:
        return _problem(trouble.code, trouble.severity, trouble.message, at, trouble.parameters)
    parameters: Parameters = {**trouble.parameters, "code": trouble.code}
    return _problem("collector_trouble", trouble.severity, trouble.message, at, parameters)


def _clock(last_event_at: int | None, place: Place, now: int) -> Iterator[Problem]:
    if last_event_at is not None and last_event_at - now > CLOCKS_APART:
        at, seconds = rfc3339(last_event_at, place.zone), (last_event_at - now) // SECOND
        yield _warning(
            "events_ahead",
            f"the newest request is {seconds:,} s ahead of this clock ({at}): compare the clocks of CPA and of this"
            " machine. Until then it is missing in ranges that end now.",
            None,
            at=at,
            seconds=seconds,
        )


def _keeping(found: Findings) -> Iterator[Problem]:
    detail = None if found.beat is None else found.beat.detail
    if found.rejected.unreadable:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in found.rejected.reasons)
        yield _warning(
            "rejected_messages",
            f"{found.rejected.unreadable:,} messages from CPA could not be read ({reasons}). They are kept for seven"
            " days, and can be read again.",
            None,
            count=found.rejected.unreadable,
            reasons=reasons,
        )
    if found.rejected.too_old:
        yield _warning(
            "too_old_messages",
            f"{found.rejected.too_old:,} messages are of requests older than EVENT_RETENTION_DAYS keeps, and were set"
            " aside.",
            None,
            count=found.rejected.too_old,
        )
    if detail is not None and detail.disk_free_bytes is not None and detail.disk_free_bytes < DISK_FREE_BYTES:
        free = detail.disk_free_bytes // _MEBIBYTE
        yield _warning(
            "disk_nearly_full", f"only {free:,} MiB are free where the database lives.", None, mebibytes=free
        )
    if found.database.wal_bytes > WAL_BYTES:
        size = found.database.wal_bytes // _MEBIBYTE
        yield _warning(
            "wal_large",
            f"the write-ahead log has grown to {size:,} MiB: some program keeps the database open for reading.",
            None,
            mebibytes=size,
        )
    for run in found.runs:
        if run.outcome == "failed":
            yield _warning(
                "task_failed", f"{run.name} failed: {run.detail}", run.started_at, task=run.name, detail=run.detail
            )


def _pricing(unpriced: Sequence[str]) -> Iterator[Problem]:
    if unpriced:
        names, rest = ", ".join(unpriced[:_NAMES_SHOWN]), max(len(unpriced) - _NAMES_SHOWN, 0)
        more = f" and {rest} more" if rest else ""
        yield _warning(
            "unpriced_models",
            f"no price is known for {names}{more}: their cost is left out of sums.",
            None,
            models=names,
            more=rest,
        )


def _serving(place: Place, password_in_clear: int | None) -> Iterator[Problem]:
    if password_in_clear is not None:
        yield _warning(
            "password_in_clear",
            "a password came over plain http from another machine: whoever is on the way has read it. Serve https"
            " (TLS_ENABLED, or a reverse proxy that is in TRUSTED_PROXY_CIDRS), then change LOGIN_PASSWORD.",
            rfc3339(password_in_clear, place.zone),
        )
    if place.open_to_network:
        yield _warning(
            "open_to_network",
            "anyone who can reach this address sees and changes everything here: set LOGIN_PASSWORD, or listen on"
            " 127.0.0.1 (APP_HOST).",
            None,
        )
    open_paths = readable_by_others(place)
    if open_paths:
        listed = ", ".join(str(path) for path in open_paths)
        remedies = [f"chmod 600 {place.env_file}"] if place.env_file in open_paths else []
        if open_paths != [place.env_file]:
            remedies.insert(0, work_folder.remedy(place.database.parent))
        remedy = "; ".join(remedies)
        yield _warning(
            "readable_by_others",
            f"other users of this machine can read {listed}, and keys are in there: {remedy}",
            None,
            paths=listed,
            remedy=remedy,
        )


def _is_full(folder: Path) -> bool:
    """Not even a heartbeat can be written, so ingestd cannot say it itself."""
    try:
        return shutil.disk_usage(folder).free < DISK_FULL_BYTES
    except OSError:  # the folder went away
        return False


def readable_by_others(place: Place) -> list[Path]:
    """Which of the data folder and the .env file others on the machine can read."""
    found = work_folder.open_to_others(place.database.parent)
    try:
        mode = place.env_file.stat().st_mode
        if stat.S_ISREG(mode) and mode & (stat.S_IRGRP | stat.S_IROTH):  # ENV_FILE=/dev/null holds nothing
            found.append(place.env_file)
    except OSError:  # there is none
        pass
    return found


def _error(code: ProblemCode, message: str, since: str | None, **parameters: str | int) -> Problem:
    return _problem(code, "error", message, since, parameters)


def _warning(code: ProblemCode, message: str, since: str | None, **parameters: str | int) -> Problem:
    return _problem(code, "warning", message, since, parameters)


def _problem(
    code: str, severity: Literal["error", "warning"], message: str, since: str | None, parameters: Parameters
) -> Problem:
    return Problem(code=cast(ProblemCode, code), severity=severity, message=message, since=since, parameters=parameters)
