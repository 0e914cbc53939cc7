"""When a backup is due, and which are kept."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ingestd.retention import local_midnight
from shared import backups
from shared.backups import Backup
from shared.clock import HOUR


def due_in(connection: sqlite3.Connection, database: Path, interval: int, now: int) -> int:
    """Microseconds until the next backup, 0 when it is due. The first one is due an interval after the file was made.

    One from the future was made under a wrong clock, and holds nothing up.
    """
    kept = [backup.made_at for backup in backups.listed(database) if backup.made_at <= now + HOUR]
    if kept:
        last = kept[0]
    else:
        (made,) = connection.execute("select min(applied_at) from migration").fetchone()
        last = min(made or 0, now)
    return max(0, last + interval - now)


def prune(database: Path, keep_days: int, zone: ZoneInfo, now: int) -> int:
    """Remove backups of before the last `keep_days` local days, today among them (0 keeps all); gives how many.

    The newest stays, however old it is.
    """
    if not keep_days:
        return 0
    before = local_midnight(now, zone, days_ago=keep_days - 1)
    old = [backup for backup in backups.listed(database)[1:] if backup.made_at < before]
    for backup in old:
        backup.path.unlink(missing_ok=True)
    return len(old)


def describe(newest: Backup) -> str:
    """A backup in words for the status page."""
    made = datetime.fromtimestamp(newest.made_at / 1_000_000, UTC)
    return f"the newest, verified, is of {made:%Y-%m-%d %H:%M} UTC: {newest.path.name}, {newest.size / 1e6:,.1f} MB"
