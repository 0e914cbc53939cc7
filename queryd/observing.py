"""Percentiles of a table's cells and of unions of them: through the blocks for a histogram, and again for the values.

The second time only values in the bins of a percentile are gathered. What settled chunks (those that no later merge
will replace) contribute is kept once the same question has been asked twice; then only what is new is gone through.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Protocol

import numpy as np

from queryd.axes import Axis
from queryd.blocks import Array
from queryd.names import Codes
from queryd.partials import Partials
from queryd.ranks import (
    Bins,
    Fold,
    Histogram,
    Ints,
    Kept,
    Marks,
    Observations,
    Ranked,
    Search,
    bins,
    joined,
    keep,
    marked,
    narrow,
    placed,
    search,
)
from queryd.table import Table
from queryd.tally import located
from queryd.view import OBSERVED_COLUMNS, View

HELD_ROWS = 1_500_000
"""Up to this many rows are held between the two times; of more, each block is read twice."""

ChunkKey = tuple[int, tuple[int, int] | None]
"""A chunk's id, and how the range cuts it (None: it does not)."""

ByName = Mapping[str, Observations]


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
    _held: dict[ChunkKey | None, ByName] = field(default_factory=dict)

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
        counted = self._count(fresh, hold=True)
        old = {name: placed(known.kept[name].histogram, place, self.table.size) for name in self.names}
        searches = self._searches({name: old[name] + counted[name] for name in self.names})
        gathered: dict[str, list[Observations]] = {}
        for name in self.names:
            marks = self._marks([(fold, found[name].wanted) for fold, found in searches if name in fold.names])
            settled = known.kept[name].within(marks[place], place)
            if settled is None:
                return None
            gathered[name] = [settled, *self._values(fresh, name, marks)]
        return self._answer(searches, gathered)

    def _without(self, settled: Sequence[Part], *, remember: bool) -> list[dict[str, Ranked]]:
        """The answer from scratch."""
        hold = sum(part.rows for part in self.parts) <= HELD_ROWS
        fresh = [part for part in self.parts if not part.is_settled]
        old, new = self._count(settled, hold=hold), self._count(fresh, hold=True)
        searches = self._searches({name: old[name] + new[name] for name in self.names})
        gathered: dict[str, list[Observations]] = {}
        kept: dict[str, Kept] = {}
        for name in self.names:
            asked = [(fold, found[name]) for fold, found in searches if name in fold.names]
            marks = self._marks([(fold, found.wanted) for fold, found in asked])
            wide = marks
            if remember:
                late = new[name].sum(axis=1)
                wide = marks | self._marks(
                    [(fold, found.generous(np.bincount(fold.target, late, fold.size))) for fold, found in asked]
                )
            values = joined(self._values(settled, name, wide))
            if remember:
                kept[name] = keep(old[name], self._kinds[name], wide, values)
            gathered[name] = [values, *self._values(fresh, name, marks)]
        if remember:
            remembered = Settled(frozenset(part.key for part in settled), self.table.axes, self._kinds, kept)
            self.partials.put((self.signature, tuple(self.names), settled[0].key), remembered)
        return self._answer(searches, gathered)

    def _count(self, parts: Sequence[Part], *, hold: bool) -> dict[str, Ints]:
        """Histograms of what these parts observe, a row a cell."""
        found = {name: Histogram(self.table.size, self._kinds[name]) for name in self.names}
        for part in parts:
            observed = self._observe(part)
            for name, histogram in found.items():
                if name in observed:
                    histogram.add(observed[name])
            if hold:
                self._held[part.key] = observed
        return {name: histogram.counts() for name, histogram in found.items()}

    def _values(self, parts: Sequence[Part], name: str, marks: Marks) -> list[Observations]:
        """The observations of these parts in marked bins."""
        found = []
        for part in parts:
            observed = self._held.get(part.key)
            if observed is None:
                observed = self._observe(part, name)
            if name in observed:
                found.append(marked(observed[name], self._kinds[name], marks))
        return found

    def _observe(self, part: Part, *names: str) -> dict[str, Observations]:
        """What a part observes, with the table's cells."""
        view = part.view()
        if view is None:
            return {}
        wanted = names or tuple(self.names)
        columns = {column for name in wanted for column in OBSERVED_COLUMNS[name]}
        view.block.load({"flags", *columns, *(column for axis in self.axes for column in axis.columns)})
        cells, codes, _ = located(view, self.axes)
        cell_of = narrow(self.table.find(codes))
        rows = np.broadcast_to(cell_of[:1], (view.count,)) if isinstance(cells, int) else cell_of.take(cells)
        found: dict[str, Observations] = {}
        taken: dict[int, Array] = {}
        for name in wanted:
            positions, values = view.observed(name)
            if isinstance(cells, int):
                of_values = np.broadcast_to(cell_of[:1], values.shape)
            elif positions is None:
                of_values = rows
            else:
                # Observations that the same rows have share one array of positions.
                if id(positions) not in taken:
                    taken[id(positions)] = rows.take(positions)
                of_values = taken[id(positions)]
            found[name] = Observations(of_values, values)
        return found

    def _searches(self, histograms: Mapping[str, Ints]) -> list[tuple[Fold, dict[str, Search]]]:
        return [(fold, {name: search(histograms[name], fold) for name in fold.names}) for fold in self.folds]

    def _marks(self, wanted: Sequence[tuple[Fold, Marks]]) -> Marks:
        """The marks of groups as marks of cells: those of any fold."""
        return reduce(np.logical_or, (marks[fold.target] for fold, marks in wanted))

    def _answer(
        self, searches: Sequence[tuple[Fold, dict[str, Search]]], gathered: Mapping[str, list[Observations]]
    ) -> list[dict[str, Ranked]]:
        values = {name: joined(parts) for name, parts in gathered.items()}
        return [
            {name: each.ranked(fold.target, self._kinds[name], values[name]) for name, each in found.items()}
            for fold, found in searches
        ]
