"""Read-only connections to the file: a bounded pool that notices when the file appears, moves or is replaced.

ingestd may create, migrate, restore or remove the file at any time, so each lease looks whether the path still
names the file that a connection has open, and each snapshot whether its schema is the one this program reads.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from queryd.errors import Busy, SchemaMismatch, Starting, of_sqlite
from shared.database import open_reader, snapshot, time_limit
from shared.migrations import SCHEMA_VERSION, version

Identity = tuple[int, int]
"""Device and inode."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A connection inside one read transaction. `identity` tells files apart that had the same path."""

    connection: sqlite3.Connection
    identity: Identity


class Connections:
    """At most `size` connections; a question waits `patience` seconds for one, and has `limit` seconds for itself."""

    def __init__(self, path: Path, *, size: int = 4, patience: float = 2.0, limit: float = 10.0) -> None:
        self.path, self.limit = path, limit
        self._patience = patience
        self._slots = threading.BoundedSemaphore(size)
        self._idle: list[Lease] = []
        self._leased: set[sqlite3.Connection] = set()
        self._lock = threading.Lock()

    @contextmanager
    def lease(self) -> Iterator[Lease]:
        """One read transaction over a file of the right schema.

        Raises `Starting`, `SchemaMismatch`, `QueryTimeout`, `Damaged` or `Busy`.
        """
        if not self._slots.acquire(timeout=self._patience):
            raise Busy
        try:
            lease = self._take()
            broken = False
            try:
                with time_limit(lease.connection, self.limit), snapshot(lease.connection):
                    check_schema(lease.connection)
                    yield lease
            except sqlite3.Error:
                broken = True
                raise
            finally:
                self._give_back(lease, broken=broken)
        except sqlite3.DatabaseError as problem:
            refusal = of_sqlite(problem, seconds=self.limit)
            if refusal is None:
                raise
            raise refusal from problem
        finally:
            self._slots.release()

    def interrupt(self) -> None:
        """End the questions under way, so that the process can: safe to call from a signal handler."""
        for connection in list(self._leased):
            connection.interrupt()

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            for lease in self._idle:
                lease.connection.close()
            self._idle.clear()

    def _give_back(self, lease: Lease, *, broken: bool) -> None:
        with self._lock:
            self._leased.discard(lease.connection)
            if not broken:
                self._idle.append(lease)
        if broken:
            lease.connection.close()

    def _take(self) -> Lease:
        identity = self._identity()
        with self._lock:
            stale = [lease for lease in self._idle if lease.identity != identity]
            self._idle = [lease for lease in self._idle if lease.identity == identity]
            kept = self._idle.pop() if self._idle else None
        for lease in stale:
            lease.connection.close()
        lease = kept or Lease(open_reader(self.path), identity)
        with self._lock:
            self._leased.add(lease.connection)
        return lease

    def _identity(self) -> Identity:
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            raise Starting from None
        return (stat.st_dev, stat.st_ino)


def check_schema(connection: sqlite3.Connection) -> None:
    """Refuse a file that is empty or of another version of the schema."""
    have = version(connection)
    if have == 0:
        raise Starting("ingestd is creating the database")
    if have != SCHEMA_VERSION:
        raise SchemaMismatch(have, SCHEMA_VERSION)
