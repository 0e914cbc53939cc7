"""Why the file cannot be written, as a trouble of the heartbeat."""

import errno
import sqlite3
from pathlib import Path

from shared import heartbeat
from shared.storage_errors import explain

_CODES = {
    "disk_full": "disk_full",
    "locked": "storage_locked",
    "damaged": "storage_damaged",
    "not_a_database": "storage_damaged",
    "not_writable": "storage_unwritable",
}


class StorageFull(Exception):
    """The disk of WORK_DIR is nearly full."""


def storage_trouble(error: sqlite3.Error | StorageFull, database: Path, now: int) -> heartbeat.Trouble:
    """What an error of the file means, with what to do about it."""
    cause = OSError(errno.ENOSPC, str(error)) if isinstance(error, StorageFull) else error
    problem = explain(cause, database)
    return heartbeat.Trouble(
        code=_CODES.get(problem.code, "storage_failed"),
        message=f"{problem.message} Nothing is taken out of CPA until the file can be written ({error}).",
        since=now,
        parameters={"path": problem.path, "user": problem.user, "reason": str(error)},
    )
