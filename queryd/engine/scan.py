"""The engine: any figures, by any axes, of any selection, from chunks and tail, within one snapshot."""

import sqlite3
import threading
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from time import monotonic

from queryd.asking.parameters import Filter
from queryd.asking.periods import Span
from queryd.columns.axes import Axis
from queryd.columns.blocks import Block, Chunk, Tail, TailRecords
from queryd.columns.matching import Matching, matching
from queryd.columns.names import Directory, Labels, Names
from queryd.columns.view import View
from queryd.engine.grains import ChunkKey
from queryd.engine.observing import Observing
from queryd.engine.partials import Partials
from queryd.engine.ranks import Fold, Ranked
from queryd.engine.table import SettledSums, Table, add_up, cells_of, merged
from queryd.engine.tally import NO_ROWS, Measures, Sums, tally
from queryd.errors import QueryTimeout
from shared.clock import MILLISECOND
from shared.columns import CHUNK_ROWS_MAX

SCANS = 1
"""Answers that go through blocks at once. Two would mostly wait for the interpreter, and take twice the memory."""

SETTLED_ROWS = CHUNK_ROWS_MAX
"""A chunk of so many rows is never merged again, so what is known of it stays of use."""


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
    settled_rows: int
    slots: threading.BoundedSemaphore
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
        """The blocks that can hold chosen requests, newest arrivals first. Raises `QueryTimeout`."""
        return (part.block() for part in reversed(self._parts(chosen)))

    def open(self, chunk: ChunkSpan) -> Chunk:
        return Chunk(chunk.id, chunk.first_ms, chunk.last_ms, chunk.rows, self.connection)

    def check_time(self) -> None:
        """Raise `QueryTimeout` when the answer has taken too long: SQLite's own limit sees only its own steps."""
        if monotonic() > self.deadline:
            raise QueryTimeout(self.limit)

    def aggregate(self, chosen: Matching, axes: Sequence[Axis], measures: Measures) -> Table:
        """Exact sums and percentiles of the chosen requests, by cell of `axes`."""
        with self._slot():
            table = self._add_up(chosen, axes, measures.sums)
        if not measures.observations:
            return table
        (ranked,) = self.rank(chosen, axes, table, (table.itself(measures.observations),))
        return replace(table, ranked=ranked)

    def rank(
        self, chosen: Matching, axes: Sequence[Axis], table: Table, folds: Sequence[Fold]
    ) -> list[dict[str, Ranked]]:
        """Exact percentiles of groups of cells, by name, for each fold of a table of the same question."""
        with self._slot():
            return Observing(_signature(chosen, axes), axes, table, self._parts(chosen), self._partials, folds).ranked()

    @contextmanager
    def _slot(self) -> Iterator[None]:
        """A place among those that may go through blocks at once. Raises `QueryTimeout`."""
        if not self.slots.acquire(timeout=max(self.deadline - monotonic(), 0)):
            raise QueryTimeout(self.limit)
        try:
            yield
        finally:
            self.slots.release()

    def _add_up(self, chosen: Matching, axes: Sequence[Axis], wanted: frozenset[str]) -> Table:
        names = tuple(sorted(wanted))
        signature = _signature(chosen, axes)
        parts = self._parts(chosen)
        found = [self._settled_sums([part for part in parts if part.is_settled], signature, axes, names)]
        for part in parts:
            if part.is_settled:
                continue
            key = (part.key, signature, names)
            sums = None if part.key is None else self._partials.get(key, Sums)
            if sums is None:
                sums = part.tally(axes, names)
                if part.key is not None:
                    self._partials.put(key, sums)
            found.append(sums)
        found = [sums for sums in found if sums is not NO_ROWS]
        codes, size, places = cells_of([sums.axes for sums in found], len(axes))
        return Table(codes, size, add_up(found, places, size, names), {})

    def _settled_sums(
        self, parts: Sequence["_Part"], signature: Hashable, axes: Sequence[Axis], names: tuple[str, ...]
    ) -> Sums:
        """What settled chunks add up to: those remembered together, and those that are new."""
        if not parts:
            return NO_ROWS
        key = ("settled", signature, names, parts[0].key)
        chunks = frozenset(part.key for part in parts)
        known = self._partials.get(key, SettledSums)
        if known is None or not known.chunks <= chunks:
            known = SettledSums(frozenset(), NO_ROWS)
        if known.chunks != chunks:
            new = [part.tally(axes, names) for part in parts if part.key not in known.chunks]
            known = SettledSums(chunks, merged([known.sums, *new], names))
            self._partials.put(key, known)
        return known.sums

    def _parts(self, chosen: Matching) -> list["_Part"]:
        """The blocks that can hold chosen requests, in order of arrival."""
        if chosen.impossible:
            return []
        parts = [
            _Part(self, chosen, chunk, (chunk.id, chosen.cut(chunk.first_ms, chunk.last_ms)))
            for chunk in self.chunks
            if chosen.overlaps(chunk.first_ms, chunk.last_ms)
        ]
        if self.tail.rows and chosen.overlaps(self.tail.first_ms, self.tail.last_ms):
            parts.append(_Part(self, chosen, self.tail, None))
        return parts


def _signature(chosen: Matching, axes: Sequence[Axis]) -> Hashable:
    return (chosen.signature, tuple(axis.signature for axis in axes))


@dataclass(frozen=True, slots=True)
class _Part:
    """A block that can hold chosen requests; `key`: None for the tail."""

    snapshot: Snapshot
    chosen: Matching
    span: ChunkSpan | TailRecords
    key: ChunkKey | None

    @property
    def is_settled(self) -> bool:
        """Whether it lies wholly within the range, and will never be merged with another."""
        return self.key is not None and self.key[1] is None and self.span.rows >= self.snapshot.settled_rows

    @property
    def rows(self) -> int:
        return self.span.rows

    def block(self) -> Block:
        """Its rows. Raises `QueryTimeout`."""
        self.snapshot.check_time()
        return self.span if isinstance(self.span, TailRecords) else self.snapshot.open(self.span)

    def view(self) -> View | None:
        """Its chosen rows; None when there are none. Raises `QueryTimeout`."""
        block = self.block()
        view = View(block, self.chosen.mask(block))
        return view if view.count else None

    def tally(self, axes: Sequence[Axis], names: Sequence[str]) -> Sums:
        """What its chosen rows add up to. Raises `QueryTimeout`."""
        view = self.view()
        return NO_ROWS if view is None else tally(view, axes, names)


@dataclass(slots=True)
class FileMemory:
    """What is remembered of one file between answers. Ids of another file would mean other things."""

    directory: Directory = field(default_factory=Directory)
    tail: Tail = field(default_factory=Tail)
    partials: Partials = field(default_factory=Partials)


class Reader:
    """Makes snapshots, and remembers what does not change between them. Safe to use from several threads."""

    def __init__(self, settled_rows: int = SETTLED_ROWS) -> None:
        self._settled_rows = settled_rows
        self._slots = threading.BoundedSemaphore(SCANS)
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
            self._settled_rows,
            self._slots,
            memory.partials,
        )
