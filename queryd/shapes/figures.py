"""Answers in figures: summary, timeseries, breakdown, heatmap, latency."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field

from queryd.shapes.collection import Gap
from queryd.shapes.values import Answer, Column, Count, Entity, Granularity, Nanos, Rate, Selection, Stamp, Time


class Percentiles(Answer, frozen=True, kw_only=True):
    """Nearest-rank percentiles of `count` observations; null when there are none."""

    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None
    max: float | None
    count: Count


class Metrics(Answer, frozen=True, kw_only=True):
    """All figures of a set of requests. `cost_nanos` leaves out `unpriced_requests`.

    The parts of the cost are there when `cost_by=kind` asks for them; they add up to it.
    """

    requests: Count
    succeeded: Count
    failed: Count
    cancelled: Annotated[Count, Meta(description="of the failed: those that the client hung up on")]
    success_rate: Annotated[Rate | None, Meta(description="succeeded ÷ requests that the client did not hang up on")]
    input_tokens: Count
    cache_read_tokens: Count
    cache_write_tokens: Count
    output_tokens: Count
    reasoning_tokens: Count
    unclassified_tokens: Count
    total_tokens: Count
    cache_hit_rate: Rate | None
    cost_nanos: Nanos
    cost_uncached_nanos: Nanos | UnsetType = UNSET
    cost_cache_read_nanos: Nanos | UnsetType = UNSET
    cost_cache_write_nanos: Nanos | UnsetType = UNSET
    cost_output_nanos: Nanos | UnsetType = UNSET
    cost_reasoning_nanos: Annotated[
        Nanos | UnsetType, Meta(description="of cost_output_nanos: what reasoning tokens cost")
    ] = UNSET
    cache_saved_nanos: Annotated[
        int | UnsetType, Meta(description="what cached tokens had cost uncached, less what they cost")
    ] = UNSET
    unpriced_requests: Count
    assumed_requests: Annotated[Count, Meta(description="whose cost rests on something that no event tells")]
    upper_bound_requests: Annotated[Count, Meta(description="that cost at most what is counted")]
    lower_bound_requests: Annotated[Count, Meta(description="that cost at least what is counted")]
    tokens_unknown_requests: Annotated[
        Count, Meta(description="of the unpriced: of whose tokens only the total is known, so that no price could help")
    ]
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


class ClientRequests(Answer, frozen=True, kw_only=True):
    """Success as the client saw it, over client requests: the attempts of one request id (an attempt without an id is
    one by itself). Filters choose the client requests that have an attempt which passes them; the other attempts of
    these count as theirs, whatever the filters say, if they lie in the range.
    """

    client_requests: Count
    client_succeeded: Annotated[Count, Meta(description="those of which an attempt succeeded")]
    client_cancelled: Annotated[
        Count, Meta(description="those that no attempt served before the client hung up: neither success nor failure")
    ]
    client_success_rate: Annotated[
        Rate | None, Meta(description="client_succeeded ÷ (client_requests - client_cancelled)")
    ]
    retries: Annotated[Count, Meta(description="their attempts after the first, further successes left out")]


class Summary(Stamp, frozen=True, kw_only=True):
    selection: Selection
    metrics: Metrics
    compare: Comparison | None
    clients: Annotated[ClientRequests | UnsetType, Meta(description="only with clients=count")] = UNSET
    clients_compare: ClientRequests | UnsetType | None = UNSET
    active_days: Annotated[
        Count | UnsetType, Meta(description="local days of the range with requests; only with days=count")
    ] = UNSET
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
    gaps: Annotated[Sequence[Gap], Meta(description="Times in this range from which requests are missing, or may be")]


# GET /breakdown


class BreakdownRow(Answer, frozen=True, kw_only=True):
    group: Annotated[Entity, Meta(description="the value of the first dimension")]
    groups: Annotated[Sequence[Entity], Meta(description="the value of each dimension")]
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


class DaysOfWeek(Answer, frozen=True, kw_only=True):
    """The metric over Mondays to Fridays, or Saturdays and Sundays, of the range; local days."""

    days: Annotated[float, Meta(ge=0, description="how many have passed; one in progress, or cut, counts in part")]
    requests: Count
    value: float | None
    per_day: Annotated[float | None, Meta(description="value ÷ days, where the metric is a sum")]


class WeekSums(Answer, frozen=True, kw_only=True):
    weekday: DaysOfWeek
    weekend: DaysOfWeek


class HeatmapComparison(Answer, frozen=True, kw_only=True):
    """The same cells in the period before."""

    from_: Time = field(name="from")
    to: Time
    cells: Sequence[Column]
    requests: Sequence[Sequence[int]]
    hours: Sequence[Sequence[float]]
    week: WeekSums | None


class Peak(Answer, frozen=True, kw_only=True):
    """A cell by its places on the axes, and the key and model that together make most of it."""

    x: int
    y: int
    api_key: Entity
    model: Entity
    value: Annotated[float | None, Meta(description="what these two make of the cell")]


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
    hours: Annotated[Sequence[Sequence[float]], Meta(description="how much of each cell's time has passed")]
    max: float | None
    week: Annotated[WeekSums | None, Meta(description="null unless an axis is weekday, hour or day")]
    peaks: Annotated[Sequence[Peak], Meta(description="as many as `peaks` asks for, the most an hour first")]
    compare: HeatmapComparison | None


# GET /distribution


class Bars(Answer, frozen=True, kw_only=True):
    """`counts[i]` observations were at most `upper[i]` of the answer, and above the bound before it."""

    counts: Sequence[int]
    percentiles: Percentiles


class BarsComparison(Bars, frozen=True, kw_only=True):
    """The period before, in the same bars."""

    from_: Time = field(name="from")
    to: Time


class Distribution(Stamp, frozen=True, kw_only=True):
    selection: Selection
    of: str
    upper: Annotated[Sequence[float], Meta(description="milliseconds, or tokens a second")]
    bars: Bars
    compare: BarsComparison | None


# GET /concentration


class CostPart(Answer, frozen=True, kw_only=True):
    """Requests of one side of `bound_nanos`, those that cost just that included: more than asked for, where many do."""

    bound_nanos: int
    requests: int
    cost_nanos: int


class Concentration(Stamp, frozen=True, kw_only=True):
    """Of requests whose cost is known and above zero, which is what `requests` counts."""

    selection: Selection
    requests: int
    cost_nanos: int
    dearest: Annotated[CostPart | None, Meta(description="from `bound_nanos` on")]
    cheaper_half: Annotated[CostPart | None, Meta(description="up to `bound_nanos`, the median")]


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


class LatencyComparison(Answer, frozen=True, kw_only=True):
    """The percentiles of the period before, bucket by bucket."""

    from_: Time = field(name="from")
    to: Time
    buckets: Sequence[Time]
    latency_ms: PercentileColumns
    ttft_ms: PercentileColumns


class Latency(Stamp, frozen=True, kw_only=True):
    selection: Selection
    granularity: Granularity
    buckets: Sequence[Time]
    partial: Sequence[int]
    latency_ms: PercentileColumns
    ttft_ms: PercentileColumns
    histogram: Histogram
    by_model: Annotated[Sequence[ModelLatency], Meta(description="the same as groups, if by is model")]
    by: str
    groups: Annotated[Sequence[ModelLatency], Meta(description="of the values with the most requests")]
    compare: LatencyComparison | None
    gaps: Annotated[Sequence[Gap], Meta(description="Times in this range from which requests are missing, or may be")]
