"""Single requests by their columns: the newest, or the most expensive, slowest or longest, that pass every condition.

Columns know a request by its millisecond, so what is found here leads to rows, which say the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from queryd.blocks import Array, Block, TailRecords
from queryd.matching import Mask, Matching
from queryd.names import Codes
from queryd.scan import ChunkSpan, Snapshot

SORTS: Mapping[str, tuple[str, ...]] = {
    "occurred_at": (),
    "cost_nanos": ("cost_nanos",),
    "latency_ms": ("latency_ms",),
    "ttft_ms": ("ttft_ms",),
    "total_tokens": ("input_tokens", "output_tokens", "unclassified_tokens"),
    "output_tokens": ("output_tokens",),
}
"""What requests can be sorted by: the columns whose sum it is; the time itself has none."""

Ints = NDArray[np.int64]
Place = tuple[int, int]
"""(value, UTC epoch milliseconds): where a request stands in an order."""


@dataclass(frozen=True, slots=True)
class Hits:
    """What a search found: values of columns, numbers of requests, and milliseconds of rows that hold the text."""

    tables: tuple[tuple[str, Mask], ...]
    request_ranges: tuple[tuple[int, int], ...]  # both ends included
    moments: Ints  # ascending

    def passing(self, block: Block, rows: Codes) -> Mask:
        """Which of `rows` were found."""
        block.load([column for column, _ in self.tables] + ["request", "occurred_ms"])
        first, last = np.searchsorted(self.moments, (block.first_ms, block.last_ms + 1))
        inside = self.moments[first:last]
        found = np.isin(moments(block, rows), inside) if len(inside) else np.zeros(len(rows), np.bool_)
        for column, table in self.tables:
            found |= table.take(taken(block, column, rows))
        request = taken(block, "request", rows)
        for low, high in self.request_ranges:
            found |= (request >= low) & (request <= high)
        return found


@dataclass(frozen=True, slots=True)
class Conditions:
    """Everything a request must pass. `bounds`: smallest and largest value of a column, both included."""

    matching: Matching
    bounds: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    hits: Hits | None = None

    def rows(self, block: Block) -> Codes:
        """The positions of the rows of `block` that pass."""
        matched = self.matching.rows(block)
        rows = np.arange(block.rows) if matched is None else matched
        for column, (low, high) in self.bounds.items():
            if not len(rows):
                break
            values = taken(block, column, rows)
            rows = rows[(values >= low) & (values <= high)]
        if self.hits is not None and len(rows):
            rows = rows[self.hits.passing(block, rows)]
        return rows


def taken(block: Block, column: str, rows: Codes) -> Array:
    """The values of a column at `rows`."""
    values = block.column(column)
    return np.full(len(rows), values, np.int64) if isinstance(values, int) else values.take(rows)


def moments(block: Block, rows: Codes) -> Ints:
    """When `rows` occurred, UTC epoch milliseconds."""
    times, base = block.times()
    if isinstance(times, int):
        return np.full(len(rows), times + base, np.int64)
    return times.take(rows).astype(np.int64) + base


def leading(
    snapshot: Snapshot, conditions: Conditions, sort: str, *, descending: bool, after: Place | None, count: int
) -> list[Place]:
    """The first `count` places beyond `after` in the order of (value, time), in that order.

    Requests of one place are as many entries. Reads no block that can hold none of them. Raises `QueryTimeout`.
    """
    sign = -1 if descending else 1  # in the negated order the smallest come first
    by_time = sort == "occurred_at"
    best = _Best(count)
    spans: list[ChunkSpan | TailRecords] = [*snapshot.chunks, snapshot.tail]
    if by_time:
        spans.sort(key=lambda span: -span.last_ms if descending else span.first_ms)
    for span in spans:
        if not span.rows or not conditions.matching.overlaps(span.first_ms, span.last_ms):
            continue
        if by_time and best.is_before(sign * (span.last_ms if descending else span.first_ms)):
            break
        block = _opened(snapshot, span)
        rows = conditions.rows(block)
        if not len(rows):
            continue
        times = moments(block, rows) * sign
        values = times if by_time else _values(block, SORTS[sort], rows) * sign
        if after is not None:
            value, moment = after[0] * sign, after[1] * sign
            beyond = (values > value) | ((values == value) & (times > moment))
            values, times = values[beyond], times[beyond]
        best.add(values, times)
    return [(value * sign, moment * sign) for value, moment in best.places()]


def newest(snapshot: Snapshot, conditions: Conditions, arrivals: int) -> Ints:
    """When those of the last `arrivals` requests that pass occurred, UTC epoch milliseconds, each as an entry."""
    found = [np.empty(0, np.int64)]
    left = arrivals
    spans: list[ChunkSpan | TailRecords] = [*snapshot.chunks, snapshot.tail]
    for span in reversed(spans):  # chunks and tail are in order of arrival
        if left <= 0:
            break
        if span.rows and conditions.matching.overlaps(span.first_ms, span.last_ms):
            block = _opened(snapshot, span)
            rows = conditions.rows(block)
            found.append(moments(block, rows[rows >= span.rows - left]))
        left -= span.rows
    return np.concatenate(found)


def held(snapshot: Snapshot) -> int:
    """How many requests the columns of the file hold, in all."""
    return sum(chunk.rows for chunk in snapshot.chunks) + snapshot.tail.rows


def _opened(snapshot: Snapshot, span: ChunkSpan | TailRecords) -> Block:
    if isinstance(span, TailRecords):
        return span
    snapshot.check_time()
    return snapshot.open(span)


class _Best:
    """The `count` smallest (value, time) pairs seen."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._values: Ints = np.empty(0, np.int64)
        self._times: Ints = np.empty(0, np.int64)

    def is_before(self, bound: int) -> bool:
        """Whether it is full, and with values below everything from `bound` on."""
        return len(self._values) == self._count and int(self._values[-1]) < bound

    def add(self, values: Ints, times: Ints) -> None:
        if len(self._values) == self._count:
            worthy = values <= self._values[-1]
            values, times = values[worthy], times[worthy]
        if len(values) > self._count:
            values, times = _smallest(values, times, self._count)
        values, times = np.concatenate([self._values, values]), np.concatenate([self._times, times])
        order = np.lexsort((times, values))[: self._count]
        self._values, self._times = values[order], times[order]

    def places(self) -> list[Place]:
        return list(zip(self._values.tolist(), self._times.tolist(), strict=True))


def _smallest(values: Ints, times: Ints, count: int) -> tuple[Ints, Ints]:
    """`count` pairs that come first, in any order, without sorting them all."""
    edge = np.partition(values, count - 1)[count - 1]
    below, at = np.flatnonzero(values < edge), np.flatnonzero(values == edge)
    room = count - len(below)
    if len(at) > room:
        at = at[np.argpartition(times[at], room - 1)[:room]]
    chosen = np.concatenate([below, at])
    return values[chosen], times[chosen]


def _values(block: Block, columns: tuple[str, ...], rows: Codes) -> Ints:
    block.load(columns)
    total = taken(block, columns[0], rows).astype(np.int64)
    for column in columns[1:]:
        total += taken(block, column, rows)
    return total
