"""What answers have in common: what they cover, and which state of the file they show."""

from typing import TypedDict

from queryd import shapes
from queryd.aggregate.snapshot import Snapshot
from queryd.params.calendar import rfc3339
from queryd.params.ranges import Span
from queryd.params.selection import Selection
from shared.clock import SECOND


class Stamp(TypedDict):
    """The fields of `shapes.Stamp`."""

    as_of: str
    revision: str


def stamp(snapshot: Snapshot, selection: Selection) -> Stamp:
    """When the answer was made, and of which version it is."""
    return {"as_of": rfc3339(selection.now, selection.zone), "revision": snapshot.revision}


def selection_shape(selection: Selection, span: Span) -> shapes.Selection:
    """What was asked, with the range as it turned out."""
    return shapes.Selection(
        from_=rfc3339(span.start, selection.zone),
        to=rfc3339(span.end, selection.zone),
        elapsed_seconds=span.elapsed(selection.now) / SECOND,
        zone=selection.zone.key,
        filters={each.dimension: each.spelled() for each in selection.filters},
    )
