"""Stored requests are priced anew by the prices of today: first only counted, then written, when somebody asks for it.

Chunk by chunk: the rows of a chunk are read and priced outside any transaction, then written in short ones, each of
them rows and columns together, so that a figure never disagrees with its events and whoever reads in between sees
some requests by the old price and the others by the new. To price again what is priced already changes nothing, so
that after a kill the same command does what is left. Requests whose rows have been removed (EVENT_RETENTION_DAYS)
cannot be priced anew: columns alone do not know their alias.
"""

import secrets
import sqlite3
import sys
from abc import ABC, abstractmethod
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import Any, NamedTuple

import msgspec

from ingestd import charge_column
from ingestd.pricebook.book import PriceBook
from ingestd.pricebook.charges import Way
from ingestd.short_write import short_write
from shared.columns import COLUMN_SLOTS, NUMBER, RECORD, UNPRICED, Encoded, current_records, decode, encode
from shared.normalization import Tokens
from shared.prices import Price

STEP_ROWS = 1_000
"""Most rows written in one transaction: some 10 ms, which is what the collector waits."""

_STEP_ROWS_MIN = 100
_TOO_LONG_SECONDS = 0.04
"""A step that takes longer, with the pause after it, is followed by one of half its rows: the machine is busy."""

_CHANGED = ("flags", "cost_nanos", "charge")
_FLAGS, _COST, _CHARGE = (NUMBER[name] for name in _CHANGED)
_KEY = (
    "occurred_ms", "model", "route", "api_key", "credential", "client", "status", "latency_ms", "ttft_ms",
    "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "cost_nanos", "charge",
)  # fmt: skip
_ROWS = """
select e.occurred_at, e.digest, e.model_id, e.route_id, e.api_key_id, e.credential_id, e.client_id, e.status_code,
       e.latency_ms, e.ttft_ms, e.input_tokens, e.cache_read_tokens, e.cache_write_tokens, e.output_tokens,
       e.reasoning_tokens, e.unclassified_tokens, e.cost_nanos, e.charge_id, e.failed, m.name, coalesce(a.name, m.name),
       r.provider, r.executor_type, r.auth_type, r.endpoint, r.reasoning_effort, r.service_tier,
       r.response_service_tier
from event e join model m on m.id = e.model_id left join model a on a.id = e.alias_id join route r on r.id = e.route_id
where e.occurred_at >= ? and e.occurred_at < ?
"""

Progress = Callable[[float], None]
"""Told how much is done, 0 to 1; may raise to end it."""


class Scope(msgspec.Struct, frozen=True):
    """Which requests: of a time (UTC epoch microseconds, the end exclusive), and of these models, or of any."""

    start: int = 0
    end: int = 2**62
    models: tuple[str, ...] | None = None


class ModelChange(msgspec.Struct):
    """What becomes of the requests of a model. Costs in nano-dollars; unknown ones count as 0 in them."""

    model: str
    requests: int = 0
    unpriced_before: int = 0
    unpriced_after: int = 0
    before_nanos: int = 0
    after_nanos: int = 0


class Changes(msgspec.Struct):
    """What a re-pricing changes, or has changed. `unreachable`: requests whose rows are gone."""

    looked_at: int = 0
    requests: int = 0
    unreachable: int = 0
    before_nanos: int = 0
    after_nanos: int = 0
    models: list[ModelChange] = []


