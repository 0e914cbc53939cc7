"""One request and all that is known of it: what it cost and why, what failed, its other attempts, what CPA sent."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from queryd.aggregate.snapshot import Snapshot
from queryd.params.calendar import rfc3339
from queryd.params.ranges import Span
from queryd.request_log import pricing, rows
from queryd.request_log.error_text import gist
from queryd.request_log.rows import Row
from queryd.shapes import Caveat, Event, EventDetail, EventError, EventPrice, Normalization, RawPayload
from queryd.storage.chunks import occurred_ms, taken
from shared import event_id, raw_messages
from shared.clock import HOUR, MILLISECOND
from shared.error_class import ErrorClass
from shared.normalization import CAVEAT_TEXTS, EXPLANATIONS, Outcome, caveats
from shared.redaction import redact, redact_json

ATTEMPTS_WITHIN = 3 * HOUR
"""Other attempts are looked for so far before and after: retries take seconds, the turns of a WebSocket hours."""

NO_REQUEST_IDS = (None, "00000000")
"""What a request has that came without an id: nothing that it shares with another."""

ATTEMPTS_MAX = 50
RAW_BYTES_MAX = 64 * 1024

_UINT32 = 2**32 - 1


def event(snapshot: Snapshot, row: Row, zone: ZoneInfo, now: int) -> EventDetail:
    """`GET /events/{id}`, for the row of that id."""
    connection = snapshot.connection
    outcome = Outcome(row.normalization)
    attempts = _attempts(snapshot, row, zone)
    return EventDetail(
        **rows.fields(row, snapshot.labels, zone),
        executor_type=row.executor_type,
        auth_type=row.auth_type,
        response_service_tier=row.response_service_tier,
        client_ip=row.client_ip or None,
        x_forwarded_for=row.x_forwarded_for or None,
        user_agent=row.user_agent or None,
        error=_error(row),
        price=_price(connection, row, zone),
        cost_caveats=pricing.caveats(row.marks or 0),
        normalization=Normalization(
            outcome=outcome.label,
            explanation=EXPLANATIONS[outcome],
            caveats=[Caveat(code=each.value, message=CAVEAT_TEXTS[each]) for each in caveats(row.provider)],
        ),
        response_headers={} if snapshot.hidden else _headers(row),  # they tell of the account
        attempts=attempts.listed,
        attempts_total=attempts.total,
        attempt_number=attempts.number,
        additions=attempts.additions,
        raw=None if snapshot.hidden else _raw(connection, row, zone),
        as_of=rfc3339(now, zone),
        revision=snapshot.revision,
    )


def _error(row: Row) -> EventError | None:
    if not row.failed:
        return None
    return EventError(
        error_class=ErrorClass(row.error_class).label,
        status_code=row.status_code,
        message=gist(row.error_body) if row.error_body else None,
        body=redact(row.error_body) if row.error_body else None,
    )


def _price(connection: sqlite3.Connection, row: Row, zone: ZoneInfo) -> EventPrice | None:
    if row.charge_id is None or row.cost_nanos is None:
        return None
    return pricing.explain(connection, row.charge_id, row.tokens, zone)


def _headers(row: Row) -> dict[str, str]:
    if not row.response_headers:
        return {}
    kept: dict[str, str] = redact_json(msgspec.json.decode(row.response_headers, type=dict[str, str]))
    return kept


def _raw(connection: sqlite3.Connection, row: Row, zone: ZoneInfo) -> RawPayload | None:
    found = raw_messages.find(connection, row.inbox_id)
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
        return redact_json(msgspec.json.decode(payload))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class _Attempts:
    """The requests of one client request, oldest first: at most ATTEMPTS_MAX, nearest to the one that was asked for;
    how many there are; which of them, counted from 1, that one is (None: it is an addition).
    """

    listed: list[Event]
    total: int
    number: int | None
    additions: list[Event]


def _additions(attempts: Sequence[Row]) -> list[Row]:
    """What is no attempt: after the first success, one of another model on the same account and under the same name.

    CPA reports what Codex' image tool used in a record of its own (`codex_executor_request.go`). The turns of a
    WebSocket share an id, too, and may change the model.
    """
    served = next((each for each in attempts if not each.failed), None)
    if served is None or served.endpoint.startswith("GET "):
        return []
    same = (served.credential_id, _asked(served))
    return [
        each
        for each in attempts
        if not each.failed and (each.credential_id, _asked(each)) == same and each.model != served.model
    ]


def _asked(row: Row) -> str:
    """The model that the client named."""
    return row.alias or row.model


def _attempts(snapshot: Snapshot, row: Row, zone: ZoneInfo) -> _Attempts:
    if row.request_id in NO_REQUEST_IDS:
        return _Attempts([rows.shape(row, snapshot.labels, zone)], 1, 1, [])
    found: list[int] = []
    within = snapshot.select((), Span(row.occurred_at - ATTEMPTS_WITHIN, row.occurred_at + ATTEMPTS_WITHIN))
    for block in snapshot.blocks(within):
        block.load(("request", "occurred_ms"))
        inside = within.rows(block)
        places = np.arange(block.rows) if inside is None else inside
        places = places[taken(block, "request", places) == request_value(row)]
        found += occurred_ms(block, places).tolist()
    at = row.occurred_at // MILLISECOND
    nearest = sorted(set(found), key=lambda moment: abs(moment - at))[:ATTEMPTS_MAX]
    same = [
        each
        for moment in nearest
        for each in rows.in_millisecond(snapshot.connection, moment)
        if each.request_id == row.request_id and snapshot.shows(each.api_key_id)
    ]
    nearest_rows = sorted(same, key=lambda each: (abs(each.occurred_at - row.occurred_at), each.key != row.key))
    shown = sorted(nearest_rows[:ATTEMPTS_MAX], key=lambda each: each.key)
    earlier = sum(moment < at for moment in found) + sum(
        each.key < row.key for each in same if each.occurred_at // MILLISECOND == at
    )
    apart = _additions(shown)
    return _Attempts(
        listed=[rows.shape(each, snapshot.labels, zone) for each in shown if each not in apart],
        total=max(len(found), len(shown)) - len(apart),
        number=None if row.key in {each.key for each in apart} else earlier + 1 - sum(e.key < row.key for e in apart),
        additions=[rows.shape(each, snapshot.labels, zone) for each in apart],
    )


def request_value(row: Row) -> int:
    """What the column `request` holds for this row (shared.columns)."""
    if row.request_number is not None:
        return row.request_number & _UINT32
    return event_id.digest((row.odd_request_id or "").encode()) & _UINT32 if row.odd_request_id else 0
