"""Exact percentiles of many observations in many groups, without sorting or even keeping them all.

The p-th percentile of n sorted values is the one at place ceil(p·n/100). A histogram with bins of an eighth of an
octave tells in which bin that place lies; only values in such bins are gathered and sorted. Histograms add up, so those
of cells tell of any union of cells, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from queryd.blocks import Array
from queryd.names import Codes

PERCENTS = (50, 90, 95, 99)
_PLACES = np.array((*PERCENTS, 100), np.int64)  # the largest is the hundredth percentile

HISTOGRAM_MAX = 1 << 20
"""Cells times bins: beyond this the bins are made wider."""

GROWTH_SHARE = 0.05
"""What is kept of settled observations holds out until a group has grown by this share, or by twice what is new."""

Ints = NDArray[np.int64]
Marks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Bins:
    """A monotonous function of observations: their float32 exponent and the first bits of its mantissa.

    `is_float`: observations are bits of a float32 already (output speeds, as queryd.view keeps them).
    """

    is_float: bool
    shift: int

    @property
    def count(self) -> int:
        return (64 if self.is_float else 33) << (23 - self.shift)

    def of(self, values: Array) -> Codes:
        """The bin of each value; values are below 2**32."""
        bits = values if self.is_float else values.astype(np.float32).view(np.uint32)
        found = (bits >> np.uint32(self.shift)).astype(np.intp)
        if not self.is_float:
            np.maximum(found - (127 << (23 - self.shift)), 0, out=found)
        return found


def bins(*, is_float: bool, cells: int) -> Bins:
    """The narrowest bins that so many cells can have."""
    shift = 20
    while shift < 23 and cells * Bins(is_float, shift).count > HISTOGRAM_MAX:
        shift += 1
    return Bins(is_float, shift)


@dataclass(frozen=True, slots=True)
class Observations:
    """Observed values, and the cell of each."""

    cells: NDArray[np.uint32]
    values: NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Fold:
    """`size` groups of cells: the group that each cell belongs to. `names`: which observations are asked of them."""

    target: Codes
    size: int
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Ranked:
    """How many observations each group has, their percentiles (a row a group, by PERCENTS) and the largest; or 0."""

    counts: Ints
    percentiles: Ints
    largest: Ints


def count(into: Ints, kind: Bins, observed: Observations) -> None:
    """Add observations to a histogram (a row a cell)."""
    if not len(observed.values):
        return
    at = observed.cells * np.intp(kind.count) + kind.of(observed.values)
    low = int(at.min())
    counts = np.bincount(at - low)
    into.reshape(-1)[low : low + len(counts)] += counts


@dataclass(frozen=True, slots=True)
class Search:
    """Where in a histogram of groups the percentiles lie."""

    groups: Ints  # the histogram
    ranks: Ints  # a row a group, by _PLACES: the place of each percentile, from 1 (0: the group is empty)
    at: Ints  # the same: its bin

    @property
    def wanted(self) -> Marks:
        """The bins whose values must be seen."""
        marks = np.zeros(self.groups.shape, np.bool_)
        rows = np.arange(len(marks))[:, None]
        marks[rows, self.at] = True
        return marks & (self.groups > 0)

    def generous(self, new: Ints) -> Marks:
        """The bins whose values must be seen now and until the groups have grown, by at least twice `new`."""
        total = self.groups.sum(axis=1)
        growth = np.maximum((total * GROWTH_SHARE + 4 * np.sqrt(total)).astype(np.int64) + 64, 2 * new)[:, None]
        first = total[:, None] * _PLACES // 100 - -(-growth * (100 - _PLACES) // 100) - 2
        last = -(-(total[:, None] + growth) * _PLACES // 100) + 2
        running = np.cumsum(self.groups, axis=1)
        marks = np.zeros(self.groups.shape, np.bool_)
        for place in range(len(_PLACES)):
            # A bin holds the ranks from `running - groups` to `running`.
            marks |= (running > first[:, place, None]) & (running - self.groups <= last[:, place, None])
        return marks & (self.groups > 0)

    def ranked(self, target: Codes, kind: Bins, observed: Observations) -> Ranked:
        """The percentiles; `observed` holds at least all values of the wanted bins."""
        wanted = self.wanted
        group = target.take(observed.cells)
        chosen = wanted.reshape(-1).take(group * kind.count + kind.of(observed.values))
        keys = group.compress(chosen).astype(np.uint64) << np.uint64(32)
        keys |= observed.values.compress(chosen)
        keys.sort()
        seen = self.groups * wanted
        before = np.cumsum(seen) - seen.reshape(-1)  # how many keys come before each bin's
        running = np.cumsum(self.groups, axis=1)
        rows = np.arange(len(seen))[:, None]
        below = np.where(self.at > 0, running[rows, np.maximum(self.at - 1, 0)], 0)
        places = before.reshape(seen.shape)[rows, self.at] + self.ranks - below - 1
        values = np.zeros(places.shape, np.int64)
        if len(keys):
            values = (keys.take(places, mode="clip") & np.uint64(0xFFFFFFFF)).astype(np.int64)
        counts = self.groups.sum(axis=1)
        values[counts == 0] = 0
        return Ranked(counts, values[:, :-1], values[:, -1])


def search(histogram: Ints, fold: Fold) -> Search:
    """Find the bins of the percentiles of each group."""
    groups = np.zeros((fold.size, histogram.shape[1]), np.int64)
    np.add.at(groups, fold.target, histogram)
    ranks = -(-np.outer(groups.sum(axis=1), _PLACES) // 100)
    running = np.cumsum(groups, axis=1)
    at = np.stack([(running < ranks[:, place, None]).sum(axis=1) for place in range(len(_PLACES))], axis=1)
    return Search(groups, ranks, np.minimum(at, histogram.shape[1] - 1))


def marked(observed: Observations, kind: Bins, marks: Marks) -> Observations:
    """The observations in marked bins (a row a cell)."""
    chosen = marks.reshape(-1).take(observed.cells * np.intp(kind.count) + kind.of(observed.values))
    return Observations(observed.cells.compress(chosen), observed.values.compress(chosen))


def joined(parts: Sequence[Observations]) -> Observations:
    """All of them."""
    if not parts:
        return Observations(np.zeros(0, np.uint32), np.zeros(0, np.uint32))
    return Observations(np.concatenate([part.cells for part in parts]), np.concatenate([part.values for part in parts]))


@dataclass(frozen=True, slots=True)
class Kept:
    """Settled observations: their whole histogram, and the values in the bins that matter, by cell and value."""

    histogram: Ints
    marks: Marks
    values: NDArray[np.uint32]

    @property
    def nbytes(self) -> int:
        return self.histogram.nbytes + self.marks.nbytes + self.values.nbytes

    def within(self, marks: Marks, cells: Codes) -> Observations | None:
        """Those in marked bins, with `cells` for its own; None when something of them was not kept."""
        if (marks & ~self.marks & (self.histogram > 0)).any():
            return None
        held = (self.histogram * self.marks).reshape(-1)
        chosen = np.repeat(marks.reshape(-1), held)
        each = (self.histogram * (marks & self.marks)).sum(axis=1)
        return Observations(np.repeat(cells.astype(np.uint32), each), self.values.compress(chosen))


def keep(histogram: Ints, kind: Bins, marks: Marks, observed: Observations) -> Kept:
    """Keep what `observed`, which holds at least all values of the marked bins, has in them."""
    chosen = marked(observed, kind, marks)
    keys = chosen.cells.astype(np.uint64) << np.uint64(32)
    keys |= chosen.values
    keys.sort()
    return Kept(histogram, marks, (keys & np.uint64(0xFFFFFFFF)).astype(np.uint32))


def placed(rows: Ints | Marks, target: Codes, size: int) -> Array:
    """`size` rows: these at `target`, zeros elsewhere."""
    into = np.zeros((size, *rows.shape[1:]), rows.dtype)
    into[target] = rows
    return into
