"""Percentiles of a table's cells and of unions of them: through the blocks for a histogram, and again for the values.

The second time only values in the bins of a percentile are gathered. What settled chunks (those that no later merge
will replace) contribute is kept once the same question has been asked twice; then only what is new is gone through.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from queryd.axes import Axis
from queryd.names import Codes
from queryd.partials import Partials
from queryd.ranks import (
    Bins,
    Counts,
    Fold,
    Histogram,
    Ints,
    Kept,
    Marks,
    Observations,
    Ranked,
    Rows,
    Search,
    bins,
    joined,
    keep,
    narrow,
    placed,
    search,
)
from queryd.table import Table
from queryd.tally import located
from queryd.view import OBSERVED_COLUMNS, View

ChunkKey = tuple[int, tuple[int, int] | None]
"""A chunk's id, and how the range cuts it (None: it does not)."""

Found = tuple[Fold, dict[str, Search]]


class Part(Protocol):
    """A block of the question. `key`: None for the tail, which is never remembered."""

    @property
    def key(self) -> ChunkKey | None: ...

    @property
    def is_settled(self) -> bool: ...

    @property
    def rows(self) -> int: ...

    def view(self) -> View | None:
        """Its matching rows; None when there are none. Raises `QueryTimeout`."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What these chunks contribute, by name, in cells with codes `axes`."""

    chunks: frozenset[ChunkKey | None]
    axes: tuple[Codes, ...]
    kinds: Mapping[str, Bins]
    kept: Mapping[str, Kept]

    @property
    def nbytes(self) -> int:
        """What it holds in memory, about."""
        return sum(axis.nbytes for axis in self.axes) + sum(each.nbytes for each in self.kept.values()) + 2_000


@dataclass(frozen=True, slots=True)
class Asked:
    """That a question was asked before."""

    nbytes: int = 500


@dataclass(slots=True)
class Observing:
    """One question about observations. `signature` names its filters and axes."""

    signature: Hashable
    axes: Sequence[Axis]
    table: Table
    parts: Sequence[Part]
    partials: Partials
    folds: Sequence[Fold]
    names: list[str] = field(init=False)
    _kinds: dict[str, Bins] = field(init=False)

    def __post_init__(self) -> None:
        self.names = sorted(frozenset().union(*(fold.names for fold in self.folds)))
        self._kinds = {name: bins(is_float=name == "output_speed", cells=self.table.size) for name in self.names}

    def ranked(self) -> list[dict[str, Ranked]]:
        """The percentiles of each fold's groups, by name."""
        settled = [part for part in self.parts if part.is_settled]
        if not settled:
            return self._without(settled, remember=False)
        key = (self.signature, tuple(self.names), settled[0].key)
        known = self.partials.get(key, Settled)
        if known is not None and known.kinds == self._kinds and known.chunks <= {part.key for part in settled}:
            found = self._with(known)
            if found is not None:
                return found
        if known is None and self.partials.get(key, Asked) is None:
            self.partials.put(key, Asked())
            return self._without(settled, remember=False)
        return self._without(settled, remember=True)

    def _with(self, known: Settled) -> list[dict[str, Ranked]] | None:
        """The answer from what is remembered and what is new; None when that does not tell."""
        place = self.table.find(known.axes)
        fresh = [part for part in self.parts if part.key not in known.chunks]
        counted = self._count(fresh)
        old = {name: placed(known.kept[name].histogram, place, self.table.size) for name in self.names}
        searches = self._searches({name: old[name] + counted[name] for name in self.names})
        marks = self._marks(searches)
        gathered = self._gather(fresh, marks)
        for name in self.names:
            settled = known.kept[name].within(marks[name][place], place)
            if settled is None:
                return None
            gathered[name].append(settled)
        return self._answer(searches, gathered)

    def _without(self, settled: Sequence[Part], *, remember: bool) -> list[dict[str, Ranked]]:
        """The answer from scratch."""
        fresh = [part for part in self.parts if not part.is_settled]
        old, new = self._count(settled), self._count(fresh)
        searches = self._searches({name: old[name] + new[name] for name in self.names})
        marks = self._marks(searches)
        wide = self._marks(searches, {name: each.sum(axis=1) for name, each in new.items()}) if remember else marks
        values = {name: joined(each) for name, each in self._gather(settled, wide).items()}
        if remember:
            kept = {name: keep(old[name], wide[name], values[name]) for name in self.names}
            remembered = Settled(frozenset(part.key for part in settled), self.table.axes, self._kinds, kept)
            self.partials.put((self.signature, tuple(self.names), settled[0].key), remembered)
        gathered = self._gather(fresh, marks)
        for name in self.names:
            gathered[name].append(values[name])
        return self._answer(searches, gathered)

    def _count(self, parts: Sequence[Part]) -> dict[str, Counts]:
        """Histograms of what these parts observe, a row a cell."""
        found = {name: Histogram(self.table.size, self._kinds[name]) for name in self.names}
        for part in parts:
            for name, rows in self._observe(part):
                found[name].add(rows)
        return {name: histogram.counts() for name, histogram in found.items()}

    def _gather(self, parts: Sequence[Part], marks: Mapping[str, Marks]) -> dict[str, list[Observations]]:
        """The observations of these parts in marked bins."""
        found: dict[str, list[Observations]] = {name: [] for name in self.names}
        for part in parts:
            for name, rows in self._observe(part):
                found[name].append(rows.marked(self._kinds[name], marks[name]))
        return found

    def _observe(self, part: Part) -> Iterator[tuple[str, Rows]]:
        """What a part observes, with the table's cells."""
        view = part.view()
        if view is None:
            return
        columns = {column for name in self.names for column in OBSERVED_COLUMNS[name]}
        view.block.load({"flags", *columns, *(column for axis in self.axes for column in axis.columns)})
        numbers, codes, _ = located(view, self.axes)
        cell_of = narrow(self.table.find(codes))
        cells = np.broadcast_to(cell_of[:1], (view.count,)) if isinstance(numbers, int) else cell_of.take(numbers)
        for name in self.names:
            yield name, Rows(cells, *view.observed(name))

    def _searches(self, histograms: Mapping[str, Counts]) -> list[Found]:
        return [(fold, {name: search(histograms[name], fold) for name in fold.names}) for fold in self.folds]

    def _marks(self, searches: Sequence[Found], new: Mapping[str, Ints] | None = None) -> dict[str, Marks]:
        """The bins that must be seen of each cell, for any fold; with `new` observations of the cells, generously."""
        marks = {name: np.zeros((self.table.size, self._kinds[name].count), np.bool_) for name in self.names}
        for fold, found in searches:
            for name, each in found.items():
                wanted = each.wanted
                if new is not None:
                    late = np.zeros(fold.size, np.int64)
                    np.add.at(late, fold.target, new[name])
                    wanted |= each.generous(late)
                marks[name] |= wanted[fold.target]
        return marks

    def _answer(self, searches: Sequence[Found], gathered: Mapping[str, list[Observations]]) -> list[dict[str, Ranked]]:
        values = {name: joined(parts) for name, parts in gathered.items()}
        return [
            {name: each.ranked(fold.target, self._kinds[name], values[name]) for name, each in found.items()}
            for fold, found in searches
        ]
