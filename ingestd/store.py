"""Events become rows. One batch, one transaction, all effects: a figure can never disagree with its events.

Storing is idempotent: an event's identity is its payload, so the same bytes twice are one event.
"""

import json
import sqlite3
import traceback
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import structlog

from ingestd.answer_quota import AnswerQuota
from ingestd.decode import error_class
from ingestd.dimensions import Dimensions
from ingestd.inbox import Message
from ingestd.normalize import unmetered
from ingestd.pricebook.book import PriceBook
from ingestd.retention import events_removed_before
from ingestd.seal import Seal
from ingestd.usage_event import UsageEvent
from shared.columns import ERROR_CLASS_SHIFT, FAILED, GENERATE, RECORD, UNMETERED, UNPRICED
from shared.database import transaction
from shared.error_class import ErrorClass
from shared.event_id import digest, request_number
from shared.normalization import Outcome, Tokens
from shared.redaction import redact
from shared.version import next_revision

ERROR_BODY_BYTES = 4_096
"""CPA puts no limit on an error body; beyond this it explains nothing."""

ERROR_BODY_LOOKED_AT = 4 * ERROR_BODY_BYTES
"""Characters of it that are gone through for secrets: masks are shorter than what they mask."""

INTERNAL_ERROR = "internal_error"

log = structlog.get_logger()

_UINT32 = 2**32 - 1
_EVENT_COLUMNS = (
    "occurred_at, digest, model_id, alias_id, route_id, api_key_id, credential_id, client_id, origin_id, failed,"
    " generate, status_code, error_class, latency_ms, ttft_ms, input_tokens, cache_read_tokens, cache_write_tokens,"
    " output_tokens, reasoning_tokens, unclassified_tokens, normalization, cost_nanos, charge_id, request_number,"
    " inbox_id"
)
_CREDENTIAL_ID = _EVENT_COLUMNS.replace(" ", "").split(",").index("credential_id")
INSERT_EVENT = (
    f"insert or ignore into event ({_EVENT_COLUMNS}) values ({', '.join('?' * len(_EVENT_COLUMNS.split(',')))})"
)
INSERT_DETAIL = (
    "insert or ignore into event_detail (occurred_at, digest, error_body, response_headers, request_id)"
    " values (?, ?, ?, ?, ?)"
)
_INSERT_REJECTED = (
    "insert or replace into rejected (id, arrived_at, rejected_at, transport, reason, detail, payload)"
    " values (?, ?, ?, ?, ?, ?, ?)"
)
SET_NUMBER = "insert into meta (key, number) values (?, ?) on conflict (key) do update set number = excluded.number"
ADD_NUMBER = (
    "insert into meta (key, number) values (?, ?) on conflict (key) do update set number = number + excluded.number"
)

SAFE_HEADERS = (
    "anthropic-ratelimit-",
    "x-codex-",
    "x-ratelimit-",
    "retry-after",
    "request-id",
    "x-request-id",
    "cf-ray",
    "content-type",
    "date",
    "server",
)
"""Beginnings of response header names that are worth showing and hold no secret; all others are dropped."""


class Reading(msgspec.Struct, frozen=True, gc=False):
    """A message that became an event: what it says and what it means."""

    message: Message
    event: UsageEvent
    tokens: Tokens
    outcome: Outcome


class Place(msgspec.Struct, frozen=True, gc=False):
    """What a row says beside the event and its tokens. The last two: rows that the event's own names do not lead to."""

    digest: int
    request_number: int | None
    outcome: Outcome
    inbox_id: int = 0  # 0: it was imported, and never was in the inbox
    api_key_id: int = 0
    credential_id: int = 0


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """A message that did not, and why."""

    message: Message
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Stored:
    """What one transaction did."""

    events: int
    duplicates: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Tally:
    """What has been stored since the start, as of one commit: for whoever compares it, in any thread."""

    settled: int = 0  # the newest message of it
    events: Mapping[int, int] = field(default_factory=dict)  # how many, by credential id


