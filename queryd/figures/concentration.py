"""How unevenly requests cost: what the dearest part of them makes, and what the cheaper half does; exact.

In two passes: the first counts requests in narrow bins of their cost, which tells the bin that a rank lies in; the
second looks at that bin alone and sums up what lies above and below. So no list of all costs is ever held.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from queryd.aggregate.row_filter import RowFilter
from queryd.aggregate.snapshot import Snapshot
from queryd.storage.chunks import Array, taken
from shared.columns import CHUNK_ROWS_MAX

_BIN_SHIFT = 16
_BINS = 0x7F80_0000 >> _BIN_SHIFT
"""A bin is the upper half of a cost as a float32: it ascends with the cost, and is 0.8 % wide."""

_SUMMED_UP_TO = 2**63 // CHUNK_ROWS_MAX // 2
"""A block of greater costs could overflow 64 bits."""


@dataclass(frozen=True, slots=True)
class Part:
    """Requests on one side of `bound_nanos`, those that cost just that included."""

    bound_nanos: int
    requests: int
    cost_nanos: int


@dataclass(frozen=True, slots=True)
class Concentration:
    """Of the requests with a known cost above zero: how many they are and cost; None where there is none."""

    requests: int
    cost_nanos: int
    dearest: Part | None
    cheaper: Part | None


def concentration(snapshot: Snapshot, chosen: RowFilter, percent: int) -> Concentration:
    """`dearest`: from the cost on that `percent` of the requests reach, rounded up; `cheaper`: up to the median.

    Requests of equal cost stay together, so that a part may have more of them than it is named for.
    Raises `QueryTimeout`.
    """
    counts = np.zeros(_BINS, np.int64)
    for costs in _costs(snapshot, chosen):
        counts += np.bincount(_bins(costs), minlength=_BINS)
    requests = int(counts.sum())
    if not requests:
        return Concentration(0, 0, None, None)
    running = np.cumsum(counts)
    ranks = (requests - -(-requests * percent // 100), (requests - 1) // 2)  # from the cheapest, which is 0
    places = [int(np.searchsorted(running, rank, side="right")) for rank in ranks]
    inside: list[dict[int, int]] = [{}, {}]
    sums = [0, 0]  # above the first bin, below the second
    total = 0
    for costs in _costs(snapshot, chosen):
        bins = _bins(costs)
        total += _sum(costs)
        sums[0] += _sum(costs[bins > places[0]])
        sums[1] += _sum(costs[bins < places[1]])
        for place, found in zip(places, inside, strict=True):
            values, times = np.unique(costs[bins == place], return_counts=True)
            for value, count in zip(values.tolist(), times.tolist(), strict=True):
                found[value] = found.get(value, 0) + count
    before = [int(running[place - 1]) if place else 0 for place in places]
    dearest, cheaper = (_at(found, rank - passed) for found, rank, passed in zip(inside, ranks, before, strict=True))
    return Concentration(
        requests,
        total,
        _part(dearest, inside[0], dearest.__le__, requests - int(running[places[0]]), sums[0]),
        _part(cheaper, inside[1], cheaper.__ge__, before[1], sums[1]),
    )


def _costs(snapshot: Snapshot, chosen: RowFilter) -> Iterator[Array]:
    """Of each block the known costs above zero."""
    with snapshot.scanning(chosen):
        for block in () if chosen.impossible else snapshot.blocks(chosen):
            block.load(("cost_nanos",))
            costs = taken(block, "cost_nanos", chosen.rows(block))
            yield costs[costs > 0]


def _bins(costs: Array) -> NDArray[np.uint32]:
    return costs.astype(np.float32).view(np.uint32) >> np.uint32(_BIN_SHIFT)


def _sum(costs: Array) -> int:
    if len(costs) and int(costs.max()) > _SUMMED_UP_TO:  # a client may claim any number of tokens
        return sum(costs.tolist())
    return int(costs.sum(dtype=np.int64))


def _at(found: dict[int, int], rank: int) -> int:
    """The cost at a rank of those that were found, which is 0 for the cheapest."""
    passed = 0
    for value in sorted(found):
        passed += found[value]
        if passed > rank:
            return value
    raise AssertionError("a rank lies within its bin")


def _part(bound: int, found: dict[int, int], holds: Callable[[int], bool], requests: int, cost: int) -> Part:
    """What lies beyond the bin, and what of the bin does."""
    for value, count in found.items():
        if holds(value):
            requests += count
            cost += value * count
    return Part(bound, requests, cost)
