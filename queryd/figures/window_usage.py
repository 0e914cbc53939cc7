"""What went through each account within each of its windows: exact sums, of all windows in one scan.

A percentage and the usage that it is compared with are of the same moment: a window's usage ends where its percentage
was read.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from queryd.aggregate.snapshot import Snapshot
from queryd.params.parameters import Filter
from queryd.params.ranges import Span
from queryd.storage.chunks import Block, occurred_ms, taken
from shared.clock import MILLISECOND
from shared.columns import UNPRICED

_TOKENS = ("input_tokens", "output_tokens", "unclassified_tokens")
_COLUMNS = ("credential", "model", "flags", "cost_nanos", "occurred_ms", *_TOKENS)

Int64s = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class WindowSpan:
    """Requests of one account from `start` to `end` (exclusive), UTC epoch microseconds; of `models` (ids) or all."""

    credential: int
    start: int
    end: int
    models: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    requests: int = 0
    total_tokens: int = 0
    cost_nanos: int = 0
    unpriced_requests: int = 0


NO_USAGE = Usage()


def window_usage(snapshot: Snapshot, spans: Sequence[WindowSpan]) -> list[Usage]:
    """The usage of each of `spans`, in their order. Raises `QueryTimeout`."""
    if not spans:
        return []
    whole = Span(min(span.start for span in spans), max(span.end for span in spans))
    layers = [_Layer(snapshot, numbers, spans) for numbers in _layers(spans)]
    sums = np.zeros((len(spans), 4), np.int64)
    chosen = snapshot.select((), whole)
    with snapshot.scanning(chosen):
        for block in snapshot.blocks(chosen):
            block.load(_COLUMNS)
            rows = chosen.rows(block)
            columns = Columns.of(block, np.arange(block.rows) if rows is None else rows)
            for layer in layers:
                layer.add(columns, sums)
    return [Usage(*figures) for figures in sums.tolist()]


def matching_models(names: Mapping[int, str], parts: str | None) -> frozenset[int] | None:
    """The ids of the models whose (lower case) names hold one of the words in `parts`; None: all of them."""
    if not parts:
        return None
    words = parts.split()
    return frozenset(row_id for row_id, name in names.items() if any(word in name for word in words))


@dataclass(frozen=True, slots=True)
class Columns:
    """Some rows, a value each."""

    credential: Int64s
    model: Int64s
    times: Int64s  # UTC epoch milliseconds
    figures: tuple[Int64s, Int64s, Int64s]  # tokens, cost, unpriced

    @classmethod
    def of(cls, block: Block, rows: NDArray[np.intp]) -> "Columns":
        tokens = sum((taken(block, name, rows) for name in _TOKENS), np.zeros(len(rows), np.int64))
        unpriced = (taken(block, "flags", rows) & UNPRICED) != 0
        return cls(
            taken(block, "credential", rows).astype(np.int64),
            taken(block, "model", rows).astype(np.int64),
            occurred_ms(block, rows),
            (tokens, taken(block, "cost_nanos", rows).astype(np.int64), unpriced.astype(np.int64)),
        )


class _Layer:
    """Spans of which no account has two: a look-up table from the account to its bounds."""

    def __init__(self, snapshot: Snapshot, numbers: Sequence[int], spans: Sequence[WindowSpan]) -> None:
        size = snapshot.names.column_size("credential")
        self._number = np.full(size, -1, np.intp)
        self._start, self._end = np.full(size, 2**62, np.int64), np.zeros(size, np.int64)
        self._models: NDArray[np.bool_] | None = None
        for number in numbers:
            span = spans[number]
            if span.credential >= size:
                continue  # no request names it
            self._number[span.credential] = number
            # A request belongs to the millisecond it began in; the column knows no finer time.
            self._start[span.credential] = -(-span.start // MILLISECOND)
            self._end[span.credential] = -(-span.end // MILLISECOND)
            if span.models is not None:
                if self._models is None:
                    self._models = np.ones((len(spans), snapshot.names.column_size("model")), np.bool_)
                self._models[number] = False
                self._models[number, list(span.models)] = True

    def add(self, columns: Columns, sums: Int64s) -> None:
        inside = columns.times >= self._start.take(columns.credential)
        inside &= columns.times < self._end.take(columns.credential)
        rows = np.flatnonzero(inside)
        numbers = self._number.take(columns.credential[rows])
        if self._models is not None:
            allowed = self._models[numbers, columns.model[rows]]
            rows, numbers = rows[allowed], numbers[allowed]
        sums[:, 0] += np.bincount(numbers, minlength=len(sums))
        for place, values in enumerate(columns.figures, start=1):
            # Sums below 2**53 are exact in float64, which bincount adds in.
            sums[:, place] += np.bincount(numbers, values[rows], len(sums)).astype(np.int64)


class Timeline:
    """The requests of one account in the order of time, so that any number of its windows is read off at once."""

    def __init__(self, snapshot: Snapshot, credential: int, span: Span) -> None:
        chosen = snapshot.select((Filter("credential", (str(credential),)),), span)
        parts: list[Columns] = []
        with snapshot.scanning(chosen):
            for block in () if chosen.impossible else snapshot.blocks(chosen):
                block.load(_COLUMNS)
                rows = chosen.rows(block)
                parts.append(Columns.of(block, np.arange(block.rows) if rows is None else rows))
        self._times = np.concatenate([part.times for part in parts] or [np.empty(0, np.int64)])
        order = np.argsort(self._times, kind="stable")
        self._times = self._times[order]
        self._model = np.concatenate([part.model for part in parts] or [np.empty(0, np.int64)])[order]
        self._figures = [
            np.concatenate([part.figures[place] for part in parts] or [np.empty(0, np.int64)])[order]
            for place in range(3)
        ]

    def usage(self, spans: Sequence[tuple[int, int]], models: Collection[int] | None) -> list[Usage]:
        """Of each span (UTC epoch microseconds, end exclusive)."""
        rows: NDArray[np.intp] | slice = slice(None)
        if models is not None:
            rows = np.flatnonzero(np.isin(self._model, list(models)))
        times = self._times[rows]
        before = [np.concatenate(([0], np.cumsum(values[rows]))) for values in self._figures]
        found = []
        for start, end in spans:
            first, last = np.searchsorted(times, [-(-start // MILLISECOND), -(-end // MILLISECOND)]).tolist()
            sums = [int(values[last] - values[first]) for values in before]
            found.append(Usage(last - first, *sums))
        return found


def _layers(spans: Sequence[WindowSpan]) -> Iterator[list[int]]:
    """The numbers of the spans, apart so that no account comes twice in one part."""
    parts: list[list[int]] = []
    seen: dict[int, int] = {}
    for number, span in enumerate(spans):
        place = seen.get(span.credential, 0)
        seen[span.credential] = place + 1
        if place == len(parts):
            parts.append([])
        parts[place].append(number)
    yield from parts
