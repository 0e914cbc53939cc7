"""What there is to filter by, with counts: for menus, and for the colour an entity keeps."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from queryd.aggregate import grouping
from queryd.aggregate.row_filter import RowFilter
from queryd.aggregate.snapshot import Snapshot
from queryd.aggregate.sums import Measures
from queryd.dimensions import DIMENSIONS
from queryd.envelope import selection_shape, stamp
from queryd.params.parameters import Parameter, choice, integer
from queryd.params.selection import SELECTION, Selection
from queryd.shapes import Filters, FilterValue, Stamp
from queryd.storage.labels import folded

VALUES_MAX = 1_000
"""Values of one dimension; clients choose some of them, so there may be any number."""

TEXT_CHARACTERS = 200


def _text(text: str) -> str:
    stripped = text.strip()
    if len(stripped) > TEXT_CHARACTERS:
        raise ValueError(f"must be at most {TEXT_CHARACTERS} characters long")
    if any(ord(character) < ord(" ") for character in stripped):
        raise ValueError("must not hold control characters")
    return folded(stripped)


PARAMETERS: tuple[Parameter, ...] = (
    *SELECTION,
    choice("dimension", "Only the values of this dimension; the lists of the others are empty.", DIMENSIONS),
    Parameter(
        "q",
        "Only values whose name, or whatever else they are known by (an account's e-mail address, file or index),"
        f" holds this text. At most {TEXT_CHARACTERS} characters; the case of ASCII letters is ignored.",
        _text,
        {"type": "string", "maxLength": TEXT_CHARACTERS, "pattern": "^[^\\x00-\\x1f]*$"},
        default="",
    ),
    integer("limit", "At most so many values of a dimension; `omitted` counts the others.", 1, VALUES_MAX, VALUES_MAX),
)


def filters(snapshot: Snapshot, selection: Selection, values: Mapping[str, Any]) -> Stamp:
    """`GET /filters`. A dimension's own filter does not narrow its values: another one can still be chosen."""
    span = selection.span(*snapshot.bounds())
    wanted = tuple(DIMENSIONS) if values["dimension"] is None else (values["dimension"],)
    wanted = tuple(name for name in wanted if name not in snapshot.hidden)
    # Most dimensions are narrowed by the same filters: what passes those is found out once.
    others = {name: tuple(each for each in selection.filters if each.dimension != name) for name in wanted}
    chosen = {each: snapshot.select(each, span) for each in set(others.values())}
    found = {name: _values(snapshot, chosen[others[name]], name, values["q"], values["limit"]) for name in wanted}
    fields: dict[str, Any] = {name: found[name][0] if name in found else [] for name in DIMENSIONS}
    fields["omitted"] = {name: omitted for name, (_, omitted) in found.items() if omitted}
    fields["selection"] = selection_shape(selection, span)
    return Filters(**fields, **stamp(snapshot, selection))


def _values(
    snapshot: Snapshot, chosen: RowFilter, dimension: str, text: str, limit: int
) -> tuple[list[FilterValue], int]:
    """The values with the most requests that hold the text, and how many others hold it."""
    table = snapshot.aggregate(chosen, [grouping.dimension(dimension, snapshot.names)], Measures(frozenset()))
    order = np.argsort(-table.sums["requests"], kind="stable")  # before they are named: there may be many
    codes: list[int] = table.axes[0].take(order).tolist()
    counts: list[int] = table.sums["requests"].take(order).tolist()
    counted = list(zip(codes, counts, strict=True))
    if text:
        counted = [pair for pair in counted if snapshot.labels.is_called(dimension, pair[0], text)]
    entities = [(snapshot.labels.entity(dimension, code), requests) for code, requests in counted[:limit]]
    entities.sort(key=lambda pair: (-pair[1], pair[0].label, pair[0].id))
    shown = [
        FilterValue(id=entity.id, label=entity.label, provider=entity.provider, requests=requests)
        for entity, requests in entities
    ]
    return shown, len(counted) - len(shown)
