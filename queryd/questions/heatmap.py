"""One metric by any two of weekday, hour of the day, local day and the dimensions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from queryd import shapes
from queryd.answers import selection_shape, stamp
from queryd.asking.calendar import expected_buckets
from queryd.asking.dimensions import DIMENSIONS
from queryd.asking.parameters import Parameter, choice, integer
from queryd.asking.selection import SELECTION, Selection
from queryd.columns.axes import Axis, TimeAxis, leading
from queryd.columns.matching import Matching
from queryd.engine.scan import Snapshot
from queryd.errors import InvalidParameter
from queryd.figures import buckets, metrics
from queryd.figures.buckets import Buckets, calendar_buckets
from queryd.figures.metrics import METRICS
from queryd.figures.ranking import leaders
from shared.clock import MILLISECOND, MINUTE

TIMES = {"weekday": buckets.weekdays, "hour": buckets.hours_of_day, "day": buckets.days}
AXES = (*TIMES, *DIMENSIONS)

DAYS_MAX = 400
"""The most local days on an axis."""

PARAMETERS: tuple[Parameter, ...] = (
    *SELECTION,
    choice("x", "What the columns are.", AXES, "hour"),
    choice("y", "What the rows are.", AXES, "weekday"),
    choice("metric", "The figure of each cell.", METRICS, "requests"),
    integer(
        "limit", "The most values of a dimension on an axis, by requests; the rest is one more (null).", 1, 100, 20
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


def heatmap(snapshot: Snapshot, selection: Selection, values: Mapping[str, Any]) -> shapes.Heatmap:
    """`GET /heatmap`."""
    x_axis, y_axis, metric = values["x"], values["y"], values["metric"]
    if x_axis == y_axis:
        raise InvalidParameter("y", "x and y must be different")
    span = selection.span(*snapshot.bounds())
    chosen = snapshot.matching(selection.filters, span)
    base = calendar_buckets(span, "hour" if "hour" in {x_axis, y_axis} else "day", selection.zone)
    if expected_buckets(span.start, span.end, "day") > DAYS_MAX and "day" in {x_axis, y_axis}:
        raise InvalidParameter("range", f"at most {DAYS_MAX} days can be an axis")
    x, y = (_side(snapshot, chosen, base, name, values["limit"]) for name in (x_axis, y_axis))
    sparse = snapshot.aggregate(chosen, (y.axis, x.axis), metrics.needs((metric,)))
    rows, columns = (np.searchsorted(side.codes, axis) for side, axis in zip((y, x), sparse.axes, strict=True))
    shape = (len(y.codes), len(x.codes))
    table = sparse.laid_out(rows * shape[1] + columns, shape[0] * shape[1])
    minutes = _minutes(base, selection, y, x)
    requests = table.sums["requests"].tolist()
    figures = [
        value if passed or count else None
        for value, passed, count in zip(METRICS[metric].values(table, minutes), minutes.tolist(), requests, strict=True)
    ]
    return shapes.Heatmap(
        selection=selection_shape(selection, span),
        metric=metric,
        x_axis=x_axis,
        y_axis=y_axis,
        x=x.names,
        y=y.names,
        cells=_matrix(figures, *shape),
        requests=_matrix(requests, *shape),
        max=max((value for value in figures if value is not None), default=None),
        **stamp(snapshot, selection),
    )


def _side(snapshot: Snapshot, chosen: Matching, base: Buckets, name: str, limit: int) -> _Side:
    if name in TIMES:
        labels = TIMES[name](base)
        axis = TimeAxis((name, base.zone.key), np.array(base.starts, np.int64) // MILLISECOND, labels)
        if name == "day":
            codes = np.unique(labels).tolist()
            return _Side(axis, codes, [buckets.day_text(code) for code in codes], labels)
        codes = list(range(24)) if name == "hour" else list(range(1, 8))
        return _Side(axis, codes, codes, labels)
    found = leaders(snapshot, chosen, name, "requests", limit + 1)
    names: list[int | str | shapes.Entity | None] = [snapshot.labels.entity(name, code) for code in found[:limit]]
    if len(found) > limit:
        names.append(None)
    return _Side(leading(name, found[:limit], snapshot.names), list(range(len(names))), names, None)


def _minutes(base: Buckets, selection: Selection, y: _Side, x: _Side) -> NDArray[np.float64]:
    """The elapsed minutes of each cell, row by row: those of the times it stands for."""
    if y.labels is None and x.labels is None:
        return np.full(len(y.codes) * len(x.codes), base.span.elapsed(selection.now) / MINUTE)
    cells, lengths = np.zeros(len(base), np.intp), []
    for side in (y, x):
        if side.labels is None:
            lengths.append(1)
        else:
            lengths.append(len(side.codes))
            cells = cells * len(side.codes) + np.searchsorted(side.codes, side.labels)
    passed = np.zeros(lengths[0] * lengths[1])
    np.add.at(passed, cells, base.minutes(selection.now))
    minutes = passed.reshape(lengths)
    whole: NDArray[np.float64] = np.broadcast_to(minutes, (len(y.codes), len(x.codes))).ravel()
    return whole


def _matrix(values: list[Any], height: int, width: int) -> list[list[Any]]:
    """As many rows as the y axis has entries, even when there is nothing on the x axis."""
    return [values[row * width : (row + 1) * width] for row in range(height)]
