"""The messages that were set aside: counted by reason, and a page of them."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import msgspec

from queryd.params.calendar import rfc3339
from queryd.shapes.installation import RejectedMessage
from shared.redaction import redact, redact_json

COUNTED_MAX = 10_000
"""Newest messages that are counted: a storm of bad ones must not make the status slow."""

SHOWN_CHARACTERS = 4_096
READ_BYTES = 64 * 1024
"""So much of a message is looked at to be shown."""

TOO_OLD = "older_than_retention"
"""The reason of a message that can be read, and is of a request that would be removed at once."""


@dataclass(frozen=True, slots=True)
class RejectedCounts:
    """`reasons`: of those that could not be read, most of them first."""

    reasons: Sequence[tuple[str, int]]
    too_old: int

    @property
    def unreadable(self) -> int:
        return sum(count for _, count in self.reasons)


def rejected(connection: sqlite3.Connection) -> RejectedCounts:
    """What waits in `rejected`, of the newest COUNTED_MAX."""
    counts = dict(
        connection.execute(
            "select reason, count(*) from (select reason from rejected order by id desc limit ?) group by reason",
            (COUNTED_MAX,),
        ).fetchall()
    )
    too_old = counts.pop(TOO_OLD, 0)
    return RejectedCounts(sorted(counts.items(), key=lambda each: (-each[1], each[0])), too_old)


def page(
    connection: sqlite3.Connection, zone: ZoneInfo, *, reason: str | None, before: int | None, limit: int
) -> list[RejectedMessage]:
    """At most `limit` messages, newest first; those with smaller ids than `before`, set aside for `reason`."""
    rows = connection.execute(
        "select id, reason, detail, arrived_at, rejected_at, transport, length(payload), substr(payload, 1, ?)"
        " from rejected where (? is null or reason = ?) and (? is null or id < ?) order by id desc limit ?",
        (READ_BYTES, reason, reason, before, before, limit),
    )
    return [
        RejectedMessage(
            id=str(id_),
            reason=why,
            detail=redact(detail),
            arrived_at=rfc3339(arrived_at, zone),
            rejected_at=rfc3339(rejected_at, zone),
            transport=transport,
            bytes=size,
            payload=shown(payload),
        )
        for id_, why, detail, arrived_at, rejected_at, transport, size, payload in rows
    ]


def shown(payload: bytes) -> str:
    """A message as text without its secrets: one that is JSON by its names, any other by what looks like one.

    Secrets go before it is cut: half of a key might not look like one.
    """
    try:
        text = msgspec.json.encode(redact_json(msgspec.json.decode(payload))).decode()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        text = redact(payload.decode("utf-8", "replace"))
    printable = "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)
    return printable[:SHOWN_CHARACTERS]
