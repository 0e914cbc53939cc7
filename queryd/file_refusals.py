"""The refusal that an error of the file means; its sentence comes from `shared.storage_errors`."""

import sqlite3
from pathlib import Path

from queryd.errors import Busy, QueryTimeout, Refusal, Starting
from queryd.shapes import ErrorCode
from shared import process_lock
from shared.storage_errors import Code, explain

_REFUSALS: dict[Code, tuple[ErrorCode, int]] = {
    "disk_full": ("disk_full", 10),
    "damaged": ("damaged", 30),
    "not_a_database": ("damaged", 30),
    "not_writable": ("unusable_folder", 10),
    "not_a_folder": ("unusable_folder", 10),
    "disk_error": ("disk_failed", 30),
}
"""The API's code of each kind, and after how many seconds it is worth another try."""


class NoCollector(Refusal):
    """503: there is no file, and nobody who would make it."""

    def __init__(self, folder: Path) -> None:
        message = f"nothing has been collected in {folder} yet, and ingestd is not running there: start it"
        super().__init__(503, "no_collector", message, retry_after=5)


def of_sqlite(problem: sqlite3.DatabaseError, path: Path, *, seconds: float) -> Refusal | None:
    """The refusal that an SQLite error means, or None when it is a bug of ours."""
    code = getattr(problem, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_INTERRUPT:
        return QueryTimeout(seconds)
    if code == sqlite3.SQLITE_CANTOPEN:
        return absent(path) if not path.exists() else _explained(problem, path) or Starting()  # made this moment
    return _explained(problem, path)


def of_system(problem: OSError, path: Path) -> Refusal:
    """The refusal that an error of the operating system means, met on the way to the file."""
    return _explained(problem, path) or absent(path)


def absent(path: Path) -> Refusal:
    """There is no file: soon, if a collector lives."""
    return NoCollector(path.parent) if process_lock.is_held(path.parent) is False else Starting()


def _explained(problem: sqlite3.DatabaseError | OSError, path: Path) -> Refusal | None:
    found = explain(problem, path)
    if found.code == "locked":
        return Busy(found.message)
    if found.code == "missing":
        return absent(path)
    if found.code not in _REFUSALS:
        return None
    code, retry_after = _REFUSALS[found.code]
    return Refusal(503, code, found.message, retry_after=retry_after)
