"""The last minutes in short buckets, and the newest requests."""

from collections.abc import Mapping, Sequence
from typing import Any

from queryd import shapes
from queryd.aggregate.snapshot import Snapshot
from queryd.envelope import stamp
from queryd.figures import metrics
from queryd.figures.buckets import Buckets
from queryd.figures.metrics import METRICS
from queryd.params.parameters import FILTERS, Parameter, choice, integer
from queryd.params.ranges import Span
from queryd.params.selection import Selection
from queryd.questions.events import latest
from shared.clock import MINUTE, SECOND

WINDOWS = {"15m": (15 * MINUTE, 10 * SECOND), "30m": (30 * MINUTE, 20 * SECOND), "60m": (60 * MINUTE, 40 * SECOND)}
"""Length of each window and of its buckets: 90 of them."""

SERIES = (
    "requests",
    "failed",
    "total_tokens",
    "cost_nanos",
    "latency_p50_ms",
    "latency_p95_ms",
    "cache_hit_rate",
)

PARAMETERS: tuple[Parameter, ...] = (
    *FILTERS,
    choice("window", "How far it looks back.", WINDOWS, "15m"),
    integer("latest", "At most so many of the newest requests.", 0, 50, 10),
)


def live(snapshot: Snapshot, selection: Selection, values: Mapping[str, Any]) -> shapes.Live:
    """`GET /live`. The last bucket is the one in progress."""
    length, step = WINDOWS[values["window"]]
    end = (selection.now // step + 1) * step
    span = Span(end - length, end)
    edges = list(range(span.start, span.end + 1, step))
    buckets = Buckets(span, edges[:-1], edges, ("equal", span.start % step, step), selection.zone)
    chosen = snapshot.select(selection.filters, span)
    sparse = snapshot.aggregate(chosen, (buckets.axis(),), metrics.needs(SERIES))
    table = sparse.to_grid(buckets.places(sparse.axes[0]), len(buckets))
    minutes = buckets.minutes(selection.now)
    columns: dict[str, Sequence[Any]] = {name: METRICS[name].values(table, minutes) for name in SERIES}
    whole = snapshot.aggregate(chosen, (), metrics.EVERYTHING)
    return shapes.Live(
        metrics=metrics.every(whole, span.elapsed(selection.now) / MINUTE)[0],
        bucket_seconds=step // SECOND,
        buckets=buckets.times(),
        **columns,
        latest=latest(snapshot, selection, span, values["latest"]),
        **stamp(snapshot, selection),
    )
