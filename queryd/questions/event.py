"""One request and all that is known of it: what it cost and why, what failed, its other attempts, what CPA sent."""

import sqlite3
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from queryd.asking.calendar import rfc3339
from queryd.asking.periods import Span
from queryd.engine.scan import Snapshot
from queryd.request_log import pricing, rows
from queryd.request_log.error_text import gist
from queryd.request_log.finding import moments, taken
from queryd.request_log.redaction import redact, redact_text
from queryd.request_log.rows import Row
from queryd.shapes import Caveat, Event, EventDetail, EventError, EventPrice, Normalization, RawPayload
from shared import event_id
from shared.clock import HOUR, MILLISECOND
from shared.error_class import ErrorClass
from shared.normalization import CAVEAT_TEXTS, EXPLANATIONS, Outcome, caveats

ATTEMPTS_WITHIN = 3 * HOUR
"""Other attempts are looked for so far before and after: retries take seconds, the turns of a WebSocket hours."""

ATTEMPTS_MAX = 50
RAW_BYTES_MAX = 64 * 1024

_UINT32 = 2**32 - 1


def event(snapshot: Snapshot, row: Row, zone: ZoneInfo, now: int) -> EventDetail:
    """`GET /events/{id}`, for the row of that id."""
    connection = snapshot.connection
    outcome = Outcome(row.normalization)
    attempts, attempts_total = _attempts(snapshot, row, zone)
    return EventDetail(
        **rows.fields(row, zone),
        executor_type=row.executor_type,
        auth_type=row.auth_type,
        response_service_tier=row.response_service_tier,
        client_ip=row.client_ip or None,
        x_forwarded_for=row.x_forwarded_for or None,
        user_agent=row.user_agent or None,
        error=_error(row),
        price=_price(connection, row, zone),
        normalization=Normalization(
            outcome=outcome.label,
            explanation=EXPLANATIONS[outcome],
            caveats=[Caveat(code=each.value, message=CAVEAT_TEXTS[each]) for each in caveats(row.provider)],
        ),
        response_headers=_headers(row),
        attempts=attempts,
        attempts_total=attempts_total,
        raw=_raw(connection, row, zone),
        as_of=rfc3339(now, zone),
        revision=str(snapshot.revision),
    )


def _error(row: Row) -> EventError | None:
    if not row.failed:
        return None
    return EventError(
        error_class=ErrorClass(row.error_class).label,
        status_code=row.status_code,
        message=gist(row.error_body) if row.error_body else None,
        body=redact_text(row.error_body) if row.error_body else None,
    )


def _price(connection: sqlite3.Connection, row: Row, zone: ZoneInfo) -> EventPrice | None:
    if row.price_id is None:
        return None
    event = pricing.Priced(
        price_id=row.price_id,
        occurred_at=row.occurred_at,
        stored_at=_stored_at(connection, row),
        provider=row.provider,
        model=row.model,
        alias=row.alias or row.model,
        endpoint=row.endpoint,
        executor_type=row.executor_type,
        reasoning_effort=row.reasoning_effort,
        service_tier=row.service_tier,
        response_service_tier=row.response_service_tier,
        api_key_id=row.api_key_id,
        credential_id=row.credential_id,
    )
    return pricing.explain(connection, event, row.tokens, zone)


def _stored_at(connection: sqlite3.Connection, row: Row) -> int:
    """When its message arrived, while the inbox knows; else when it was complete, after which it arrives at once."""
    found = connection.execute("select arrived_at from inbox where id = ?", (row.inbox_id,)).fetchone()
    return int(found[0]) if found else row.occurred_at + row.latency_ms * MILLISECOND


def _headers(row: Row) -> dict[str, str]:
    if not row.response_headers:
        return {}
    kept: dict[str, str] = redact(msgspec.json.decode(row.response_headers, type=dict[str, str]))
    return kept


def _raw(connection: sqlite3.Connection, row: Row, zone: ZoneInfo) -> RawPayload | None:
    found = connection.execute(
        "select arrived_at, transport, payload from inbox where id = ?", (row.inbox_id,)
    ).fetchone()
    if found is None or event_id.digest(found[2]) != row.digest:
        return None
    arrived_at, transport, payload = found
    return RawPayload(
        arrived_at=rfc3339(arrived_at, zone),
        transport=transport,
        bytes=len(payload),
        payload=_readable(payload) if len(payload) <= RAW_BYTES_MAX else None,
    )


def _readable(payload: bytes) -> Any:
    """A payload without its secrets; None when what ingestd did not need to read of it is no JSON we can repeat."""
    try:
        return redact(msgspec.json.decode(payload))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _attempts(snapshot: Snapshot, row: Row, zone: ZoneInfo) -> tuple[list[Event], int]:
    """The requests of the same client request, oldest first: at most ATTEMPTS_MAX, nearest to `row`, and how many."""
    if row.request_id is None:
        return [rows.shape(row, zone)], 1
    found: list[int] = []
    within = snapshot.matching((), Span(row.occurred_at - ATTEMPTS_WITHIN, row.occurred_at + ATTEMPTS_WITHIN))
    for block in snapshot.blocks(within):
        block.load(("request", "occurred_ms"))
        inside = within.rows(block)
        places = np.arange(block.rows) if inside is None else inside
        places = places[taken(block, "request", places) == request_value(row)]
        found += moments(block, places).tolist()
    at = row.occurred_at // MILLISECOND
    nearest = sorted(set(found), key=lambda moment: abs(moment - at))[:ATTEMPTS_MAX]
    same = [
        each
        for moment in nearest
        for each in rows.in_millisecond(snapshot.connection, moment)
        if each.request_id == row.request_id
    ]
    shown = sorted(same, key=lambda each: each.key)[:ATTEMPTS_MAX]
    return [rows.shape(each, zone) for each in shown], max(len(found), len(shown))


def request_value(row: Row) -> int:
    """What the column `request` holds for this row (shared.columns)."""
    if row.request_number is not None:
        return row.request_number & _UINT32
    return event_id.digest((row.odd_request_id or "").encode()) & _UINT32 if row.odd_request_id else 0
