"""A selection divided by a dimension: all figures of each value, its share, and what it was before."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from queryd import axes, metrics, shapes
from queryd.answers import selection_shape, stamp
from queryd.calendar import rfc3339
from queryd.dimensions import DIMENSIONS
from queryd.metrics import METRICS
from queryd.parameters import Parameter, choice, integer
from queryd.periods import Span
from queryd.scan import Snapshot
from queryd.selection import COMPARE, SELECTION, Selection
from queryd.table import Table
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
    table = _table(snapshot, selection, span, dimension)
    order = _order(table, values["sort"], _minutes(span, selection))
    shown = order[: values["limit"]]
    codes: list[int] = table.axes[0][shown].tolist()
    rows, total = _figures(table, codes, span, selection)
    then: list[shapes.Metrics | None] = [None] * (len(codes) + 1)
    compared = None
    if before is not None:
        figures, all_before = _figures(_table(snapshot, selection, before, dimension), codes, before, selection)
        then = [*figures]
        compared = shapes.Comparison(
            from_=rfc3339(before.start, selection.zone), to=rfc3339(before.end, selection.zone), metrics=all_before
        )
    other = None
    if len(order) > len(shown):
        other = shapes.BreakdownOther(
            rows=len(order) - len(shown), metrics=rows[-1], share=_share(rows[-1], total), compare=then[-1]
        )
    return shapes.Breakdown(
        selection=selection_shape(selection, span),
        by=dimension,
        rows=[
            shapes.BreakdownRow(
                group=snapshot.labels.entity(dimension, code), metrics=row, share=_share(row, total), compare=past
            )
            for code, row, past in zip(codes, rows, then, strict=False)
        ],
        rows_total=len(order),
        other=other,
        total=total,
        compare=compared,
        **stamp(snapshot, selection),
    )


def _table(snapshot: Snapshot, selection: Selection, span: Span, dimension: str) -> Table:
    chosen = snapshot.matching(selection.filters, span)
    return snapshot.aggregate(chosen, (axes.dimension(dimension, snapshot.names),), metrics.EVERYTHING)


def _minutes(span: Span, selection: Selection) -> float:
    return span.elapsed(selection.now) / MINUTE


def _order(table: Table, sort: str, minutes: float) -> list[int]:
    """The cells in order; equals by their code, undefined ones last."""
    values = METRICS[sort.removeprefix("-")].values(table, np.full(table.size, minutes))
    sign = -1 if sort.startswith("-") else 1
    return sorted(range(table.size), key=lambda cell: (values[cell] is None, sign * (values[cell] or 0), cell))


def _figures(
    table: Table, codes: Sequence[int], span: Span, selection: Selection
) -> tuple[list[shapes.Metrics], shapes.Metrics]:
    """The figures of the values `codes`, then of all others together; and of everything."""
    places = {code: place for place, code in enumerate(codes)}
    target = np.array([places.get(code, len(codes)) for code in table.axes[0].tolist()], np.intp)
    minutes = _minutes(span, selection)
    return (
        metrics.every(table.folded(target, len(codes) + 1), minutes),
        metrics.every(table.total(), minutes)[0],
    )


def _share(row: shapes.Metrics, total: shapes.Metrics) -> dict[str, float | None]:
    return {name: getattr(row, name) / whole if (whole := getattr(total, name)) else None for name in SHARED}
