"""The engine: any figures, by any axes, of any selection, from chunks and tail, within one snapshot."""

import sqlite3
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic

from queryd.axes import Axis
from queryd.blocks import Block, Chunk, Tail, TailRecords
from queryd.errors import QueryTimeout
from queryd.matching import Matching, matching
from queryd.names import Directory, Labels, Names
from queryd.parameters import Filter
from queryd.partials import SHARE, Partials
from queryd.periods import Span
from queryd.table import Table, merge
from queryd.tally import Measures, Partial, tally
from shared.clock import MILLISECOND

_OBSERVED_BYTES = 4


@dataclass(frozen=True, slots=True)
class ChunkSpan:
    """A chunk as the directory lists it."""

    id: int
    first_ms: int
    last_ms: int
    rows: int


@dataclass(slots=True)
class Snapshot:
    """Everything one answer is made from: one read transaction, so one revision."""

    connection: sqlite3.Connection
    revision: int
    names: Names
    labels: Labels
    chunks: list[ChunkSpan]
    tail: TailRecords
    deadline: float  # by time.monotonic
    limit: float  # seconds, for the message
    _partials: Partials

    def rows(self) -> int:
        """How many requests there are in the file."""
        return sum(chunk.rows for chunk in self.chunks) + self.tail.rows

    def bounds(self) -> tuple[int, int] | tuple[None, None]:
        """The earliest and latest event in the file, UTC epoch microseconds in whole milliseconds."""
        spans = [(chunk.first_ms, chunk.last_ms) for chunk in self.chunks]
        if self.tail.rows:
            spans.append((self.tail.first_ms, self.tail.last_ms))
        if not spans:
            return None, None
        first, last = min(span[0] for span in spans), max(span[1] for span in spans)
        return first * MILLISECOND, last * MILLISECOND

    def matching(self, filters: Sequence[Filter], span: Span) -> Matching:
        """The requests of `span` that pass `filters`."""
        return matching(filters, self.names, span.start // MILLISECOND, span.end // MILLISECOND)

    def blocks(self, chosen: Matching) -> Iterator[Block]:
        """The blocks that can hold requests of `chosen`, newest arrivals first. Raises `QueryTimeout`."""
        if chosen.impossible:
            return
        if self.tail.rows and chosen.overlaps(self.tail.first_ms, self.tail.last_ms):
            yield self.tail
        for chunk in reversed(self.chunks):
            if chosen.overlaps(chunk.first_ms, chunk.last_ms):
                self.check_time()
                yield self.open(chunk)

    def open(self, chunk: ChunkSpan) -> Chunk:
        return Chunk(chunk.id, chunk.first_ms, chunk.last_ms, chunk.rows, self.connection)

    def check_time(self) -> None:
        """Raise `QueryTimeout` when the answer has taken too long: SQLite's own limit sees only its own steps."""
        if monotonic() > self.deadline:
            raise QueryTimeout(self.limit)

    def aggregate(self, chosen: Matching, axes: Sequence[Axis], measures: Measures) -> Table:
        """Exact sums and observations of the chosen requests, by cell of `axes`."""
        question = (chosen.signature, tuple(axis.signature for axis in axes), measures)
        overlapping = [chunk for chunk in self.chunks if chosen.overlaps(chunk.first_ms, chunk.last_ms)]
        rows = sum(chunk.rows for chunk in overlapping)
        keep = rows * len(measures.observations) * _OBSERVED_BYTES * SHARE <= self._partials.capacity
        found: list[Partial | None] = []
        if not chosen.impossible:
            kept = question if keep else None
            found += [self._of_chunk(chunk, chosen, axes, measures, kept) for chunk in overlapping]
            if self.tail.rows and chosen.overlaps(self.tail.first_ms, self.tail.last_ms):
                found.append(tally(self.tail, chosen.rows(self.tail), axes, measures))
        partials = [each for each in found if each is not None]
        return merge(partials, len(axes), sorted(measures.sums), sorted(measures.observations))

    def _of_chunk(
        self, chunk: ChunkSpan, chosen: Matching, axes: Sequence[Axis], measures: Measures, question: Hashable | None
    ) -> Partial | None:
        inside = chosen.covers(chunk.first_ms, chunk.last_ms)
        cut = None if inside else (max(chosen.start_ms, chunk.first_ms), min(chosen.end_ms, chunk.last_ms + 1))
        key = (chunk.id, question, cut)
        if question is not None:
            known, partial = self._partials.get(key)
            if known:
                return partial
        self.check_time()
        block = self.open(chunk)
        partial = tally(block, chosen.rows(block), axes, measures)
        if question is not None:
            self._partials.put(key, partial)
        return partial


@dataclass(slots=True)
class FileMemory:
    """What is remembered of one file between answers. Ids of another file would mean other things."""

    directory: Directory = field(default_factory=Directory)
    tail: Tail = field(default_factory=Tail)
    partials: Partials = field(default_factory=Partials)


class Reader:
    """Makes snapshots, and remembers what does not change between them. Safe to use from several threads."""

    def __init__(self) -> None:
        self._memories: dict[Hashable, FileMemory] = {}

    def snapshot(self, connection: sqlite3.Connection, identity: Hashable, limit: float = 10.0) -> Snapshot:
        """What a connection sees inside its read transaction; `identity` tells files apart.

        `limit`: seconds an answer may take.
        """
        memory = self._memories.get(identity)
        if memory is None:
            memory = FileMemory()
            self._memories = {identity: memory}
        revision = connection.execute("select number from meta where key = 'revision'").fetchone()
        names = memory.directory.look(connection)
        return Snapshot(
            connection,
            int(revision[0]) if revision else 0,
            names,
            Labels(connection, names),
            [
                ChunkSpan(*row)
                for row in connection.execute("select id, first_ms, last_ms, rows from chunk order by id")
            ],
            memory.tail.look(connection),
            monotonic() + limit,
            limit,
            memory.partials,
        )