class _Row(NamedTuple):
    """An event's row, as the price book looks at it."""

    occurred_at: int
    digest: int
    model_id: int
    route_id: int
    api_key_id: int
    credential_id: int
    client_id: int
    status_code: int
    latency_ms: int
    ttft_ms: int
    input_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    output_tokens: int
    reasoning_tokens: int
    unclassified_tokens: int
    cost_nanos: int | None
    charge_id: int | None
    failed: int
    model: str
    alias: str
    provider: str
    executor_type: str
    auth_type: str
    endpoint: str
    reasoning_effort: str
    service_tier: str
    response_service_tier: str

    @property
    def key(self) -> int:
        """What tells its record in the columns from others (_KEY)."""
        return hash((self.occurred_at // 1_000, *self[2:14], self.cost_nanos or 0, self.charge_id or 0))

    @property
    def tokens(self) -> Tokens:
        return Tokens(*self[10:16])


class _Change(NamedTuple):
    """A row's new cost, and the place of its record."""

    place: int
    occurred_at: int
    digest: int
    cost_nanos: int | None
    way: Way | None
    charge_id: int | None  # None as well for a way that is not in the file yet


class Repricing:
    """One run over a file, by a connection and a price book of its own; with a `draft` it can only be previewed."""

    def __init__(
        self, connection: sqlite3.Connection, scope: Scope, progress: Progress, draft: Price | None = None
    ) -> None:
        self._connection = connection
        self._book = PriceBook(connection, draft=draft)
        self._known = self._book.charges.known()
        self._step_rows = STEP_ROWS
        self._scope = scope
        self._progress = progress
        self._models: dict[str, ModelChange] = {}
        self._looked_at = self._unreachable = 0

    def preview(self) -> Changes:
        """What would change. Writes nothing."""
        for records in self._all():
            for _ in self._changes(records):
                pass
        return self._sums()

    def run(self) -> Changes:
        """Price everything in scope anew; gives what that has changed."""
        while charge_column.fill(self._connection):
            self._progress(0.0)
        for records in self._all():
            changes = self._with_charges(list(self._changes(records)))
            while changes:
                began = monotonic()
                if not records.write(changes[: self._step_rows], last=len(changes) <= self._step_rows):
                    break  # it was merged or sealed in the meantime, and comes again as a part of another
                del changes[: self._step_rows]
                took = monotonic() - began
                if took > _TOO_LONG_SECONDS:
                    self._step_rows = max(self._step_rows // 2, min(_STEP_ROWS_MIN, STEP_ROWS))
                elif took < _TOO_LONG_SECONDS / 3:
                    self._step_rows = min(self._step_rows * 2, STEP_ROWS)
                self._progress(records.done)
        return self._sums()

    def _with_charges(self, changes: list[_Change]) -> list[_Change]:
        """Ways of charging that are not in the file yet are put there; not while rows are read, which would fail."""
        new = {change.way for change in changes if change.way is not None and change.charge_id is None}
        if not new:
            return changes
        with short_write(self._connection):
            for way in new:
                self._known[way] = self._book.charges.id(way)
        return [
            change if change.way is None else change._replace(charge_id=self._known[change.way]) for change in changes
        ]

    def _all(self) -> Iterator["_Records"]:
        """Every chunk that overlaps the scope, by rising id, those that appear meanwhile included; the tail last."""
        last = 0
        start_ms, end_ms = self._scope.start // 1_000, self._scope.end // 1_000
        while True:
            row = self._connection.execute(
                "select id, first_ms, last_ms, rows, revision, (select max(id) from chunk) from chunk"
                " where id > ? and last_ms >= ? and first_ms <= ? order by id limit 1",
                (last, start_ms, end_ms),
            ).fetchone()
            if row is not None:
                last = row[0]
                yield _ChunkRecords(self._connection, row[:5], last / (row[5] + 1))
                continue
            tail = _TailRecords(self._connection)
            yield tail
            if not tail.sealed:
                return

    def _changes(self, records: "_Records") -> Iterator[_Change]:
        """The rows of some records whose cost, or the way to it, is another by the prices of today."""
        places = records.places()
        if not places:
            return
        start = max(records.first_ms * 1_000, self._scope.start)
        end = min((records.last_ms + 1) * 1_000, self._scope.end)
        found = 0
        for values in self._connection.execute(_ROWS, (start, end)):
            row = _Row(*values)
            waiting = places.get(row.key)
            if not waiting:
                continue
            place = waiting.pop()
            found += 1
            if self._scope.models is not None and row.model not in self._scope.models:
                continue
            nanos, way = self._book.charged(row, row.tokens, api_key_id=row.api_key_id, credential_id=row.credential_id)
            charge_id = None if way is None else self._known.get(way)
            self._looked_at += 1
            if nanos != row.cost_nanos:
                self._count(row, nanos)
            if nanos != row.cost_nanos or charge_id != row.charge_id or (way is not None and charge_id is None):
                yield _Change(place, row.occurred_at, row.digest, nanos, way, charge_id)
        if self._scope.start <= records.first_ms * 1_000 and records.last_ms * 1_000 < self._scope.end:
            self._unreachable += records.rows - found
        self._progress(records.done)

    def _count(self, row: _Row, cost: int | None) -> None:
        change = self._models.setdefault(row.model, ModelChange(row.model))
        change.requests += 1
        change.unpriced_before += row.cost_nanos is None
        change.unpriced_after += cost is None
        change.before_nanos += row.cost_nanos or 0
        change.after_nanos += cost or 0

    def _sums(self) -> Changes:
        models = sorted(self._models.values(), key=lambda each: -abs(each.after_nanos - each.before_nanos))
        total: Counter[str] = Counter()
        for each in models:
            total.update(requests=each.requests, before=each.before_nanos, after=each.after_nanos)
        return Changes(self._looked_at, total["requests"], self._unreachable, total["before"], total["after"], models)


class _Records(ABC):
    """The records of some events, wherever they are kept."""

    first_ms: int
    last_ms: int
    rows: int
    done: float

    @abstractmethod
    def places(self) -> dict[int, list[int]]:
        """Places by the key of a record."""

    @abstractmethod
    def write(self, changes: Sequence[_Change], *, last: bool) -> bool:
        """Rows and records of these changes, in one transaction; False where the records are no longer there.

        `last`: no more of them follow.
        """


class _ChunkRecords(_Records):
    """The columns of a chunk."""

    def __init__(self, connection: sqlite3.Connection, row: tuple[int, ...], done: float) -> None:
        """`row`: id, first_ms, last_ms, rows, revision."""
        self._connection = connection
        self._id, self.first_ms, self.last_ms, self.rows, self._revision = row
        self.done = done
        self._changing: dict[int, array[int]] = {}

    def places(self) -> dict[int, list[int]]:
        columns = [self._column(NUMBER[name]) for name in _KEY]
        return _places(zip(*columns, strict=True))

    def write(self, changes: Sequence[_Change], *, last: bool) -> bool:
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
        with short_write(self._connection):
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


class _TailRecords(_Records):
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

    def places(self) -> dict[int, list[int]]:
        wanted = [NUMBER[name] for name in _KEY]
        records = (record for _, batch in self._batches for record in RECORD.iter_unpack(batch))
        return _places(tuple(record[number] for number in wanted) for record in records)

    def write(self, changes: Sequence[_Change], *, last: bool) -> bool:
        del last  # records are as wide as ever
        by_place = {change.place: change for change in changes}
        place = 0
        for _, batch in self._batches:
            for offset in range(0, len(batch), RECORD.size):
                change = by_place.get(place)
                place += 1
                if change is None:
                    continue
                values: list[Any] = list(RECORD.unpack_from(batch, offset))
                values[_FLAGS] = _flags(values[_FLAGS], change.cost_nanos)
                values[_COST], values[_CHARGE] = change.cost_nanos or 0, change.charge_id or 0
                RECORD.pack_into(batch, offset, *values)
        with short_write(self._connection):
            first = self._connection.execute("select min(id) from tail").fetchone()[0]
            if first != self._batches[0][0]:  # sealing takes all rows of a tail at once
                self.sealed = True
                return False
            self._connection.executemany(
                "update tail set records = ? where id = ?", [(bytes(batch), id_) for id_, batch in self._batches]
            )
            _write_rows(self._connection, changes)
            # Readers keep the tail that they have seen by its rows' ids; another epoch makes them look anew.
            self._connection.execute("update meta set number = ? where key = 'epoch'", (secrets.randbits(63),))
        return True


def _places(records: Any) -> dict[int, list[int]]:
    places: dict[int, list[int]] = {}
    for place, values in enumerate(records):
        places.setdefault(hash(tuple(values)), []).append(place)
    return places


def _flags(flags: int, cost: int | None) -> int:
    return flags | UNPRICED if cost is None else flags & ~UNPRICED


def _write_rows(connection: sqlite3.Connection, changes: Sequence[_Change]) -> None:
    connection.executemany(
        "update event set cost_nanos = ?, charge_id = ? where occurred_at = ? and digest = ?",
        [(change.cost_nanos, change.charge_id, change.occurred_at, change.digest) for change in changes],
    )
    connection.execute(
        "insert into meta (key, number) values ('revision', 1) on conflict (key) do update set number = number + 1"
    )
