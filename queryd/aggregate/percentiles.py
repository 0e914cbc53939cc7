"""Exact percentiles by group: counts by bin tell in which bins they lie, and only what is in those is sorted.

The p-th percentile of n sorted values is the one at place ceil(p·n/100). A value is at least 1, and below 2**32; what
is 0 is none. Of most values only those near the places are kept: a few new ones move a place but little, so a question
that is asked again need not look at the old ones.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
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

LISTED_MAX = 1_500_000
"""The bins of so many values are listed, at two or four bytes each; those of more are found twice."""

SELECTED_MAX = 4_000_000
"""So many values of one group are copied and divided at the places, which takes half the time of bins."""

HUGE_BYTES = 16 * 1024 * 1024
"""numpy asks for huge pages for so large an array: a thousand page faults fewer. What is not used takes no memory."""

_SHIFT = np.uint64(32)
_VALUE = np.uint64(2**32 - 1)

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]
"""Group and value as one number, ascending."""


Blocks = Iterator[tuple[NDArray[Any] | int, NDArray[Any]]]
"""Block by block the group of each value (or the one of all), and the values."""


@dataclass(frozen=True, slots=True)
class Observed:
    """Values of so many `groups`; `whole`: one more group after them has all values.

    `rows`: how many there are at most. `least` and `largest`: of all of them (0 and 0 when there are none). `blocks`
    begins with them again: together they may be more than memory should hold.
    """

    groups: int
    whole: bool
    rows: int
    least: int
    largest: int
    blocks: Callable[[], Blocks]


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
class _Bins:
    """A monotonous function of values: the first bits of the value as a float32, counted from the least.

    So a bin is a part of an octave, and small values have as narrow ones as large values, in proportion. What is no
    value is alone in the first bin.
    """

    first: int
    shift: int
    each: int

    @staticmethod
    def of(observed: Observed) -> "_Bins":
        ends = np.maximum([observed.least, observed.largest], 1).astype(np.float32).view(np.uint32)
        low, reach = int(ends[0]), int(ends[1] - ends[0])
        most = min(max(BINS_MAX // max(observed.groups, 1), 2), BINS_EACH)
        shift = next(bits for bits in range(32) if (reach >> bits) + 2 <= most)
        return _Bins(low - (1 << shift), shift, (reach >> shift) + 2)

    def places(self, observed: Observed) -> "_Placed":
        """Group and bin of each value as one number, and the value; listed, if there is room."""
        if observed.rows > LISTED_MAX:
            return lambda: self._places(observed)
        listed = list(self._places(observed))
        return lambda: listed

    def _places(self, observed: Observed) -> "_PlacedBlocks":
        kind = np.uint16 if observed.groups * self.each <= 1 << 16 else np.uint32
        for group, values in observed.blocks():
            bits = values.astype(np.float32).view(np.uint32)
            np.maximum(bits, np.uint32(self.first), out=bits)
            bits -= np.uint32(self.first)
            bits >>= np.uint32(self.shift)
            at: NDArray[Any] = bits.astype(kind)
            at += np.multiply(group, self.each, dtype=kind)
            yield at, values

    def count(self, placed: "_Placed", groups: int) -> Ints:
        """How many values each bin has; a row a group."""
        counts = np.zeros(groups * self.each, np.int64)
        waiting: list[NDArray[Any]] = []
        for at, _ in placed():
            waiting.append(at)
            if sum(map(len, waiting)) >= len(counts):  # to add up a large table costs as much as to count
                counts += _counted(waiting, len(counts))
                waiting.clear()
        counts += _counted(waiting, len(counts)) if waiting else 0
        table = counts.reshape(groups, self.each)
        table[:, 0] = 0
        return table


_PlacedBlocks = Iterable[tuple[NDArray[Any], NDArray[Any]]]
_Placed = Callable[[], _PlacedBlocks]


@dataclass(frozen=True, slots=True)
class Windows:
    """Of the sorted values of each group those near the places, and how many there are in all.

    Each group begins with a key of the value 0 and the rank -1. `ranks`: the place of each value in its group, from 0.
    """

    counts: Ints
    keys: Keys
    ranks: NDArray[np.int32]

    @property
    def nbytes(self) -> int:
        """What it holds in memory, about."""
        return self.counts.nbytes + self.keys.nbytes + self.ranks.nbytes

    @staticmethod
    def of(observed: Observed, new: Ints | None) -> "Windows":
        """Of these values. `new`: how many each group (the whole, too) is about to get; None: no more will come."""
        if observed.groups == 1 and not observed.whole and observed.rows <= SELECTED_MAX:
            return _selected(observed, new)
        bins = _Bins.of(observed)
        placed = bins.places(observed)
        counts = bins.count(placed, observed.groups)
        if observed.whole:
            counts = np.concatenate([counts, counts.sum(axis=0, keepdims=True)])
        sizes = counts.sum(axis=1)
        wanted = _bins_of_places(counts, sizes, _slack(sizes, new))
        keys = np.concatenate(
            [_picked(placed, bins.each, observed.groups, wanted), np.arange(len(counts), dtype=np.uint64) << _SHIFT]
        )
        keys.sort()
        # A bin's first value has as many below it as the bins before have in all.
        held = counts * wanted
        held[:, 0], counts[:, 0] = 1, 1  # the key that each group begins with
        skipped = (np.cumsum(counts, axis=1) - counts).reshape(-1) - (np.cumsum(held) - held.reshape(-1))
        ranks = np.arange(len(keys)) + np.repeat(skipped, held.reshape(-1)) - 1
        return Windows(sizes, keys, ranks.astype(np.int32))

    def renumbered(self, number_of: Ints, groups: int) -> "Windows":
        """The same by other numbers of the groups (-1: one without values), of which there are so many now."""
        has_one = number_of >= 0
        if len(number_of) == groups and (number_of == np.arange(groups))[has_one].all():
            return self
        numbers = number_of.take(groups_of(self.keys))
        begun = np.setdiff1d(np.arange(groups), number_of)
        stays = numbers >= 0
        keys = _joined(np.append(numbers[stays], begun), np.append(self.keys[stays], np.zeros(len(begun), np.uint64)))
        order = np.argsort(keys, kind="stable")
        ranks = np.append(self.ranks[stays], np.full(len(begun), -1, np.int32))
        counts = np.zeros(groups, np.int64)
        counts[number_of[has_one]] = self.counts[has_one]
        return Windows(counts, keys.take(order), ranks.take(order))

    def ranked(self, fresh: Keys) -> Ranked | None:
        """The percentiles of these and `fresh` values; None when a value that was not kept may be one."""
        groups = len(self.counts)
        starts = np.arange(groups + 1, dtype=np.uint64) << _SHIFT
        begins, bounds = np.searchsorted(fresh, starts), np.searchsorted(self.keys, starts)
        counts = self.counts + np.diff(begins)
        having = np.flatnonzero(counts)
        wanted = -(-counts[having, None] * _PLACES // 100) - 1

        def smaller(at: Ints) -> Ints:
            """How many fresh values of the group come before a kept one."""
            return np.searchsorted(fresh, self.keys.take(at)) - begins[having, None]

        # The last kept value whose place among all is at most the wanted one, by halves.
        low, high = (np.repeat(ends[having, None], len(_PLACES), axis=1) for ends in (bounds[:-1], bounds[1:]))
        while (high - low > 1).any():
            middle = (low + high) // 2
            is_below = self.ranks.take(middle) + smaller(middle) <= wanted
            low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
        further = wanted - self.ranks.take(low) - smaller(low)  # so many fresh values after the kept one
        is_last = high == bounds[1:][having, None]
        following = np.where(is_last, self.counts[having, None], self.ranks.take(high, mode="clip"))
        if ((further > 0) & (following != self.ranks.take(low) + 1)).any():
            return None
        values = np.zeros((groups, len(_PLACES)), np.int64)
        at_fresh = smaller(low) + begins[having, None] + further - 1
        of_fresh = np.append(fresh, np.uint64(0)).take(at_fresh, mode="clip")
        values[having] = np.where(further > 0, of_fresh, self.keys.take(low)) & _VALUE
        return Ranked(counts, values[:, :-1], values[:, -1])


def _counted(places: Sequence[NDArray[Any]], size: int) -> Ints:
    return np.bincount(places[0] if len(places) == 1 else np.concatenate(places), minlength=size)


def groups_of(keys: Keys) -> Ints:
    """The group of each key."""
    return (keys >> _SHIFT).astype(np.int64)


def _joined(groups: NDArray[Any], values: NDArray[Any]) -> Keys:
    return groups.astype(np.uint64) << _SHIFT | values.astype(np.uint64) & _VALUE


def keys_of(observed: Observed) -> Keys:
    """All values, for `Windows.ranked`."""
    found = [np.zeros(0, np.uint64)]
    for group, values in observed.blocks():
        some = values > 0
        found.append(_joined(np.asarray(group), values)[some])
        if observed.whole:
            found.append(_joined(np.asarray(observed.groups), values[some]))
    keys = np.concatenate(found)
    keys.sort()
    return keys


def _slack(sizes: Ints, new: Ints | None) -> Ints:
    """How many values are kept to each side of a place."""
    return np.zeros_like(sizes) if new is None else sizes // GROWTH + (3 * np.sqrt(new + SPARE)).astype(np.int64)


def _ranges(sizes: Ints, slack: Ints) -> tuple[Ints, Ints]:
    """The first and last rank to keep around each of the places; a row a group."""
    places = -(-sizes[:, None] * _PLACES // 100) - 1
    return np.maximum(places - slack[:, None], 0), np.minimum(places + slack[:, None], sizes[:, None] - 1)


def _selected(observed: Observed, new: Ints | None) -> Windows:
    """The windows of values that are all of one group: nothing between them is put in order."""
    rest, rows = np.empty(max(observed.rows, HUGE_BYTES // 4), np.uint32), 0
    for _, values in observed.blocks():
        rest[rows : rows + len(values)] = values
        rows += len(values)
    rest = rest[:rows]
    none = rows - int(np.count_nonzero(rest))
    sizes = np.array([rows - none])
    keys, ranks, below = [np.zeros(1, np.uint32)], [np.full(1, -1)], -none
    for low, high in zip(*(ends[0].tolist() for ends in _ranges(sizes, _slack(sizes, new))), strict=True):
        first = max(low, below)  # windows may overlap
        if first > high:
            continue
        rest.partition(first - below)
        rest = rest[first - below :]
        rest.partition(high - first)
        keys.append(np.sort(rest[: high - first + 1]))
        ranks.append(np.arange(first, high + 1))
        rest, below = rest[high - first + 1 :], high + 1
    return Windows(sizes, np.concatenate(keys).astype(np.uint64), np.concatenate(ranks).astype(np.int32))


def _bins_of_places(counts: Ints, sizes: Ints, slack: Ints) -> NDArray[np.bool_]:
    """Which bins hold the values at each group's places, and so many to each side of them; a row a group."""
    having = np.flatnonzero(sizes)
    starts = (np.cumsum(sizes) - sizes)[having, None]
    low, high = _ranges(sizes[having], slack[having])
    ends = np.cumsum(counts)
    steps = np.zeros(counts.size + 1, np.int64)
    np.add.at(steps, np.searchsorted(ends, low + starts, side="right").reshape(-1), 1)
    np.add.at(steps, np.searchsorted(ends, high + starts, side="right").reshape(-1) + 1, -1)
    return (np.cumsum(steps[:-1]) > 0).reshape(counts.shape) & (counts > 0)


def _picked(placed: _Placed, each: int, groups: int, wanted: NDArray[np.bool_]) -> Keys:
    """The values in wanted bins; those of the whole, if it has a row, once more."""
    which = wanted[:groups].astype(np.uint8)
    if len(wanted) > groups:
        which |= wanted[groups].astype(np.uint8) << np.uint8(1)
    places, found = [np.zeros(0, np.uint32)], [np.zeros(0, np.uint32)]
    for at, values in placed():
        chosen = np.flatnonzero(which.take(at) > 0)
        places.append(at.take(chosen))
        found.append(values.take(chosen))
    place, value = np.concatenate(places), np.concatenate(found)
    wants = which.take(place)
    of_group, of_whole = wants & 1 > 0, wants & 2 > 0
    return np.concatenate(
        [_joined(place[of_group] // np.uint32(each), value[of_group]), _joined(np.asarray(groups), value[of_whole])]
    )
