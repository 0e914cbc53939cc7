"""WORK_DIR belongs to one user: for a day the file holds keys of clients in clear, and always its HMAC secret."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from shared.storage_errors import Unusable, explain

UMASK = 0o077

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LOOKED_AT = ("app.db", "app.db-wal", "app.db-shm", "logs", "backups")


def prepare(folder: Path, *, writable: bool) -> None:
    """Make WORK_DIR, and whatever this process makes from here on, private.

    Raises `storage_errors.Unusable`; with `writable` also for a folder that this user may only read.
    """
    os.umask(UMASK)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.scandir(folder).close()
        if writable and not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
    except OSError as error:
        raise Unusable(explain(error, folder / "app.db")) from error


def open_to_others(folder: Path) -> list[Path]:
    """What in WORK_DIR others may read or write: made before it was private, or opened up since.

    Nothing of it can be reached through a folder that others may not enter, so then nothing is.
    """
    return [] if not _mode(folder) & _OTHERS else [path for path in _all(folder) if _mode(path) & _OTHERS]


def remedy(folder: Path) -> str:
    """The command that makes it private."""
    return f"chmod -R go= {folder}"


def _all(folder: Path) -> Iterator[Path]:
    yield folder
    yield from (folder / name for name in _LOOKED_AT)


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0  # it is not there
