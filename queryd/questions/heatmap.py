"""One metric by any two of weekday, hour of the day, local day and the dimensions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from queryd import shapes
from queryd.aggregate.grid import Grid
from queryd.aggregate.grouping import Axis, TimeAxis, top
from queryd.aggregate.row_filter import RowFilter
from queryd.aggregate.scan import Question
from queryd.aggregate.snapshot import Snapshot
from queryd.dimensions import DIMENSIONS
from queryd.envelope import selection_shape, stamp
from queryd.errors import InvalidParameter
from queryd.figures import buckets, metrics
from queryd.figures.buckets import Buckets, calendar_buckets
from queryd.figures.metrics import METRICS, Number
from queryd.figures.peaks import highest, makers
from queryd.figures.top_values import top_values
from queryd.params.calendar import FOLDED_MAX, expected_buckets, rfc3339
from queryd.params.parameters import Parameter, choice, integer
from queryd.params.ranges import Span
from queryd.params.selection import COMPARE, SELECTION, Selection
from shared.clock import HOUR, MILLISECOND, MINUTE

TIMES = {"weekday": buckets.weekdays, "hour": buckets.hours_of_day, "day": buckets.days}
AXES = (*TIMES, *DIMENSIONS)

SATURDAY = 6

DAYS_MAX = 400
"""The most local days on an axis."""

PARAMETERS: tuple[Parameter, ...] = (
    *SELECTION,
    choice("x", "What the columns are.", AXES, "hour"),
    choice("y", "What the rows are.", AXES, "weekday"),
    choice("metric", "The figure of each cell.", METRICS, "requests"),
    COMPARE,
    integer(
        "limit", "The most values of a dimension on an axis, by requests; the rest is one more (null).", 1, 100, 20
    ),
    integer(
        "peaks",
        "So many cells with the most an hour, and who makes it: both axes times, of a metric that is a sum.",
        0,
        10,
        0,
    ),
)


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of the map: its axis, the codes in the order shown, what each is called.

    `labels`: the code of each bucket of `base`, if the side is a time; else None.
    """

    axis: Axis
    codes: list[int]
    names: Sequence[int | str | shapes.Entity | None]
    labels: NDArray[np.intp] | None


@dataclass(frozen=True, slots=True)
class _Map:
    """One span cut into cells, row by row."""

    y: _Side
    x: _Side
    cells: list[Number]
    requests: list[int]
    hours: list[float]
    week: shapes.WeekSums | None
    base: Buckets
    """The stretches of local time that sides which are times are made of."""

    def matrices(self) -> dict[str, list[list[Any]]]:
        """As many rows as the y axis has entries, even when there is nothing on the x axis."""
        height, width = len(self.y.codes), len(self.x.codes)
        rows = [slice(row * width, (row + 1) * width) for row in range(height)]
        return {name: [getattr(self, name)[row] for row in rows] for name in ("cells", "requests", "hours")}


def heatmap(snapshot: Snapshot, selection: Selection, values: Mapping[str, Any]) -> shapes.Heatmap:
    """`GET /heatmap`."""
    axes, metric = (values["y"], values["x"]), values["metric"]
    if values["x"] == values["y"]:
        raise InvalidParameter("y", "x and y must be different")
    if values["peaks"] and not ({*axes} <= {*TIMES} and METRICS[metric].additive):
        raise InvalidParameter("peaks", "only a sum by two times has peaks that somebody makes")
    span = selection.span(*snapshot.bounds())
    before = selection.comparison(span)
    if "day" in axes:
        if expected_buckets(span.start, span.end, "day") > DAYS_MAX:
            raise InvalidParameter("range", f"at most {DAYS_MAX} days can be an axis: ask for a shorter range")
        if before is not None:
            raise InvalidParameter("compare", "other days cannot be compared: choose weekday or hour as an axis")
    chosen = snapshot.select(selection.filters, span)
    sides = {name: None if name in TIMES else _values(snapshot, chosen, name, metric, values["limit"]) for name in axes}
    now = _map(snapshot, selection, span, sides, metric)
    compared = None
    if before is not None:
        then = _map(snapshot, selection, before, sides, metric)
        compared = shapes.HeatmapComparison(
            from_=rfc3339(before.start, selection.zone),
            to=rfc3339(before.end, selection.zone),
            week=then.week,
            **then.matrices(),
        )
    return shapes.Heatmap(
        selection=selection_shape(selection, span),
        metric=metric,
        x_axis=values["x"],
        y_axis=values["y"],
        x=now.x.names,
        y=now.y.names,
        week=now.week,
        max=max((value for value in now.cells if value is not None), default=None),
        compare=compared,
        peaks=_peaks(snapshot, chosen, now, values["peaks"], metric) if values["peaks"] else (),
        **now.matrices(),
        **stamp(snapshot, selection),
    )


