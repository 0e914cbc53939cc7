"""How long requests take: exact percentiles over time and by any dimension, and how they are distributed."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from queryd import shapes
from queryd.aggregate import grouping
from queryd.aggregate.grid import Grid, Groups
from queryd.aggregate.percentiles import PERCENTS
from queryd.aggregate.row_selection import OBSERVED
from queryd.aggregate.scan import Asked, Question
from queryd.aggregate.snapshot import Snapshot
from queryd.aggregate.sums import Measures
from queryd.dimensions import DIMENSIONS
from queryd.envelope import selection_shape, stamp
from queryd.figures import metrics
from queryd.figures.buckets import Buckets, calendar_buckets
from queryd.figures.histogram import BOUNDS, histogram_question, read_histogram
from queryd.figures.metrics import METRICS
from queryd.figures.top_values import leading_cells
from queryd.params.calendar import rfc3339
from queryd.params.parameters import Parameter, choice, integer
from queryd.params.selection import COMPARE, GRANULARITY, SELECTION, Selection
from queryd.state.collection import gaps

_OVER_TIME = Measures(frozenset(), frozenset(("latency_ms", "ttft_ms")))

PARAMETERS: tuple[Parameter, ...] = (
    *SELECTION,
    GRANULARITY,
    COMPARE,
    choice("by", "The dimension of `groups`.", DIMENSIONS, "model"),
    integer("top", "How many values of it, by requests.", 1, 50, 10),
)


def latency(snapshot: Snapshot, selection: Selection, values: Mapping[str, Any]) -> shapes.Latency:
    """`GET /latency`."""
    span = selection.span(*snapshot.bounds())
    granularity = selection.bucketing(span)
    buckets = calendar_buckets(span, granularity, selection.zone)
    by = grouping.dimension(values["by"], snapshot.names)
    with snapshot.scan(
        snapshot.select(selection.filters, span),
        Question((buckets.axis(),), _OVER_TIME),
        histogram_question("latency_ms"),
        Question((by,), Measures(frozenset(), frozenset(OBSERVED))),
    ) as (over_time, bars, by_value):
        (latency_ms, ttft_ms), largest = _over_time(over_time.per_cell(), buckets)
        groups = _groups(snapshot, by_value, values["by"], values["top"])
        histogram = _histogram(bars.grid, largest)
    before = selection.comparison(span)
    compared = None
    if before is not None:
        ghosts = calendar_buckets(before, granularity, selection.zone)
        past = snapshot.select(selection.filters, before)
        (latency_then, ttft_then), _ = _over_time(snapshot.aggregate(past, (ghosts.axis(),), _OVER_TIME), ghosts)
        compared = shapes.LatencyComparison(
            from_=rfc3339(before.start, selection.zone),
            to=rfc3339(before.end, selection.zone),
            buckets=ghosts.times(),
            latency_ms=latency_then,
            ttft_ms=ttft_then,
        )
    return shapes.Latency(
        selection=selection_shape(selection, span),
        granularity=granularity,
        buckets=buckets.times(),
        partial=buckets.partial(selection.now),
        latency_ms=latency_ms,
        ttft_ms=ttft_ms,
        histogram=histogram,
        by_model=groups if values["by"] == "model" else [],
        by=values["by"],
        groups=groups,
        compare=compared,
        gaps=gaps(snapshot.connection, span, selection.zone),
        **stamp(snapshot, selection),
    )


def _over_time(sparse: Grid, buckets: Buckets) -> tuple[list[shapes.PercentileColumns], int]:
    """The percentiles of latency and time to first byte in each bucket, and the longest latency."""
    table = sparse.to_grid(buckets.places(sparse.axes[0]), len(buckets))
    nothing = np.zeros(len(buckets))  # no percentile is divided by time
    columns = [
        shapes.PercentileColumns(
            **{f"p{percent}": METRICS[f"{name}_p{percent}_ms"].values(table, nothing) for percent in PERCENTS}
        )
        for name in ("latency", "ttft")
    ]
    return columns, int(table.ranked["latency_ms"].largest.max(initial=0))


def _histogram(grid: Grid, largest: int) -> shapes.Histogram:
    """The bars; `largest` is the longest latency."""
    bars = read_histogram(grid, "latency_ms")
    upper: list[float] = [*BOUNDS["latency_ms"]]
    if bars.beyond:
        return shapes.Histogram(upper_ms=[*upper, largest], counts=[*bars.counts, bars.beyond])
    return shapes.Histogram(upper_ms=upper, counts=bars.counts)


def _groups(snapshot: Snapshot, asked: Asked, dimension: str, count: int) -> list[shapes.ModelLatency]:
    """The values with the most requests."""
    grid = asked.grid
    leading = leading_cells(grid, "requests", count)
    target = np.full(grid.size, len(leading))
    target[leading] = np.arange(len(leading))
    groups = Groups(target, len(leading) + 1, frozenset(OBSERVED))
    table = grid.regroup(groups, asked.ranked(groups))
    return [
        shapes.ModelLatency(
            group=snapshot.labels.entity(dimension, int(grid.axes[0][cell])),
            latency_ms=metrics.percentiles(table, "latency_ms", group),
            ttft_ms=metrics.percentiles(table, "ttft_ms", group),
            output_speed=metrics.percentiles(table, "output_speed", group),
        )
        for group, cell in enumerate(leading)
    ]
