"""Exact percentiles by group: counts by bin tell in which bins they lie, and only what is in those is sorted.

The p-th percentile of n sorted values is the one at place ceil(p·n/100). A value is at least 1, and below 2**32; what
is 0 is none. What is sorted is kept, with some to each side of the places: a few new values move a place but little,
so a question that is asked again need not look at the old ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PERCENTS = (50, 90, 95, 99)
_PLACES = np.array((*PERCENTS, 100), np.int64)  # the largest is the hundredth percentile

GROWTH = 400
"""Kept to each side of a place: a part of the group's values, one in so many,"""

SPARE = 256
"""and three standard deviations of what this many new values, and as many as are new already, can move it by."""

BINS_MAX = 1 << 17
"""Bins of all groups together, unless there are more groups: each has two at least,"""

BINS_EACH = 1 << 10
"""and this many at most: a table that fits the nearest cache is counted into in half the time."""

_SHIFT = np.uint64(32)
_VALUE = np.uint64(2**32 - 1)
_NO_KEY = np.uint64(2**64 - 1)

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]
"""Group and value as one number, ascending."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """How many values each group has, their percentiles (a row a group, by PERCENTS) and the largest; or 0."""

    counts: Ints
    percentiles: Ints
    largest: Ints

    def part(self, which: slice) -> "Ranked":
        """Those of some of the groups."""
        return Ranked(self.counts[which], self.percentiles[which], self.largest[which])


@dataclass(frozen=True, slots=True)
class Sample:
    """Of the sorted values of each group those near the places.

    `steps`: how many places each is after the one that is kept before it: more than one where values are left out.
    """

    keys: Keys
    steps: NDArray[np.uint32]

    @property
    def nbytes(self) -> int:
        """What it holds in memory, about."""
        return self.keys.nbytes + self.steps.nbytes

    def renumbered(self, number_of: Ints) -> "Sample":
        """The same by other numbers of the groups."""
        if (number_of == np.arange(len(number_of)))[number_of >= 0].all():
            return self
        keys = _keys(number_of.take(groups_of(self.keys)), self.keys & _VALUE)
        order = np.argsort(keys, kind="stable")
        return Sample(keys.take(order), self.steps.take(order))

    def ranked(self, fresh: Keys, groups: int) -> Ranked | None:
        """The percentiles of these and `fresh` values; None when a value that was left out may be one."""
        at = np.searchsorted(self.keys, fresh, side="right")
        keys = np.insert(self.keys, at, fresh)
        ends = np.cumsum(np.insert(self.steps, at, 1), dtype=np.int64)
        starts = np.searchsorted(keys, np.arange(groups + 1, dtype=np.uint64) << _SHIFT)
        below = np.append(0, ends).take(starts)
        counts = np.diff(below)
        having = np.flatnonzero(counts)
        wanted = below[having, None] - (-counts[having, None] * _PLACES // 100)
        found = np.searchsorted(ends, wanted)
        # What was left out lies right before a kept value of its group.
        kept_at = np.flatnonzero(np.insert(np.ones(len(self.keys), np.bool_), at, False))
        following = np.searchsorted(kept_at, found)
        is_gap = np.append(self.steps, np.uint32(1)).take(following) > 1
        is_gap &= np.append(self.keys, _NO_KEY).take(following) >> _SHIFT == having[:, None].astype(np.uint64)
        is_kept = np.append(kept_at, -1).take(following) == found
        if (is_gap & ~(is_kept & (ends.take(found) == wanted))).any():
            return None
        values = np.zeros((groups, len(_PLACES)), np.int64)
        values[having] = keys.take(found) & _VALUE
        return Ranked(counts, values[:, :-1], values[:, -1])


@dataclass(frozen=True, slots=True)
class Observed:
    """Block by block the group of each value (or of all), a number below `groups`, and the values.

    `whole`: one more group has all values.
    """

    blocks: Sequence[tuple[NDArray[Any] | int, NDArray[Any]]]
    groups: int
    whole: bool

    def keys(self) -> Keys:
        """All of them, for `Sample.ranked`."""
        found = [np.zeros(0, np.uint64)]
        for group, values in self.blocks:
            some = values > 0
            found.append(_keys(group, values)[some])
            if self.whole:
                found.append(_keys(self.groups, values[some]))
        keys = np.concatenate(found)
        keys.sort()
        return keys

    def sample(self, new: Ints | None) -> Sample:
        """Those to keep. `new`: how many each group (the whole, too) is about to get; None: no more will come."""
        bins = _Bins.of(self)
        counts = bins.count(self)
        if self.whole:
            counts = np.concatenate([counts, counts.sum(axis=0, keepdims=True)])
        first, last = _ranks_near_places(counts.sum(axis=1), new)
        ends = np.cumsum(counts)
        wanted = _within(counts.size, *(np.searchsorted(ends, ranks, side="right") for ranks in (first, last)))
        keys = self._picked(bins, wanted.reshape(counts.shape))
        keys.sort()
        # What is below a key: all in the bins before its own, and in that the keys before it.
        held = counts.reshape(-1) * wanted
        ranks = np.arange(len(keys)) + np.repeat(ends - np.cumsum(held), held)
        near = _within(len(keys), np.searchsorted(ranks, first), np.searchsorted(ranks, last))
        return Sample(keys[near], np.diff(ranks[near], prepend=-1).astype(np.uint32))

    def _picked(self, bins: "_Bins", wanted: NDArray[np.bool_]) -> Keys:
        """The values in wanted bins (a row a group); those of the whole once more."""
        of_groups, of_whole = wanted[: self.groups].reshape(-1), wanted[self.groups :].any(axis=0)
        either = of_groups | np.tile(of_whole, self.groups)
        found = [np.zeros(0, np.uint64)]
        for at, (_, values) in zip(bins.places(self), self.blocks, strict=True):
            chosen = np.flatnonzero(either.take(at))
            places, picked = at.take(chosen), values.take(chosen)
            group = places // at.dtype.type(bins.each)
            if not self.whole:
                found.append(_keys(group, picked))
                continue
            found.append(_keys(group, picked)[of_groups.take(places)])
            found.append(_keys(self.groups, picked[of_whole.take(places - group * at.dtype.type(bins.each))]))
        return np.concatenate(found)


@dataclass(frozen=True, slots=True)
class _Bins:
    """A monotonous function of values: the first bits of the value as a float32, counted from the least.

    So a bin is a part of an octave, and small values have as narrow ones as large values, in proportion. What is no
    value is alone in the first of a group's `each`.
    """

    first: int
    shift: int
    each: int

    @staticmethod
    def of(observed: Observed) -> "_Bins":
        ends = [_ends(values) for _, values in observed.blocks if values.any()] or [(1, 1)]
        least, largest = min(low for low, _ in ends), max(high for _, high in ends)
        low, high = np.array([least, largest]).astype(np.float32).view(np.uint32).tolist()
        most = min(max(BINS_MAX // max(observed.groups, 1), 2), BINS_EACH)
        shift = next(bits for bits in range(32) if (high - low >> bits) + 2 <= most)
        return _Bins(low - (1 << shift), shift, (high - low >> shift) + 2)

    def places(self, observed: Observed) -> Iterator[NDArray[Any]]:
        """Block by block group and bin of each value as one number."""
        kind = np.uint16 if observed.groups * self.each <= 1 << 16 else np.uint32
        for group, values in observed.blocks:
            bits = values.astype(np.float32).view(np.uint32)
            np.maximum(bits, np.uint32(self.first), out=bits)
            bits -= np.uint32(self.first)
            bits >>= np.uint32(self.shift)
            at: NDArray[Any] = bits.astype(kind)
            at += np.multiply(group, self.each, dtype=kind)
            yield at

    def count(self, observed: Observed) -> Ints:
        """How many values each bin has; a row a group."""
        size = observed.groups * self.each
        counts = np.zeros(size, np.int64)
        waiting: list[NDArray[Any]] = []
        for at in self.places(observed):
            waiting.append(at)
            if sum(map(len, waiting)) >= size:  # to add up a large table costs as much as to count
                counts += np.bincount(np.concatenate(waiting), minlength=size)
                waiting.clear()
        counts += np.bincount(np.concatenate(waiting), minlength=size) if waiting else 0
        table = counts.reshape(observed.groups, self.each)
        table[:, 0] = 0
        return table


def _ends(values: NDArray[Any]) -> tuple[int, int]:
    """The least, of which there is one, and the largest."""
    return int((values - values.dtype.type(1)).min()) + 1, int(values.max())  # what is none wraps around


def _ranks_near_places(sizes: Ints, new: Ints | None) -> tuple[Ints, Ints]:
    """The first and last rank to keep around each place, counted through all groups; ascending."""
    having = np.flatnonzero(sizes)
    size = sizes[having, None]
    slack = np.zeros_like(size)
    if new is not None:
        slack = size // GROWTH + (3 * np.sqrt(new[having, None] + SPARE)).astype(np.int64)
    places = -(-size * _PLACES // 100) - 1
    starts = (np.cumsum(sizes) - sizes)[having, None]
    first, last = np.maximum(places - slack, 0), np.minimum(places + slack, size - 1)
    return (starts + first).reshape(-1), (starts + last).reshape(-1)


def _within(size: int, first: Ints, last: Ints) -> NDArray[np.bool_]:
    """Which of so many positions lie in any of these ranges, their ends included."""
    steps = np.zeros(size + 1, np.int64)
    np.add.at(steps, first, 1)
    np.add.at(steps, last + 1, -1)
    return np.cumsum(steps[:-1]) > 0


def groups_of(keys: Keys) -> Ints:
    """The group of each key."""
    return (keys >> _SHIFT).astype(np.int64)


def _keys(numbers: NDArray[Any] | int, values: NDArray[Any]) -> Keys:
    return np.asarray(numbers).astype(np.uint64) << _SHIFT | values.astype(np.uint64)
