"""Percentiles of a table's cells and of unions of them: through the blocks for a histogram and for the values it wants.

Which bins those are is guessed from a few blocks, so that going through the others once mostly does. What settled
chunks (those that no later merge will replace) contribute is kept once the same question has been asked twice; then
only what is new is gone through.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from queryd.columns.axes import Axis
from queryd.columns.view import OBSERVED_COLUMNS, View
from queryd.engine.grains import Asked, ChunkKey, Grain, Settled
from queryd.engine.histograms import Counts, Gathered, Histogram, Marks, Rows, keep, narrow
from queryd.engine.partials import Partials
from queryd.engine.ranks import Fold, Ranked, Search, search
from queryd.engine.table import Table
from queryd.engine.tally import located

SAMPLE_CHUNKS = 2
"""So many settled chunks, spread over the range, tell which bins are likely to be wanted of the others."""

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
    _fine: Grain = field(init=False)
    _coarse: Grain = field(init=False)
    _settled: list[Part] = field(init=False)
    _fresh: list[Part] = field(init=False)
    _held: dict[ChunkKey | None, list[tuple[str, Rows]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names = tuple(sorted(frozenset().union(*(fold.names for fold in self.folds))))
        self._fine = Grain.of(np.arange(self.table.size), self.table.size, self.names)
        targets = np.stack([fold.target for fold in self.folds])
        classes, numbers = np.unique(targets, axis=1, return_inverse=True)
        self._coarse = Grain.of(numbers.reshape(-1), classes.shape[1], self.names)
        self._settled = [part for part in self.parts if part.is_settled]
        self._fresh = [part for part in self.parts if not part.is_settled]

    def ranked(self) -> list[dict[str, Ranked]]:
        """The percentiles of each fold's groups, by name."""
        known = self.partials.get(self._key, Settled)
        if known is not None and known.kinds == self._fine.kinds:
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
        grain, place = self._fine, self.table.find(known.axes)
        fresh = [part for part in self.parts if part.key not in known.chunks]
        new = _histograms(grain)
        self._go_through(fresh, grain, new, hold=True)
        searches = self._searches(
            grain,
            {name: grain.placed(known.kept[name].histogram, place) + new[name].counts() for name in self.names},
        )
        marks = _marks(grain, searches, _wanted)
        values = _nothing(grain)
        self._go_through(fresh, grain, None, marks, values)
        for name in self.names:
            settled = known.kept[name].within(marks[name][place], place)
            if settled is None:
                return None
            values[name].add(settled)
        return _answer(grain, searches, values)

    def _from_scratch(self) -> list[dict[str, Ranked]]:
        """The answer from all blocks; what settled ones contribute is kept if the question was asked before."""
        asked = self.partials.get(self._key, Asked) if self._settled else None
        grain = self._coarse if asked is None else self._fine
        old, new = _histograms(grain), _histograms(grain)
        self._go_through(self._fresh, grain, new, hold=True)
        sample = self._settled[:: len(self._settled) // SAMPLE_CHUNKS + 1]
        if asked is not None and asked.kinds == grain.kinds:
            sample = []
            place = self.table.find(asked.axes)
            guess = {name: grain.placed(asked.marks[name], place) for name in self.names}
        else:
            self._go_through(sample, grain, old, hold=True)
            seen = self._searches(grain, {name: old[name].counts() + new[name].counts() for name in self.names})
            guess = _marks(grain, seen, _likely)
        rest = [part for part in self._settled if part not in sample]
        values = _nothing(grain)
        self._go_through(rest, grain, old, guess, values)
        counts = {name: old[name].counts() for name in self.names}
        searches = self._searches(grain, {name: counts[name] + new[name].counts() for name in self.names})
        marks = _marks(grain, searches, _wanted)
        missed = {name: marks[name] & ~guess[name] & (counts[name] > 0) for name in self.names}
        if any(each.any() for each in missed.values()):
            self._go_through(rest, grain, None, missed, values)
        if asked is not None:
            wide = {name: guess[name] | missed[name] for name in self.names}
            self._go_through(sample, grain, None, wide, values)
            kept = {name: keep(counts[name], wide[name], values[name].all()) for name in self.names}
            chunks = frozenset(part.key for part in self._settled)
            self.partials.put(self._key, Settled(chunks, self.table.axes, grain.kinds, kept))
            sample = []
        elif self._settled:
            self._remember_to_keep(searches)
        values = {name: each.narrowed(grain.kinds[name], marks[name]) for name, each in values.items()}
        self._go_through([*sample, *self._fresh], grain, None, marks, values)
        return _answer(grain, searches, values)

    def _remember_to_keep(self, searches: Found) -> None:
        """That this was asked, and which bins of each cell would be good to keep for the next time."""
        coarse, fine = self._coarse, self._fine
        marks = {}
        for name, each in _marks(coarse, searches, _generous).items():
            wider = 1 << (fine.kinds[name].shift - coarse.kinds[name].shift)
            bins_of = each.reshape(len(each), fine.kinds[name].count, wider)
            marks[name] = np.logical_or.reduce(bins_of, axis=2)[coarse.numbers]
        self.partials.put(self._key, Asked(self.table.axes, fine.kinds, marks))

    def _go_through(
        self,
        parts: Sequence[Part],
        grain: Grain,
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
                self._held[part.key] = list(self._observe(part, grain))
            for name, rows in self._held.get(part.key) or self._observe(part, grain):
                if histograms is not None:
                    histograms[name].add(rows)
                if marks is not None and values is not None:
                    values[name].add(rows.marked(marks[name]))

    def _observe(self, part: Part, grain: Grain) -> Iterator[tuple[str, Rows]]:
        """What a part observes, with the classes of a grain for cells."""
        view = part.view()
        if view is None:
            return
        columns = {column for name in self.names for column in OBSERVED_COLUMNS[name]}
        view.block.load({"flags", *columns, *(column for axis in self.axes for column in axis.columns)})
        numbers, codes, _ = located(view, self.axes)
        number_of = narrow(grain.numbers.take(self.table.find(codes)))
        cells = np.broadcast_to(number_of[:1], (view.size,)) if isinstance(numbers, int) else number_of.take(numbers)
        for name in self.names:
            values, has_one = view.observed(name)
            yield name, Rows(cells, values, has_one, grain.kinds[name].of(cells, values))

    def _searches(self, grain: Grain, counts: Mapping[str, Counts]) -> Found:
        found = []
        for fold in self.folds:
            coarse = grain.fold(fold)
            found.append((coarse, {name: search(counts[name], coarse) for name in fold.names}))
        return found


def _histograms(grain: Grain) -> dict[str, Histogram]:
    return {name: Histogram(grain.size, kind) for name, kind in grain.kinds.items()}


def _nothing(grain: Grain) -> Values:
    return {name: Gathered(grain.size) for name in grain.kinds}


def _marks(grain: Grain, searches: Found, choose: Callable[[Search], Marks]) -> dict[str, Marks]:
    """The marks of groups as marks of classes: those of any fold."""
    marks = {name: np.zeros((grain.size, kind.count), np.bool_) for name, kind in grain.kinds.items()}
    for fold, found in searches:
        for name, each in found.items():
            marks[name] |= choose(each)[fold.target]
    return marks


def _wanted(found: Search) -> Marks:
    return found.wanted()


def _likely(found: Search) -> Marks:
    return found.likely()


def _generous(found: Search) -> Marks:
    return found.generous()


def _answer(grain: Grain, searches: Found, values: Values) -> list[dict[str, Ranked]]:
    return [
        {name: each.ranked(fold.target, grain.kinds[name], values[name].all()) for name, each in found.items()}
        for fold, found in searches
    ]
