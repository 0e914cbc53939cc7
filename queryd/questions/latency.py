"""How long requests take: exact percentiles over time and by model, and how they are distributed."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from queryd import shapes
from queryd.answers import selection_shape, stamp
from queryd.asking.parameters import Parameter, integer
from queryd.asking.selection import GRANULARITY, SELECTION, Selection
from queryd.columns import axes
from queryd.columns.axes import BarAxis
from queryd.columns.matching import Matching
from queryd.columns.view import OBSERVED
from queryd.engine.ranks import PERCENTS
from queryd.engine.scan import Snapshot
from queryd.engine.tally import Measures
from queryd.figures import metrics
from queryd.figures.buckets import calendar_buckets
from queryd.figures.metrics import METRICS

UPPER_MS = tuple(step * 10**power for power in (1, 2, 3, 4) for step in (10, 15, 20, 30, 40, 60, 80))
"""Upper bounds of the histogram, 0.1 s to 800 s; a last bar holds what took longer, if anything did."""

OVER_TIME = ("latency_ms", "ttft_ms")

PARAMETERS: tuple[Parameter, ...] = (
    *SELECTION,
    GRANULARITY,
    integer("top", "How many models, by requests.", 1, 50, 10),
)


def latency(snapshot: Snapshot, selection: Selection, values: Mapping[str, Any]) -> shapes.Latency:
    """`GET /latency`."""
    span = selection.span(*snapshot.bounds())
    granularity = selection.bucketing(span)
    buckets = calendar_buckets(span, granularity, selection.zone)
    nothing = np.zeros(len(buckets))  # no percentile is divided by time
    chosen = snapshot.matching(selection.filters, span)
    sparse = snapshot.aggregate(chosen, (buckets.axis(),), Measures(frozenset(), frozenset(OVER_TIME)))
    table = sparse.laid_out(buckets.places(sparse.axes[0]), len(buckets))
    latency_ms, ttft_ms = (
        shapes.PercentileColumns(
            **{f"p{percent}": METRICS[f"{name}_p{percent}_ms"].values(table, nothing) for percent in PERCENTS}
        )
        for name in ("latency", "ttft")
    )
    return shapes.Latency(
        selection=selection_shape(selection, span),
        granularity=granularity,
        buckets=buckets.times(),
        partial=buckets.partial(selection.now),
        latency_ms=latency_ms,
        ttft_ms=ttft_ms,
        histogram=_histogram(snapshot, chosen, int(table.ranked["latency_ms"].largest.max(initial=0))),
        by_model=_by_model(snapshot, chosen, values["top"]),
        **stamp(snapshot, selection),
    )


def _histogram(snapshot: Snapshot, chosen: Matching, largest: int) -> shapes.Histogram:
    """The bars; `largest` is the longest latency."""
    bars = snapshot.aggregate(chosen, (BarAxis(UPPER_MS),), Measures(frozenset()))
    counts = np.zeros(len(UPPER_MS) + 2, np.int64)
    counts[bars.axes[0]] = bars.sums["requests"]
    upper: list[float] = [*UPPER_MS, largest] if largest > UPPER_MS[-1] else list(UPPER_MS)
    return shapes.Histogram(upper_ms=upper, counts=counts[: len(upper)].tolist())


def _by_model(snapshot: Snapshot, chosen: Matching, count: int) -> list[shapes.ModelLatency]:
    """The models with the most requests."""
    kinds = (axes.dimension("model", snapshot.names),)
    table = snapshot.aggregate(chosen, kinds, Measures(frozenset(), frozenset(OBSERVED)))
    requests, codes = table.sums["requests"].tolist(), table.axes[0].tolist()
    return [
        shapes.ModelLatency(
            group=snapshot.labels.entity("model", codes[cell]),
            latency_ms=metrics.percentiles(table, "latency_ms", cell),
            ttft_ms=metrics.percentiles(table, "ttft_ms", cell),
            output_speed=metrics.percentiles(table, "output_speed", cell),
        )
        for cell in sorted(range(table.size), key=lambda cell: (-requests[cell], cell))[:count]
    ]
