"""What SQLite and the system say when the file cannot be used, as one sentence: which path, which user, what to do.

Edges catch `sqlite3.Error` and `OSError` (SQLite's `DatabaseError`, not only its `OperationalError`: a damaged page is
one, too) and pass them here. `code` is for whoever says it in another language.
"""

import errno
import os
import pwd
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from shared import backups

Code = Literal[
    "locked",
    "disk_full",
    "damaged",
    "not_a_database",
    "not_writable",
    "not_a_folder",
    "missing",
    "disk_error",
    "unusable",
]


@dataclass(frozen=True, slots=True)
class Problem:
    """`passes`: waiting may be enough; else somebody has to do something first."""

    code: Code
    message: str
    path: str
    user: str
    passes: bool


class Unusable(Exception):
    """WORK_DIR or the file in it cannot be used at all; the text is the problem's sentence."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


_OF_SQLITE: dict[int, Code] = {
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_PROTOCOL: "locked",
    sqlite3.SQLITE_FULL: "disk_full",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "not_a_database",
    sqlite3.SQLITE_READONLY: "not_writable",
    sqlite3.SQLITE_PERM: "not_writable",
    sqlite3.SQLITE_IOERR: "disk_error",
}
_OF_SYSTEM: dict[int, Code] = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EACCES: "not_writable",
    errno.EPERM: "not_writable",
    errno.EROFS: "not_writable",
    errno.ENOTDIR: "not_a_folder",
    errno.EEXIST: "not_a_folder",
    errno.EISDIR: "not_a_database",
    errno.ENOENT: "missing",
    errno.EIO: "disk_error",
}


def explain(error: sqlite3.Error | OSError, database: Path) -> Problem:
    """The problem behind `error`, which came from `database` or from the folder that is to hold it."""
    code = _code(error, database)
    path = database.parent if code in {"not_a_folder", "disk_full", "disk_error", "missing"} else database
    if code == "not_writable":
        path = _refusing(database)
    user = user_name()
    sentence = _READ_ONLY if code == "not_writable" and _is_read_only(path) else _SENTENCES[code]
    message = sentence.format(
        path=path, folder=database.parent, user=user, reason=_reason(error), remedy=_remedy(database)
    )
    return Problem(code, message, str(path), user, passes=code in {"locked", "disk_full"})


def user_name() -> str:
    """Who this process is, by name where there is one."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


_SENTENCES: dict[Code, str] = {
    "locked": "{path} is locked by another program: close what has it open (an SQL prompt, a backup that copies it).",
    "disk_full": "The disk of {path} is full: free some space, or move WORK_DIR to a larger disk.",
    "damaged": "{path} is damaged ({reason}): stop both daemons and {remedy}.",
    "not_a_database": "{path} is no database of this program ({reason}): move it away, and ingestd makes a new one;"
    " or {remedy}.",
    "not_writable": "{path} cannot be written by user {user} ({reason}): give it to that user (chown -R {user}"
    " {folder}), or set WORK_DIR to another folder.",
    "not_a_folder": "{path} is no folder: set WORK_DIR to one, or move the file away.",
    "missing": "{path} does not exist and cannot be made ({reason}): make it, and give it to user {user}.",
    "disk_error": "The disk of {path} answers with an error ({reason}): look at the system's log, and copy the file to"
    " a sound disk.",
    "unusable": "{path} cannot be used by user {user} ({reason}).",
}


_READ_ONLY = (
    "{path} is on a file system that may only be read: mount it for writing (the system's log says why it is not), or"
    " set WORK_DIR to another folder."
)


def _is_read_only(path: Path) -> bool:
    try:
        return bool(os.statvfs(path if path.exists() else path.parent).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def _code(error: sqlite3.Error | OSError, database: Path) -> Code:
    if isinstance(error, OSError):
        return _OF_SYSTEM.get(error.errno or 0, "unusable")
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_CANTOPEN:
        return _cannot_open(database)
    return _OF_SQLITE.get(code, "unusable")


def _cannot_open(database: Path) -> Code:
    """SQLite says only that it cannot; the system knows why."""
    try:
        if not database.parent.is_dir():
            return "not_a_folder" if database.parent.exists() else "missing"
        if database.is_dir():
            return "not_a_database"
    except OSError:
        return "not_writable"  # a folder above may not be entered
    return (
        "unusable"
        if _may_write(database.parent) and (not database.exists() or _may_write(database))
        else "not_writable"
    )


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK | os.R_OK | (os.X_OK if path.is_dir() else 0))


def _refusing(database: Path) -> Path:
    """What refuses: the file where it does, else its folder, where SQLite keeps the log beside it."""
    try:
        return database if database.exists() and not _may_write(database) else database.parent
    except OSError:
        return database.parent


def _remedy(database: Path) -> str:
    """What to put in the place of a file; a backup is named only where there is one."""
    newest = next(iter(backups.listed(database)), None)
    file = newest.path.name if newest else "FILE"
    return f"put back {'the newest backup' if newest else 'a copy'} (cpa-usage-keeper restore {file})"


def _reason(error: sqlite3.Error | OSError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
