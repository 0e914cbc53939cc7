"""What the loss meter keeps in the file: counters as last compared, and gaps. Written by the worker, briefly."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ingestd.loss.difference import Known
from ingestd.short_write import short_write
from shared.clock import HOUR
from shared.version import next_revision

GAPS_KEPT: Final = 5_000
_LONGEST_REQUEST: Final = HOUR
"""An event is looked for among those that began so long before it can have come."""

_SET_NUMBER = "insert into meta (key, number) values (?, ?) on conflict (key) do update set number = excluded.number"


@dataclass(frozen=True, slots=True)
class Compared:
    """The last comparison: when (UTC epoch microseconds), up to which message, and what was known then."""

    at: int
    inbox_id: int
    known: dict[str, Known]


@dataclass(frozen=True, slots=True)
class Gap:
    """As `shared.schema.collection.CollectionGap`."""

    start: int
    end: int
    reason: str
    lost: int | None
    unknown_because: str
    by_credential: Mapping[str, int]


def last_compared(connection: sqlite3.Connection) -> Compared | None:
    """None before the first comparison."""
    numbers = dict(
        connection.execute("select key, number from meta where key in ('loss_compared_at', 'loss_inbox_id')").fetchall()
    )
    if len(numbers) < 2:
        return None
    rows = connection.execute("select auth_index, attempts, events, usual_attempts, usual_events from cpa_counter")
    return Compared(numbers["loss_compared_at"], numbers["loss_inbox_id"], {index: Known(*row) for index, *row in rows})


def last_collected(connection: sqlite3.Connection) -> int | None:
    """From when on an earlier process has not collected, or not compared; UTC epoch microseconds."""
    row = connection.execute(
        "select coalesce(json_extract(detail, '$.uncompared_since'), json_extract(detail, '$.collected_at'))"
        " from heartbeat where daemon = 'ingestd'"
    ).fetchone()
    if row is not None and isinstance(row[0], int):
        return row[0]
    compared = connection.execute("select number from meta where key = 'loss_compared_at'").fetchone()
    return compared[0] if compared else None


def events_between(connection: sqlite3.Connection, compared: Compared, settled: int) -> dict[str, int]:
    """Events that came after the comparison, up to message `settled`, by auth index."""
    return dict(
        connection.execute(
            "select c.auth_index, count(*) from event e join credential c on c.id = e.credential_id"
            " where e.occurred_at >= ? and e.inbox_id > ? and e.inbox_id <= ? group by 1",
            (compared.at - _LONGEST_REQUEST, compared.inbox_id, settled),
        ).fetchall()
    )


def auth_indexes(connection: sqlite3.Connection) -> dict[int, str]:
    """By credential id."""
    return dict(connection.execute("select id, auth_index from credential").fetchall())


def keep(connection: sqlite3.Connection, before: Compared | None, now: Compared, gap: Gap | None) -> None:
    """Keep a comparison, and the gap that it found, in one transaction."""
    known = {} if before is None else before.known
    changed = [
        (index, each.attempts, each.events, each.usual_attempts, each.usual_events)
        for index, each in now.known.items()
        if known.get(index) != each
    ]
    gone = [(index,) for index in known.keys() - now.known.keys()]
    with short_write(connection):
        connection.executemany("insert or replace into cpa_counter values (?, ?, ?, ?, ?)", changed)
        connection.executemany("delete from cpa_counter where auth_index = ?", gone)
        connection.execute(_SET_NUMBER, ("loss_compared_at", now.at))
        connection.execute(_SET_NUMBER, ("loss_inbox_id", now.inbox_id))
        if before is None:
            connection.execute(_SET_NUMBER, ("loss_since", now.at))
        if gap is not None:
            _add(connection, gap)


def keep_gap(connection: sqlite3.Connection, gap: Gap) -> None:
    """Keep a gap alone, where there was nothing to compare with."""
    with short_write(connection):
        _add(connection, gap)


def _add(connection: sqlite3.Connection, gap: Gap) -> None:
    gap_id = connection.execute(
        "insert into collection_gap (started_at, ended_at, reason, lost, unknown_because) values (?, ?, ?, ?, ?)",
        (gap.start, gap.end, gap.reason, gap.lost, gap.unknown_because),
    ).lastrowid
    connection.executemany(
        "insert into collection_gap_credential (gap_id, auth_index, lost) values (?, ?, ?)",
        [(gap_id, index, lost) for index, lost in gap.by_credential.items()],
    )
    connection.execute("delete from collection_gap where id <= ?", ((gap_id or 0) - GAPS_KEPT,))
    connection.execute("delete from collection_gap_credential where gap_id <= ?", ((gap_id or 0) - GAPS_KEPT,))
    next_revision(connection)
