"""Where questions are answered: a connection, a snapshot, the zone and the present."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from queryd.connections import Connections
from queryd.engine.scan import Reader, Snapshot
from shared.clock import Clock


@dataclass(frozen=True, slots=True)
class Desk:
    """What every resource that reads the file needs."""

    connections: Connections
    reader: Reader
    zone: ZoneInfo
    clock: Clock

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """One state of the file. Raises `Starting`, `SchemaMismatch`, `QueryTimeout` or `Busy`."""
        with self.connections.lease() as lease:
            yield self.reader.snapshot(lease.connection, lease.identity, self.connections.limit)
