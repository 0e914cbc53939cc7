"""Exact percentiles of many observations in many groups, without sorting or even keeping them all.

The p-th percentile of n sorted values is the one at place ceil(p·n/100). A histogram, sixteen bins an octave, tells in
which bin that place lies; only values in such bins are gathered and sorted. Histograms add up, so those of cells tell
of any union of cells, too.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from queryd.columns.names import Codes
from queryd.engine.histograms import Bins, Counts, Marks, Observations, narrow

PERCENTS = (50, 90, 95, 99)
_PLACES = np.array((*PERCENTS, 100), np.int64)  # the largest is the hundredth percentile

_TO_THE_TOP = 95
"""From this percentile on everything above it is likely to be wanted: the top has few values and moves most."""

SAMPLE_SIGMAS = 4
"""A percentile of the whole is at most so many standard deviations from that of a sample, with luck."""

GROWTH_SHARE = 0.02
"""What is kept of settled observations holds out until a group has grown by this share, and by chance a little more."""

Ints = NDArray[np.int64]


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


@dataclass(frozen=True, slots=True)
class Search:
    """Where in a histogram of groups the percentiles lie."""

    groups: Ints  # the histogram
    ranks: Ints  # a row a group, by _PLACES: the place of each percentile, from 1 (0: the group is empty)
    at: Ints  # the same: its bin

    def wanted(self) -> Marks:
        """The bins whose values must be seen."""
        marks = np.zeros(self.groups.shape, np.bool_)
        rows = np.arange(len(marks))[:, None]
        marks[rows, self.at] = True
        return marks & (self.groups > 0)

    def likely(self) -> Marks:
        """The bins that would be wanted if these were but a part of what there is: the rest may differ a little."""
        total = self.groups.sum(axis=1)[:, None]
        share = _PLACES / 100
        slack = (SAMPLE_SIGMAS * np.sqrt(total * share * (1 - share))).astype(np.int64) + 2
        running = np.cumsum(self.groups, axis=1)
        marks = np.zeros(self.groups.shape, np.bool_)
        for place in range(len(_PLACES)):
            low, high = (self.ranks - slack)[:, place, None], (self.ranks + slack)[:, place, None]
            if _PLACES[place] >= _TO_THE_TOP:
                marks |= running >= low
            else:
                marks |= (running >= low) & (running - self.groups < high)
        marks[:, 1:] |= marks[:, :-1].copy()
        marks[:, :-1] |= marks[:, 1:].copy()
        return marks

    def generous(self) -> Marks:
        """The bins whose values must be seen now and until the groups have grown."""
        total = self.groups.sum(axis=1)
        growth = (total * GROWTH_SHARE + 4 * np.sqrt(total)).astype(np.int64)[:, None] + 64
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
        wanted = self.wanted()
        grouped = Observations(narrow(target).take(observed.cells), observed.values)
        chosen = wanted.reshape(-1).take(kind.of(grouped.cells, grouped.values))
        keys = grouped.cells.compress(chosen).astype(np.uint64) << np.uint64(32)
        keys |= grouped.values.compress(chosen)
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


def search(histogram: Counts, fold: Fold) -> Search:
    """Find the bins of the percentiles of each group."""
    groups = np.zeros((fold.size, histogram.shape[1]), np.int64)
    order = np.argsort(fold.target, kind="stable")
    present, firsts = np.unique(fold.target[order], return_index=True)
    if len(present):
        groups[present] = np.add.reduceat(histogram[order], firsts, axis=0, dtype=np.int64)
    ranks = -(-np.outer(groups.sum(axis=1), _PLACES) // 100)
    running = np.cumsum(groups, axis=1)
    at = np.stack([(running < ranks[:, place, None]).sum(axis=1) for place in range(len(_PLACES))], axis=1)
    return Search(groups, ranks, np.minimum(at, histogram.shape[1] - 1))
