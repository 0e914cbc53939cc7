"""What the failures of a group say: the newest of them are read, and those that say the same are told as one.

The columns know how many failures a group has, but not what they say; rows do, and rows are read one at a time. So a
question reads at most ROWS_MAX of them, whatever its range, and says of how many it tells.
"""

from queryd import shapes
from queryd.aggregate.snapshot import Snapshot
from queryd.figures.error_groups import NEWEST, ErrorGroup
from queryd.params.calendar import rfc3339
from queryd.params.ranges import Span
from queryd.params.selection import Selection
from queryd.request_log import rows
from queryd.request_log.error_text import said, words_of
from queryd.request_log.pages import passes
from queryd.request_log.rows import Row
from shared import event_id

ROWS_MAX = 2_000
"""The most rows that are read for one answer."""

MESSAGES = 10
"""The most messages of a group that are told, those said most often."""

SAMPLES = 3
"""The most requests of a message that are named."""


def rows_each(groups: int) -> int:
    """How many rows are read of each of so many groups."""
    return min(NEWEST, ROWS_MAX // max(groups, 1))


def newest_rows(snapshot: Snapshot, selection: Selection, span: Span, group: ErrorGroup, most: int) -> list[Row]:
    """At most `most` of the group's newest failures, newest first, as far as their rows are kept."""
    found: list[Row] = []
    for moment in sorted(set(group.newest_ms[:most]), reverse=True):
        same = [
            row
            for row in rows.in_millisecond(snapshot.connection, moment)
            if row.failed
            and (row.error_class, row.status_code, row.credential_id) == group.key
            and span.start <= row.occurred_at < span.end
            and passes(row, selection.filters)
        ]
        found += sorted(same, key=lambda row: row.key, reverse=True)
    return found[:most]


def messages(looked_at: list[Row], selection: Selection) -> list[shapes.ErrorMessage]:
    """What they say, the most frequent first. `looked_at`: newest first."""
    found: dict[str, list[Row]] = {}
    for row in looked_at:
        found.setdefault(said(row.error_body or "")[1], []).append(row)
    return [_message(shape, some, selection) for shape, some in sorted(found.items(), key=lambda pair: -len(pair[1]))]


def _message(shape: str, some: list[Row], selection: Selection) -> shapes.ErrorMessage:
    bodies = [row.error_body for row in some if row.error_body]
    return shapes.ErrorMessage(
        shape=shape,
        message=said(bodies[0])[0] if bodies else None,
        search=words_of(shape, bodies) if bodies else None,
        count=len(some),
        first_seen=rfc3339(some[-1].occurred_at, selection.zone),
        last_seen=rfc3339(some[0].occurred_at, selection.zone),
        samples=[event_id.encode(*row.key) for row in some[:SAMPLES]],
    )
