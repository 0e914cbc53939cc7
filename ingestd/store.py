"""Events become rows. One batch, one transaction, all effects: a figure can never disagree with its events.

Storing is idempotent: an event's identity is its payload, so the same bytes twice are one event.
"""

import json
import sqlite3
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from ingestd.decode import error_class
from ingestd.dimensions import Dimensions
from ingestd.inbox import Message
from ingestd.normalize import unmetered
from ingestd.pricebook.book import PriceBook
from ingestd.seal import Seal
from ingestd.usage_event import UsageEvent
from shared.columns import ERROR_CLASS_SHIFT, FAILED, GENERATE, RECORD, UNMETERED, UNPRICED
from shared.database import transaction
from shared.error_class import ErrorClass
from shared.event_id import digest, request_number
from shared.masking import redact
from shared.normalization import Outcome, Tokens

ERROR_BODY_BYTES = 4_096
"""CPA puts no limit on an error body; beyond this it explains nothing."""

INTERNAL_ERROR = "internal_error"

log = structlog.get_logger()

_UINT32 = 2**32 - 1

_EVENT_COLUMNS = (
    "occurred_at, digest, model_id, alias_id, route_id, api_key_id, credential_id, client_id, origin_id, failed,"
    " generate, status_code, error_class, latency_ms, ttft_ms, input_tokens, cache_read_tokens, cache_write_tokens,"
    " output_tokens, reasoning_tokens, unclassified_tokens, normalization, cost_nanos, price_id, request_number,"
    " inbox_id"
)
_INSERT_EVENT = (
    f"insert or ignore into event ({_EVENT_COLUMNS}) values ({', '.join('?' * len(_EVENT_COLUMNS.split(',')))})"
)
_INSERT_DETAIL = (
    "insert or ignore into event_detail (occurred_at, digest, error_body, response_headers, request_id)"
    " values (?, ?, ?, ?, ?)"
)
_INSERT_REJECTED = (
    "insert or replace into rejected (id, arrived_at, rejected_at, transport, reason, detail, payload)"
    " values (?, ?, ?, ?, ?, ?, ?)"
)
_SET_NUMBER = "insert into meta (key, number) values (?, ?) on conflict (key) do update set number = excluded.number"
_ADD_NUMBER = (
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


@dataclass(frozen=True, slots=True)
class Reading:
    """A message that became an event: what it says and what it means."""

    message: Message
    event: UsageEvent
    tokens: Tokens
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Refusal:
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


class Store:
    """The fact tables of one writing connection. Costs are frozen here, by the prices of `book`."""

    def __init__(self, connection: sqlite3.Connection, dimensions: Dimensions, book: PriceBook) -> None:
        self._connection = connection
        self._dimensions = dimensions
        self._book = book
        self._seal = Seal(connection)

    def commit(self, readings: Sequence[Reading], refusals: Sequence[Refusal], settled: int, now: int) -> Stored:
        """Store a batch: events, columns, refusals, and the inbox settled up to `settled`, or nothing at all."""
        self._book.refresh()
        try:
            with transaction(self._connection):
                stored = self._write(readings, refusals, settled, now)
        except BaseException:
            self._dimensions.forget()
            self._seal.recount()
            raise
        return stored

    def _write(self, readings: Sequence[Reading], refusals: Sequence[Refusal], settled: int, now: int) -> Stored:
        rows: dict[tuple[int, int], tuple[object, ...]] = {}
        records: dict[tuple[int, int], bytes] = {}
        details: list[tuple[object, ...]] = []
        refused = list(refusals)
        for reading in readings:
            event = reading.event
            identity = (event.occurred_at, digest(reading.message.payload))
            if identity in rows:
                continue
            try:
                rows[identity], records[identity] = self._row(reading, identity, now)
            except sqlite3.Error:
                raise
            except Exception as error:  # noqa: BLE001 - the edge of one message: a bug must not stop the line
                refused.append(internal_error(reading.message, error))
                continue
            if event.failed or (event.request_id and request_number(event.request_id) is None):
                details.append(_detail(event, identity))
        fresh = self._insert(rows)
        if details:
            self._connection.executemany(_INSERT_DETAIL, details)
        if fresh:
            self._seal.append(b"".join(records[identity] for identity in fresh))
        if refused:
            self._connection.executemany(
                _INSERT_REJECTED,
                [
                    (
                        r.message.id,
                        r.message.arrived_at,
                        now,
                        r.message.transport,
                        r.reason,
                        r.detail,
                        r.message.payload,
                    )
                    for r in refused
                ],
            )
        self._connection.execute(_SET_NUMBER, ("settled_inbox_id", settled))
        self._connection.execute(_ADD_NUMBER, ("revision", 1))
        if fresh:
            self._connection.execute(_ADD_NUMBER, ("events", len(fresh)))
        unread = len(refused) - len(refusals)
        return Stored(len(fresh), len(readings) - unread - len(fresh), len(refused))

    def _insert(self, rows: dict[tuple[int, int], tuple[object, ...]]) -> list[tuple[int, int]]:
        """Insert what is new; gives its identities in order. A batch without repeats is one statement."""
        if not rows:
            return []
        self._connection.execute("savepoint events")
        inserted = self._connection.executemany(_INSERT_EVENT, rows.values()).rowcount
        if inserted == len(rows):
            self._connection.execute("release events")
            return list(rows)
        self._connection.execute("rollback to events")
        self._connection.execute("release events")
        return [identity for identity, row in rows.items() if self._connection.execute(_INSERT_EVENT, row).rowcount]

    def _row(self, reading: Reading, identity: tuple[int, int], now: int) -> tuple[tuple[object, ...], bytes]:
        event, tokens = reading.event, reading.tokens
        dimensions = self._dimensions
        model_id = dimensions.model(event.model, now)
        alias_id = dimensions.model(event.alias, now) if event.alias and event.alias != event.model else None
        route_id = dimensions.route(event, now)
        api_key_id = dimensions.api_key(event.api_key, now)
        credential_id = dimensions.credential(event, now)
        client_id = dimensions.client(event.user_agent, now)
        number = request_number(event.request_id)
        failure = int(error_class(event))
        priced = self._book.price(event, tokens, api_key_id=api_key_id, credential_id=credential_id)
        row = (
            event.occurred_at,
            identity[1],
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
            int(reading.outcome),
            priced.cost_nanos,
            priced.price_id,
            number,
            reading.message.id,
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
            request_column(number, event.request_id),
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


def request_column(number: int | None, request_id: str) -> int:
    """The `request` column: CPA's eight hex digits as a number, or a digest of any other spelling; 0 = none."""
    if number is not None:
        return number & _UINT32
    return digest(request_id.encode("utf-8", "replace")) & _UINT32 if request_id else 0


def record_of_row(row: tuple[Any, ...], request: int) -> bytes:
    """The record that an event row must have left in the columns (`ingestd.check` compares the two).

    `row`: occurred_at, digest, model, route, api key, credential, client, status, failed, generate, error class,
    latency, ttft, input, cache read, cache write, output, reasoning, unclassified, cost, request number.
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
    return RECORD.pack(row[0] // 1_000, *row[2:8], flags, row[11], row[12], *row[13:19], cost or 0, request)


def _detail(event: UsageEvent, identity: tuple[int, int]) -> tuple[object, ...]:
    body = redact(event.fail_body, event.source, event.api_key) if event.fail_body else ""
    body = body.encode("utf-8", "replace")[:ERROR_BODY_BYTES].decode("utf-8", "ignore")
    odd_id = event.request_id if request_number(event.request_id) is None else ""
    return (*identity, body, _safe_headers(event), odd_id.encode("utf-8", "replace").decode()[:200])


def _safe_headers(event: UsageEvent) -> str:
    # An attempt that got no HTTP answer shows the headers of the attempt before it, which was another credential.
    if not event.response_headers or error_class(event) is ErrorClass.NETWORK:
        return ""
    kept = {
        name: ", ".join(values)[:500]
        for name, values in list(event.response_headers.items())[:200]
        if name.lower().startswith(SAFE_HEADERS)
    }
    return json.dumps(kept, ensure_ascii=True, separators=(",", ":")) if kept else ""
