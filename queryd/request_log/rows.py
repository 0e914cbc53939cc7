"""Single requests: rows of `event` with the names of what they refer to, and the shape they answer as."""

import sqlite3
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from queryd.params.calendar import rfc3339
from queryd.request_log.error_text import gist
from queryd.request_log.pricing import codes
from queryd.shapes import CostState, Entity, Event
from queryd.storage.labels import Labels
from shared import event_id
from shared.clock import MILLISECOND
from shared.error_class import ErrorClass
from shared.normalization import Tokens
from shared.redaction import redact


class Row(NamedTuple):
    """One event, its names and its detail; times in UTC epoch microseconds."""

    occurred_at: int
    digest: int
    model_id: int
    model: str
    alias_id: int | None
    alias: str | None
    route_id: int
    provider: str
    executor_type: str
    auth_type: str
    endpoint: str
    reasoning_effort: str
    service_tier: str
    response_service_tier: str
    api_key_id: int
    credential_id: int
    client_id: int
    client: str
    client_ip: str
    x_forwarded_for: str
    user_agent: str
    failed: int
    generate: int
    status_code: int
    error_class: int
    latency_ms: int
    ttft_ms: int
    input_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    output_tokens: int
    reasoning_tokens: int
    unclassified_tokens: int
    normalization: int
    cost_nanos: int | None
    charge_id: int | None
    request_number: int | None
    inbox_id: int
    error_body: str | None
    response_headers: str | None
    odd_request_id: str | None
    marks: int | None

    @property
    def key(self) -> tuple[int, int]:
        """The identity: its place in time and the digest of its payload."""
        return (self.occurred_at, self.digest)

    @property
    def tokens(self) -> Tokens:
        return Tokens(
            self.input_tokens,
            self.cache_read_tokens,
            self.cache_write_tokens,
            self.output_tokens,
            self.reasoning_tokens,
            self.unclassified_tokens,
        )

    @property
    def total_tokens(self) -> int:
        return self.input_tokens + self.output_tokens + self.unclassified_tokens

    @property
    def request_id(self) -> str | None:
        """CPA's id of the client's request, or None when it sent none."""
        if self.request_number is not None:
            return event_id.request_text(self.request_number)
        return self.odd_request_id or None


_SELECT = """
select e.occurred_at, e.digest, e.model_id, m.name, e.alias_id, a.name, e.route_id, r.provider, r.executor_type,
       r.auth_type, r.endpoint, r.reasoning_effort, r.service_tier, r.response_service_tier, e.api_key_id,
       e.credential_id, e.client_id, l.name, o.client_ip, o.x_forwarded_for,
       o.user_agent, e.failed, e.generate, e.status_code, e.error_class, e.latency_ms, e.ttft_ms, e.input_tokens,
       e.cache_read_tokens, e.cache_write_tokens, e.output_tokens, e.reasoning_tokens, e.unclassified_tokens,
       e.normalization, e.cost_nanos, e.charge_id, e.request_number, e.inbox_id, d.error_body, d.response_headers,
       d.request_id, g.marks
from event e
join model m on m.id = e.model_id
left join model a on a.id = e.alias_id
join route r on r.id = e.route_id
join client l on l.id = e.client_id
join origin o on o.id = e.origin_id
left join charge g on g.id = e.charge_id
left join event_detail d on d.occurred_at = e.occurred_at and d.digest = e.digest
"""

_IN_MILLISECOND = _SELECT + " where e.occurred_at >= ? and e.occurred_at < ?"
_BY_KEY = _SELECT + " where e.occurred_at = ? and e.digest = ?"


def in_millisecond(connection: sqlite3.Connection, milliseconds: int) -> Iterable[Row]:
    """The events that occurred within one millisecond (UTC epoch milliseconds): what a column's time leads to."""
    start = milliseconds * MILLISECOND
    return map(_read, connection.execute(_IN_MILLISECOND, (start, start + MILLISECOND)))


def by_key(connection: sqlite3.Connection, key: tuple[int, int]) -> Row | None:
    """One event by its identity."""
    found = connection.execute(_BY_KEY, key).fetchone()
    return None if found is None else _read(found)


def _read(values: Iterable[Any]) -> Row:
    """A row without secrets, whatever an earlier version stored: as shown, so searched."""
    row = Row._make(values)
    return row._replace(
        client_ip=_redacted(row.client_ip),
        x_forwarded_for=_redacted(row.x_forwarded_for),
        user_agent=_redacted(row.user_agent),
        error_body=row.error_body and _redacted(row.error_body),
        response_headers=row.response_headers and _redacted(row.response_headers),
    )


@lru_cache(256)
def _redacted(text: str) -> str:
    return redact(text)


def shape(row: Row, labels: Labels, zone: ZoneInfo) -> Event:
    """A row of the request log."""
    return Event(**fields(row, labels, zone))


def fields(row: Row, labels: Labels, zone: ZoneInfo) -> dict[str, Any]:
    """What `Event` and `EventDetail` have in common."""
    return {
        "id": event_id.encode(row.occurred_at, row.digest),
        "occurred_at": rfc3339(row.occurred_at, zone),
        "result": "failed" if row.failed else "succeeded",
        "status_code": row.status_code,
        "error_class": ErrorClass(row.error_class).label if row.failed else None,
        "error_message": gist(row.error_body) if row.error_body else None,
        "provider": row.provider,
        "model": Entity(id=row.model, label=row.model),
        "alias": row.alias,
        "credential": labels.entity("credential", row.credential_id),
        "api_key": labels.entity("api_key", row.api_key_id),
        "endpoint": row.endpoint,
        "client": row.client,
        "reasoning_effort": row.reasoning_effort,
        "service_tier": row.service_tier,
        "generate": bool(row.generate),
        "request_id": row.request_id,
        "latency_ms": row.latency_ms,
        "ttft_ms": row.ttft_ms or None,
        "input_tokens": row.input_tokens,
        "cache_read_tokens": row.cache_read_tokens,
        "cache_write_tokens": row.cache_write_tokens,
        "output_tokens": row.output_tokens,
        "reasoning_tokens": row.reasoning_tokens,
        "unclassified_tokens": row.unclassified_tokens,
        "total_tokens": row.total_tokens,
        "cost_nanos": row.cost_nanos,
        "cost_state": _cost_state(row),
        "cost_marks": codes(row.marks or 0),
    }


def _cost_state(row: Row) -> CostState:
    if row.cost_nanos is None:
        return "unpriced"
    return "unmetered" if not row.failed and row.generate and row.tokens.is_zero else "priced"
