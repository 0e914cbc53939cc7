"""The tail becomes a chunk, and neighbouring chunks become one, inside the transaction that stored the last event.

Chunks are immutable and in arrival order. Sealing never changes a figure: the same records, in columns. What is
imported gets chunks of its own (ingestd.imports), so that the time span of the others stays narrow.
"""

import sqlite3
from collections.abc import Sequence

from shared.columns import (
    ABSENT,
    CHUNK_ROWS_MAX,
    COLUMN_SLOTS,
    COLUMNS,
    MERGE_CHUNKS,
    NUMBER,
    RECORD,
    TAIL_ROWS,
    Encoded,
    concatenate,
    current_records,
    encode,
)

IMPORTED = "imported_chunk_id"
"""The key in `meta` of the newest chunk that an import has written: those up to it are not merged with later ones."""

Neighbour = tuple[int, int, int, int]
"""A chunk to merge: id, first_ms, last_ms, rows."""

_TIME = 0  # the number of the column `occurred_ms`
_CHARGE = NUMBER["charge"]  # the last column: one that older records do not have


class Seal:
    """Counts the tail of one writing connection and closes it into chunks of exactly TAIL_ROWS rows."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.recount()

    def recount(self) -> None:
        """Read the counts again: after a start and after a transaction was rolled back."""
        rows, last = self._connection.execute("select coalesce(sum(rows), 0), max(id) from tail").fetchone()
        mark = self._connection.execute("select number from meta where key = 'tail_id'").fetchone()
        self._rows: int = rows
        self._last_tail = max(last or 0, mark[0] if mark else 0)

    def append(self, records: bytes) -> None:
        """Add packed records to the tail; seal and merge what is due. Call inside a transaction."""
        self._add(records)
        if self._rows >= TAIL_ROWS:
            self._close()

    def _add(self, records: bytes) -> None:
        self._last_tail += 1
        rows = len(records) // RECORD.size
        self._connection.execute(
            "insert into tail (id, rows, records) values (?, ?, ?)", (self._last_tail, rows, records)
        )
        self._rows += rows

    def _close(self) -> None:
        parts = self._connection.execute("select records, rows from tail order by id").fetchall()
        records = memoryview(b"".join(current_records(*part) for part in parts))
        whole = self._rows // TAIL_ROWS * TAIL_ROWS
        newer = sum(rows for packed, rows in parts if len(packed) == rows * RECORD.size)
        for first in range(0, whole, TAIL_ROWS):
            told = first + newer >= self._rows  # all of its records say how they were charged
            self._seal(records[first * RECORD.size : (first + TAIL_ROWS) * RECORD.size], told)
        rest = bytes(records[whole * RECORD.size :])
        self._connection.execute("delete from tail")
        self._rows = 0
        if rest:
            self._add(rest)
        # Tail ids never repeat, so that a reader that has seen id n needs only the rows above it.
        self._connection.execute(
            "insert into meta (key, number) values ('tail_id', ?)"
            " on conflict (key) do update set number = excluded.number",
            (self._last_tail,),
        )

    def _seal(self, records: memoryview, told: bool) -> None:
        write_records(self._connection, records, told=told)
        self._merge()

    def _merge(self) -> None:
        newest = self._connection.execute(
            "select id, first_ms, last_ms, rows from chunk"
            " where id > coalesce((select number from meta where key = ?), 0) order by id desc limit ?",
            (IMPORTED, MERGE_CHUNKS),
        ).fetchall()
        if len(newest) == MERGE_CHUNKS and sum(chunk[3] for chunk in newest) <= CHUNK_ROWS_MAX:
            replace_chunks(self._connection, newest[::-1], merged_columns(self._connection, newest[::-1]))


def write_records(connection: sqlite3.Connection, records: bytes | memoryview, *, told: bool = True) -> int:
    """Write packed records as a chunk of their own, inside a transaction; gives its id.

    `told`: all of them say how they were charged.
    """
    columns = list(zip(*RECORD.iter_unpack(records), strict=True))
    encoded = [encode(values, rebase=number == _TIME) for number, values in enumerate(columns)]
    if not told:
        encoded = encoded[:_CHARGE]
    return _write_chunk(connection, min(columns[_TIME]), max(columns[_TIME]), len(columns[_TIME]), encoded)


def merged_columns(connection: sqlite3.Connection, chunks: Sequence[Neighbour]) -> list[Encoded]:
    """The columns of one chunk in the place of several."""
    merged = [
        concatenate(
            [(_column(connection, chunk[0], column.number), chunk[3]) for chunk in chunks],
            rebase=column.number == _TIME,
        )
        for column in COLUMNS
    ]
    return merged if all(_has_charges(connection, chunk[0]) for chunk in chunks) else merged[:_CHARGE]


def replace_chunks(connection: sqlite3.Connection, chunks: Sequence[Neighbour], merged: list[Encoded]) -> Neighbour:
    """Put one chunk of the `merged_columns` in the place of several, inside a transaction."""
    first, last = min(chunk[1] for chunk in chunks), max(chunk[2] for chunk in chunks)
    rows = sum(chunk[3] for chunk in chunks)
    made = _write_chunk(connection, first, last, rows, merged)
    for chunk in chunks:
        low = chunk[0] * COLUMN_SLOTS
        connection.execute("delete from chunk_column where id >= ? and id < ?", (low, low + COLUMN_SLOTS))
        connection.execute("delete from chunk where id = ?", (chunk[0],))
    return made, first, last, rows


def _has_charges(connection: sqlite3.Connection, chunk_id: int) -> bool:
    """Whether a chunk says how its requests were charged; `ingestd.charge_column` sees to those that do not."""
    found = connection.execute("select 1 from chunk_column where id = ?", (chunk_id * COLUMN_SLOTS + _CHARGE,))
    return found.fetchone() is not None


def _column(connection: sqlite3.Connection, chunk_id: int, number: int) -> Encoded:
    stored = connection.execute(
        "select width, base, data from chunk_column where id = ?", (chunk_id * COLUMN_SLOTS + number,)
    ).fetchone()
    return ABSENT if stored is None else Encoded(*stored)


def _write_chunk(connection: sqlite3.Connection, first_ms: int, last_ms: int, rows: int, columns: list[Encoded]) -> int:
    (newest,) = connection.execute("select max(id) from chunk").fetchone()
    chunk_id = (newest or 0) + 1
    connection.execute(
        "insert into chunk (id, first_ms, last_ms, rows, revision) values (?, ?, ?, ?, 0)",
        (chunk_id, first_ms, last_ms, rows),
    )
    connection.executemany(
        "insert into chunk_column (id, width, base, data) values (?, ?, ?, ?)",
        [
            (chunk_id * COLUMN_SLOTS + number, column.width, column.base, column.data)
            for number, column in enumerate(columns)
        ],
    )
    return int(chunk_id)
