"""What the daemons do, how the file is, and what a person should know about it."""

import platform
import shutil
import sqlite3
from pathlib import Path
from zoneinfo import ZoneInfo

from queryd.aggregate import grouping
from queryd.aggregate.grid import Grid
from queryd.aggregate.snapshot import Snapshot
from queryd.aggregate.sums import Measures
from queryd.params.calendar import rfc3339
from queryd.params.ranges import Span
from queryd.questions.prices import unpriced_models
from queryd.shapes import (
    BackupsStatus,
    BackupStatus,
    DatabaseStatus,
    InboxStatus,
    IngestStatus,
    QueueStatus,
    Statistics,
    Status,
    TaskStatus,
    Trouble,
    Update,
    VersionsStatus,
)
from queryd.state.collection import collection
from queryd.state.collector import Beat, Life
from queryd.state.meta import number
from queryd.state.problems import Findings, Place, problems
from queryd.state.rejected import rejected
from queryd.state.sizes import file_sizes, growth_per_day
from shared import __version__, backups, updates
from shared.clock import DAY, MILLISECOND, SECOND
from shared.migrations import SCHEMA_VERSION

RECENT = 7 * DAY
"""A model that had no price longer ago is no news, and so much tells the pace at which the file grows."""


def tasks(connection: sqlite3.Connection, zone: ZoneInfo) -> list[TaskStatus]:
    """The last run of each of ingestd's periodic tasks."""
    rows = connection.execute(
        "select name, started_at, duration_us, outcome, detail, next_at from task_run order by name"
    ).fetchall()
    return [
        TaskStatus(
            name=name,
            started_at=rfc3339(started_at, zone),
            duration_ms=duration / MILLISECOND,
            outcome=outcome,
            detail=detail,
            next_at=_when(next_at, zone),
        )
        for name, started_at, duration, outcome, detail, next_at in rows
    ]


def status(
    snapshot: Snapshot, beat: Beat | None, life: Life, place: Place, now: int, *, password_in_clear: int | None = None
) -> Status:
    """`GET /status`. `beat` and `life`: of ingestd, looked at a moment ago. `password_in_clear`: when one came so."""
    connection = snapshot.connection
    runs = tasks(connection, place.zone)
    table = _recent(snapshot, now)
    database = _database(snapshot, place, _requests_per_day(table, snapshot, now))
    newest = connection.execute("select max(occurred_at) from event").fetchone()[0]
    missing = unpriced_models(snapshot, Span(now - RECENT, now))
    found = Findings(beat, life, runs, database, newest, rejected(connection), missing, password_in_clear)
    return Status(
        version=__version__,
        schema=SCHEMA_VERSION,
        now=rfc3339(now, place.zone),
        zone=place.zone.key,
        cpa_url=place.cpa_url,
        login=place.login,
        ingestd=None if beat is None else _ingestd(beat, life, place),
        database=database,
        backups=_backups(place),
        tasks=runs,
        problems=problems(found, place=place, now=now),
        collection=collection(snapshot, beat, life, place.zone, now),
        versions=_versions(connection, beat, place),
        revision=str(snapshot.version),
    )


def _backups(place: Place) -> BackupsStatus:
    kept = backups.listed(place.database)
    newest = [
        BackupStatus(file=each.path.name, made_at=rfc3339(each.made_at, place.zone), bytes=each.size)
        for each in kept[:1]
    ]
    due = kept[0].made_at + place.backup_interval if kept and place.backup_enabled else None
    return BackupsStatus(
        enabled=place.backup_enabled,
        folder=str(backups.folder_of(place.database)),
        count=len(kept),
        bytes=sum(each.size for each in kept),
        newest=newest[0] if newest else None,
        next_at=None if due is None else rfc3339(due, place.zone),
    )


def _recent(snapshot: Snapshot, now: int) -> Grid:
    """The requests of the last RECENT, by model."""
    chosen = snapshot.select((), Span(now - RECENT, now))
    return snapshot.aggregate(chosen, [grouping.dimension("model", snapshot.names)], Measures(frozenset()))


def _requests_per_day(table: Grid, snapshot: Snapshot, now: int) -> float:
    first, _ = snapshot.bounds()
    days = RECENT if first is None else min(RECENT, max(now - first, DAY))
    return float(table.sums["requests"].sum()) * DAY / days


def _ingestd(beat: Beat, life: Life, place: Place) -> IngestStatus:
    detail, zone = beat.detail, place.zone
    queue = inbox = statistics = None
    if detail is not None:
        statistics = Statistics(
            enabled=detail.statistics.enabled,
            unknown_because=detail.statistics.unknown_because,
            checked_at=_when(detail.statistics.checked_at, zone),
        )
        trouble = detail.queue.trouble
        queue = QueueStatus(
            mode=detail.queue.mode,
            address=place.queue_address,
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
        alive=life != "dead",
        life=life,
        queue=queue,
        inbox=inbox,
        lag_seconds=None if detail is None else detail.lag_us / SECOND,
        statistics=statistics,
    )


def _database(snapshot: Snapshot, place: Place, requests_per_day: float) -> DatabaseStatus:
    connection = snapshot.connection
    # Two statements' worth: SQLite looks up a minimum or a maximum, but goes through all rows for both in one.
    first, last = connection.execute(
        "select (select min(occurred_at) from event), (select max(occurred_at) from event)"
    ).fetchone()
    oldest_column = connection.execute("select min(first_ms) from chunk").fetchone()[0]
    if oldest_column is not None:  # columns outlive rows
        first = oldest_column * MILLISECOND if first is None else min(first, oldest_column * MILLISECOND)
    sizes = file_sizes(connection)
    return DatabaseStatus(
        bytes=_size(place.database),
        wal_bytes=_size(place.database.with_name(place.database.name + "-wal")),
        events=number(connection, "events"),
        first_event_at=_when(first, place.zone),
        last_event_at=_when(last, place.zone),
        folder=str(place.database.parent),
        sizes=sizes,
        disk_free_bytes=_disk_free(place.database.parent),
        growth_bytes_per_day=growth_per_day(connection, sizes, requests_per_day),
        event_retention_days=place.event_retention_days,
    )


def _versions(connection: sqlite3.Connection, beat: Beat | None, place: Place) -> VersionsStatus:
    known = updates.newest(connection)
    read_on, models = connection.execute(
        "select max(read_on), count(distinct m.model) from catalogue_model m"
        " where exists (select 1 from catalogue_price p where p.model_id = m.id and p.retired_at is null)"
    ).fetchone()
    return VersionsStatus(
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        cpa=None if beat is None or beat.detail is None else beat.detail.cpa_version,
        prices_read_on=read_on or None,
        priced_models=models,
        can_check=bool(place.update_url),
        newest=None
        if known is None
        else Update(
            version=known.version,
            url=known.url or None,
            newer=updates.is_newer(known.version, __version__),
            checked_at=rfc3339(known.checked_at, place.zone),
        ),
    )


def _disk_free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(folder).free
    except OSError:  # the folder went away while the file was open
        return None


def _when(at: int | None, zone: ZoneInfo) -> str | None:
    return None if at is None else rfc3339(at, zone)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
