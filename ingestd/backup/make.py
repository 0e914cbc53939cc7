"""One backup, from the copy to its name: what is in the folder under a backup's name has been verified."""

import fcntl
import gzip
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from ingestd.backup import BackupError
from ingestd.backup.copy import copy
from ingestd.backup.verify import verify
from shared import backups
from shared.storage_errors import explain

FREE_BYTES = 256 * 1024 * 1024
"""A backup leaves so much of the disk free: twice what makes the collector stop taking events."""

_LEVEL = 1  # halves the file; 6 takes twice the time for another 5 %
_BLOCK = 1024 * 1024


class Made(msgspec.Struct, frozen=True):
    file: str
    size: int  # bytes
    requests: int
    seconds: float


def make(database: Path, now: int, progress: Callable[[float], None]) -> Made:
    """Make a backup of `database` and give it its name. `progress` gets a fraction, and may raise to end it.

    Raises `BackupError`; what there was before stays, and nothing half-made is left.
    """
    folder = backups.folder_of(database)
    began = time.monotonic()
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        with _alone(folder):
            for left in folder.glob("*.partial"):
                left.unlink()  # of a process that was killed
            return _make(database, folder / backups.name(now), began, progress)
    except sqlite3.Error as problem:
        raise BackupError(explain(problem, database).message) from problem
    except OSError as problem:
        raise BackupError(f"{folder}: {problem.strerror or problem}") from problem


def _make(database: Path, path: Path, began: float, progress: Callable[[float], None]) -> Made:
    plain, packed = path.with_name(f"{path.name}.plain.partial"), path.with_name(f"{path.name}.partial")

    def look() -> None:
        if shutil.disk_usage(path.parent).free < FREE_BYTES:
            raise BackupError(f"{path.parent} has less than {FREE_BYTES // 2**20} MiB free: no backup was made")

    try:
        look()
        plain.touch(mode=0o600, exist_ok=False)
        rows = copy(database, plain, look)
        progress(0.3)
        with closing(sqlite3.connect(f"{plain.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as copied:
            requests = verify(copied, plain, rows)
        progress(0.7)
        _compress(plain, packed, look)
        progress(0.95)
        packed.replace(path)
        _sync(path.parent)
        return Made(path.name, path.stat().st_size, requests, round(time.monotonic() - began, 3))
    finally:
        plain.unlink(missing_ok=True)
        packed.unlink(missing_ok=True)


def _compress(plain: Path, packed: Path, look: Callable[[], None]) -> None:
    """Write `packed` to the disk, and read it back: its checksum is that of what was verified."""
    with (
        plain.open("rb") as source,
        open(packed, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file,
    ):
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=_LEVEL, mtime=0) as zipped:
            while block := source.read(_BLOCK):
                look()
                zipped.write(block)
        file.flush()
        os.fsync(file.fileno())
    size = 0
    with gzip.open(packed) as again:
        while block := again.read(_BLOCK):
            size += len(block)
    if size != plain.stat().st_size:
        raise BackupError(f"{packed} does not hold what was written to it")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BackupError("another backup is being made") from None
    finally:
        os.close(descriptor)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
