"""The engine: any figures, by any axes, of any selection, from chunks and tail, within one snapshot."""

import hashlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

from queryd.aggregate.cache import ByteLruCache
from queryd.aggregate.costs import ChargeCache, ChargeTable
from queryd.aggregate.grid import Grid
from queryd.aggregate.grouping import Axis
from queryd.aggregate.part import ChunkKey
from queryd.aggregate.row_filter import RowFilter, compile_filters
from queryd.aggregate.row_selection import RowSelection
from queryd.aggregate.scan import Asked, Question, scan
from queryd.aggregate.sums import Measures
from queryd.dimensions import HIDDEN
from queryd.errors import QueryTimeout
from queryd.params.parameters import Filter
from queryd.params.ranges import Span
from queryd.storage.chunks import Block, Chunk, Tail, TailRecords
from queryd.storage.dictionary import Dictionary, DictionaryCache
from queryd.storage.labels import Labels
from queryd.version import read as read_version
from shared.clock import MILLISECOND
from shared.columns import CHUNK_ROWS_MAX
from shared.version import Version

SCANS = 1
"""Answers that go through blocks at once. Two would mostly wait for the interpreter, and take twice the cache."""

MANY_CELLS = 20_000
"""An answer from more cells leaves holes in the heap: of 100,000 accounts 50 MiB, until they are given back."""

LIGHT_ROWS = 3 * CHUNK_ROWS_MAX
"""What goes through no more rows takes some ten milliseconds, and waits for no other scan."""

FULL_CHUNK_ROWS = CHUNK_ROWS_MAX
"""A chunk of so many rows is never merged again, so what is known of it stays of use."""


@dataclass(frozen=True, slots=True)
class ChunkSpan:
    """A chunk as the dictionary lists it."""

    id: int
    first_ms: int
    last_ms: int
    rows: int
    revision: int

    @property
    def key(self) -> int:
        """What is remembered of it is remembered of this revision."""
        return self.id | self.revision << 40


