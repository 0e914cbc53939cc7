"""queryd's one writing connection: for its own tables only, behind a lock, in short transactions.

What a person edits goes through peewee, which is made for it. The connection is opened by the first edit and again
when the file has been replaced; SQLite itself refuses it every table of ingestd (shared.database).
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import peewee

from queryd.connections import Connections, Identity, check_schema
from queryd.errors import Busy, Refusal
from queryd.file_refusals import of_sqlite
from shared.database import open_writer, transaction
from shared.version import next_edit

PATIENCE_SECONDS = 2.0
"""How long an edit waits for the one before it, and for ingestd, whose transactions take milliseconds."""


class Database(peewee.SqliteDatabase):
    """peewee over a connection that `shared.database` has opened."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__("app.db", thread_safe=False)  # the writer's lock keeps threads apart
        self.opened = connection

    def _connect(self) -> sqlite3.Connection:
        return self.opened

    def row(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        """The first row of a plain query, within the transaction."""
        found: tuple[Any, ...] | None = self.opened.execute(sql, values).fetchone()
        return found


class Writer:
    """Edits of the file that `connections` reads."""

    def __init__(self, connections: Connections, *, patience: float | None = None) -> None:
        self._connections = connections
        self._patience = PATIENCE_SECONDS if patience is None else patience
        self._busy_ms = int(self._patience * 1000)
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._database: Database | None = None
        self._identity: Identity | None = None

    @contextmanager
    def transaction(self, *, patient: bool = True) -> Iterator[Database]:
        """`BEGIN IMMEDIATE` … commit; survives a power cut. All of it happens, or an exception says why nothing did.

        Not `patient`, it waits for nobody, nor for the disk: for what may be lost, or be written another time.
        Raises `Busy`, `Starting`, `SchemaMismatch`, `Damaged` and the other refusals of an SQLite error.
        """
        if not self._lock.acquire(timeout=self._patience if patient else 0):
            raise Busy("another edit is being written")
        try:
            connection, database = self._current()
            connection.execute(f"pragma busy_timeout = {self._busy_ms if patient else 0}")
            with transaction(connection, durable=patient):
                check_schema(connection)
                yield database
        except (sqlite3.DatabaseError, peewee.DatabaseError) as problem:
            self._close()
            refusal = self._refusal(problem)
            if refusal is None:
                raise
            raise refusal from problem
        finally:
            self._lock.release()

    @contextmanager
    def edit(self, now: int) -> Iterator[Database]:
        """A transaction that moves the version of answers when it has changed a row. `now`: UTC epoch microseconds."""
        with self.transaction() as database:
            before = database.opened.total_changes
            yield database
            if database.opened.total_changes != before:
                next_edit(database.opened, now)

    def is_locked(self) -> bool:
        """Whether another program keeps the file from being written at this moment. Writes nothing, waits for nobody.

        False as well where that cannot be told.
        """
        if not self._lock.acquire(blocking=False):
            return False  # it is an edit of our own
        try:
            connection, _ = self._current()
            connection.execute("pragma busy_timeout = 0")
            try:
                connection.execute("begin immediate")
                connection.execute("rollback")
            except sqlite3.OperationalError as problem:
                return getattr(problem, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            finally:
                connection.execute(f"pragma busy_timeout = {self._busy_ms}")
        except (Refusal, sqlite3.DatabaseError):
            self._close()
        finally:
            self._lock.release()
        return False

    def release_replaced(self) -> None:
        """Close a connection whose file is no longer the one at the path, unless an edit is under way."""
        if self._lock.acquire(blocking=False):
            try:
                if self._identity is not None and self._identity != self._connections.identity():
                    self._close()
            finally:
                self._lock.release()

    def close(self) -> None:
        """Close the connection, once the edit under way is done."""
        with self._lock:
            self._close()

    def _current(self) -> tuple[sqlite3.Connection, Database]:
        with self._connections.lease() as lease:  # refuses a file that is none, or of another schema, unopened
            identity = lease.identity
        if self._connection is None or self._database is None or identity != self._identity:
            self._close()
            self._connection = open_writer(self._connections.path, "queryd")
            self._connection.execute(f"pragma busy_timeout = {self._busy_ms}")
            self._database, self._identity = Database(self._connection), identity
            self._database.connect()
        return self._connection, self._database

    def _refusal(self, problem: Any) -> Refusal | None:
        """What an error of SQLite means, also when peewee passes it on; None for a bug of ours."""
        cause = problem.args[0] if isinstance(problem, peewee.DatabaseError) and problem.args else problem
        if not isinstance(cause, sqlite3.DatabaseError):
            return None
        return of_sqlite(cause, self._connections.path, seconds=self._patience)

    def _close(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = self._database = self._identity = None
