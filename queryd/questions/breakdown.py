"""A selection divided by a dimension: all figures of each value, its share, and what it was before."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from queryd import shapes
from queryd.aggregate import grouping
from queryd.aggregate.grid import Groups
from queryd.aggregate.scan import Asked, Question
from queryd.aggregate.snapshot import Snapshot
from queryd.aggregate.sums import Measures
from queryd.dimensions import DIMENSIONS
from queryd.envelope import selection_shape, stamp
from queryd.errors import InvalidParameter
from queryd.figures import metrics
from queryd.figures.metrics import COST_BY, METRICS
from queryd.params.calendar import rfc3339
from queryd.params.parameters import Parameter, choice, integer, one_or_two
from queryd.params.ranges import Span
from queryd.params.selection import COMPARE, SELECTION, Selection
from shared.clock import MINUTE

Codes = tuple[int, ...]
"""A row's code on each dimension."""

SHARED = ("requests", "failed", "input_tokens", "output_tokens", "total_tokens", "cost_nanos")
"""Metrics of which each row has a share."""

LIMIT_MAX = 500

GROUPS_MAX = 200_000
"""The most values, or pairs of values, that are put in order."""

PARAMETERS: tuple[Parameter, ...] = (
    *SELECTION,
    COMPARE,
    COST_BY,
    one_or_two(
        "by",
        "The dimension; or two, separated by a comma: a row for each pair of values that occurs.",
        DIMENSIONS,
        "model",
    ),
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
    dimensions: tuple[str, ...] = values["by"]
    span = selection.span(*snapshot.bounds())
    before = selection.comparison(span)
    wanted = metrics.everything(values["cost_by"])
    wanted = replace(wanted, sums=wanted.sums | METRICS[values["sort"].removeprefix("-")].needs.sums)
    with _divided(snapshot, selection, span, dimensions, wanted) as now:
        order = now.order(values["sort"])
        codes = [now.codes[cell] for cell in order[: values["limit"]]]
        rows, rest, total = now.figures(codes)
    then: list[shapes.Metrics | None] = [None] * len(codes)
    compared = rest_then = None
    if before is not None:
        with _divided(snapshot, selection, before, dimensions, wanted) as past:
            figures, rest_then, total_then = past.figures(codes)
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
        by=",".join(dimensions),
        rows=[
            _row(snapshot, dimensions, code, metrics=row, share=_share(row, total), compare=was)
            for code, row, was in zip(codes, rows, then, strict=True)
        ],
        rows_total=len(order),
        other=other,
        total=total,
        compare=compared,
        **stamp(snapshot, selection),
    )


def _row(snapshot: Snapshot, dimensions: Sequence[str], codes: Codes, **figures: Any) -> shapes.BreakdownRow:
    entities = [snapshot.labels.entity(name, code) for name, code in zip(dimensions, codes, strict=True)]
    return shapes.BreakdownRow(group=entities[0], groups=entities, **figures)


@contextmanager
def _divided(
    snapshot: Snapshot, selection: Selection, span: Span, dimensions: Sequence[str], wanted: Measures
) -> Iterator["_Division"]:
    """One span divided by one or two dimensions.

    Raises `InvalidParameter` when there are more than GROUPS_MAX values, or pairs of values.
    """
    axes = tuple(grouping.dimension(name, snapshot.names) for name in dimensions)
    with snapshot.scan(snapshot.select(selection.filters, span), Question(axes, wanted)) as (asked,):
        if asked.grid.size > GROUPS_MAX:
            raise InvalidParameter(
                "by", f"there are more than {GROUPS_MAX:,} of these: ask for fewer dimensions, or a shorter range"
            )
        yield _Division(asked, span.elapsed(selection.now) / MINUTE)


class _Division:
    """`codes`: what occurs, a cell of the grid each."""

    def __init__(self, asked: Asked, minutes: float) -> None:
        self._asked, self._minutes = asked, minutes
        self.codes: list[Codes] = list(zip(*(axis.tolist() for axis in asked.grid.axes), strict=True))

    def order(self, sort: str) -> list[int]:
        """The cells in order; equals by their code, undefined ones last."""
        metric = METRICS[sort.removeprefix("-")]
        grid = self._asked.grid
        table = replace(grid, ranked=self._asked.ranked(grid.per_cell(metric.needs.observations)))
        values = metric.values(table, np.full(table.size, self._minutes))
        sign = -1 if sort.startswith("-") else 1
        return sorted(range(table.size), key=lambda cell: (values[cell] is None, sign * (values[cell] or 0), cell))

    def figures(self, codes: Sequence[Codes]) -> tuple[list[shapes.Metrics], shapes.Metrics, shapes.Metrics]:
        """Of each of `codes` (zeros where it does not occur), of all others together, and of everything."""
        places = {code: place for place, code in enumerate(codes)}
        target = np.array([places.get(code, len(codes)) for code in self.codes], np.intp)
        groups = Groups(target, len(codes) + 1, metrics.EVERYTHING.observations, whole=True)
        *rows, rest, total = metrics.every(self._asked.grid.regroup(groups, self._asked.ranked(groups)), self._minutes)
        return rows, rest, total


def _share(row: shapes.Metrics, total: shapes.Metrics) -> dict[str, float | None]:
    return {name: getattr(row, name) / whole if (whole := getattr(total, name)) else None for name in SHARED}