@dataclass(slots=True)
class Snapshot:
    """Everything one answer is made from: one read transaction, so one revision.

    `only_key`: the row of the one client key whose requests there are in it, for whoever holds that key; None: all.
    """

    connection: sqlite3.Connection
    version: Version
    names: Dictionary
    labels: Labels
    chunks: list[ChunkSpan]
    tail: TailRecords
    deadline: float  # by time.monotonic
    limit: float  # seconds, for the message
    full_chunk_rows: int
    slots: threading.BoundedSemaphore
    charges: ChargeTable
    _cache: ByteLruCache
    only_key: int | None
    is_large: bool = False  # an answer from it took much memory

    @property
    def revision(self) -> str:
        """The version as answers show it; whoever sees one key cannot count what others do by it."""
        text = str(self.version)
        return text if self.only_key is None else hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    @property
    def hidden(self) -> frozenset[str]:
        """Dimensions that answers say nothing of."""
        return frozenset() if self.only_key is None else HIDDEN

    def shows(self, api_key_id: int) -> bool:
        """Whether requests of this key are in it: for rows that were found by their time, and not by `select`."""
        return self.only_key is None or api_key_id == self.only_key

    def rows(self) -> int:
        """How many requests there are in it."""
        if self.only_key is None:
            return sum(chunk.rows for chunk in self.chunks) + self.tail.rows
        return int(self.aggregate(self.everything(), (), Measures(frozenset())).sums["requests"].sum())

    def everything(self) -> RowFilter:
        """All requests in it, of all time."""
        first, last = self.bounds()
        return self.select((), Span(0, 0) if first is None or last is None else Span(first, last + MILLISECOND))

    def bounds(self) -> tuple[int, int] | tuple[None, None]:
        """The earliest and latest event in the file, UTC epoch microseconds in whole milliseconds."""
        spans = [(chunk.first_ms, chunk.last_ms) for chunk in self.chunks]
        if self.tail.rows:
            spans.append((self.tail.first_ms, self.tail.last_ms))
        if not spans:
            return None, None
        first, last = min(span[0] for span in spans), max(span[1] for span in spans)
        return first * MILLISECOND, last * MILLISECOND

    def select(self, filters: Sequence[Filter], span: Span) -> RowFilter:
        """The requests of `span` that pass `filters`, and are in the snapshot: every figure comes through here."""
        if self.only_key is not None:
            filters = (*filters, Filter("api_key", (str(self.only_key),)))
        return compile_filters(filters, self.names, span.start // MILLISECOND, span.end // MILLISECOND)

    def blocks(self, chosen: RowFilter) -> Iterator[Block]:
        """The blocks that can hold chosen requests, newest arrivals first. Raises `QueryTimeout`."""
        return (part.block() for part in reversed(self._parts(chosen)))

    def rows_in(self, chosen: RowFilter) -> int:
        """How many rows the blocks have that can hold chosen requests."""
        return sum(part.rows for part in self._parts(chosen))

    def open(self, chunk: ChunkSpan) -> Chunk:
        return Chunk(chunk.id, chunk.first_ms, chunk.last_ms, chunk.rows, self.connection)

    def check_time(self) -> None:
        """Raise `QueryTimeout` when the answer has taken too long: SQLite's own limit sees only its own steps."""
        if monotonic() > self.deadline:
            raise QueryTimeout(self.limit)

    def aggregate(self, chosen: RowFilter, axes: Sequence[Axis], measures: Measures) -> Grid:
        """Exact sums and percentiles of the chosen requests, by cell of `axes`. Raises `QueryTimeout`."""
        with self.scan(chosen, Question(axes, measures)) as (asked,):
            return asked.per_cell()

    @contextmanager
    def scan(self, chosen: RowFilter, *questions: Question) -> Iterator[list[Asked]]:
        """Questions about the chosen requests, answered in one pass; percentiles of groups may be asked for inside.

        Raises `QueryTimeout`.
        """
        with self.scanning(chosen):
            asked = scan(questions, self._parts(chosen), chosen.signature, self._cache)
            self.is_large |= any(each.grid.size > MANY_CELLS for each in asked)
            yield asked

    @contextmanager
    def scanning(self, chosen: RowFilter) -> Iterator[None]:
        """A place among those that may go through many blocks at once; one for each question. Raises `QueryTimeout`."""
        if self.rows_in(chosen) <= LIGHT_ROWS:
            yield
            return
        if not self.slots.acquire(timeout=max(self.deadline - monotonic(), 0)):
            raise QueryTimeout(self.limit)
        try:
            yield
        finally:
            self.slots.release()

    def _parts(self, chosen: RowFilter) -> list["_Part"]:
        """The blocks that can hold chosen requests, in order of arrival."""
        if chosen.impossible:
            return []
        parts = [
            _Part(self, chosen, chunk, (chunk.key, chosen.cut(chunk.first_ms, chunk.last_ms)))
            for chunk in self.chunks
            if chosen.overlaps(chunk.first_ms, chunk.last_ms)
        ]
        if self.tail.rows and chosen.overlaps(self.tail.first_ms, self.tail.last_ms):
            parts.append(_Part(self, chosen, self.tail, None))
        return parts


@dataclass(frozen=True, slots=True)
class _Part:
    """A block that can hold chosen requests; `key`: None for the tail."""

    snapshot: Snapshot
    chosen: RowFilter
    span: ChunkSpan | TailRecords
    key: ChunkKey | None

    @property
    def is_full(self) -> bool:
        """Whether it lies wholly within the range, and will never be merged with another."""
        return self.key is not None and self.key[1] is None and self.span.rows >= self.snapshot.full_chunk_rows

    @property
    def is_sealed(self) -> bool:
        return self.key is not None and (self.key[1] is None or self.chosen.is_steady)

    @property
    def rows(self) -> int:
        return self.span.rows

    def block(self) -> Block:
        """Its rows. Raises `QueryTimeout`."""
        self.snapshot.check_time()
        return self.span if isinstance(self.span, TailRecords) else self.snapshot.open(self.span)

    def selected(self) -> RowSelection | None:
        """Its chosen rows; None when there are none. Raises `QueryTimeout`."""
        block = self.block()
        selected = RowSelection(block, self.chosen.mask(block), self.snapshot.charges)
        return selected if selected.count else None


@dataclass(slots=True)
class ReaderCache:
    """What is remembered of one file between answers. Ids of another file would mean other things."""

    dictionary: DictionaryCache = field(default_factory=DictionaryCache)
    tail: Tail = field(default_factory=Tail)
    charges: ChargeCache = field(default_factory=ChargeCache)
    cache: ByteLruCache = field(default_factory=ByteLruCache)


class Reader:
    """Makes snapshots, and remembers what does not change between them. Safe to use from several threads."""

    def __init__(self, full_chunk_rows: int = FULL_CHUNK_ROWS) -> None:
        self._settled_rows = full_chunk_rows
        self._slots = threading.BoundedSemaphore(SCANS)
        self._caches: dict[int, ReaderCache] = {}
        self._newest: Sequence[ChunkSpan | TailRecords] = ()

    def is_heavy(self, start_us: int | None, end_us: int) -> bool:
        """Whether a question about this time goes through many rows, as far as the last snapshot tells.

        UTC epoch microseconds; None: from the beginning.
        """
        first, last = (start_us or 0) // MILLISECOND, end_us // MILLISECOND
        rows = sum(span.rows for span in self._newest if span.first_ms < last and span.last_ms >= first)
        return rows > LIGHT_ROWS

    def snapshot(self, connection: sqlite3.Connection, limit: float = 10.0, only_key: int | None = None) -> Snapshot:
        """What a connection sees inside its read transaction.

        `limit`: seconds an answer may take. `only_key`: the one client key whose requests it holds.
        """
        version = read_version(connection)
        cache = self._caches.get(version.epoch)
        if cache is None:
            cache = ReaderCache()
            self._caches = {version.epoch: cache}
        names = cache.dictionary.look(connection)
        listed = connection.execute("select id, first_ms, last_ms, rows, revision from chunk order by id")
        chunks, tail = [ChunkSpan(*row) for row in listed], cache.tail.look(connection)
        self._newest = (*chunks, tail)
        return Snapshot(
            connection,
            version,
            names,
            Labels(connection, names, only_key),
            chunks,
            tail,
            monotonic() + limit,
            limit,
            self._settled_rows,
            self._slots,
            cache.charges.look(connection),
            cache.cache,
            only_key,
        )
