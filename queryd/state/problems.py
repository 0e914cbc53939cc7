"""What is wrong, in words that say what to do: the list on the status page and behind the warning in the bar."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from queryd.asking.calendar import rfc3339
from queryd.shapes import DatabaseStatus, Problem, TaskStatus
from queryd.state.collector import Beat
from shared.clock import MINUTE, SECOND

BEHIND = 60 * SECOND
"""A message that waits longer to become an event is worth a word."""

DISK_FREE_BYTES = 1024 * 1024 * 1024
WAL_BYTES = 256 * 1024 * 1024
"""Four times what a checkpoint leaves: a reader must be holding it open."""

CLOCKS_APART = MINUTE
_NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Place:
    """What of the installation `status` tells."""

    database: Path
    zone: ZoneInfo
    cpa_url: str | None
    open_to_network: bool


def problems(
    beat: Beat | None,
    runs: Sequence[TaskStatus],
    database: DatabaseStatus,
    *,
    place: Place,
    unpriced: Sequence[str],
    now: int,
) -> list[Problem]:
    """Errors first: figures are missing, or will be."""
    found = [*collecting(beat, place, now), *_keeping(beat, runs, database), *_pricing(unpriced), *_serving(place)]
    return sorted(found, key=lambda problem: problem.severity != "error")


def collecting(beat: Beat | None, place: Place, now: int) -> Iterator[Problem]:
    """Whether events reach the file, from ingestd's heartbeat."""
    if beat is None:
        yield _error("not_collecting", "ingestd has not run yet: nothing is being collected. Start it.", None)
        return
    since = rfc3339(beat.at, place.zone)
    if not beat.alive(now):
        yield _error(
            "not_collecting",
            "ingestd is not running, so nothing is being collected, and CPA keeps events for a minute only. Start it.",
            since,
        )
        return
    if beat.at - now > CLOCKS_APART:
        yield _warning("clocks_apart", "ingestd's clock is ahead of queryd's; figures of the present are off.", since)
    if beat.detail is None:
        yield _warning("versions_apart", f"ingestd is of version {beat.version}; run both of one version.", since)
        return
    troubles = [each for each in (beat.detail.queue.trouble, beat.detail.storage_trouble) if each is not None]
    for trouble in troubles:
        yield _error(trouble.code, trouble.message, rfc3339(trouble.since, place.zone))
    if beat.detail.statistics_enabled is False and all(each.code != "statistics_disabled" for each in troubles):
        yield _error(
            "statistics_disabled",
            "CPA does not report usage: set usage-statistics-enabled to true in its configuration.",
            None,
        )
    if beat.detail.lag_us > BEHIND:
        yield _warning(
            "behind",
            f"{beat.detail.inbox.pending:,} messages wait to become events, the oldest for"
            f" {beat.detail.lag_us // SECOND:,} s; the figures will catch up.",
            None,
        )


def _keeping(beat: Beat | None, runs: Sequence[TaskStatus], database: DatabaseStatus) -> Iterator[Problem]:
    detail = None if beat is None else beat.detail
    if detail is not None and detail.inbox.rejected:
        yield _warning(
            "rejected_messages",
            f"{detail.inbox.rejected:,} messages from CPA could not be read. They are kept for seven days.",
            None,
        )
    if detail is not None and detail.disk_free_bytes is not None and detail.disk_free_bytes < DISK_FREE_BYTES:
        yield _warning(
            "disk_nearly_full",
            f"only {detail.disk_free_bytes // (1024 * 1024):,} MiB are free where the database lives.",
            None,
        )
    if database.wal_bytes > WAL_BYTES:
        yield _warning(
            "wal_large",
            f"the write-ahead log has grown to {database.wal_bytes // (1024 * 1024):,} MiB: some program keeps the"
            " database open for reading.",
            None,
        )
    for run in runs:
        if run.outcome == "failed":
            yield _warning("task_failed", f"{run.name} failed: {run.detail}", run.started_at)


def _pricing(unpriced: Sequence[str]) -> Iterator[Problem]:
    if unpriced:
        names = ", ".join(unpriced[:_NAMES_SHOWN])
        more = f" and {len(unpriced) - _NAMES_SHOWN} more" if len(unpriced) > _NAMES_SHOWN else ""
        yield _warning("unpriced_models", f"no price is known for {names}{more}: their cost is left out of sums.", None)


def _serving(place: Place) -> Iterator[Problem]:
    if place.open_to_network:
        yield _warning(
            "open_to_network",
            "anyone who can reach this address sees the dashboard: it asks for no password. Listen on 127.0.0.1"
            " behind a proxy that does.",
            None,
        )


def _error(code: str, message: str, since: str | None) -> Problem:
    return Problem(code=code, severity="error", message=message, since=since)


def _warning(code: str, message: str, since: str | None) -> Problem:
    return Problem(code=code, severity="warning", message=message, since=since)
