"""Percentiles of a table's cells and of unions of them: through the blocks for a histogram and for the values it wants.

Which bins those are is guessed from a few blocks, so that going through the others once mostly does. What settled
chunks (those that no later merge will replace) contribute is kept once the same question has been asked twice; then
only what is new is gone through.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from queryd.axes import Axis
from queryd.histograms import Bins, Counts, Gathered, Histogram, Kept, Marks, Rows, bins, keep, narrow, placed
from queryd.names import Codes
from queryd.partials import Partials
from queryd.ranks import Fold, Ranked, Search, search
from queryd.table import Table
from queryd.tally import located
from queryd.view import OBSERVED_COLUMNS, View

SAMPLE_CHUNKS = 2
"""So many settled chunks, spread over the range, tell which bins are likely to be wanted of the others."""

ChunkKey = tuple[int, tuple[int, int] | None]
"""A chunk's id, and how the range cuts it (None: it does not)."""

Found = list[tuple[Fold, dict[str, Search]]]
Values = dict[str, Gathered]


class Part(Protocol):
    """A block of the question. `key`: None for the tail, which is never remembered."""

    @property
    def key(self) -> ChunkKey | None: ...

    @property
    def is_settled(self) -> bool: ...

    def view(self) -> View | None:
        """Its matching rows; None when there are none. Raises `QueryTimeout`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """That a question was asked, and the bins to gather if it is asked again; cells have codes `axes`."""

    axes: tuple[Codes, ...]
    kinds: Mapping[str, Bins]
    marks: Mapping[str, Marks]

    @property
    def nbytes(self) -> int:
        """What it holds in memory, about."""
        return sum(each.nbytes for each in (*self.axes, *self.marks.values())) + 1_000


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


@dataclass(slots=True)
class Observing:
    """One question about observations. `signature` names its filters and axes."""

    signature: Hashable
    axes: Sequence[Axis]
    table: Table
    parts: Sequence[Part]
    partials: Partials
    folds: Sequence[Fold]
    names: tuple[str, ...] = field(init=False)
    _kinds: dict[str, Bins] = field(init=False)
    _settled: list[Part] = field(init=False)
    _fresh: list[Part] = field(init=False)
    _held: dict[ChunkKey | None, list[tuple[str, Rows]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names = tuple(sorted(frozenset().union(*(fold.names for fold in self.folds))))
        self._kinds = {name: bins(is_float=name == "output_speed", cells=self.table.size) for name in self.names}
        self._settled = [part for part in self.parts if part.is_settled]
        self._fresh = [part for part in self.parts if not part.is_settled]

    def ranked(self) -> list[dict[str, Ranked]]:
        """The percentiles of each fold's groups, by name."""
        known = self.partials.get(self._key, Settled)
        if known is not None and known.kinds == self._kinds:
            found = self._from_memory(known)
            if found is not None:
                return found
        return self._from_scratch()

    @property
    def _key(self) -> Hashable:
        return (self.signature, self.names, self._settled[0].key if self._settled else None)

    def _from_memory(self, known: Settled) -> list[dict[str, Ranked]] | None:
        """The answer from what is remembered and what is new; None when that does not tell."""
        if not known.chunks <= {part.key for part in self._settled}:
            return None
        place = self.table.find(known.axes)
        fresh = [part for part in self.parts if part.key not in known.chunks]
        new = self._histograms()
        self._go_through(fresh, new, hold=True)
        searches = self._searches(
            {
                name: placed(known.kept[name].histogram, place, self.table.size) + new[name].counts()
                for name in self.names
            }
        )
        marks = self._marks(searches, _wanted)
        values = {name: Gathered(self.table.size) for name in self.names}
        self._go_through(fresh, None, marks, values)
        for name in self.names:
            settled = known.kept[name].within(marks[name][place], place)
            if settled is None:
                return None
            values[name].add(settled)
        return self._answer(searches, values)

    def _from_scratch(self) -> list[dict[str, Ranked]]:
        """The answer from all blocks; what settled ones contribute is kept if the question was asked before."""
        old, new = self._histograms(), self._histograms()
        self._go_through(self._fresh, new, hold=True)
        asked = self._asked()
        sample = [] if asked is not None else self._settled[:: len(self._settled) // SAMPLE_CHUNKS + 1]
        rest = [part for part in self._settled if part not in sample]
        if asked is None:
            self._go_through(sample, old, hold=True)
            seen = self._searches({name: old[name].counts() + new[name].counts() for name in self.names})
            guess = self._marks(seen, lambda _, __, found: found.likely())
        else:
            place = self.table.find(asked.axes)
            guess = {name: placed(asked.marks[name], place, self.table.size) for name in self.names}
        values = {name: Gathered(self.table.size) for name in self.names}
        self._go_through(rest, old, guess, values)
        counts = {name: old[name].counts() for name in self.names}
        searches = self._searches({name: counts[name] + new[name].counts() for name in self.names})
        marks = self._marks(searches, _wanted)
        missed = {name: marks[name] & ~guess[name] & (counts[name] > 0) for name in self.names}
        if any(each.any() for each in missed.values()):
            self._go_through(rest, None, missed, values)
        if asked is not None:
            kept = {name: keep(counts[name], guess[name] | missed[name], values[name].all()) for name in self.names}
            chunks = frozenset(part.key for part in self._settled)
            self.partials.put(self._key, Settled(chunks, self.table.axes, self._kinds, kept))
        elif self._settled:
            late = {name: each.counts().sum(axis=1) for name, each in new.items()}
            spare = self._marks(
                searches, lambda name, fold, found: found.generous(np.bincount(fold.target, late[name], fold.size))
            )
            self.partials.put(self._key, Asked(self.table.axes, self._kinds, spare))
        values = {name: each.narrowed(self._kinds[name], marks[name]) for name, each in values.items()}
        self._go_through([*sample, *self._fresh], None, marks, values)
        return self._answer(searches, values)

    def _asked(self) -> Asked | None:
        """What is remembered of the first time, if it is of use."""
        asked = self.partials.get(self._key, Asked) if self._settled else None
        return asked if asked is not None and asked.kinds == self._kinds else None

    def _histograms(self) -> dict[str, Histogram]:
        return {name: Histogram(self.table.size, self._kinds[name]) for name in self.names}

    def _go_through(
        self,
        parts: Sequence[Part],
        histograms: Mapping[str, Histogram] | None,
        marks: Mapping[str, Marks] | None = None,
        values: Values | None = None,
        *,
        hold: bool = False,
    ) -> None:
        """Add what these parts observe to `histograms`, and what is in marked bins to `values`.

        `hold`: keep the rows for another time; for a few parts only.
        """
        for part in parts:
            if hold:
                self._held[part.key] = list(self._observe(part))
            for name, rows in self._held.get(part.key) or self._observe(part):
                if histograms is not None:
                    histograms[name].add(rows)
                if marks is not None and values is not None:
                    values[name].add(rows.marked(marks[name]))

    def _observe(self, part: Part) -> Iterator[tuple[str, Rows]]:
        """What a part observes, with the table's cells."""
        view = part.view()
        if view is None:
            return
        columns = {column for name in self.names for column in OBSERVED_COLUMNS[name]}
        view.block.load({"flags", *columns, *(column for axis in self.axes for column in axis.columns)})
        numbers, codes, _ = located(view, self.axes)
        cell_of = narrow(self.table.find(codes))
        cells = np.broadcast_to(cell_of[:1], (view.size,)) if isinstance(numbers, int) else cell_of.take(numbers)
        for name in self.names:
            values, has_one = view.observed(name)
            yield name, Rows(cells, values, has_one, self._kinds[name].of(cells, values))

    def _searches(self, counts: Mapping[str, Counts]) -> Found:
        return [(fold, {name: search(counts[name], fold) for name in fold.names}) for fold in self.folds]

    def _marks(self, searches: Found, choose: Callable[[str, Fold, Search], Marks]) -> dict[str, Marks]:
        """The marks of groups as marks of cells: those of any fold."""
        marks = {name: np.zeros((self.table.size, self._kinds[name].count), np.bool_) for name in self.names}
        for fold, found in searches:
            for name, each in found.items():
                marks[name] |= choose(name, fold, each)[fold.target]
        return marks

    def _answer(self, searches: Found, values: Values) -> list[dict[str, Ranked]]:
        return [
            {name: each.ranked(fold.target, self._kinds[name], values[name].all()) for name, each in found.items()}
            for fold, found in searches
        ]


def _wanted(_name: str, _fold: Fold, found: Search) -> Marks:
    return found.wanted()
