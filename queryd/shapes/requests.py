"""Answers about single requests: the log, one request, what there is to filter by, the live strip."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta

from queryd.shapes.values import Answer, CostState, Count, Entity, Nanos, Result, Selection, Stamp, Time


class Event(Answer, frozen=True, kw_only=True):
    """One request: one upstream attempt on one credential."""

    id: str
    occurred_at: Time
    result: Result
    status_code: int
    error_class: str | None
    error_message: Annotated[str | None, Meta(description="the gist of the error body, one line")]
    provider: str
    model: Entity
    alias: Annotated[str | None, Meta(description="what the client asked for, when it is not the model's name")]
    credential: Entity
    api_key: Entity
    endpoint: str
    client: str
    reasoning_effort: str
    service_tier: str
    generate: bool
    request_id: str | None
    latency_ms: Count
    ttft_ms: Annotated[Count | None, Meta(description="null: not observed")]
    input_tokens: Count
    cache_read_tokens: Count
    cache_write_tokens: Count
    output_tokens: Count
    reasoning_tokens: Count
    unclassified_tokens: Count
    total_tokens: Count
    cost_nanos: Nanos | None
    cost_state: CostState


class Events(Stamp, frozen=True, kw_only=True):
    """A page. `head_cursor` stands before its first row: asked again with it (and a limit of 1), `newer` tells
    how many matching requests have arrived since.
    """

    selection: Selection
    events: Sequence[Event]
    next_cursor: str | None
    head_cursor: str
    newer: Count


class EventError(Answer, frozen=True, kw_only=True):
    error_class: str
    status_code: int
    message: str | None
    body: Annotated[str | None, Meta(description="at most 4 KiB, secrets masked")]


class PriceLine(Answer, frozen=True, kw_only=True):
    """What one bucket of tokens cost, with every factor; the lines add up exactly."""

    bucket: Annotated[str, Meta(extra_json_schema={"enum": ["uncached", "cache_read", "cache_write", "output"]})]
    tokens: Count
    nanos_per_million: Nanos
    cost_nanos: Nanos


class PriceRule(Answer, frozen=True, kw_only=True):
    label: str
    multiplier: float


class EventPrice(Answer, frozen=True, kw_only=True):
    """How the cost of a request came about: its price version, applied again to its tokens."""

    id: str
    source: Literal["bundled", "synced", "manual"]
    provider: str
    model: str
    matched_by: Literal["as_sent", "alias", "undecorated", "undecorated_alias"] | None
    service_tier: Annotated[str, Meta(description="empty: the base prices")]
    effective_from: Annotated[Time | None, Meta(description="null: always")]
    context_tier_above: Annotated[
        Count | None, Meta(description="the tokens of input above which these four prices hold, if they do")
    ]
    lines: Sequence[PriceLine]
    multiplier: float
    rules: Sequence[PriceRule]
    cost_nanos: Nanos


class Caveat(Answer, frozen=True, kw_only=True):
    """What must be said beside figures that CPA itself reports wrong."""

    code: str
    message: str


class Normalization(Answer, frozen=True, kw_only=True):
    """How CPA's token counts became the canonical ones."""

    outcome: str
    explanation: str
    caveats: Sequence[Caveat]


class RawPayload(Answer, frozen=True, kw_only=True):
    """The message as CPA sent it, secrets masked, while the inbox keeps it."""

    arrived_at: Time
    transport: str
    bytes: Count
    payload: Annotated[Any, Meta(description="the JSON object; null when it is too large to show")]


class EventDetail(Event, frozen=True, kw_only=True):
    executor_type: str
    auth_type: str
    response_service_tier: str
    client_ip: str | None
    x_forwarded_for: str | None
    user_agent: str | None
    error: EventError | None
    price: EventPrice | None
    normalization: Normalization
    response_headers: Annotated[Mapping[str, str], Meta(description="those that say something and hold no secret")]
    attempts: Annotated[Sequence[Event], Meta(description="all requests with this request_id, this one included")]
    attempts_total: Count
    raw: RawPayload | None
    as_of: Time
    revision: str


# GET /filters


class FilterValue(Entity, frozen=True, kw_only=True):
    requests: Count


class Filters(Stamp, frozen=True, kw_only=True):
    """What there is to filter by, most requests first."""

    selection: Selection
    model: Sequence[FilterValue]
    provider: Sequence[FilterValue]
    credential: Sequence[FilterValue]
    api_key: Sequence[FilterValue]
    endpoint: Sequence[FilterValue]
    client: Sequence[FilterValue]
    result: Sequence[FilterValue]
    status: Sequence[FilterValue]
    error_class: Sequence[FilterValue]
    reasoning_effort: Sequence[FilterValue]
    service_tier: Sequence[FilterValue]
    omitted: Annotated[Mapping[str, int], Meta(description="how many rarer values are left out, by dimension")]


# GET /live


class Live(Stamp, frozen=True, kw_only=True):
    """The last minutes; `latest` are the newest requests, newest first."""

    bucket_seconds: int
    buckets: Sequence[Time]
    requests: Sequence[int]
    failed: Sequence[int]
    total_tokens: Sequence[int]
    cost_nanos: Sequence[int]
    latest: Sequence[Event]
