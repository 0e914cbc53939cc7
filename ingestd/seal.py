"""The tail becomes a chunk, and neighbouring chunks become one, inside the transaction that stored the last event.

Chunks are immutable and in arrival order. Sealing never changes a figure: the same records, in columns.
"""

import sqlite3

from shared.columns import (
    CHUNK_ROWS_MAX,
    COLUMN_SLOTS,
    COLUMNS,
    MERGE_CHUNKS,
    RECORD,
    TAIL_ROWS,
    Encoded,
    concatenate,
    encode,
)

_TIME = 0  # the number of the column `occurred_ms`


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
        parts = self._connection.execute("select records from tail order by id").fetchall()
        records = memoryview(b"".join(part[0] for part in parts))
        whole = self._rows // TAIL_ROWS * TAIL_ROWS
        for first in range(0, whole, TAIL_ROWS):
            self._seal(records[first * RECORD.size : (first + TAIL_ROWS) * RECORD.size])
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

    def _seal(self, records: memoryview) -> None:
        columns = list(zip(*RECORD.iter_unpack(records), strict=True))
        encoded = [encode(values, rebase=number == _TIME) for number, values in enumerate(columns)]
        _write_chunk(self._connection, min(columns[_TIME]), max(columns[_TIME]), len(columns[_TIME]), encoded)
        self._merge()

    def _merge(self) -> None:
        newest = self._connection.execute(
            "select id, first_ms, last_ms, rows from chunk order by id desc limit ?", (MERGE_CHUNKS,)
        ).fetchall()
        total = sum(chunk[3] for chunk in newest)
        if len(newest) < MERGE_CHUNKS or total > CHUNK_ROWS_MAX:
            return
        chunks = newest[::-1]
        merged = [
            concatenate(
                [(_column(self._connection, chunk[0], column.number), chunk[3]) for chunk in chunks],
                rebase=column.number == _TIME,
            )
            for column in COLUMNS
        ]
        _write_chunk(
            self._connection, min(chunk[1] for chunk in chunks), max(chunk[2] for chunk in chunks), total, merged
        )
        for chunk in chunks:
            low = chunk[0] * COLUMN_SLOTS
            self._connection.execute("delete from chunk_column where id >= ? and id < ?", (low, low + COLUMN_SLOTS))
            self._connection.execute("delete from chunk where id = ?", (chunk[0],))


def _column(connection: sqlite3.Connection, chunk_id: int, number: int) -> Encoded:
    return Encoded(
        *connection.execute(
            "select width, base, data from chunk_column where id = ?", (chunk_id * COLUMN_SLOTS + number,)
        ).fetchone()
    )


def _write_chunk(
    connection: sqlite3.Connection, first_ms: int, last_ms: int, rows: int, columns: list[Encoded]
) -> None:
    (newest,) = connection.execute("select max(id) from chunk").fetchone()
    chunk_id = (newest or 0) + 1
    connection.execute(
        "insert into chunk (id, first_ms, last_ms, rows) values (?, ?, ?, ?)", (chunk_id, first_ms, last_ms, rows)
    )
    connection.executemany(
        "insert into chunk_column (id, width, base, data) values (?, ?, ?, ?)",
        [
            (chunk_id * COLUMN_SLOTS + number, column.width, column.base, column.data)
            for number, column in enumerate(columns)
        ],
    )
