"""Partial results become one table: a row for each cell, exact sums, exact percentiles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from queryd.names import Codes
from queryd.tally import COUNTED, Observations, Partial

PERCENTS = (50, 90, 95, 99)

_INT64_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Ranked:
    """Observations of each cell: how many, the nearest-rank percentiles (a row a cell, by PERCENTS) and the largest.

    The p-th percentile of n sorted values is the one at place ceil(p·n/100). Without observations all are 0.
    """

    counts: NDArray[np.int64]
    percentiles: NDArray[np.uint64]
    largest: NDArray[np.uint64]


@dataclass(slots=True)
class Table:
    """`axes`: the code of each cell on each axis. `sums` by name (COUNTED and TOKENS_AND_COST): int64 or objects."""

    axes: tuple[Codes, ...]
    size: int
    sums: Mapping[str, NDArray[Any]]
    observations: Mapping[str, Sequence[Observations]]
    _ranked: dict[str, Ranked] = field(default_factory=dict)

    def folded(self, target: Codes, size: int, *, observations: bool = True) -> "Table":
        """A table of `size` cells without axes: each cell added to cell `target` of the new one."""
        return Table(
            (),
            size,
            {name: scatter(target, values, size) for name, values in self.sums.items()},
            {
                name: [Observations(part.keys, part.bits, target.take(part.cells)) for part in parts]
                for name, parts in self.observations.items()
            }
            if observations
            else {},
        )

    def total(self) -> "Table":
        """Everything as one cell."""
        return self if self.size == 1 else self.folded(np.zeros(self.size, np.intp), 1)

    def at_most(self, name: str, bounds: Sequence[float]) -> list[int]:
        """How many observations, over all cells, are at most each of ascending `bounds`."""
        counts = np.zeros(len(bounds), np.int64)
        for part in self.observations[name]:
            values = np.sort(part.keys & part.keys.dtype.type((1 << part.bits) - 1))
            counts += np.searchsorted(values, bounds, side="right")
        found: list[int] = counts.tolist()
        return found

    def ranked(self, name: str) -> Ranked:
        """The percentiles of an observation."""
        if name not in self._ranked:
            self._ranked[name] = _rank(self.observations[name], self.size)
        return self._ranked[name]


def scatter(target: Codes, values: NDArray[Any], size: int) -> NDArray[Any]:
    """Exact sums of non-negative `values` by target cell."""
    if values.dtype != np.object_ and int(values.max(initial=0)) * len(values) > _INT64_MAX:
        values = values.astype(object)
    sums = np.zeros(size, values.dtype)
    np.add.at(sums, target, values)
    return sums


def merge(partials: Sequence[Partial], axes: int, sums: Sequence[str], observed: Sequence[str]) -> Table:
    """One table from the partial results of all blocks, its cells in ascending order of their codes.

    A table without axes has one cell, even when there is nothing to count.
    """
    cells: tuple[Codes, ...] = ()
    if axes == 0:
        places, size = [np.zeros(1, np.intp) for _ in partials], 1
    else:
        joined = [
            np.concatenate([part.axes[axis] for part in partials] or [np.zeros(0, np.intp)]) for axis in range(axes)
        ]
        uniques = [np.unique(codes, return_inverse=True) for codes in joined]
        packed = reduce(lambda left, right: left * len(right[0]) + right[1], uniques[1:], uniques[0][1])
        present, place = np.unique(packed, return_inverse=True)
        size = len(present)
        cells = tuple(
            codes.take(at)
            for (codes, _), at in zip(
                uniques,
                np.unravel_index(present, [len(codes) for codes, _ in uniques]) if size else (present,) * axes,
                strict=True,
            )
        )
        places = np.split(place, np.cumsum([len(part.counts) for part in partials])[:-1]) if partials else []
    target = np.concatenate(places) if places else np.zeros(0, np.intp)
    counts = np.concatenate([part.counts for part in partials]) if partials else np.zeros((0, len(COUNTED)), np.int64)
    return Table(
        cells,
        size,
        {
            **{name: scatter(target, counts[:, number], size) for number, name in enumerate(COUNTED)},
            **{
                name: scatter(
                    target,
                    np.concatenate([part.sums[name] for part in partials]) if partials else np.zeros(0, np.int64),
                    size,
                )
                for name in sums
            },
        },
        {
            name: [
                Observations(
                    part.observations[name].keys,
                    part.observations[name].bits,
                    place.take(part.observations[name].cells),
                )
                for part, place in zip(partials, places, strict=True)
            ]
            for name in observed
        },
    )


def _rank(parts: Sequence[Observations], size: int) -> Ranked:
    """Sort all observations by cell and value, once."""
    total = sum(len(part.keys) for part in parts)
    bits = max((part.bits for part in parts), default=0)
    width = bits + (size - 1).bit_length()
    code: type[np.uint32 | np.uint64] = np.uint32 if width <= 32 else np.uint64
    keys = np.empty(total, code)
    end = 0
    for part in parts:
        begin, end = end, end + len(part.keys)
        _repack(part, keys[begin:end], bits, code)
    keys.sort()
    edges = np.searchsorted(keys, (np.arange(size, dtype=np.uint64) << np.uint64(bits)).astype(code))
    counts = np.diff(edges, append=total)
    ranks = -(-np.outer(counts, np.array([*PERCENTS, 100])) // 100)
    at = np.minimum(np.maximum(edges[:, None] + ranks - 1, 0), max(total - 1, 0))
    values = keys.take(at) if total else np.zeros(at.shape, code)
    values = values.astype(np.uint64) & np.uint64((1 << bits) - 1)
    values[counts == 0] = 0
    return Ranked(counts, values[:, :-1], values[:, -1])


def _repack(part: Observations, into: NDArray[Any], bits: int, code: type[np.uint32 | np.uint64]) -> None:
    """Write the keys of `part` with the table's cells in place of its local ones, and `bits` below them."""
    if len(part.cells) == 1:
        into[:] = part.keys
        into |= code(int(part.cells[0]) << bits)
        return
    shifted = (part.cells.astype(np.uint64) << np.uint64(bits)).astype(code)
    kind = part.keys.dtype.type
    np.take(shifted, part.keys >> kind(part.bits), out=into, mode="clip")
    into |= (part.keys & kind((1 << part.bits) - 1)).astype(code)
