"""Rejected messages come back, after a fix or with the time they arrived in place of one that cannot be; or they go."""

import sqlite3
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec

from ingestd.inbox import Inbox
from ingestd.short_write import short_write

STEP_ROWS = 1_000
"""Most messages in one transaction."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Time(StrEnum):
    """Which time a replayed message has."""

    AS_IS = "as_is"
    ARRIVAL = "arrival"
    """When it reached this machine: for what was sent by a clock that was wrong."""


def newest(connection: sqlite3.Connection) -> int:
    """The id of the newest rejected message: what one replay goes up to. 0 when there is none."""
    return int(connection.execute("select coalesce(max(id), 0) from rejected").fetchone()[0])


def reasons(connection: sqlite3.Connection, up_to: int) -> dict[str, int]:
    """For which reasons messages with ids up to `up_to` were rejected, and how many for each."""
    return dict(
        connection.execute("select reason, count(*) from rejected where id <= ? group by reason", (up_to,)).fetchall()
    )


def replay(
    connection: sqlite3.Connection, inbox: Inbox, time: Time, *, up_to: int, now: int, reason: str | None = None
) -> int:
    """Put the oldest rejected messages with ids up to `up_to` into the inbox again; gives how many. Repeat until 0.

    `reason`: only those that were rejected for it.

    What is no event this time either is rejected anew, beyond `up_to`. Equal messages of one step get the arrival of
    the first of them, so that they stay one event. To be called by the collecting thread, which gives inbox ids.
    """
    rows = connection.execute(
        "select id, arrived_at, payload from rejected where id <= ? and (? is null or reason = ?) order by id limit ?",
        (up_to, reason, reason, STEP_ROWS),
    ).fetchall()
    if not rows:
        return 0
    first: dict[bytes, int] = {}
    payloads = [
        payload if time is Time.AS_IS else with_time(payload, first.setdefault(payload, arrived_at))
        for _, arrived_at, payload in rows
    ]
    inbox.take_back([row[0] for row in rows], payloads, now)
    return len(rows)


def discard(connection: sqlite3.Connection, *, up_to: int, reason: str | None = None) -> int:
    """Remove some of the oldest rejected messages with ids up to `up_to`; gives how many. Repeat until 0."""
    with short_write(connection):
        return connection.execute(
            "delete from rejected where id in (select id from rejected where id <= ? and (? is null or reason = ?)"
            " order by id limit ?)",
            (up_to, reason, reason, STEP_ROWS),
        ).rowcount


def with_time(payload: bytes, at: int) -> bytes:
    """The message with `at` (UTC epoch microseconds) for its timestamp; what is no JSON object stays as it is."""
    try:
        message = msgspec.json.decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return payload
    if not isinstance(message, dict):
        return payload
    message["timestamp"] = f"{_EPOCH + timedelta(microseconds=at):%Y-%m-%dT%H:%M:%S.%fZ}"
    return msgspec.json.encode(message)
