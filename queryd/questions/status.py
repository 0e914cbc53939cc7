"""What the daemons do, how the file is, and what a person should know about it."""

import sqlite3
from pathlib import Path
from zoneinfo import ZoneInfo

from queryd.asking.calendar import rfc3339
from queryd.asking.periods import Span
from queryd.columns import axes
from queryd.engine.scan import Snapshot
from queryd.engine.tally import Measures
from queryd.shapes import (
    DatabaseStatus,
    InboxStatus,
    IngestStatus,
    QueueStatus,
    Status,
    TaskStatus,
    Trouble,
)
from queryd.state.collector import Beat, heartbeat
from queryd.state.meta import number
from queryd.state.problems import Place, problems
from shared import __version__
from shared.clock import DAY, MILLISECOND, SECOND
from shared.migrations import SCHEMA_VERSION

UNPRICED_WITHIN = 7 * DAY
"""A model that had no price longer ago is no news."""


def tasks(connection: sqlite3.Connection, zone: ZoneInfo) -> list[TaskStatus]:
    """The last run of each of ingestd's periodic tasks."""
    rows = connection.execute(
        "select name, started_at, duration_us, outcome, detail from task_run order by name"
    ).fetchall()
    return [
        TaskStatus(
            name=name,
            started_at=rfc3339(started_at, zone),
            duration_ms=duration / MILLISECOND,
            outcome=outcome,
            detail=detail,
        )
        for name, started_at, duration, outcome, detail in rows
    ]


def status(snapshot: Snapshot, place: Place, now: int) -> Status:
    """`GET /status`."""
    connection = snapshot.connection
    beat = heartbeat(connection)
    runs = tasks(connection, place.zone)
    database = _database(connection, place)
    return Status(
        version=__version__,
        schema=SCHEMA_VERSION,
        now=rfc3339(now, place.zone),
        zone=place.zone.key,
        cpa_url=place.cpa_url,
        ingestd=None if beat is None else _ingestd(beat, place.zone, now),
        database=database,
        tasks=runs,
        problems=problems(beat, runs, database, place=place, unpriced=unpriced(snapshot, now), now=now),
        revision=str(snapshot.revision),
    )


def unpriced(snapshot: Snapshot, now: int) -> list[str]:
    """Models that had requests without a price in the last UNPRICED_WITHIN, most of them first."""
    chosen = snapshot.matching((), Span(now - UNPRICED_WITHIN, now))
    table = snapshot.aggregate(chosen, [axes.dimension("model", snapshot.names)], Measures(frozenset()))
    counted = zip(table.sums["unpriced_requests"].tolist(), table.axes[0].tolist(), strict=True)
    return [snapshot.labels.entity("model", code).label for requests, code in sorted(counted, reverse=True) if requests]


def _ingestd(beat: Beat, zone: ZoneInfo, now: int) -> IngestStatus:
    detail = beat.detail
    queue = inbox = None
    if detail is not None:
        trouble = detail.queue.trouble
        queue = QueueStatus(
            mode=detail.queue.mode,
            connected=detail.queue.connected,
            last_event_at=_when(detail.queue.last_event_at, zone),
            trouble=None
            if trouble is None
            else Trouble(code=trouble.code, message=trouble.message, since=rfc3339(trouble.since, zone)),
        )
        inbox = InboxStatus(pending=detail.inbox.pending, rejected=detail.inbox.rejected)
    return IngestStatus(
        version=beat.version,
        state=beat.state,
        started_at=rfc3339(beat.started_at, zone),
        heartbeat_at=rfc3339(beat.at, zone),
        alive=beat.alive(now),
        queue=queue,
        inbox=inbox,
        lag_seconds=None if detail is None else detail.lag_us / SECOND,
    )


def _database(connection: sqlite3.Connection, place: Place) -> DatabaseStatus:
    # Two statements' worth: SQLite looks up a minimum or a maximum, but goes through all rows for both in one.
    first, last = connection.execute(
        "select (select min(occurred_at) from event), (select max(occurred_at) from event)"
    ).fetchone()
    oldest_column = connection.execute("select min(first_ms) from chunk").fetchone()[0]
    if oldest_column is not None:  # columns outlive rows
        first = oldest_column * MILLISECOND if first is None else min(first, oldest_column * MILLISECOND)
    return DatabaseStatus(
        bytes=_size(place.database),
        wal_bytes=_size(place.database.with_name(place.database.name + "-wal")),
        events=number(connection, "events"),
        first_event_at=_when(first, place.zone),
        last_event_at=_when(last, place.zone),
    )


def _when(at: int | None, zone: ZoneInfo) -> str | None:
    return None if at is None else rfc3339(at, zone)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
