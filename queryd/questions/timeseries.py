"""Metrics over time: of the whole selection, or of the leading values of a dimension and the rest."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from queryd import shapes
from queryd.answers import selection_shape, stamp
from queryd.asking.calendar import rfc3339
from queryd.asking.dimensions import DIMENSIONS
from queryd.asking.parameters import Parameter, choice, choices, integer
from queryd.asking.selection import COMPARE, GRANULARITY, SELECTION, Selection
from queryd.columns import axes
from queryd.engine.scan import Snapshot
from queryd.figures import metrics
from queryd.figures.buckets import Buckets, calendar_buckets
from queryd.figures.metrics import METRICS
from queryd.figures.ranking import leaders

TOP_MAX = 50

PARAMETERS: tuple[Parameter, ...] = (
    *SELECTION,
    GRANULARITY,
    COMPARE,
    choices("metrics", "Which figures, separated by commas.", METRICS, ("requests", "total_tokens", "cost_nanos")),
    choice("group_by", "A series for each leading value of this dimension, and one for the rest.", DIMENSIONS),
    integer("top", "How many leading values, by the first metric (by requests, if it is no sum).", 1, TOP_MAX, 6),
)


def timeseries(snapshot: Snapshot, selection: Selection, values: Mapping[str, Any]) -> shapes.Timeseries:
    """`GET /timeseries`."""
    wanted: Sequence[str] = values["metrics"]
    span = selection.span(*snapshot.bounds())
    granularity = selection.bucketing(span)
    buckets = calendar_buckets(span, granularity, selection.zone)
    before = selection.comparison(span)
    compared = None
    if before is not None:
        ghosts = calendar_buckets(before, granularity, selection.zone)
        compared = shapes.TimeseriesComparison(
            from_=rfc3339(before.start, selection.zone),
            to=rfc3339(before.end, selection.zone),
            buckets=ghosts.times(),
            metrics=_columns(snapshot, selection, ghosts, wanted)[0],
        )
    return shapes.Timeseries(
        selection=selection_shape(selection, span),
        granularity=granularity,
        buckets=buckets.times(),
        partial=buckets.partial(selection.now),
        series=_series(snapshot, selection, buckets, wanted, values),
        compare=compared,
        **stamp(snapshot, selection),
    )


def _series(
    snapshot: Snapshot, selection: Selection, buckets: Buckets, wanted: Sequence[str], values: Mapping[str, Any]
) -> list[shapes.Series]:
    dimension: str | None = values["group_by"]
    if dimension is None:
        return [shapes.Series(group=None, metrics=_columns(snapshot, selection, buckets, wanted)[0])]
    chosen = snapshot.matching(selection.filters, buckets.span)
    codes = leaders(snapshot, chosen, dimension, wanted[0], values["top"])
    columns = _columns(snapshot, selection, buckets, wanted, axes.leading(dimension, codes, snapshot.names))
    groups = [snapshot.labels.entity(dimension, code) for code in codes]
    series = [shapes.Series(group=group, metrics=each) for group, each in zip(groups, columns, strict=False)]
    series += [shapes.Series(group=None, metrics=each) for each in columns[len(groups) :]]
    return series


def _columns(
    snapshot: Snapshot,
    selection: Selection,
    buckets: Buckets,
    wanted: Sequence[str],
    groups: axes.LeadingAxis | None = None,
) -> list[dict[str, shapes.Column]]:
    """The figures of each group (in the order of its places; the rest only if there is any), a value a bucket."""
    kinds: list[axes.Axis] = [buckets.axis()] if groups is None else [buckets.axis(), groups]
    sparse = snapshot.aggregate(snapshot.matching(selection.filters, buckets.span), kinds, metrics.needs(wanted))
    places = np.zeros(sparse.size, np.intp) if groups is None else sparse.axes[1]
    count = 1 if groups is None else max(len(groups.leading), int(places.max(initial=-1)) + 1)
    length = len(buckets)
    table = sparse.laid_out(places * length + buckets.places(sparse.axes[0]), count * length)
    minutes = np.tile(buckets.minutes(selection.now), count)
    requests = table.sums["requests"].tolist()
    columns: list[dict[str, shapes.Column]] = [{} for _ in range(count)]
    for name in wanted:
        values = METRICS[name].values(table, minutes)
        for place, column in enumerate(columns):
            part = slice(place * length, (place + 1) * length)
            column[name] = buckets.shown(values[part], requests[part], selection.now)
    return columns
