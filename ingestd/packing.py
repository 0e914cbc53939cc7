"""Settled messages are packed (`shared.raw_messages`); packs leave at their day's end, and beyond a bound in bytes.

The collector never waits for it: reading and compressing happen outside of any transaction, and a step writes some
hundred rows.
"""

import sqlite3

from ingestd.short_write import short_write
from shared.clock import DAY
from shared.raw_messages import RawMessage, pack
from shared.version import next_revision

PACK_ROWS = 200
PACK_BYTES = 1024 * 1024
"""Most messages of a pack, and about the most bytes before compression: a drawer of one request unpacks them all."""

BYTES_MAX = 256 * 1024 * 1024
"""Of all packs: some two million messages. Older ones leave, whatever day it is; events stay."""

_REMOVED_ROWS = 50


def pack_step(connection: sqlite3.Connection, settled: int) -> int:
    """Pack the oldest settled messages of the inbox; gives how many, 0 when there are too few for a pack."""
    messages: list[RawMessage] = []
    first = last = size = 0
    cursor = connection.execute(
        "select id, arrived_at, transport, payload from inbox where id <= ? order by id limit ?", (settled, PACK_ROWS)
    )
    for row in cursor:
        if messages and row[0] != last + 1:
            break  # ids are counted through, but a pack is looked into by their distance
        first = first or row[0]
        last = row[0]
        messages.append(RawMessage(*row[1:]))
        size += len(row[3])
        if size >= PACK_BYTES:
            break
    else:
        if len(messages) < PACK_ROWS:
            return 0
    cursor.close()
    data = pack(messages)
    with short_write(connection):
        removed = connection.execute("delete from inbox where id between ? and ?", (first, last)).rowcount
        if removed == len(messages):  # else their day has ended meanwhile, and they are gone
            connection.execute(
                "insert into inbox_pack (first_id, last_id, last_arrived_at, data) values (?, ?, ?, ?)",
                (first, last, messages[-1].arrived_at, data),
            )
    return len(messages)


def clean_day(connection: sqlite3.Connection, before: int) -> int:
    """Remove some packs of before `before` (UTC epoch microseconds); gives how many. Repeat while it gives any.

    One that seems to be of later than tomorrow came under a wrong clock, and holds nothing up.
    """
    return _remove(
        connection,
        "select first_id from inbox_pack where last_arrived_at < ? or last_arrived_at >= ? order by first_id limit ?",
        (before, before + 2 * DAY, _REMOVED_ROWS),
    )


def clean_bytes(connection: sqlite3.Connection, bound: int = BYTES_MAX) -> int:
    """Remove some of the oldest packs while all of them are larger than `bound` bytes; gives how many."""
    (size,) = connection.execute("select coalesce(sum(length(data)), 0) from inbox_pack").fetchone()
    if size <= bound:
        return 0
    return _remove(connection, "select first_id from inbox_pack order by first_id limit ?", (_REMOVED_ROWS,))


def _remove(connection: sqlite3.Connection, which: str, values: tuple[int, ...]) -> int:
    rows = connection.execute(which, values).fetchall()
    if rows:
        with short_write(connection):
            connection.executemany("delete from inbox_pack where first_id = ?", rows)
            next_revision(connection)  # the raw message was a part of what is known of its request
    return len(rows)
