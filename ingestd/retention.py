"""What leaves the file, in bounded steps: settled messages at their day's end, old rejects, old single requests.

Nothing leaves on the word of one look at a clock: a machine that believes for a minute that a year has passed would
remove everything. The clock has to have been steady first (`SteadyClock`).
"""

import sqlite3
import time as system_time
from collections.abc import Callable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from ingestd.inbox import Inbox
from shared.clock import DAY, HOUR, MINUTE, SECOND
from shared.database import transaction
from shared.version import next_revision

STEP_ROWS = 2_000
"""Most rows removed in one transaction, so that collecting never waits long."""

REJECTED_KEPT = 7 * DAY


STEADY = HOUR
"""So long the wall clock must have gone as fast as the machine's own counter, where events were of about now too."""

STEADY_ALONE = DAY
"""The same where no event of late agrees with it: nobody uses CPA, or the clock is wrong."""

_STEP = MINUTE
"""Time servers move a clock by less; more is a clock that was set."""

_AGREES = 2 * DAY


_LEAST_DIGEST = -(2**63)


class SteadyClock:
    """Says when the wall clock may be believed for removing what cannot be had back."""

    def __init__(self, monotonic: Callable[[], int] = lambda: system_time.monotonic_ns() // 1_000) -> None:
        """`monotonic()`: microseconds that nobody can set."""
        self._monotonic = monotonic
        self._offset: int | None = None
        self._since = 0

    def look(self, now: int) -> int:
        """How long the clock has been steady, in microseconds; call it now and then, and before removing."""
        here = self._monotonic()
        offset = now - here
        if self._offset is None or abs(offset - self._offset) > _STEP:
            self._since = here
        self._offset = offset
        return here - self._since

    def confirms(self, connection: sqlite3.Connection, now: int) -> bool:
        """Whether `now` may be believed."""
        steady = self.look(now)
        if steady < STEADY:
            return False
        return steady >= STEADY_ALONE or _events_agree(connection, now)


def _events_agree(connection: sqlite3.Connection, now: int) -> bool:
    found = connection.execute(
        "select 1 from event where occurred_at > ? and occurred_at <= ? limit 1", (now - _AGREES, now + HOUR)
    ).fetchone()
    return found is not None


def events_removed_before(connection: sqlite3.Connection) -> int:
    """The moment before which single requests have been removed, UTC epoch microseconds; 0 when none has.

    It stays, whatever the setting is now: the columns still hold those requests, so that a message of theirs that
    comes again must not be counted again.
    """
    row = connection.execute("select number from meta where key = 'events_removed_before'").fetchone()
    return row[0] if row else 0


def local_midnight(now: int, zone: ZoneInfo, *, days_ago: int = 0) -> int:
    """The start of the local day `days_ago` days before today, UTC epoch microseconds."""
    today = datetime.fromtimestamp(now / SECOND, zone).date() - timedelta(days=days_ago)
    return int(datetime.combine(today, time(), zone).timestamp()) * SECOND


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
    if not keep_days:
        return 0
    before = local_midnight(now, zone, days_ago=keep_days)
    with transaction(connection):
        last = connection.execute(
            "select occurred_at, digest from event where occurred_at < ? order by occurred_at, digest limit 1 offset ?",
            (before, STEP_ROWS),
        ).fetchone()
        until = last or (before, _LEAST_DIGEST)  # by the key: more than a step's rows may share a microsecond
        connection.execute("delete from event_detail where (occurred_at, digest) < (?, ?)", until)
        removed = connection.execute("delete from event where (occurred_at, digest) < (?, ?)", until).rowcount
        if removed:
            connection.execute(
                "insert into meta (key, number) values ('events_removed_before', ?)"
                " on conflict (key) do update set number = max(number, excluded.number)",
                (last[0] + 1 if last else before,),
            )
            next_revision(connection)
    return removed
