"""Chunks that were sealed before the columns said how events were charged get that column from their rows.

One chunk a step: the rows are read outside any transaction (what they say of a charge is set once), one column is
written. Requests whose rows have been removed (EVENT_RETENTION_DAYS) stay without a charge: their cost is known, its
parts are not.
"""

import sqlite3

from shared.columns import ABSENT, COLUMN_SLOTS, NUMBER, Encoded, decode, encode
from shared.database import transaction

_CHARGE = NUMBER["charge"]
_SAME = ("model", "route", "api_key", "credential", "client", "status", "latency_ms", "ttft_ms")
_COUNTED = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "cost_nanos")
_ROWS = (
    "select occurred_at / 1000, model_id, route_id, api_key_id, credential_id, client_id, status_code, latency_ms,"
    " ttft_ms, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, coalesce(cost_nanos, 0), charge_id"
    " from event where occurred_at >= ? and occurred_at < ? and charge_id is not null"
)


def fill(connection: sqlite3.Connection) -> bool:
    """Give the oldest chunk that lacks it its column; False when none does."""
    row = connection.execute(
        "select id, first_ms, last_ms, rows from chunk where id * ? + ? not in (select id from chunk_column)"
        " order by id limit 1",
        (COLUMN_SLOTS, _CHARGE),
    ).fetchone()
    if row is None:
        return False
    chunk_id, first_ms, last_ms, rows = row
    column = encode(_charges(connection, chunk_id, first_ms, last_ms, rows))
    with transaction(connection):
        # A merge may have taken the chunk in the meantime; the next step finds what it became.
        if connection.execute("select 1 from chunk where id = ?", (chunk_id,)).fetchone():
            connection.execute(
                "insert into chunk_column (id, width, base, data) values (?, ?, ?, ?)",
                (chunk_id * COLUMN_SLOTS + _CHARGE, column.width, column.base, column.data),
            )
            # What a reader has added up of this chunk holds no longer.
            connection.execute("update chunk set revision = revision + 1 where id = ?", (chunk_id,))
            connection.execute("update meta set number = number + 1 where key = 'revision'")
    return True


def _charges(connection: sqlite3.Connection, chunk_id: int, first_ms: int, last_ms: int, rows: int) -> list[int]:
    """The charge of each record of a chunk, by the row that says the same; 0 where there is none."""
    columns = [_column(connection, chunk_id, name, rows) for name in ("occurred_ms", *_SAME, *_COUNTED)]
    places: dict[int, list[int]] = {}
    for place, values in enumerate(zip(*columns, strict=True)):
        places.setdefault(hash(values), []).append(place)
    found = [0] * rows
    for *values, charge in connection.execute(_ROWS, (first_ms * 1_000, (last_ms + 1) * 1_000)):
        waiting = places.get(hash(tuple(values)))
        if waiting:
            found[waiting.pop()] = charge
    return found


def _column(connection: sqlite3.Connection, chunk_id: int, name: str, rows: int) -> list[int]:
    stored = connection.execute(
        "select width, base, data from chunk_column where id = ?", (chunk_id * COLUMN_SLOTS + NUMBER[name],)
    ).fetchone()
    return list(decode(ABSENT if stored is None else Encoded(*stored), rows))
