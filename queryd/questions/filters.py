"""What there is to filter by, with counts: for menus, and for the colour an entity keeps."""

from collections.abc import Mapping
from typing import Any

from queryd.answers import selection_shape, stamp
from queryd.asking.dimensions import DIMENSIONS
from queryd.asking.parameters import Parameter
from queryd.asking.selection import SELECTION, Selection
from queryd.columns import axes
from queryd.columns.matching import Matching
from queryd.engine.scan import Snapshot
from queryd.engine.tally import Measures
from queryd.shapes import Filters, FilterValue

PARAMETERS: tuple[Parameter, ...] = SELECTION

VALUES_MAX = 1_000
"""Values of one dimension; clients choose some of them, so there may be any number."""


def filters(snapshot: Snapshot, selection: Selection, values: Mapping[str, Any]) -> Filters:
    """`GET /filters`. A dimension's own filter does not narrow its values: another one can still be chosen."""
    del values
    span = selection.span(*snapshot.bounds())
    # Most dimensions are narrowed by the same filters: what passes those is found out once.
    others = {name: tuple(each for each in selection.filters if each.dimension != name) for name in DIMENSIONS}
    chosen = {each: snapshot.matching(each, span) for each in set(others.values())}
    found = {name: _values(snapshot, chosen[others[name]], name) for name in DIMENSIONS}
    return Filters(
        selection=selection_shape(selection, span),
        **{name: counted[:VALUES_MAX] for name, counted in found.items()},
        omitted={name: len(counted) - VALUES_MAX for name, counted in found.items() if len(counted) > VALUES_MAX},
        **stamp(snapshot, selection),
    )


def _values(snapshot: Snapshot, chosen: Matching, dimension: str) -> list[FilterValue]:
    table = snapshot.aggregate(chosen, [axes.dimension(dimension, snapshot.names)], Measures(frozenset()))
    counted = zip(table.axes[0].tolist(), table.sums["requests"].tolist(), strict=True)
    entities = [(snapshot.labels.entity(dimension, code), requests) for code, requests in counted if requests]
    entities.sort(key=lambda pair: (-pair[1], pair[0].label, pair[0].id))
    return [
        FilterValue(id=entity.id, label=entity.label, provider=entity.provider, requests=requests)
        for entity, requests in entities
    ]
