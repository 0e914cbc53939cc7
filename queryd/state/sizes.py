"""What the file is made of, and how fast it grows. Exact sums would read all of it, so it is estimated from little."""

import sqlite3
from collections.abc import Sequence

from queryd.shapes.installation import FileSizes
from queryd.state.meta import number

SAMPLE = 400
"""Newest raw messages that stand for all of them."""

ROW_OVERHEAD = 24
"""Bytes of a row beside its message: its place in the page, lengths, id, time, transport."""

_PAGE_HEADER = 8

_CHUNK_BYTES = "select coalesce(sum(length(data)), 0) from chunk_column"
"""SQLite knows a blob's length from its header, so not one byte of the columns is read."""


_PACKS_BYTES = "select coalesce(sum(length(data)), 0) from inbox_pack"


def file_sizes(connection: sqlite3.Connection) -> FileSizes:
    """Of the main file, in bytes; the parts add up to it."""
    page_size = connection.execute("pragma page_size").fetchone()[0]
    pages = connection.execute("pragma page_count").fetchone()[0]
    free = connection.execute("pragma freelist_count").fetchone()[0] * page_size
    total = pages * page_size - free
    raw = _raw(connection, "inbox", page_size) + _raw(connection, "rejected", page_size)
    raw = min(raw + connection.execute(_PACKS_BYTES).fetchone()[0], total)
    columns = connection.execute(_CHUNK_BYTES).fetchone()[0]
    columns += connection.execute("select coalesce(sum(length(records)), 0) from tail").fetchone()[0]
    columns = min(columns, total - raw)
    return FileSizes(raw_messages=raw, columns=columns, free=free, rows=total - raw - columns)


def growth_per_day(connection: sqlite3.Connection, sizes: FileSizes, requests_per_day: float) -> int | None:
    """Bytes that a day adds for good, at so many requests a day; None while nothing is kept."""
    events = number(connection, "events")
    if not events:
        return None
    return round((sizes.rows + sizes.columns) / events * requests_per_day)


def _raw(connection: sqlite3.Connection, table: str, page_size: int) -> int:
    """Bytes of the messages in `table`: how many there are, by the span of their ids, times the room of a sample."""
    first, last = connection.execute(f"select (select min(id) from {table}), (select max(id) from {table})").fetchone()
    if first is None:
        return 0
    sample = connection.execute(f"select length(payload) from {table} order by id desc limit ?", (SAMPLE,)).fetchall()
    count = last - first + 1
    if table == "rejected":  # ids are those of the inbox, so that there are gaps
        count = connection.execute("select count(*) from (select 1 from rejected limit 10000)").fetchone()[0]
    return int(count / len(sample) * packed([size for (size,) in sample], page_size))


def packed(sizes: Sequence[int], page_size: int) -> float:
    """Bytes of pages that messages of these sizes fill, appended one after the other, the last page by its share.

    A row that does not fit into what is left of a page begins the next one; a longer one than a page has pages of its
    own. What stays empty is a few per cent, which would be taken from the rows: they are the smaller part.
    """
    usable = page_size - _PAGE_HEADER
    full, used = 0, 0
    for size in sizes:
        room = size + ROW_OVERHEAD
        if room > usable:
            full += -(-room // usable)
        elif used + room > usable:
            full, used = full + 1, room
        else:
            used += room
    return full * page_size + used
