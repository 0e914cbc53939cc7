"""A selection divided by a dimension: all figures of each value, its share, and what it was before."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from queryd import shapes
from queryd.answers import selection_shape, stamp
from queryd.asking.calendar import rfc3339
from queryd.asking.dimensions import DIMENSIONS
from queryd.asking.parameters import Parameter, choice, integer
from queryd.asking.periods import Span
from queryd.asking.selection import COMPARE, SELECTION, Selection
from queryd.columns import axes
from queryd.engine.ranks import Fold
from queryd.engine.scan import Snapshot
from queryd.engine.tally import Measures
from queryd.figures import metrics
from queryd.figures.metrics import METRICS
from shared.clock import MINUTE

SHARED = ("requests", "failed", "input_tokens", "output_tokens", "total_tokens", "cost_nanos")
"""Metrics of which each row has a share."""

LIMIT_MAX = 500

PARAMETERS: tuple[Parameter, ...] = (
    *SELECTION,
    COMPARE,
    choice("by", "The dimension.", DIMENSIONS, "model"),
    choice(
        "sort",
        "The metric to sort by; a leading - is from the largest down. Undefined ones come last.",
        [*METRICS, *(f"-{name}" for name in METRICS)],
        "-requests",
    ),
    integer("limit", "At most so many rows; the others are added up as `other`.", 1, LIMIT_MAX, 50),
)


def breakdown(snapshot: Snapshot, selection: Selection, values: Mapping[str, Any]) -> shapes.Breakdown:
    """`GET /breakdown`."""
    dimension: str = values["by"]
    span = selection.span(*snapshot.bounds())
    before = selection.comparison(span)
    now = _Division(snapshot, selection, span, dimension)
    order = now.order(values["sort"])
    codes = [now.codes[cell] for cell in order[: values["limit"]]]
    rows, rest, total = now.figures(codes)
    then: list[shapes.Metrics | None] = [None] * len(codes)
    compared = rest_then = None
    if before is not None:
        figures, rest_then, total_then = _Division(snapshot, selection, before, dimension).figures(codes)
        then = [*figures]
        compared = shapes.Comparison(
            from_=rfc3339(before.start, selection.zone), to=rfc3339(before.end, selection.zone), metrics=total_then
        )
    other = None
    if len(order) > len(codes):
        other = shapes.BreakdownOther(
            rows=len(order) - len(codes), metrics=rest, share=_share(rest, total), compare=rest_then
        )
    return shapes.Breakdown(
        selection=selection_shape(selection, span),
        by=dimension,
        rows=[
            shapes.BreakdownRow(
                group=snapshot.labels.entity(dimension, code), metrics=row, share=_share(row, total), compare=was
            )
            for code, row, was in zip(codes, rows, then, strict=True)
        ],
        rows_total=len(order),
        other=other,
        total=total,
        compare=compared,
        **stamp(snapshot, selection),
    )


class _Division:
    """One span divided by a dimension. `codes`: the values that occur, a cell of the table each."""

    def __init__(self, snapshot: Snapshot, selection: Selection, span: Span, dimension: str) -> None:
        self._snapshot = snapshot
        self._chosen = snapshot.matching(selection.filters, span)
        self._minutes = span.elapsed(selection.now) / MINUTE
        self._axes = (axes.dimension(dimension, snapshot.names),)
        self._table = snapshot.aggregate(self._chosen, self._axes, Measures(metrics.EVERYTHING.sums))
        self.codes: list[int] = self._table.axes[0].tolist()

    def order(self, sort: str) -> list[int]:
        """The cells in order; equals by their code, undefined ones last."""
        metric = METRICS[sort.removeprefix("-")]
        table = self._table
        if metric.needs.observations:
            table = self._snapshot.aggregate(self._chosen, self._axes, metric.needs)
        values = metric.values(table, np.full(table.size, self._minutes))
        sign = -1 if sort.startswith("-") else 1
        return sorted(range(table.size), key=lambda cell: (values[cell] is None, sign * (values[cell] or 0), cell))

    def figures(self, codes: Sequence[int]) -> tuple[list[shapes.Metrics], shapes.Metrics, shapes.Metrics]:
        """Of each of `codes` (zeros where it does not occur), of all others together, and of everything."""
        places = {code: place for place, code in enumerate(codes)}
        target = np.array([places.get(code, len(codes)) for code in self.codes], np.intp)
        folds = (
            Fold(target, len(codes) + 1, metrics.EVERYTHING.observations),
            self._table.whole(metrics.EVERYTHING.observations),
        )
        ranked = self._snapshot.rank(self._chosen, self._axes, self._table, folds)
        divided, whole = (
            metrics.every(self._table.folded(fold, each), self._minutes)
            for fold, each in zip(folds, ranked, strict=True)
        )
        return divided[:-1], divided[-1], whole[0]


def _share(row: shapes.Metrics, total: shapes.Metrics) -> dict[str, float | None]:
    return {name: getattr(row, name) / whole if (whole := getattr(total, name)) else None for name in SHARED}
