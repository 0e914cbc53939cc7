"""The outlook of every window that runs, from its readings, kept beside its newest reading."""

import sqlite3
from typing import Final

from ingestd.quota.forecast import LONG, LOOKED_BACK, LOOKED_BACK_SHORT, Point, forecast
from ingestd.short_write import short_write
from shared.clock import MINUTE, SECOND
from shared.version import next_revision

STEP_WINDOWS: Final = 40
"""Judged at once: a second's work at most."""

AGAIN: Final = 5 * MINUTE
"""Without a new reading the outlook changes, too: a pause makes the pace of late smaller."""

_DUE = """
select credential_id, key, length_seconds, outlook, empty_at, confidence, percent_per_hour from quota_window
where resets_at > :now and length_seconds > 0 and used_percent is not null and limit_reached = 0
  and (judged_at is null or judged_at > :now or judged_at < :now - :again
       or (judged_at < observed_at and judged_at < :now - :soon))
order by judged_at limit :some
"""


def judge(connection: sqlite3.Connection, now: int) -> int:
    """Judge some of the windows that are due, those judged longest ago first; gives how many."""
    due = connection.execute(_DUE, {"now": now, "again": AGAIN, "soon": MINUTE, "some": STEP_WINDOWS}).fetchall()
    if not due:
        return 0
    changed = False
    values = []
    for credential, key, length, *before in due:
        back = LOOKED_BACK if length * SECOND > LONG else LOOKED_BACK_SHORT
        points = [
            Point(*row)
            for row in connection.execute(
                "select observed_at, last_at, used_percent, resets_at from quota_reading where credential_id = ?"
                " and key = ? and observed_at between ? and ? and length_seconds = ? order by observed_at",
                (credential, key, now - back, now, length),
            )
        ]
        found = forecast(points, length, now)
        after = [found.outlook, found.empty_at, found.confidence or "", found.percent_per_hour]
        changed = changed or after != before
        values.append((*after, now, credential, key))
    with short_write(connection):
        connection.executemany(
            "update quota_window set outlook = ?, empty_at = ?, confidence = ?, percent_per_hour = ?, judged_at = ?"
            " where credential_id = ? and key = ?",
            values,
        )
        if changed:
            next_revision(connection)
    return len(due)
