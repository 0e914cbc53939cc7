"""What is kept of accounts' history: readings of three months, errors of one, actions for good."""

import sqlite3
from typing import Final

from ingestd.quota.keep import READINGS_KEPT
from shared.clock import DAY
from shared.database import transaction

ERRORS_KEPT: Final = 30 * DAY
ERRORS_MAX: Final = 500
"""Of one account: one that fails all the time says no more by a thousand rows."""

STEP_ROWS: Final = 2_000
"""Most rows removed in one transaction, so that collecting never waits long."""


def clean(connection: sqlite3.Connection, now: int) -> int:
    """Remove some of what is older; gives how many rows."""
    with transaction(connection):
        readings = connection.execute(
            "delete from quota_reading where (credential_id, key, observed_at) in"
            " (select credential_id, key, observed_at from quota_reading where last_at < ? limit ?)",
            (now - READINGS_KEPT, STEP_ROWS),
        ).rowcount
        errors = connection.execute(
            "delete from credential_error where id in"
            " (select id from credential_error where occurred_at < ? order by occurred_at limit ?)",
            (now - ERRORS_KEPT, STEP_ROWS),
        ).rowcount
        for (credential,) in connection.execute(
            "select credential_id from credential_error group by credential_id having count(*) > ?", (ERRORS_MAX,)
        ).fetchall():
            errors += connection.execute(
                "delete from credential_error where id in (select id from credential_error where credential_id = ?"
                " order by occurred_at desc, id desc limit ? offset ?)",
                (credential, STEP_ROWS, ERRORS_MAX),
            ).rowcount
    return readings + errors
