"""Where columns come from: immutable chunks, read column by column when asked, and the tail, kept as records.

A block hands out columns as arrays of the width they are stored in. A column that has one value is that value.
"""

import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from shared.columns import COLUMN_SLOTS, COLUMNS, NUMBER, current_records

Array = NDArray[Any]
Rows = NDArray[np.integer[Any]]
"""Positions in a block, ascending."""

_WIDTHS = {1: "<u1", 2: "<u2", 4: "<u4", 8: "<i8"}
_RECORD = np.dtype([(column.name, {"q": "<i8", "I": "<u4", "H": "<u2", "B": "u1"}[column.code]) for column in COLUMNS])


class Block(Protocol):
    """Some rows of every column. `first_ms` and `last_ms`: its earliest and latest event, UTC epoch milliseconds.

    `id`: the chunk's, or 0.
    """

    id: int
    rows: int
    first_ms: int
    last_ms: int

    def load(self, names: Iterable[str]) -> None:
        """Make these columns ready, with one statement."""

    def column(self, name: str) -> Array | int:
        """A column's values, or the one value of all rows."""

    def times(self) -> tuple[Array | int, int]:
        """The times, and what to add to them for UTC epoch milliseconds."""


@dataclass(slots=True)
class Chunk:
    """A sealed chunk, seen through one snapshot's connection."""

    id: int
    first_ms: int
    last_ms: int
    rows: int
    _connection: sqlite3.Connection
    _columns: dict[str, Array | int] = field(default_factory=dict)
    _base_ms: int = 0

    def load(self, names: Iterable[str]) -> None:
        missing = sorted({NUMBER[name] for name in names if name not in self._columns})
        if not missing:
            return
        first = self.id * COLUMN_SLOTS
        found = self._connection.execute(
            f"select id, width, base, data from chunk_column where id in ({','.join('?' * len(missing))})",
            [first + number for number in missing],
        )
        for row_id, width, base, data in found:
            name = COLUMNS[row_id - first].name
            if width == 0:
                self._columns[name] = base
                continue
            values: Array = np.frombuffer(data, _WIDTHS[width])
            if name == "occurred_ms":
                self._base_ms = base
            elif base:
                values = values.astype(np.int64) + base
            self._columns[name] = values
        for number in missing:  # a column that is newer than the chunk
            self._columns.setdefault(COLUMNS[number].name, 0)

    def column(self, name: str) -> Array | int:
        self.load((name,))
        return self._columns[name]

    def times(self) -> tuple[Array | int, int]:
        return self.column("occurred_ms"), self._base_ms


@dataclass(slots=True)
class TailRecords:
    """Tail rows of one snapshot as one array of records; `ends[i]` is where the i-th row's records end."""

    ids: list[int]
    ends: list[int]
    records: Array
    first_ms: int = 0
    last_ms: int = 0
    rows: int = 0
    id: int = 0
    _columns: dict[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        times = self.records["occurred_ms"]
        self.rows = len(times)
        if self.rows:
            self.first_ms, self.last_ms = int(times.min()), int(times.max())

    def load(self, names: Iterable[str]) -> None:
        """Nothing to do: records hold every column."""

    def column(self, name: str) -> Array | int:
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = np.ascontiguousarray(self.records[name])
        return found

    def times(self) -> tuple[Array | int, int]:
        return self.column("occurred_ms"), 0


class Tail:
    """Keeps the records of the newest tail seen; a look reads only rows that are new.

    Turning rows into arrays costs more than everything that is done with them. Tail ids grow and never repeat; sealing
    takes all rows of a tail at once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest = _records([])

    def look(self, connection: sqlite3.Connection) -> TailRecords:
        """The tail of the connection's snapshot."""
        first, last = connection.execute("select min(id), max(id) from tail").fetchone()
        if first is None:
            return _records([])
        with self._lock:
            known = self._newest
        if known.ids and known.ids[0] == first:
            if known.ids[-1] == last:
                return known
            if known.ids[-1] > last:  # this snapshot is older than another thread's
                count = next(number for number, row_id in enumerate(known.ids) if row_id > last)
                return TailRecords(known.ids[:count], known.ends[:count], known.records[: known.ends[count - 1]])
            fresh = _records(
                connection.execute(
                    "select id, records, rows from tail where id > ? order by id", (known.ids[-1],)
                ).fetchall(),
                known,
            )
        else:
            fresh = _records(connection.execute("select id, records, rows from tail order by id").fetchall())
        with self._lock:
            if not self._newest.ids or self._newest.ids[-1] < last:
                self._newest = fresh
        return fresh


def _records(rows: list[tuple[int, bytes, int]], before: TailRecords | None = None) -> TailRecords:
    ids = list(before.ids) if before else []
    ends = list(before.ends) if before else []
    end = ends[-1] if ends else 0
    for row_id, _, count in rows:
        end += count
        ids.append(row_id)
        ends.append(end)
    fresh: Array = (
        np.frombuffer(b"".join(current_records(*row[1:]) for row in rows), _RECORD) if rows else np.zeros(0, _RECORD)
    )
    return TailRecords(ids, ends, np.concatenate([before.records, fresh]) if before else fresh)


def taken(block: Block, column: str, rows: Rows | None) -> Array:
    """The values of a column at `rows` (None: at all), in the width that they are stored in."""
    values = block.column(column)
    if isinstance(values, int):
        return np.full(block.rows if rows is None else len(rows), values, np.int64)
    return values if rows is None else values.take(rows)


def occurred_ms(block: Block, rows: Rows | None) -> NDArray[np.int64]:
    """When `rows` (None: all) occurred, UTC epoch milliseconds."""
    times, base = block.times()
    if isinstance(times, int):
        return np.full(block.rows if rows is None else len(rows), times + base, np.int64)
    return (times if rows is None else times.take(rows)).astype(np.int64) + base
