"""`python -m ingestd restore FILE`: a verified copy takes the file's place; what stood there is kept aside."""

import fcntl
import gzip
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ingestd.backup import BackupError
from ingestd.backup.verify import verify
from shared import backups, process_lock
from shared.database import open_writer, transaction
from shared.storage_errors import explain
from shared.version import begin_epoch

_GZIP = b"\x1f\x8b"
_BESIDE = ("", "-wal", "-shm")
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510
"""The bytes of a file that SQLite locks while a connection uses it (its file format says so)."""


class Restored(NamedTuple):
    requests: int
    aside: Path | None
    """What stood there before, or None when nothing did."""


def restore(database: Path, file: Path, now: int) -> Restored:
    """Put `file`, a backup or a copy, in the place of `database`; `now`: UTC epoch microseconds.

    Raises `BackupError` for a file that is damaged, of no or a newer schema, and while anything has `database` open;
    then nothing has changed.
    """
    if not file.is_file():
        file = backups.folder_of(database) / file.name if len(file.parts) == 1 else file
    if not file.is_file():
        raise BackupError(f"{file} does not exist")
    if database.exists() and file.samefile(database):
        raise BackupError(f"{file} is the file in use")
    partial = database.with_name(f"{database.name}.restore.partial")
    try:
        with _stopped(database):
            _clear(partial)
            try:
                requests = _prepare(file, partial, now)
                return Restored(requests, _exchange(database, partial, now))
            finally:
                _clear(partial)
    except sqlite3.Error as problem:
        raise BackupError(explain(problem, file).message) from problem
    except (gzip.BadGzipFile, EOFError) as problem:
        raise BackupError(f"{file} is damaged: {problem}") from None
    except OSError as problem:
        raise BackupError(f"{problem.filename or file}: {problem.strerror or problem}") from problem


@contextmanager
def _stopped(database: Path) -> Iterator[None]:
    """Both daemons are stopped, and neither begins, nor does anything else have the file open."""
    held = []
    try:
        for daemon in ("ingestd", "queryd"):
            try:
                held.append(process_lock.hold(database.parent, daemon))
            except process_lock.AlreadyHeld:
                raise BackupError(f"{daemon} is running in {database.parent}: stop both daemons first") from None
        if database.exists():
            descriptor = os.open(database, os.O_RDWR)
            try:
                fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
            except (BlockingIOError, PermissionError):
                raise BackupError(f"another program has {database} open: close it first") from None
            finally:
                os.close(descriptor)
        yield
    finally:
        for descriptor in held:
            os.close(descriptor)


def _prepare(file: Path, partial: Path, now: int) -> int:
    """A whole, private copy of `file`, ready to be the file; gives its requests."""
    with file.open("rb") as source:
        packed = source.read(len(_GZIP)) == _GZIP
    log = file.with_name(f"{file.name}-wal")
    with gzip.open(file) if packed else file.open("rb") as source, _private(partial) as target:
        shutil.copyfileobj(source, target, 1024 * 1024)
    if not packed and log.is_file():  # a copy of a file in use: its newest rows are in there
        with log.open("rb") as source, _private(partial.with_name(f"{partial.name}-wal")) as target:
            shutil.copyfileobj(source, target, 1024 * 1024)
    with closing(sqlite3.connect(partial, isolation_level=None)) as copied:
        requests = verify(copied, file)
    with closing(open_writer(partial, "ingestd")) as writer:
        with transaction(writer, durable=True):
            begin_epoch(writer)
            _end_commands(writer, now)
        writer.execute("pragma wal_checkpoint(truncate)")
    return requests


def _end_commands(writer: sqlite3.Connection, now: int) -> None:
    """What was asked for before the backup was made is not to happen today."""
    if writer.execute("select 1 from sqlite_master where name = 'command'").fetchone():
        writer.execute(
            "insert or replace into command_run (command_id, state, started_at, finished_at, progress, result, error)"
            " select id, 'cancelled', ?, ?, 0, '', 'The file was restored.' from command where not exists (select 1"
            " from command_run where command_id = command.id and finished_at is not null)",
            (now, now),
        )


def _exchange(database: Path, partial: Path, now: int) -> Path | None:
    aside = None
    if database.exists():
        stamp = datetime.fromtimestamp(now / 1_000_000, UTC).strftime("%Y%m%dT%H%M%SZ")
        aside = database.with_name(f"{database.name}.before-{stamp}")
    for suffix in ("-shm", "-wal", ""):  # never a file with the log of another
        old = database.with_name(database.name + suffix)
        if old.exists():
            if aside is None or suffix == "-shm":
                old.unlink()
            else:
                old.rename(aside.with_name(aside.name + suffix))
    partial.rename(database)
    descriptor = os.open(database.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return aside


@contextmanager
def _private(path: Path) -> Iterator[BinaryIO]:
    with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _clear(partial: Path) -> None:
    for suffix in _BESIDE:
        partial.with_name(partial.name + suffix).unlink(missing_ok=True)
