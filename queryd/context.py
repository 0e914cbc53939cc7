"""The query context: a connection, a snapshot, the zone and the present."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from queryd import malloc
from queryd.aggregate.snapshot import Reader, Snapshot
from queryd.connections import Connections
from shared.clock import Clock


@dataclass(frozen=True, slots=True)
class QueryContext:
    """What every resource that reads the file needs. `only_key`: the client key that whoever asks is locked to."""

    connections: Connections
    reader: Reader
    zone: ZoneInfo
    clock: Clock
    only_key: int | None = None

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """One state of the file. Raises `Starting`, `SchemaMismatch`, `QueryTimeout` or `Busy`."""
        with self.connections.lease() as lease:
            snapshot = self.reader.snapshot(lease.connection, self.connections.limit, self.only_key)
            yield snapshot
        if snapshot.is_large:
            malloc.trim()
