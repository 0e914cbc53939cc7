"""The totals of a selection, with those of the period before, small charts and what made the difference."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from msgspec import UNSET

from queryd import shapes
from queryd.aggregate.scan import Question
from queryd.aggregate.snapshot import Snapshot
from queryd.aggregate.sums import Measures
from queryd.envelope import selection_shape, stamp
from queryd.figures import metrics
from queryd.figures.buckets import Buckets, calendar_buckets, equal_buckets
from queryd.figures.change_attribution import EXPLAINED, attribute_change
from queryd.figures.client_requests import client_requests
from queryd.figures.metrics import COST_BY, METRICS
from queryd.params.calendar import FOLDED_MAX, rfc3339
from queryd.params.parameters import Parameter, choice, integer
from queryd.params.ranges import Span
from queryd.params.selection import COMPARE, SELECTION, Selection
from shared.clock import MINUTE

SPARKLINES = ("requests", "total_tokens", "cost_nanos", "cache_hit_rate", "success_rate", "latency_p50_ms", "rpm")

PARAMETERS: tuple[Parameter, ...] = (
    *SELECTION,
    COMPARE,
    integer("sparkline", "Also so many buckets of equal length over the range, for small charts.", 2, 120),
    COST_BY,
    choice(
        "clients",
        "count: also success as the client saw it, by request id. It takes longer than everything else here.",
        ("none", "count"),
        "none",
    ),
    choice("days", "count: also on how many local days there were requests.", ("none", "count"), "none"),
    choice("contribution", "With `compare`: also what made the difference in this metric.", EXPLAINED),
)


def summary(snapshot: Snapshot, selection: Selection, values: Mapping[str, Any]) -> shapes.Summary:
    """`GET /summary`."""
    wanted = metrics.everything(values["cost_by"])
    span = selection.span(*snapshot.bounds())
    before = selection.comparison(span)
    compared = None
    if before is not None:
        compared = shapes.Comparison(
            from_=rfc3339(before.start, selection.zone),
            to=rfc3339(before.end, selection.zone),
            metrics=_totals(snapshot, selection, before, wanted),
        )
    explained: shapes.Contribution | None = None
    if before is not None and values["contribution"] is not None:
        explained = attribute_change(snapshot, selection, span, before, values["contribution"])
    sparkline = None
    if values["sparkline"] is None:
        figures = _totals(snapshot, selection, span, wanted)
    else:
        figures, sparkline = _totals_over_time(
            snapshot, selection, equal_buckets(span, values["sparkline"], selection.zone), wanted
        )
    return shapes.Summary(
        selection=selection_shape(selection, span),
        metrics=figures,
        compare=compared,
        **_clients(snapshot, selection, span, before) if values["clients"] == "count" else {},
        active_days=_active_days(snapshot, selection, span) if values["days"] == "count" else UNSET,
        sparkline=UNSET if sparkline is None else sparkline,
        contribution=UNSET if values["contribution"] is None else explained,
        **stamp(snapshot, selection),
    )


def _clients(snapshot: Snapshot, selection: Selection, span: Span, before: Span | None) -> dict[str, Any]:
    return {
        "clients": client_requests(snapshot, selection.filters, span),
        "clients_compare": None if before is None else client_requests(snapshot, selection.filters, before),
    }


def _active_days(snapshot: Snapshot, selection: Selection, span: Span) -> int:
    """On how many local days of the range there were requests."""
    days = calendar_buckets(span, "day", selection.zone, FOLDED_MAX)
    return snapshot.aggregate(snapshot.select(selection.filters, span), (days.axis(),), Measures(frozenset())).size


def _totals(snapshot: Snapshot, selection: Selection, span: Span, wanted: Measures) -> shapes.Metrics:
    table = snapshot.aggregate(snapshot.select(selection.filters, span), (), wanted)
    return metrics.every(table, span.elapsed(selection.now) / MINUTE)[0]


def _totals_over_time(
    snapshot: Snapshot, selection: Selection, buckets: Buckets, wanted: Measures
) -> tuple[shapes.Metrics, shapes.Sparkline]:
    """The totals, and some of the figures of each bucket, from one table."""
    small = metrics.needs(SPARKLINES).observations
    with snapshot.scan(snapshot.select(selection.filters, buckets.span), Question((buckets.axis(),), wanted)) as (
        asked,
    ):
        sparse = asked.grid
        both = replace(sparse.per_cell(small), whole=True)
        whole = sparse.whole(wanted.observations - small)
        of_both, of_whole = asked.ranked(both), asked.ranked(whole)
    last = {name: each.part(slice(-1, None)) for name, each in of_both.items()}
    elapsed = buckets.span.elapsed(selection.now) / MINUTE
    total = metrics.every(sparse.regroup(whole, of_whole | last), elapsed)[0]
    of_each = {name: each.part(slice(-1)) for name, each in of_both.items()}
    table = replace(sparse, ranked=of_each).to_grid(buckets.places(sparse.axes[0]), len(buckets))
    minutes, requests = buckets.minutes(selection.now), table.sums["requests"].tolist()
    columns = {
        name: buckets.shown(METRICS[name].values(table, minutes), requests, selection.now) for name in SPARKLINES
    }
    return total, shapes.Sparkline(buckets=buckets.times(), **columns)
