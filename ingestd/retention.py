"""What leaves the file, in bounded steps: settled messages at their day's end, old rejects, old single requests."""

import sqlite3
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from ingestd.inbox import Inbox
from shared.clock import DAY, SECOND
from shared.database import transaction

STEP_ROWS = 2_000
"""Most rows removed in one transaction, so that collecting never waits long."""

REJECTED_KEPT = 7 * DAY


def local_midnight(now: int, zone: ZoneInfo, *, days_ago: int = 0) -> int:
    """The start of the local day `days_ago` days before today, UTC epoch microseconds."""
    today = datetime.fromtimestamp(now / SECOND, zone).date() - timedelta(days=days_ago)
    return int(datetime.combine(today, time(), zone).timestamp()) * SECOND


def kept_since(now: int, zone: ZoneInfo, keep_days: int) -> int:
    """The moment before which single requests may have been removed; 0 when all are kept."""
    return local_midnight(now, zone, days_ago=keep_days) if keep_days else 0


def clean_inbox(inbox: Inbox, zone: ZoneInfo, now: int) -> int:
    """Remove some settled messages of earlier local days; gives how many. Repeat while it gives STEP_ROWS."""
    return inbox.clean(local_midnight(now, zone), STEP_ROWS)


def clean_rejected(connection: sqlite3.Connection, now: int) -> int:
    """Remove some rejects older than seven days; gives how many."""
    with transaction(connection):
        return connection.execute(
            "delete from rejected where id in (select id from rejected where rejected_at < ? limit ?)",
            (now - REJECTED_KEPT, STEP_ROWS),
        ).rowcount


def clean_events(connection: sqlite3.Connection, zone: ZoneInfo, keep_days: int, now: int) -> int:
    """Remove some single requests older than `keep_days` local days (0 keeps all); every figure stays, in columns."""
    before = kept_since(now, zone, keep_days)
    if not before:
        return 0
    with transaction(connection):
        last = connection.execute(
            "select occurred_at from event where occurred_at < ? order by occurred_at limit 1 offset ?",
            (before, STEP_ROWS),
        ).fetchone()
        until = last[0] if last else before
        connection.execute("delete from event_detail where occurred_at < ?", (until,))
        removed = connection.execute("delete from event where occurred_at < ?", (until,)).rowcount
        if removed:
            connection.execute(
                "insert into meta (key, number) values ('events_removed_before', ?)"
                " on conflict (key) do update set number = max(number, excluded.number)",
                (until,),
            )
    return removed
