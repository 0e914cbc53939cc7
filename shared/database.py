"""The only two ways to open the file, and every pragma of the project.

The writing connection of a daemon carries an authorizer that denies the other daemon's tables, so that writing
one by mistake is an error, not a race. Readers are read-only.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Literal

from shared.schema import TABLES

FILE_NAME = "app.db"
PAGE_BYTES = 8_192
BUSY_MS = 5_000
READER_CACHE_KIB = 256  # queryd has several readers, and blobs pass through: measured no slower than 2 MiB
CACHE_KIB = 2_048  # a larger cache only adds memory: measured 20 % of time for five times the resident set
WAL_PAGES = 2_000  # a checkpoint every 16 MiB
WAL_LIMIT = 64 * 1024 * 1024  # after a checkpoint the WAL file shrinks to this

Daemon = Literal["ingestd", "queryd"]

_WRITES = {sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE}
_turn = threading.Lock()
_rows = [0]
"""Written by all transactions of this process so far."""
_PROGRESS_STEPS = 20_000  # virtual machine steps between looks at the clock: about a millisecond


def open_writer(path: Path, daemon: Daemon) -> sqlite3.Connection:
    """The writing connection of `daemon`, in autocommit: transactions are explicit (`transaction`).

    Creates the file when ingestd opens it first. Commits survive a power cut only under `durable`.
    """
    connection = sqlite3.connect(
        path if daemon == "ingestd" else f"{path.absolute().as_uri()}?mode=rw",
        uri=daemon != "ingestd",
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    try:
        connection.execute(f"pragma busy_timeout = {BUSY_MS}")
        connection.execute(f"pragma page_size = {PAGE_BYTES}")
        connection.execute("pragma auto_vacuum = incremental")  # both take effect in a new file only
        mode = connection.execute("pragma journal_mode = wal").fetchone()[0]
        if mode != "wal":
            raise sqlite3.OperationalError(f"{path}: this file system cannot hold a WAL database (got {mode})")
        connection.execute("pragma synchronous = normal")
        connection.execute(f"pragma cache_size = -{CACHE_KIB}")
        connection.execute(f"pragma wal_autocheckpoint = {WAL_PAGES}")
        connection.execute(f"pragma journal_size_limit = {WAL_LIMIT}")
        connection.execute("pragma temp_store = memory")
        connection.set_authorizer(_authorizer(daemon))
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A read-only connection; raises `sqlite3.OperationalError` while there is no file."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    try:
        connection.execute(f"pragma busy_timeout = {BUSY_MS}")
        connection.execute("pragma query_only = on")
        connection.execute(f"pragma cache_size = -{READER_CACHE_KIB}")
        connection.execute("pragma temp_store = memory")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
    """`BEGIN IMMEDIATE` … commit, or roll back and raise.

    Immediate, because a read that turns into a write fails at once when another connection has committed since.
    `durable` waits for the disk: for what exists nowhere else, such as a popped message. Threads of one process take
    turns by a lock that wakes whoever waits: SQLite's own waiting looks again only every 100 ms, and may look for ever
    at the wrong moments. Both together wait no longer than the connection's busy timeout.
    """
    is_turn = _turn.acquire(blocking=False)
    patience_ms = left_ms = None
    if not is_turn:
        (patience_ms,) = connection.execute("pragma busy_timeout").fetchone()
        deadline = monotonic() + patience_ms / 1_000
        is_turn = _turn.acquire(timeout=patience_ms / 1_000)
        left_ms = max(0, round((deadline - monotonic()) * 1_000))
    try:
        if durable:
            connection.execute("pragma synchronous = full")
        if left_ms is not None:
            connection.execute(f"pragma busy_timeout = {left_ms}")
        try:
            connection.execute("begin immediate")  # says that the file is locked where no turn came
        finally:
            if patience_ms is not None:
                connection.execute(f"pragma busy_timeout = {patience_ms}")
        before = connection.total_changes
        try:
            yield connection
            connection.execute("commit")
            _rows[0] += connection.total_changes - before
        except BaseException:
            if connection.in_transaction:
                connection.execute("rollback")
            raise
    finally:
        if is_turn:
            _turn.release()
        if durable:
            connection.execute("pragma synchronous = normal")


@contextmanager
def turn() -> Iterator[None]:
    """No other thread of this process is in a transaction meanwhile; waits for BUSY_MS at most, and goes on."""
    is_turn = _turn.acquire(timeout=BUSY_MS / 1_000)
    try:
        yield
    finally:
        if is_turn:
            _turn.release()


def rows_written() -> int:
    """By all transactions of this process so far."""
    return _rows[0]


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One read transaction: everything read inside is of one commit."""
    connection.execute("begin")
    try:
        yield connection
    finally:
        if connection.in_transaction:
            connection.execute("rollback")


@contextmanager
def time_limit(connection: sqlite3.Connection, seconds: float) -> Iterator[None]:
    """Statements inside fail with `sqlite3.OperationalError: interrupted` when `seconds` have passed."""
    deadline = monotonic() + seconds
    connection.set_progress_handler(lambda: monotonic() > deadline, _PROGRESS_STEPS)
    try:
        yield
    finally:
        connection.set_progress_handler(None, 0)


@contextmanager
def unguarded(connection: sqlite3.Connection) -> Iterator[None]:
    """Every table may be written inside, whosever it is: for ingestd's schema steps only."""
    connection.set_authorizer(None)
    try:
        yield
    finally:
        connection.set_authorizer(_authorizer("ingestd"))


def _authorizer(daemon: Daemon) -> Callable[..., int]:
    foreign = {table._meta.table_name for table in TABLES if table.writer != daemon}  # noqa: SLF001 - peewee's public metadata is spelled so

    def authorize(
        action: int, first: str | None, _second: str | None, _database: str | None, _trigger: str | None
    ) -> int:
        return sqlite3.SQLITE_DENY if action in _WRITES and first in foreign else sqlite3.SQLITE_OK

    return authorize