@dataclass(slots=True)
class _Batch:
    """What one transaction is going to write, by the identity of its events."""

    rows: dict[tuple[int, int], tuple[Any, ...]] = field(default_factory=dict)
    records: dict[tuple[int, int], bytes] = field(default_factory=dict)
    details: list[tuple[object, ...]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    repeats: int = 0


OLDER_THAN_RETENTION = "older_than_retention"


class Store:
    """The fact tables of one writing connection. Costs are frozen here, by the prices of `book`."""

    def __init__(self, connection: sqlite3.Connection, dimensions: Dimensions, book: PriceBook) -> None:
        self._connection = connection
        self._dimensions = dimensions
        self._book = book
        self._seal = Seal(connection)
        self._quota = AnswerQuota(connection, dimensions)
        self.tally = Tally()

    def commit(self, outcomes: Iterable[Reading | Refusal], settled: int, now: int) -> Stored:
        """Store a batch: events, columns, refusals, and the inbox settled up to `settled`, or nothing at all.

        `outcomes` are taken one at a time, inside the transaction; what they raise undoes the batch.
        """
        self._book.refresh()
        credentials: Counter[int] = Counter(self.tally.events)
        try:
            with transaction(self._connection):
                stored = self._write(outcomes, settled, now, credentials)
        except BaseException:
            self._dimensions.forget()
            self._book.forget()
            self._seal.recount()
            self._quota.forget()
            raise
        self.tally = Tally(settled, credentials)
        return stored

    def _write(
        self, outcomes: Iterable[Reading | Refusal], settled: int, now: int, credentials: Counter[int]
    ) -> Stored:
        removed_before = events_removed_before(self._connection)
        batch = _Batch()
        for outcome in outcomes:
            if isinstance(outcome, Refusal):
                batch.refused.append(outcome)
            elif outcome.event.occurred_at < removed_before:  # the columns may hold it already
                why = "its day has been removed already"
                batch.refused.append(Refusal(outcome.message, OLDER_THAN_RETENTION, why))
            else:
                self._add(batch, outcome, now)
        fresh = self._insert(batch.rows)
        if batch.details:
            self._connection.executemany(INSERT_DETAIL, batch.details)
        if fresh:
            self._seal.append(b"".join(batch.records[identity] for identity in fresh))
            credentials.update(batch.rows[identity][_CREDENTIAL_ID] for identity in fresh)
        self._quota.keep()
        if batch.refused:
            self._connection.executemany(_INSERT_REJECTED, [_rejected_row(each, now) for each in batch.refused])
        self._connection.execute(SET_NUMBER, ("settled_inbox_id", settled))
        next_revision(self._connection)
        if fresh:
            self._connection.execute(ADD_NUMBER, ("events", len(fresh)))
        return Stored(len(fresh), batch.repeats + len(batch.rows) - len(fresh), len(batch.refused))

    def _add(self, batch: _Batch, reading: Reading, now: int) -> None:
        event = reading.event
        identity = (event.occurred_at, digest(reading.message.payload))
        if identity in batch.rows:
            batch.repeats += 1
            return
        number = request_number(event.request_id)
        try:
            place = Place(identity[1], number, reading.outcome, reading.message.id)
            row, record = event_row(self._dimensions, self._book, event, reading.tokens, place, now=now)
            detail = _detail(event, identity) if event.failed or (number is None and event.request_id) else None
            if event.response_headers:
                self._quota.note(event, now)
        except sqlite3.Error:
            raise
        except Exception as error:  # noqa: BLE001 - the edge of one message: a bug must not stop the line
            batch.refused.append(internal_error(reading.message, error))
            return
        batch.rows[identity], batch.records[identity] = row, record
        if detail is not None:
            batch.details.append(detail)

    def _insert(self, rows: dict[tuple[int, int], tuple[Any, ...]]) -> list[tuple[int, int]]:
        """Insert what is new; gives its identities in order. A batch without repeats is one statement."""
        if not rows:
            return []
        self._connection.execute("savepoint events")
        inserted = self._connection.executemany(INSERT_EVENT, rows.values()).rowcount
        if inserted == len(rows):
            self._connection.execute("release events")
            return list(rows)
        self._connection.execute("rollback to events")
        self._connection.execute("release events")
        return [identity for identity, row in rows.items() if self._connection.execute(INSERT_EVENT, row).rowcount]


def event_row(
    dimensions: Dimensions, book: PriceBook, event: UsageEvent, tokens: Tokens, place: Place, *, now: int
) -> tuple[tuple[object, ...], bytes]:
    """The row of an event and its record; new names and ways of charging are written. Call inside a transaction."""
    model_id = dimensions.model(event.model, now)
    alias_id = dimensions.model(event.alias, now) if event.alias and event.alias != event.model else None
    route_id = dimensions.route(event, now)
    api_key_id = place.api_key_id or dimensions.api_key(event.api_key, now)
    credential_id = place.credential_id or dimensions.credential(event, now)
    client_id = dimensions.client(event.user_agent, now)
    failure = int(error_class(event))
    priced = book.price(event, tokens, api_key_id=api_key_id, credential_id=credential_id)
    row = (
        event.occurred_at,
        place.digest,
        model_id,
        alias_id,
        route_id,
        api_key_id,
        credential_id,
        client_id,
        dimensions.origin(event, now),
        int(event.failed),
        int(event.generate),
        event.status_code,
        failure,
        event.latency_ms,
        event.ttft_ms,
        tokens.input,
        tokens.cache_read,
        tokens.cache_write,
        tokens.output,
        tokens.reasoning,
        tokens.unclassified,
        int(place.outcome),
        priced.cost_nanos,
        priced.charge_id,
        place.request_number,
        place.inbox_id,
    )
    flags = (
        (FAILED if event.failed else 0)
        | (GENERATE if event.generate else 0)
        | (UNMETERED if unmetered(event, tokens) else 0)
        | (UNPRICED if priced.cost_nanos is None else 0)
        | (failure << ERROR_CLASS_SHIFT)
    )
    record = RECORD.pack(
        event.occurred_at // 1_000,
        model_id,
        route_id,
        api_key_id,
        credential_id,
        client_id,
        event.status_code,
        flags,
        event.latency_ms,
        event.ttft_ms,
        tokens.input,
        tokens.cache_read,
        tokens.cache_write,
        tokens.output,
        tokens.reasoning,
        tokens.unclassified,
        priced.cost_nanos or 0,
        request_column(place.request_number, event.request_id),
        priced.charge_id or 0,
    )
    return row, record


def internal_error(message: Message, error: Exception) -> Refusal:
    """A message that met a bug of ours: set aside with its bytes, so that a fix can replay it.

    Logged without the trace, whose last line may quote the message; messages hold keys.
    """
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} in {place.name}, line {place.lineno}"
    log.error("message.unreadable", inbox_id=message.id, where=where)
    return Refusal(message, INTERNAL_ERROR, where)


