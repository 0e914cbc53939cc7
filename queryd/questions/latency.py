"""How long requests take: exact percentiles over time and by model, and how they are distributed."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from queryd import axes, metrics, shapes
from queryd.answers import selection_shape, stamp
from queryd.buckets import calendar_buckets
from queryd.matching import Matching
from queryd.metrics import METRICS
from queryd.parameters import Parameter, integer
from queryd.scan import Snapshot
from queryd.selection import GRANULARITY, SELECTION, Selection
from queryd.table import PERCENTS, Table
from queryd.tally import OBSERVED, Measures

UPPER_MS = tuple(step * 10**power for power in (2, 3, 4, 5) for step in (1, 1.5, 2, 3, 4, 6, 8))
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
    table = sparse.folded(buckets.places(sparse.axes[0]), len(buckets))
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
        histogram=_histogram(table.total()),
        by_model=_by_model(snapshot, chosen, values["top"]),
        **stamp(snapshot, selection),
    )


def _histogram(total: Table) -> shapes.Histogram:
    largest = int(total.ranked("latency_ms").largest[0])
    upper = [*UPPER_MS, largest] if largest > UPPER_MS[-1] else list(UPPER_MS)
    counts = total.at_most("latency_ms", upper)
    return shapes.Histogram(upper_ms=upper, counts=np.diff(counts, prepend=0).tolist())


def _by_model(snapshot: Snapshot, chosen: Matching, count: int) -> list[shapes.ModelLatency]:
    """The models with the most requests."""
    kinds = (axes.dimension("model", snapshot.names),)
    table = snapshot.aggregate(chosen, kinds, Measures(frozenset(), frozenset(OBSERVED)))
    requests, codes = table.sums["requests"].tolist(), table.axes[0].tolist()
    figures = {name: metrics.percentiles(table, name) for name in OBSERVED}
    return [
        shapes.ModelLatency(
            group=snapshot.labels.entity("model", codes[cell]),
            **{name: values[cell] for name, values in figures.items()},
        )
        for cell in sorted(range(table.size), key=lambda cell: (-requests[cell], cell))[:count]
    ]
