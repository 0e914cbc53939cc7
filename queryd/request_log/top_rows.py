"""Single requests by their columns: the newest, or the most expensive, slowest or longest, that pass every condition.

Columns know a request by its millisecond, so what is found here leads to rows, which say the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from queryd.aggregate.row_filter import Mask, RowFilter
from queryd.aggregate.snapshot import ChunkSpan, Snapshot
from queryd.storage.chunks import Array, Block, TailRecords, occurred_ms, taken
from queryd.storage.dictionary import Codes

SORTS: Mapping[str, tuple[str, ...]] = {
    "occurred_at": (),
    "cost_nanos": ("cost_nanos",),
    "latency_ms": ("latency_ms",),
    "ttft_ms": ("ttft_ms",),
    "total_tokens": ("input_tokens", "output_tokens", "unclassified_tokens"),
    "output_tokens": ("output_tokens",),
}
"""What requests can be sorted by: the columns whose sum it is; the time itself has none."""

_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1

Ints = NDArray[np.int64]
SortKey = tuple[int, int]
"""(value, UTC epoch milliseconds): where a request stands in an order."""


@dataclass(frozen=True, slots=True)
class Matches:
    """What a search found: values of columns, numbers of requests, and milliseconds of rows that hold the text."""

    tables: tuple[tuple[str, Mask], ...]
    request_ranges: tuple[tuple[int, int], ...]  # both ends included
    moments: Ints  # ascending

    def passing(self, block: Block, rows: Codes) -> Mask:
        """Which of `rows` were found."""
        block.load([column for column, _ in self.tables] + ["request", "occurred_ms"])
        first, last = np.searchsorted(self.moments, (block.first_ms, block.last_ms + 1))
        inside = self.moments[first:last]
        found = np.isin(occurred_ms(block, rows), inside) if len(inside) else np.zeros(len(rows), np.bool_)
        for column, table in self.tables:
            found |= table.take(taken(block, column, rows))
        request = taken(block, "request", rows)
        for low, high in self.request_ranges:
            found |= (request >= low) & (request <= high)
        return found


@dataclass(frozen=True, slots=True)
class Conditions:
    """Everything a request must pass. `bounds`: smallest and largest value of a column, both included."""

    filter: RowFilter
    bounds: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    matches: Matches | None = None

    def rows(self, block: Block) -> Codes | None:
        """The positions of the rows of `block` that pass, ascending; None: all of them."""
        rows = self.filter.rows(block)
        for column, (low, high) in self.bounds.items():
            values = taken(block, column, rows)
            rows = _chosen(rows, np.flatnonzero((values >= low) & (values <= high)))
        if self.matches is not None and (rows is None or len(rows)):
            whole = np.arange(block.rows) if rows is None else rows
            rows = whole[self.matches.passing(block, whole)]
        return rows


def _chosen(rows: Codes | None, places: Codes) -> Codes:
    return places if rows is None else rows[places]


def top_rows(
    snapshot: Snapshot, conditions: Conditions, sort: str, *, descending: bool, after: SortKey | None, count: int
) -> list[SortKey]:
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
        if not span.rows or not conditions.filter.overlaps(span.first_ms, span.last_ms):
            continue
        if by_time and best.is_before(sign * (span.last_ms if descending else span.first_ms)):
            break
        block = _opened(snapshot, span)
        rows = conditions.rows(block)
        values = occurred_ms(block, rows) if by_time else _values(block, SORTS[sort], rows)
        # What cannot come in needs no time: most blocks end here.
        candidates = np.flatnonzero(best.may_take(values, after, descending=descending))
        if not len(candidates):
            continue
        values = values[candidates].astype(np.int64) * sign
        times = occurred_ms(block, _chosen(rows, candidates)) * sign
        if after is not None:
            value, moment = after[0] * sign, after[1] * sign
            beyond = (values > value) | ((values == value) & (times > moment))
            values, times = values[beyond], times[beyond]
        best.add(values, times)
    return [(value * sign, moment * sign) for value, moment in best.places()]


def newest_times(snapshot: Snapshot, conditions: Conditions, arrivals: int) -> Ints:
    """When those of the last `arrivals` requests that pass occurred, UTC epoch milliseconds, each as an entry."""
    found = [np.empty(0, np.int64)]
    left = arrivals
    in_all = None if snapshot.only_key is None else snapshot.everything()
    spans: list[ChunkSpan | TailRecords] = [*snapshot.chunks, snapshot.tail]
    for span in reversed(spans):  # chunks and tail are in order of arrival
        if left <= 0:
            break
        if not span.rows:
            continue
        shown = None if in_all is None else in_all.rows(_opened(snapshot, span))
        rows = span.rows if shown is None else len(shown)
        if rows and conditions.filter.overlaps(span.first_ms, span.last_ms):
            first = max(rows - left, 0)  # among those of the snapshot
            block = _opened(snapshot, span)
            passing = conditions.rows(block)
            whole = np.arange(block.rows) if passing is None else passing
            found.append(occurred_ms(block, whole[whole >= (first if shown is None else shown[first])]))
        left -= rows
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

    def may_take(self, values: Array, after: SortKey | None, *, descending: bool) -> Mask:
        """Which values, not negated, are not worse than the worst one, and not before `after`."""
        if descending:
            mask: Mask = values >= (-int(self._values[-1]) if len(self._values) == self._count else _INT64_MIN)
            return mask if after is None else mask & (values <= after[0])
        mask = values <= (int(self._values[-1]) if len(self._values) == self._count else _INT64_MAX)
        return mask if after is None else mask & (values >= after[0])

    def add(self, values: Ints, times: Ints) -> None:
        if len(values) > self._count:
            values, times = _smallest(values, times, self._count)
        values, times = np.concatenate([self._values, values]), np.concatenate([self._times, times])
        order = np.lexsort((times, values))[: self._count]
        self._values, self._times = values[order], times[order]

    def places(self) -> list[SortKey]:
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


def _values(block: Block, columns: tuple[str, ...], rows: Codes | None) -> Array:
    block.load(columns)
    total = taken(block, columns[0], rows)
    for column in columns[1:]:
        values = block.column(column)
        if not isinstance(values, int) or values:
            total = np.add(total, taken(block, column, rows), dtype=np.int64)
    return total
