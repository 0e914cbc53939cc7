"""The records that a re-pricing changes, in a chunk or in the tail: which is whose, and how they are written.

A row and its record say the same, so that the one is found by the other's values; what two share to the last of them is
priced alike, too. Rows and records are written in one transaction, briefly.
"""

import secrets
import sqlite3
import sys
from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from ingestd.pricebook.charges import Way
from shared.columns import COLUMN_SLOTS, NUMBER, RECORD, UNPRICED, Encoded, current_records, decode, encode
from shared.database import snapshot, transaction
from shared.version import next_revision

KEY = (
    "occurred_ms", "model", "route", "api_key", "credential", "client", "status", "latency_ms", "ttft_ms", "cost_nanos",
    "charge", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens",
    "unclassified_tokens",
)  # fmt: skip
"""The columns that tell a record from others."""

_FLAGS, _COST, _CHARGE = (NUMBER[name] for name in ("flags", "cost_nanos", "charge"))
_KEY_NUMBERS = [NUMBER[name] for name in KEY]


class Change(NamedTuple):
    """A row's new cost, the place of its record, and what it was before."""

    place: int
    occurred_at: int
    digest: int
    cost_nanos: int | None
    way: Way | None
    charge_id: int | None  # None as well for a way that is not in the file yet
    model: str
    before_nanos: int | None


class Places:
    """Where the records of some keys (hashes of the values of KEY) are. Each is given once."""

    def __init__(self, records: Iterable[Sequence[int]]) -> None:
        keys = list(map(hash, records))
        self._places = dict(zip(keys, range(len(keys)), strict=True))
        self._repeated: dict[int, list[int]] = {}
        if len(self._places) < len(keys):
            for place, key in enumerate(keys):
                if self._places[key] != place:
                    self._repeated.setdefault(key, []).append(place)

    def take(self, key: int) -> int | None:
        """The place of a record with that key that has not been given yet."""
        place = self._places.pop(key, None)
        if place is None and key in self._repeated:
            others = self._repeated[key]
            return others.pop() if others else None
        return place


class Records(ABC):
    """The records of some events, wherever they are kept."""

    first_ms: int
    last_ms: int
    rows: int
    done: float

    @abstractmethod
    def places(self) -> Places:
        """Where each of them is."""

    @abstractmethod
    def write(self, changes: Sequence[Change], *, last: bool) -> bool:
        """Rows and records of these changes, in one transaction; False where the records are no longer there.

        `last`: no more of them follow.
        """

    @abstractmethod
    def there(self) -> bool:
        """Whether nobody has sealed or merged them since."""


class ChunkRecords(Records):
    """The columns of a chunk."""

    def __init__(self, connection: sqlite3.Connection, row: tuple[int, ...], done: float) -> None:
        """`row`: id, first_ms, last_ms, rows, revision."""
        self._connection = connection
        self._id, self.first_ms, self.last_ms, self.rows, self._revision = row
        self.done = done
        self._changing: dict[int, array[int]] = {}

    def places(self) -> Places:
        with snapshot(self._connection):
            columns = [self._column(number) for number in _KEY_NUMBERS]
        return Places(zip(*columns, strict=True))

    def there(self) -> bool:
        row = self._connection.execute("select revision from chunk where id = ?", (self._id,)).fetchone()
        return row is not None and row[0] == self._revision

    def write(self, changes: Sequence[Change], *, last: bool) -> bool:
        begins = not self._changing
        if begins:
            codes = ((_FLAGS, "B"), (_COST, "Q"), (_CHARGE, "I"))
            self._changing = {number: array(code, self._column(number)) for number, code in codes}
        flags, cost, charge = (self._changing[number] for number in (_FLAGS, _COST, _CHARGE))
        for change in changes:
            flags[change.place] = _flags(flags[change.place], change.cost_nanos)
            cost[change.place] = change.cost_nanos or 0
            charge[change.place] = change.charge_id or 0
        # The first step makes the columns as wide as any value needs, so that the next ones write only what they
        # change; the last makes them narrow again.
        narrow = last or sys.byteorder == "big"
        encoded = [
            (number, encode(values) if narrow else Encoded(values.itemsize, 0, values.tobytes()))
            for number, values in (self._changing.items() if narrow or begins else ())
        ]
        with transaction(self._connection):
            moved = self._connection.execute(
                "update chunk set revision = revision + 1 where id = ? and revision = ?", (self._id, self._revision)
            )
            if moved.rowcount == 0:
                return False
            _write_rows(self._connection, changes)
            if encoded:
                self._connection.executemany(
                    "insert or replace into chunk_column (id, width, base, data) values (?, ?, ?, ?)",
                    [
                        (self._id * COLUMN_SLOTS + number, column.width, column.base, column.data)
                        for number, column in encoded
                    ],
                )
            else:
                self._write_places(min(each.place for each in changes), max(each.place for each in changes) + 1)
        self._revision += 1
        return True

    def _write_places(self, first: int, end: int) -> None:
        """Only these places of the columns: a chunk has hundreds of kilobytes, a step a few."""
        for number, values in self._changing.items():
            with self._connection.blobopen("chunk_column", "data", self._id * COLUMN_SLOTS + number) as data:
                data.seek(first * values.itemsize)
                data.write(values[first:end].tobytes())

    def _column(self, number: int) -> Sequence[int]:
        stored = self._connection.execute(
            "select width, base, data from chunk_column where id = ?", (self._id * COLUMN_SLOTS + number,)
        ).fetchone()
        return [0] * self.rows if stored is None else decode(Encoded(*stored), self.rows)


