"""Answers in figures: summary, timeseries, breakdown, heatmap, latency."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field

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
