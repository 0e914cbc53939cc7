"""How unevenly requests cost: the dearest few of them, and the cheaper half."""

from collections.abc import Mapping
from typing import Any

from queryd import shapes
from queryd.aggregate.snapshot import Snapshot
from queryd.envelope import selection_shape, stamp
from queryd.figures.concentration import Part
from queryd.figures.concentration import concentration as found_in
from queryd.params.parameters import Parameter, integer
from queryd.params.selection import SELECTION, Selection

PARAMETERS: tuple[Parameter, ...] = (
    *SELECTION,
    integer("percent", "How many percent of the requests are the dearest.", 1, 50, 5),
)


def concentration(snapshot: Snapshot, selection: Selection, values: Mapping[str, Any]) -> shapes.Concentration:
    """`GET /concentration`."""
    span = selection.span(*snapshot.bounds())
    found = found_in(snapshot, snapshot.select(selection.filters, span), values["percent"])
    return shapes.Concentration(
        selection=selection_shape(selection, span),
        requests=found.requests,
        cost_nanos=found.cost_nanos,
        dearest=_part(found.dearest),
        cheaper_half=_part(found.cheaper),
        **stamp(snapshot, selection),
    )


def _part(part: Part | None) -> shapes.CostPart | None:
    if part is None:
        return None
    return shapes.CostPart(bound_nanos=part.bound_nanos, requests=part.requests, cost_nanos=part.cost_nanos)