def _map(
    snapshot: Snapshot,
    selection: Selection,
    span: Span,
    sides: Mapping[str, _Side | None],
    metric: str,
) -> _Map:
    """`sides`: rows and columns by their axis; those that are times (None) follow from the span."""
    chosen = snapshot.select(selection.filters, span)
    base = calendar_buckets(span, "hour" if "hour" in sides else "day", selection.zone, FOLDED_MAX)
    y, x = (_times(base, name) if side is None else side for name, side in sides.items())
    local_days = calendar_buckets(base.span, "day", selection.zone, FOLDED_MAX)
    asking = [(y.axis, x.axis), *([(_weekend_axis(local_days),)] if None in sides.values() else [])]
    with snapshot.scan(chosen, *(Question(axes, metrics.needs((metric,))) for axes in asking)) as asked:
        sparse, *by_weekend = (each.per_cell() for each in asked)
    # What only the span before had is on no side, unless there is one for all others.
    sparse = sparse.only((sparse.axes[0] < _beyond(y)) & (sparse.axes[1] < _beyond(x)))
    rows, columns = (np.searchsorted(side.codes, axis) for side, axis in zip((y, x), sparse.axes, strict=True))
    table = sparse.to_grid(rows * len(x.codes) + columns, len(y.codes) * len(x.codes))
    minutes = _minutes(base, selection, y, x)
    requests = table.sums["requests"].tolist()
    cells = [
        value if passed or count else None
        for value, passed, count in zip(METRICS[metric].values(table, minutes), minutes.tolist(), requests, strict=True)
    ]
    week = _week(by_weekend[0], selection, local_days, metric) if by_weekend else None
    return _Map(y, x, cells, requests, (minutes * MINUTE / HOUR).tolist(), week, base)


def _peaks(snapshot: Snapshot, chosen: RowFilter, now: _Map, count: int, metric: str) -> list[shapes.Peak]:
    """The cells of a map of times with the most an hour, and who makes them."""
    found = highest(now.cells, now.hours, count)
    cells, _ = _places(now.base, now.y, now.x)
    width = len(now.x.codes)
    return [
        shapes.Peak(
            x=cell % width,
            y=cell // width,
            api_key=snapshot.labels.entity("api_key", maker.api_key),
            model=snapshot.labels.entity("model", maker.model),
            value=maker.value,
        )
        for cell, maker in zip(found, makers(snapshot, chosen, now.base, cells, found, metric=metric), strict=True)
    ]


def _is_weekend(local_days: Buckets) -> NDArray[np.intp]:
    """1 for each day that is part of a weekend, else 0."""
    return (buckets.weekdays(local_days) >= SATURDAY).astype(np.intp)


def _weekend_axis(local_days: Buckets) -> TimeAxis:
    starts = np.array(local_days.starts, np.int64) // MILLISECOND
    return TimeAxis(("weekend", local_days.zone.key), starts, _is_weekend(local_days))


def _week(by_weekend: Grid, selection: Selection, local_days: Buckets, metric: str) -> shapes.WeekSums:
    """The metric over weekdays and over weekends, whatever the cells are."""
    is_weekend = _is_weekend(local_days)
    table = by_weekend.to_grid(by_weekend.axes[0], 2)
    passed = local_days.minutes(selection.now)
    minutes, days = (
        np.array([part[is_weekend == place].sum() for place in (0, 1)])
        for part in (passed, passed / local_days.lengths())
    )
    values = METRICS[metric].values(table, minutes)
    requests = table.sums["requests"].tolist()
    weekday, weekend = (
        shapes.DaysOfWeek(
            days=float(days[place]),
            requests=requests[place],
            value=values[place],
            per_day=float((values[place] or 0) / days[place]) if METRICS[metric].additive and days[place] else None,
        )
        for place in (0, 1)
    )
    return shapes.WeekSums(weekday=weekday, weekend=weekend)


def _beyond(side: _Side) -> int:
    """More than any code of a side."""
    return max(side.codes, default=-1) + 1


def _times(base: Buckets, name: str) -> _Side:
    labels = TIMES[name](base)
    axis = TimeAxis((name, base.zone.key), np.array(base.starts, np.int64) // MILLISECOND, labels)
    if name == "day":
        codes = np.unique(labels).tolist()
        return _Side(axis, codes, [buckets.day_text(code) for code in codes], labels)
    codes = list(range(24)) if name == "hour" else list(range(1, 8))
    return _Side(axis, codes, codes, labels)


def _values(snapshot: Snapshot, chosen: RowFilter, name: str, metric: str, limit: int) -> _Side:
    found = top_values(snapshot, chosen, name, metric, limit + 1)
    names: list[int | str | shapes.Entity | None] = [snapshot.labels.entity(name, code) for code in found[:limit]]
    if len(found) > limit:
        names.append(None)
    return _Side(top(name, found[:limit], snapshot.names), list(range(len(names))), names, None)


def _minutes(base: Buckets, selection: Selection, y: _Side, x: _Side) -> NDArray[np.float64]:
    """The elapsed minutes of each cell, row by row: those of the times it stands for."""
    if y.labels is None and x.labels is None:
        return np.full(len(y.codes) * len(x.codes), base.span.elapsed(selection.now) / MINUTE)
    cells, lengths = _places(base, y, x)
    passed = np.zeros(lengths[0] * lengths[1])
    np.add.at(passed, cells, base.minutes(selection.now))
    minutes = passed.reshape(lengths)
    whole: NDArray[np.float64] = np.broadcast_to(minutes, (len(y.codes), len(x.codes))).ravel()
    return whole


def _places(base: Buckets, y: _Side, x: _Side) -> tuple[NDArray[np.intp], list[int]]:
    """The cell of each bucket of `base`, row by row, and how many there are on each side; one on a side of no times."""
    cells, lengths = np.zeros(len(base), np.intp), []
    for side in (y, x):
        if side.labels is None:
            lengths.append(1)
        else:
            lengths.append(len(side.codes))
            cells = cells * len(side.codes) + np.searchsorted(side.codes, side.labels)
    return cells, lengths
