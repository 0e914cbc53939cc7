"""Answers about single requests: the log, one request, what there is to filter by, the live strip."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, cast

from msgspec import Meta, defstruct

from queryd.dimensions import DIMENSIONS
from queryd.shapes.figures import Metrics
from queryd.shapes.values import (
    Answer,
    Column,
    CostMark,
    CostState,
    Count,
    Entity,
    Nanos,
    Rate,
    Result,
    Selection,
    Stamp,
    Time,
)


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
    cost_marks: Annotated[Sequence[CostMark], Meta(description="what of the cost is assumed, a bound, or unknown")]


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

    bucket: Annotated[
        str, Meta(extra_json_schema={"enum": ["uncached", "cache_read", "cache_write", "output", "image_output"]})
    ]
    tokens: Count
    nanos_per_million: Nanos
    cost_nanos: Nanos


class PriceRule(Answer, frozen=True, kw_only=True):
    label: str
    multiplier: float


class PriceSeller(Answer, frozen=True, kw_only=True):
    """Whose price a version of the catalogue is: the maker's or a reseller's, from which page, read on which day."""

    name: str
    maker: bool
    currency: Annotated[str, Meta(description="of its list; other than USD, the prices are converted")]
    page: str | None
    read_on: str | None


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
    cache_saved_nanos: Annotated[int, Meta(description="what its cached tokens had cost uncached, less what they cost")]
    seller: Annotated[PriceSeller | None, Meta(description="null: a person entered the price")]


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
    cost_caveats: Sequence[Caveat]
    normalization: Normalization
    response_headers: Annotated[Mapping[str, str], Meta(description="those that say something and hold no secret")]
    attempts: Annotated[Sequence[Event], Meta(description="the requests with this request_id, but for `additions`")]
    attempts_total: Count
    attempt_number: Annotated[
        Count | None, Meta(description="which of them this one is, the oldest being 1; null for an addition")
    ]
    additions: Annotated[
        Sequence[Event],
        Meta(description="no attempts: what a tool's model used for the same answer, which CPA reports apart"),
    ]
    raw: RawPayload | None
    as_of: Time
    revision: str


# GET /filters


class FilterValue(Entity, frozen=True, kw_only=True):
    requests: Count


Filters: type[Stamp] = cast(
    "type[Stamp]",
    defstruct(
        "Filters",
        [
            ("selection", Selection),
            *((name, Sequence[FilterValue]) for name in DIMENSIONS),
            (
                "omitted",
                Annotated[
                    Mapping[str, int], Meta(description="how many rarer values that match are left out, by dimension")
                ],
            ),
        ],
        bases=(Stamp,),
        namespace={"__doc__": "What there is to filter by, most requests first."},
        frozen=True,
        kw_only=True,
    ),
)
"""A list of values for each dimension."""


# GET /errors


class ErrorMessage(Answer, frozen=True, kw_only=True):
    """What some failures of a group say; messages that differ only in numbers, ids and addresses are one (`shape`)."""

    shape: Annotated[
        str, Meta(description="the gist with # for numbers and … for ids and addresses; empty: nothing was said")
    ]
    message: Annotated[str | None, Meta(description="the gist of the newest, secrets masked")]
    search: Annotated[str | None, Meta(description="a part of it that `q` of /events finds these requests by")]
    count: Annotated[Count, Meta(description="of the `looked_at` failures")]
    first_seen: Annotated[Time, Meta(description="of the `looked_at` failures")]
    last_seen: Time
    samples: Annotated[Sequence[str], Meta(description="ids of the newest of these requests")]


class ErrorClients(Answer, frozen=True, kw_only=True):
    """What the clients saw: of the client requests that these failures belong to (by request id; attempts outside the
    filters count, if they lie in the range), how many were served all the same, and on another account.
    """

    client_requests: Count
    client_succeeded: Count
    succeeded_elsewhere: Count


class ErrorRun(Answer, frozen=True, kw_only=True):
    """The latest failures of a group, between which no hour passed without one."""

    since: Time
    count: Count
    rate: Annotated[
        Rate | None, Meta(description="count ÷ the account's requests since then; told of groups that fail now")
    ]


class ErrorGroup(Answer, frozen=True, kw_only=True):
    """Failures of one class and status on one account. All counts are exact; messages are those of the newest."""

    error_class: str
    status_code: int
    credential: Entity
    state: Literal["now", "stopped"]
    count: Count
    rate: Annotated[float, Meta(ge=0, le=1, description="count ÷ the account's requests under the other filters")]
    first_seen: Time
    last_seen: Time
    run: Annotated[ErrorRun | None, Meta(description="null: too many failures to tell")]
    trend: Annotated[Sequence[int], Meta(description="failures in equal parts of the range, oldest first")]
    models: Sequence[FilterValue]
    models_total: Count
    api_keys: Sequence[FilterValue]
    api_keys_total: Count
    clients: Annotated[ErrorClients | None, Meta(description="null: too many failures to follow their requests")]
    messages: Annotated[Sequence[ErrorMessage], Meta(description="those said most often first")]
    messages_total: Count
    looked_at: Annotated[Count, Meta(description="how many of the newest failures the messages are of")]


class Errors(Stamp, frozen=True, kw_only=True):
    """Those that fail now first, then by count. `failed` includes `cancelled`: what the client hung up on."""

    selection: Selection
    groups: Sequence[ErrorGroup]
    groups_total: Count
    failing_now: Annotated[Count, Meta(description="groups; those of cancelled requests do not count")]
    failed: Count
    cancelled: Count
    other_failed: Annotated[Count, Meta(description="failures of the groups beyond the limit")]


# GET /live


class Live(Stamp, frozen=True, kw_only=True):
    """The last minutes; `latest` are the newest requests, newest first."""

    bucket_seconds: int
    buckets: Sequence[Time]
    requests: Sequence[int]
    failed: Sequence[int]
    total_tokens: Sequence[int]
    cost_nanos: Sequence[int]
    latency_p50_ms: Column
    latency_p95_ms: Column
    cache_hit_rate: Column
    metrics: Annotated[Metrics, Meta(description="of the whole window")]
    latest: Sequence[Event]
