"""`GET /api-keys` and `PATCH /api-keys/{id}`: CPA's client keys and the names that people give them."""

import sqlite3
from zoneinfo import ZoneInfo

from queryd.endpoints import Call
from queryd.params.calendar import rfc3339
from queryd.questions.last_use import Use
from queryd.resources.answer import optional, send
from queryd.resources.labelled import Labelled
from queryd.shapes.edits import ApiKey, ApiKeys

_ROWS = """
select k.id, k.mask, k.first_seen_at, l.label, l.edited_at, c.listed_at, c.removed_at
from api_key k
left join label l on l.kind = 'api_key' and l.subject_id = k.id
left join api_key_listing c on c.api_key_id = k.id
"""


def api_keys(call: Call) -> None:
    """All of them, in the order in which they were first seen."""
    send(call.resp, ApiKeys(api_keys=LABELLED.all(call)))


def _shape(row: sqlite3.Row, use: Use | None, zone: ZoneInfo) -> ApiKey:
    key, mask, first_seen_at, label, edited_at, listed_at, removed_at = row
    return ApiKey(
        id=str(key),
        label=label,
        mask=mask,
        listing="unlisted" if listed_at is None else "listed" if removed_at is None else "removed",
        listed_at=optional(listed_at, zone),
        removed_at=optional(removed_at, zone),
        first_seen_at=rfc3339(first_seen_at, zone),
        last_used_on=None if use is None else use.last_on.isoformat(),
        requests=0 if use is None else use.requests,
        label_edited_at=optional(edited_at, zone),
    )


LABELLED = Labelled("api_key", _ROWS, "k.id", _shape)
