"""Stored requests are priced anew by the prices of today: first only counted, then written, when somebody asks for it.

Chunk by chunk, and in it step by step: some rows are read and priced outside any transaction, then written in a short
one, rows and columns together, so that a figure never disagrees with its events and whoever reads in between sees
some requests by the old price and the others by the new. Others write while the next rows are priced. To price again
what is priced already changes nothing, so that after a kill the same command does what is left. Requests whose rows
have been removed (EVENT_RETENTION_DAYS) cannot be priced anew: columns alone do not know their alias.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import msgspec

from ingestd import charge_column
from ingestd.pricebook.book import PriceBook
from ingestd.reprice_records import Change, ChunkRecords, Records, TailRecords
from ingestd.short_write import short_write
from shared.normalization import Tokens
from shared.prices import Price

STEP_ROWS = 1_000
"""Most rows of one step: their transaction takes some 5 ms, which is what the collector waits."""

SUBJECTS_MAX = 4_096
"""Most combinations of names kept in memory: clients choose some of the names, so there is a bound."""

_DIGEST_MAX = 2**63 - 1
_STEP_ROWS_MIN = 100
_TOO_LONG_SECONDS = 0.02
"""A transaction that takes longer is followed by one of half its rows: the machine is busy."""

_ROWS = """
select occurred_at, digest, occurred_at / 1000, model_id, route_id, api_key_id, credential_id, client_id, status_code,
       latency_ms, ttft_ms, coalesce(cost_nanos, 0), coalesce(charge_id, 0), input_tokens, cache_read_tokens,
       cache_write_tokens, output_tokens, reasoning_tokens, unclassified_tokens, cost_nanos, failed, alias_id
from event where (occurred_at, digest) > (?, ?) and occurred_at < ? order by occurred_at, digest limit ?
"""
_KEY, _TOKENS = slice(2, 19), slice(13, 19)  # reprice_records.KEY, and shared.normalization.Tokens
_SUBJECT = """
select m.name, coalesce(a.name, m.name), r.provider, r.executor_type, r.auth_type, r.endpoint, r.reasoning_effort,
       r.service_tier, r.response_service_tier
