"""Metrics over time: of the whole selection, or of the leading values of a dimension and the rest."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from queryd import shapes
from queryd.aggregate import grouping
from queryd.aggregate.grid import Grid, Groups
from queryd.aggregate.scan import Question
from queryd.aggregate.snapshot import Snapshot
from queryd.dimensions import DIMENSIONS
from queryd.envelope import selection_shape, stamp
from queryd.errors import InvalidParameter
from queryd.figures import metrics
from queryd.figures.buckets import Buckets, calendar_buckets
from queryd.figures.metrics import METRICS
from queryd.figures.top_values import leading_cells, ranked_by, top_values
from queryd.params.calendar import rfc3339
from queryd.params.parameters import Parameter, choice, choices, integer
from queryd.params.selection import COMPARE, GRANULARITY, SELECTION, Selection
from queryd.state.collection import gaps

TOP_MAX = 500

VALUES_MAX = 500_000
"""The most figures of one answer: buckets, groups and metrics multiplied."""

CELLS_MAX = 8_192
"""Up to so many buckets and values multiplied are summed at once, with all values; more would not be worth keeping."""

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
            metrics=_undivided(snapshot, selection, ghosts, wanted),
        )
    return shapes.Timeseries(
        selection=selection_shape(selection, span),
        granularity=granularity,
        buckets=buckets.times(),
        partial=buckets.partial(selection.now),
        series=_series(snapshot, selection, buckets, wanted, values),
        compare=compared,
        gaps=gaps(snapshot.connection, span, selection.zone),
        **stamp(snapshot, selection),
    )


def _series(
    snapshot: Snapshot, selection: Selection, buckets: Buckets, wanted: Sequence[str], values: Mapping[str, Any]
) -> list[shapes.Series]:
    dimension: str | None = values["group_by"]
    if dimension is None:
        return [shapes.Series(group=None, metrics=_undivided(snapshot, selection, buckets, wanted))]
    size = snapshot.names.column_size(DIMENSIONS[dimension].column) * len(buckets)
    divide = _all_divided if size <= CELLS_MAX else _top_divided
    codes, columns = divide(snapshot, selection, buckets, values)
    groups = [snapshot.labels.entity(dimension, code) for code in codes]
    series = [shapes.Series(group=group, metrics=each) for group, each in zip(groups, columns, strict=False)]
    series += [shapes.Series(group=None, metrics=each) for each in columns[len(groups) :]]
    return series


Columns = list[dict[str, shapes.Column]]
"""Figures by name, a value a bucket: of each leading value, then of the rest if there is any."""


def _all_divided(
    snapshot: Snapshot, selection: Selection, buckets: Buckets, values: Mapping[str, Any]
) -> tuple[list[int], Columns]:
    """The codes of the leading values and the columns, from one scan by bucket and value."""
    wanted: Sequence[str] = values["metrics"]
    axes = (buckets.axis(), grouping.dimension(values["group_by"], snapshot.names))
    needs = metrics.needs(wanted)
    with snapshot.scan(snapshot.select(selection.filters, buckets.span), Question(axes, needs)) as (asked,):
        grid = asked.grid
        codes, of_code = np.unique(grid.axes[1], return_inverse=True)
        by_code = grid.regroup(Groups(of_code, len(codes), frozenset()), {})
        leading = leading_cells(by_code, ranked_by(wanted[0]), values["top"])
        _check_size(len(leading), buckets, wanted)
        place = np.full(len(codes), len(leading))
        place[leading] = np.arange(len(leading))
        count = int(place.max(initial=-1)) + 1
        target = place.take(of_code) * len(buckets) + buckets.places(grid.axes[0])
        groups = Groups(target, count * len(buckets), needs.observations)
        table = grid.regroup(groups, asked.ranked(groups))
    return [int(codes[place]) for place in leading], _shown(table, count, selection, buckets, wanted)


def _top_divided(
    snapshot: Snapshot, selection: Selection, buckets: Buckets, values: Mapping[str, Any]
) -> tuple[list[int], Columns]:
    """The same from two scans: which values lead, and those by bucket."""
    wanted: Sequence[str] = values["metrics"]
    dimension: str = values["group_by"]
    chosen = snapshot.select(selection.filters, buckets.span)
    codes = top_values(snapshot, chosen, dimension, wanted[0], values["top"])
    _check_size(len(codes), buckets, wanted)
    axes = (buckets.axis(), grouping.top(dimension, codes, snapshot.names))
    sparse = snapshot.aggregate(chosen, axes, metrics.needs(wanted))
    count = max(len(codes), int(sparse.axes[1].max(initial=-1)) + 1)
    target = sparse.axes[1] * len(buckets) + buckets.places(sparse.axes[0])
    return codes, _shown(sparse.to_grid(target, count * len(buckets)), count, selection, buckets, wanted)


def _check_size(count: int, buckets: Buckets, wanted: Sequence[str]) -> None:
    if count * len(buckets) * len(wanted) > VALUES_MAX:
        raise InvalidParameter("top", f"these are more than {VALUES_MAX:,} figures: ask for fewer, or longer buckets")


def _undivided(
    snapshot: Snapshot, selection: Selection, buckets: Buckets, wanted: Sequence[str]
) -> dict[str, shapes.Column]:
    chosen = snapshot.select(selection.filters, buckets.span)
    sparse = snapshot.aggregate(chosen, (buckets.axis(),), metrics.needs(wanted))
    return _shown(sparse.to_grid(buckets.places(sparse.axes[0]), len(buckets)), 1, selection, buckets, wanted)[0]


def _shown(table: Grid, count: int, selection: Selection, buckets: Buckets, wanted: Sequence[str]) -> Columns:
    """The figures of a table of so many series, one after the other, each a cell a bucket."""
    length = len(buckets)
    minutes = np.tile(buckets.minutes(selection.now), count)
    requests = table.sums["requests"].tolist()
    columns: Columns = [{} for _ in range(count)]
    for name in wanted:
        values = METRICS[name].values(table, minutes)
        for place, column in enumerate(columns):
            part = slice(place * length, (place + 1) * length)
            column[name] = buckets.shown(values[part], requests[part], selection.now)
    return columns