def _rejected_row(refusal: Refusal, now: int) -> tuple[object, ...]:
    message = refusal.message
    return (
        message.id,
        message.arrived_at,
        now,
        message.transport,
        refusal.reason,
        refusal.detail,
        message.payload,
    )


def request_column(number: int | None, request_id: str) -> int:
    """The `request` column: CPA's eight hex digits as a number, or a digest of any other spelling; 0 = none."""
    if number is not None:
        return number & _UINT32
    return digest(request_id.encode("utf-8", "replace")) & _UINT32 if request_id else 0


def record_of_row(row: tuple[Any, ...], request: int) -> bytes:
    """The record that an event row must have left in the columns (`ingestd.check` compares the two).

    `row`: occurred_at, digest, model, route, api key, credential, client, status, failed, generate, error class,
    latency, ttft, input, cache read, cache write, output, reasoning, unclassified, cost, charge.
    """
    failed, generate, failure, cost = row[8], row[9], row[10], row[19]
    tokens = Tokens(*row[13:19])
    flags = (
        (FAILED if failed else 0)
        | (GENERATE if generate else 0)
        | (UNMETERED if not failed and generate and tokens.is_zero else 0)
        | (UNPRICED if cost is None else 0)
        | (failure << ERROR_CLASS_SHIFT)
    )
    return RECORD.pack(
        row[0] // 1_000, *row[2:8], flags, row[11], row[12], *row[13:19], cost or 0, request, row[20] or 0
    )


def _detail(event: UsageEvent, identity: tuple[int, int]) -> tuple[object, ...]:
    odd_id = event.request_id if request_number(event.request_id) is None else ""
    body = kept_text(event.fail_body, event.source, event.api_key)
    return (*identity, body, _safe_headers(event), odd_id.encode("utf-8", "replace").decode()[:200])


def kept_text(text: str, *secrets: str) -> str:
    """What is kept of an error body: no secret, and no more than explains it."""
    shown = redact(text[:ERROR_BODY_LOOKED_AT], *secrets) if text else ""
    return shown.encode("utf-8", "replace")[:ERROR_BODY_BYTES].decode("utf-8", "ignore")


def _safe_headers(event: UsageEvent) -> str:
    # An attempt that got no HTTP answer shows the headers of the attempt before it, which was another credential.
    if not event.response_headers or error_class(event) is ErrorClass.NETWORK:
        return ""
    kept = {
        name: redact(", ".join(values)[:500])
        for name, values in list(event.response_headers.items())[:200]
        if name.lower().startswith(SAFE_HEADERS)
    }
    return json.dumps(kept, ensure_ascii=True, separators=(",", ":")) if kept else ""