from model m join route r on r.id = ? left join model a on a.id = ? where m.id = ?
"""

Progress = Callable[[float], None]
"""Told how much is done, 0 to 1; may raise to end it."""


class Scope(msgspec.Struct, frozen=True):
    """Which requests: of a time (UTC epoch microseconds, the end exclusive), and of these models, or of any.

    A model's are all that a price or a rule of that name can concern: dated, prefixed and aliased names, too.
    """

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


class _Subject(msgspec.Struct, gc=False):
    """What the price book looks at, of all events of the same names; `occurred_at` is that of the one looked at."""

    in_scope: bool
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
    occurred_at: int = 0


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
        self._models_in_scope = None if scope.models is None else {model.lower() for model in scope.models}
        self._progress = progress
        self._models: dict[str, ModelChange] = {}
        self._subjects: dict[tuple[int, int, int, int | None], _Subject] = {}
        self._looked_at = self._unreachable = 0

    def preview(self) -> Changes:
        """What would change. Writes nothing."""
        for records in self._all():
            changes: list[Change] = []
            for step, _ in self._steps(records):
                changes += step
                self._progress(records.done)
            if records.there():
                self._count(changes)
        return self._sums()

    def run(self) -> Changes:
        """Price everything in scope anew; gives what that has changed."""
        while charge_column.fill(self._connection):
            self._progress(0.0)
        for records in self._all():
            begun = False
            for step, last in self._steps(records):
                if step or (begun and last):
                    if not self._write(records, step, last=last):
                        break  # it was merged or sealed in the meantime, and comes again as a part of another
                    begun = True
                    self._count(step)
                self._progress(records.done)
        return self._sums()

    def _write(self, records: Records, step: list[Change], *, last: bool) -> bool:
        changes = self._with_charges(step)
        began = monotonic()
        written = records.write(changes, last=last)
        took = monotonic() - began
        if took > _TOO_LONG_SECONDS:
            self._step_rows = max(self._step_rows // 2, min(_STEP_ROWS_MIN, STEP_ROWS))
        elif took < _TOO_LONG_SECONDS / 3:
            self._step_rows = min(self._step_rows * 2, STEP_ROWS)
        return written

    def _with_charges(self, changes: list[Change]) -> list[Change]:
        """Ways of charging that are not in the file yet are put there."""
        new = {change.way for change in changes if change.way is not None and change.charge_id is None}
        if not new:
            return changes
        with short_write(self._connection):
            for way in new:
                self._known[way] = self._book.charges.id(way)
        return [
            change if change.way is None else change._replace(charge_id=self._known[change.way]) for change in changes
        ]

    def _all(self) -> Iterator[Records]:
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
                yield ChunkRecords(self._connection, row[:5], last / (row[5] + 1))
                continue
            tail = TailRecords(self._connection)
            yield tail
            if not tail.sealed:
                return

    def _steps(self, records: Records) -> Iterator[tuple[list[Change], bool]]:
        """The rows of some records whose cost, or the way to it, is another by the prices of today, and whether no more
        of them follow. No statement is open in between.
        """
        places = records.places()
        at, digest = max(records.first_ms * 1_000, self._scope.start) - 1, _DIGEST_MAX
        end = min((records.last_ms + 1) * 1_000, self._scope.end)
        found = looked_at = 0
        last = False
        while not last:
            rows = self._connection.execute(_ROWS, (at, digest, end, self._step_rows)).fetchall()
            changes: list[Change] = []
            for row in rows:
                place = places.take(hash(row[_KEY]))
                if place is None:
                    continue
                found += 1
                subject = self._subject(row)
                if not subject.in_scope:
                    continue
                looked_at += 1
                change = self._changed(place, subject, row)
                if change is not None:
                    changes.append(change)
            last = not rows or found == records.rows
            if rows:
                at, digest = rows[-1][:2]
            yield changes, last
        if not records.there():
            return  # what it has become counts them
        self._looked_at += looked_at
        if self._scope.start <= records.first_ms * 1_000 and records.last_ms * 1_000 < self._scope.end:
            self._unreachable += records.rows - found

    def _changed(self, place: int, subject: _Subject, row: tuple[Any, ...]) -> Change | None:
        subject.occurred_at = row[0]
        nanos, way = self._book.charged(subject, Tokens(*row[_TOKENS]), api_key_id=row[5], credential_id=row[6])
        charge_id = 0 if way is None else self._known.get(way)
        if nanos == row[19] and charge_id == row[12]:
            return None
        return Change(place, row[0], row[1], nanos, way, charge_id or None, subject.model, row[19])

    def _subject(self, row: tuple[Any, ...]) -> _Subject:
        key = row[3], row[4], row[20], row[21]
        found = self._subjects.get(key)
        if found is None:
            if len(self._subjects) >= SUBJECTS_MAX:
                self._subjects.clear()
            model_id, route_id, failed, alias_id = key
            names = self._connection.execute(_SUBJECT, (route_id, alias_id, model_id)).fetchone()
            found = self._subjects[key] = _Subject(self._in_scope(*names[:3]), failed, *names)
        return found

    def _in_scope(self, model: str, alias: str, provider: str) -> bool:
        return self._models_in_scope is None or not self._models_in_scope.isdisjoint(
            self._book.names(provider, model, alias)
        )

    def _count(self, changes: list[Change]) -> None:
        for change in changes:
            before, after = change.before_nanos, change.cost_nanos
            if before == after:
                continue  # only the way of charging is another
            counted = self._models.get(change.model)
            if counted is None:
                counted = self._models[change.model] = ModelChange(change.model)
            counted.requests += 1
            counted.unpriced_before += before is None
            counted.unpriced_after += after is None
            counted.before_nanos += before or 0
            counted.after_nanos += after or 0

    def _sums(self) -> Changes:
        models = sorted(self._models.values(), key=lambda each: -abs(each.after_nanos - each.before_nanos))
        total: Counter[str] = Counter()
        for each in models:
            total.update(requests=each.requests, before=each.before_nanos, after=each.after_nanos)
        return Changes(self._looked_at, total["requests"], self._unreachable, total["before"], total["after"], models)
