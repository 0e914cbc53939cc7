"""Every answer of the API as a type: what is encoded, documented (OpenAPI) and checked is this file.

Times are RFC 3339 in the display zone. Money is nano-dollars. Rates are 0 to 1, null when undefined. Ids are
opaque strings. Fields may be added, never renamed. Numbers typed `float` are encoded as integers where they are.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

Time = Annotated[str, Meta(description="RFC 3339, in the display zone", extra_json_schema={"format": "date-time"})]
Count = Annotated[int, Meta(ge=0)]
Nanos = Annotated[int, Meta(ge=0, description="nano-dollars (1e-9 USD), at API prices")]
Rate = Annotated[float, Meta(ge=0, le=1)]
Column = Sequence[float | None]
"""One value a bucket; null where it is undefined."""

Granularity = Literal["minute", "hour", "day", "week", "month"]
Result = Literal["succeeded", "failed"]
CostState = Literal["priced", "unpriced", "unmetered"]


class Answer(Struct, frozen=True, kw_only=True):
    """The base of every shape: immutable, fields by name."""


# What was asked


class Entity(Answer, frozen=True, kw_only=True):
    """A value of a dimension. `provider` only where the value belongs to one (credentials)."""

    id: str
    label: str
    provider: str | UnsetType = UNSET


class Selection(Answer, frozen=True, kw_only=True):
    """What the answer covers; `elapsed_seconds` is the part of it that lies in the past."""

    from_: Time = field(name="from")
    to: Annotated[Time, Meta(description="exclusive")]
    elapsed_seconds: Annotated[float, Meta(ge=0)]
    zone: str
    filters: Annotated[
        Mapping[str, Sequence[str]], Meta(description="ids by dimension; a leading ! means all but this one")
    ]


class Stamp(Answer, frozen=True, kw_only=True):
    """Which state of the file the answer shows: every figure in it is of this one revision."""

    as_of: Time
    revision: str


# Figures


class Percentiles(Answer, frozen=True, kw_only=True):
    """Nearest-rank percentiles of `count` observations; null when there are none."""

    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None
    max: float | None
    count: Count


class Metrics(Answer, frozen=True, kw_only=True):
    """All figures of a set of requests. `cost_nanos` leaves out `unpriced_requests`."""

    requests: Count
    succeeded: Count
    failed: Count
    success_rate: Rate | None
    input_tokens: Count
    cache_read_tokens: Count
    cache_write_tokens: Count
    output_tokens: Count
    reasoning_tokens: Count
    unclassified_tokens: Count
    total_tokens: Count
    cache_hit_rate: Rate | None
    cost_nanos: Nanos
    unpriced_requests: Count
    unmetered_requests: Count
    rpm: float | None
    tpm: float | None
    latency_ms: Percentiles
    ttft_ms: Percentiles
    output_speed: Annotated[Percentiles, Meta(description="output tokens a second after the first byte")]


class Comparison(Answer, frozen=True, kw_only=True):
    """The same question for the period before, cut at the same elapsed time."""

    from_: Time = field(name="from")
    to: Time
    metrics: Metrics


# GET /summary


class Sparkline(Answer, frozen=True, kw_only=True):
    buckets: Sequence[Time]
    requests: Column
    total_tokens: Column
    cost_nanos: Column
    cache_hit_rate: Column
    success_rate: Column
    latency_p50_ms: Column
    rpm: Column


class ContributionPart(Answer, frozen=True, kw_only=True):
    """`filters` select its requests, `labels` name them; `share` is its part of the whole change."""

    filters: Mapping[str, str]
    labels: Mapping[str, str]
    change: float
    share: float


class ContributionWindow(Answer, frozen=True, kw_only=True):
    """The stretch of time in which most of the change happened."""

    from_: Time = field(name="from")
    to: Time
    change: float
    share: float


class Contribution(Answer, frozen=True, kw_only=True):
    """What made the difference to the comparison; no parts when nothing stands out."""

    metric: str
    change: float
    parts: Sequence[ContributionPart]
    when: ContributionWindow | None


class Summary(Stamp, frozen=True, kw_only=True):
    selection: Selection
    metrics: Metrics
    compare: Comparison | None
    sparkline: Sparkline | UnsetType = UNSET
    contribution: Contribution | UnsetType | None = UNSET


# GET /timeseries


class Series(Answer, frozen=True, kw_only=True):
    """One group, or everything beyond the top groups (null); each metric has one value a bucket."""

    group: Entity | None
    metrics: Mapping[str, Column]


class TimeseriesComparison(Answer, frozen=True, kw_only=True):
    """The totals of the period before, bucket by bucket."""

    from_: Time = field(name="from")
    to: Time
    buckets: Sequence[Time]
    metrics: Mapping[str, Column]


class Timeseries(Stamp, frozen=True, kw_only=True):
    selection: Selection
    granularity: Granularity
    buckets: Annotated[Sequence[Time], Meta(description="the start of each bucket")]
    partial: Annotated[Sequence[int], Meta(description="indexes of buckets that are cut or still in progress")]
    series: Sequence[Series]
    compare: TimeseriesComparison | None


# GET /breakdown


class BreakdownRow(Answer, frozen=True, kw_only=True):
    group: Entity
    metrics: Metrics
    share: Annotated[Mapping[str, float | None], Meta(description="its part of the total, by additive metric")]
    compare: Metrics | None


class BreakdownOther(Answer, frozen=True, kw_only=True):
    """The rows beyond the limit, as one."""

    rows: Count
    metrics: Metrics
    share: Mapping[str, float | None]
    compare: Metrics | None


class Breakdown(Stamp, frozen=True, kw_only=True):
    selection: Selection
    by: str
    rows: Sequence[BreakdownRow]
    rows_total: Count
    other: BreakdownOther | None
    total: Metrics
    compare: Comparison | None


# GET /heatmap


class Heatmap(Stamp, frozen=True, kw_only=True):
    """`cells[y][x]`. Weekdays are 1 (Monday) to 7, hours 0 to 23, days local dates, dimensions entities (null: the
    rest). A cell is null where the metric is undefined, or where its time has not come yet.
    """

    selection: Selection
    metric: str
    x_axis: str
    y_axis: str
    x: Sequence[int | str | Entity | None]
    y: Sequence[int | str | Entity | None]
    cells: Sequence[Column]
    requests: Sequence[Sequence[int]]
    max: float | None


# GET /latency


class PercentileColumns(Answer, frozen=True, kw_only=True):
    p50: Column
    p90: Column
    p95: Column
    p99: Column


class Histogram(Answer, frozen=True, kw_only=True):
    """`counts[i]` observations were at most `upper_ms[i]` and above the bound before it."""

    upper_ms: Sequence[float]
    counts: Sequence[int]


class ModelLatency(Answer, frozen=True, kw_only=True):
    group: Entity
    latency_ms: Percentiles
    ttft_ms: Percentiles
    output_speed: Percentiles


class Latency(Stamp, frozen=True, kw_only=True):
    selection: Selection
    granularity: Granularity
    buckets: Sequence[Time]
    partial: Sequence[int]
    latency_ms: PercentileColumns
    ttft_ms: PercentileColumns
    histogram: Histogram
    by_model: Sequence[ModelLatency]


# GET /events, GET /events/{id}


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


# GET /status, GET /version, GET /healthz, GET /readyz


class Trouble(Answer, frozen=True, kw_only=True):
    code: str
    message: str
    since: Time | None


class QueueStatus(Answer, frozen=True, kw_only=True):
    mode: str
    connected: bool
    last_event_at: Time | None
    trouble: Trouble | None


class InboxStatus(Answer, frozen=True, kw_only=True):
    pending: Count
    rejected: Count


class IngestStatus(Answer, frozen=True, kw_only=True):
    """What ingestd last said of itself; null fields: it has not said so."""

    version: str
    state: str
    started_at: Time
    heartbeat_at: Time
    alive: bool
    queue: QueueStatus | None
    inbox: InboxStatus | None
    lag_seconds: float | None


class DatabaseStatus(Answer, frozen=True, kw_only=True):
    bytes: Count
    wal_bytes: Count
    events: Count
    first_event_at: Time | None
    last_event_at: Time | None


class TaskStatus(Answer, frozen=True, kw_only=True):
    name: str
    started_at: Time
    duration_ms: float
    outcome: str
    detail: str


class Problem(Answer, frozen=True, kw_only=True):
    """Something a person should know; `severity` error: figures are missing or will be."""

    code: str
    severity: Literal["error", "warning"]
    message: str
    since: Time | None


class Status(Answer, frozen=True, kw_only=True):
    version: str
    schema: int
    now: Time
    zone: str
    cpa_url: Annotated[str | None, Meta(description="CPA's management page; null: on the page's own origin")]
    ingestd: IngestStatus | None
    database: DatabaseStatus
    tasks: Sequence[TaskStatus]
    problems: Sequence[Problem]
    revision: str


class Version(Answer, frozen=True, kw_only=True):
    version: str
    schema: int


class Health(Answer, frozen=True, kw_only=True):
    status: Literal["ok"]


class Readiness(Answer, frozen=True, kw_only=True):
    """`ready` does not depend on ingestd being alive; `problems` says when it is not."""

    ready: bool
    problems: Sequence[Problem]


# Any error

ErrorCode = Literal[
    "invalid_parameter",
    "unknown_parameter",
    "invalid_request",
    "not_found",
    "method_not_allowed",
    "payload_too_large",
    "starting",
    "schema_mismatch",
    "damaged",
    "query_timeout",
    "busy",
    "internal_error",
]


class ErrorDetail(Answer, frozen=True, kw_only=True):
    code: ErrorCode
    message: str
    parameter: str | UnsetType = UNSET


class Error(Answer, frozen=True, kw_only=True):
    error: ErrorDetail
