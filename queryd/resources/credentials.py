"""`GET /credentials` and `PATCH /credentials/{id}`: the accounts that serve requests, and their names."""

import sqlite3
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from queryd.endpoints import Call
from queryd.params.calendar import rfc3339
from queryd.questions.last_use import Use
from queryd.resources.answer import optional, send
from queryd.resources.labelled import Labelled
from queryd.shapes.edits import Credential, CredentialMetadata, Credentials

_METADATA = (
    "listed_in",
    "name",
    "email",
    "account_type",
    "plan",
    "project",
    "note",
    "priority",
    "status",
    "status_message",
    "disabled",
    "unavailable",
    "next_retry_after",
    "changed_at",
    "deleted_at",
)
_FLAGS = ("disabled", "unavailable")
_TIMES = ("next_retry_after", "changed_at", "deleted_at")

_ROWS = f"""
select c.id, coalesce(nullif(m.provider, ''), c.provider), c.auth_index, c.account, c.first_seen_at, l.label,
       l.edited_at, {", ".join(f"m.{name}" for name in _METADATA)}
from credential c
left join label l on l.kind = 'credential' and l.subject_id = c.id
left join credential_metadata m on m.credential_id = c.id
"""


def credentials(call: Call) -> None:
    """All of them, in the order in which they were first seen."""
    send(call.resp, Credentials(credentials=LABELLED.all(call)))


def _shape(row: sqlite3.Row, use: Use | None, zone: ZoneInfo) -> Credential:
    credential, provider, auth_index, account, first_seen_at, label, edited_at = row[:7]
    return Credential(
        id=str(credential),
        label=label,
        provider=provider,
        auth_index=auth_index,
        account=account,
        metadata=_metadata(row[7:], zone),
        first_seen_at=rfc3339(first_seen_at, zone),
        last_used_on=None if use is None else use.last_on.isoformat(),
        requests=0 if use is None else use.requests,
        label_edited_at=optional(edited_at, zone),
    )


def _metadata(values: Sequence[Any], zone: ZoneInfo) -> CredentialMetadata | None:
    found = dict(zip(_METADATA, values, strict=True))
    if found["listed_in"] is None:
        return None
    found |= {name: bool(found[name]) for name in _FLAGS} | {name: optional(found[name], zone) for name in _TIMES}
    return CredentialMetadata(**found)


LABELLED = Labelled("credential", _ROWS, "c.id", _shape)
