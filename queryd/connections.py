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

from queryd.errors import Busy, Refusal, SchemaMismatch, Starting
from queryd.file_refusals import of_sqlite, of_system
from queryd.file_troubles import FileTroubles
from shared.database import open_reader, snapshot, time_limit
from shared.migrations import SCHEMA_VERSION, upgrading_to, version

Identity = tuple[int, int, int, int]
"""Device, inode, size and time of change: a file that was copied over in place keeps the first two.

A checkpoint changes the others, too, every 16 MiB: a connection more is opened then than need be.
"""


@dataclass(frozen=True, slots=True)
class Lease:
    """A connection inside one read transaction. `identity`: of the file that it has open."""

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
        self._troubles = FileTroubles()

    @contextmanager
    def lease(self) -> Iterator[Lease]:
        """One read transaction over a file of the right schema.

        Raises `Busy`, `Starting`, `SchemaMismatch`, `QueryTimeout` and what file_refusals makes of other errors.
        """
        with self._troubles.told(), self._lease() as lease:
            yield lease

    @contextmanager
    def _lease(self) -> Iterator[Lease]:
        if not self._slots.acquire(timeout=self._patience):
            raise Busy
        try:
            lease = self._take()
            broken = False
            try:
                with time_limit(lease.connection, self.limit), snapshot(lease.connection):
                    check_schema(lease.connection)
                    self._troubles.readable()
                    yield lease
            except sqlite3.Error:
                broken = True
                raise
            finally:
                self._give_back(lease, broken=broken)
        except sqlite3.DatabaseError as problem:
            refusal = of_sqlite(problem, self.path, seconds=self.limit)
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

    def release_replaced(self) -> None:
        """Close what is idle and has a file open that is no longer the one at the path."""
        identity = self.identity()
        with self._lock:
            replaced = [lease for lease in self._idle if lease.identity != identity]
            self._idle = [lease for lease in self._idle if lease.identity == identity]
        for lease in replaced:
            lease.connection.close()

    def _give_back(self, lease: Lease, *, broken: bool) -> None:
        with self._lock:
            self._leased.discard(lease.connection)
            if not broken:
                self._idle.append(lease)
        if broken:
            lease.connection.close()

    def _take(self) -> Lease:
        identity = self._identity()
        self.release_replaced()
        with self._lock:
            kept = self._idle.pop() if self._idle and self._idle[-1].identity == identity else None
        lease = kept or Lease(open_reader(self.path), identity)
        with self._lock:
            self._leased.add(lease.connection)
        return lease

    def identity(self) -> Identity | None:
        """Of the file at the path; None where there is none."""
        try:
            return self._identity()
        except Refusal:
            return None

    def _identity(self) -> Identity:
        try:
            stat = self.path.stat()
        except OSError as problem:
            raise of_system(problem, self.path) from problem
        return (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)


def check_schema(connection: sqlite3.Connection) -> None:
    """Refuse a file that is empty or of another version of the schema."""
    have = version(connection)
    if have == 0:
        raise Starting("ingestd is creating the database")
    if have != SCHEMA_VERSION:
        raise SchemaMismatch(
            have, SCHEMA_VERSION, upgrading=have < SCHEMA_VERSION and upgrading_to(connection) is not None
        )