class TailRecords(Records):
    """The records of the tail: few enough to be written at once."""

    done = 1.0

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._batches = [
            (id_, bytearray(current_records(records, rows)))
            for id_, rows, records in connection.execute("select id, rows, records from tail order by id")
        ]
        times = [record[0] for _, batch in self._batches for record in RECORD.iter_unpack(batch)]
        self.rows = len(times)
        self.first_ms, self.last_ms = (min(times), max(times)) if times else (0, 0)
        self.sealed = False

    def places(self) -> Places:
        key = itemgetter(*_KEY_NUMBERS)
        return Places(key(record) for _, batch in self._batches for record in RECORD.iter_unpack(batch))

    def there(self) -> bool:
        if not self.sealed and self._batches:  # sealing takes all rows of a tail at once
            first = self._connection.execute("select min(id) from tail").fetchone()[0]
            self.sealed = first != self._batches[0][0]
        return not self.sealed

    def write(self, changes: Sequence[Change], *, last: bool) -> bool:
        del last  # records are as wide as ever
        if not changes:
            return self.there()
        by_place = {change.place: change for change in changes}
        place = 0
        changed: dict[int, bytearray] = {}
        for id_, batch in self._batches:
            for offset in range(0, len(batch), RECORD.size):
                change = by_place.get(place)
                place += 1
                if change is None:
                    continue
                values: list[Any] = list(RECORD.unpack_from(batch, offset))
                values[_FLAGS] = _flags(values[_FLAGS], change.cost_nanos)
                values[_COST], values[_CHARGE] = change.cost_nanos or 0, change.charge_id or 0
                RECORD.pack_into(batch, offset, *values)
                changed[id_] = batch
        with transaction(self._connection):
            if not self.there():
                return False
            self._connection.executemany(
                "update tail set records = ? where id = ?", [(bytes(batch), id_) for id_, batch in changed.items()]
            )
            _write_rows(self._connection, changes)
            # Readers keep the tail that they have seen by its rows' ids; another epoch makes them look anew.
            self._connection.execute("update meta set number = ? where key = 'epoch'", (secrets.randbits(63),))
        return True


def _flags(flags: int, cost: int | None) -> int:
    return flags | UNPRICED if cost is None else flags & ~UNPRICED


def _write_rows(connection: sqlite3.Connection, changes: Sequence[Change]) -> None:
    connection.executemany(
        "update event set cost_nanos = ?, charge_id = ? where occurred_at = ? and digest = ?",
        [(change.cost_nanos, change.charge_id, change.occurred_at, change.digest) for change in changes],
    )
    next_revision(connection)
