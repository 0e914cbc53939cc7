"""The totals of a selection, with those of the period before, small charts and what made the difference."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from msgspec import UNSET

from queryd import shapes
from queryd.answers import selection_shape, stamp
from queryd.asking.calendar import rfc3339
from queryd.asking.parameters import Parameter, choice, integer
from queryd.asking.periods import Span
from queryd.asking.selection import COMPARE, SELECTION, Selection
from queryd.engine.scan import Snapshot
from queryd.engine.tally import Measures
from queryd.figures import metrics
from queryd.figures.buckets import Buckets, equal_buckets
from queryd.figures.contribution import EXPLAINED, contribution
from queryd.figures.metrics import METRICS
from shared.clock import MINUTE

SPARKLINES = ("requests", "total_tokens", "cost_nanos", "cache_hit_rate", "success_rate", "latency_p50_ms", "rpm")

PARAMETERS: tuple[Parameter, ...] = (
    *SELECTION,
    COMPARE,
    integer("sparkline", "Also so many buckets of equal length over the range, for small charts.", 2, 120),
    choice("contribution", "With `compare`: also what made the difference in this metric.", EXPLAINED),
)


def summary(snapshot: Snapshot, selection: Selection, values: Mapping[str, Any]) -> shapes.Summary:
    """`GET /summary`."""
    span = selection.span(*snapshot.bounds())
    before = selection.comparison(span)
    compared = None
    if before is not None:
        compared = shapes.Comparison(
            from_=rfc3339(before.start, selection.zone),
            to=rfc3339(before.end, selection.zone),
            metrics=_totals(snapshot, selection, before),
        )
    explained: shapes.Contribution | None = None
    if before is not None and values["contribution"] is not None:
        explained = contribution(snapshot, selection, span, before, values["contribution"])
    sparkline = None
    if values["sparkline"] is None:
        figures = _totals(snapshot, selection, span)
    else:
        figures, sparkline = _totals_over_time(
            snapshot, selection, equal_buckets(span, values["sparkline"], selection.zone)
        )
    return shapes.Summary(
        selection=selection_shape(selection, span),
        metrics=figures,
        compare=compared,
        sparkline=UNSET if sparkline is None else sparkline,
        contribution=UNSET if values["contribution"] is None else explained,
        **stamp(snapshot, selection),
    )


def _totals(snapshot: Snapshot, selection: Selection, span: Span) -> shapes.Metrics:
    table = snapshot.aggregate(snapshot.matching(selection.filters, span), (), metrics.EVERYTHING)
    return metrics.every(table, span.elapsed(selection.now) / MINUTE)[0]


def _totals_over_time(
    snapshot: Snapshot, selection: Selection, buckets: Buckets
) -> tuple[shapes.Metrics, shapes.Sparkline]:
    """The totals, and some of the figures of each bucket, from one table."""
    chosen, kinds = snapshot.matching(selection.filters, buckets.span), (buckets.axis(),)
    sparse = snapshot.aggregate(chosen, kinds, Measures(metrics.EVERYTHING.sums))
    whole = sparse.whole(metrics.EVERYTHING.observations)
    of_whole, of_each = snapshot.rank(
        chosen, kinds, sparse, (whole, sparse.itself(metrics.needs(SPARKLINES).observations))
    )
    total = metrics.every(sparse.folded(whole, of_whole), buckets.span.elapsed(selection.now) / MINUTE)[0]
    table = replace(sparse, ranked=of_each).laid_out(buckets.places(sparse.axes[0]), len(buckets))
    minutes, requests = buckets.minutes(selection.now), table.sums["requests"].tolist()
    columns = {
        name: buckets.shown(METRICS[name].values(table, minutes), requests, selection.now) for name in SPARKLINES
    }
    return total, shapes.Sparkline(buckets=buckets.times(), **columns)
