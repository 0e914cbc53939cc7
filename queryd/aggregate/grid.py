"""What the blocks add up to: one row for each cell, exact sums and exact percentiles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from queryd.aggregate.percentiles import Ranked
from queryd.aggregate.sums import NO_ROWS, Sums
from queryd.storage.dictionary import Codes

_INT64_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Groups:
    """`size` groups of cells: the group that each cell belongs to. `whole`: after them comes one more, of all cells.

    `names`: which observations are asked of them.
    """

    target: Codes
    size: int
    names: frozenset[str]
    whole: bool = False

    def __len__(self) -> int:
        return self.size + self.whole


@dataclass(frozen=True, slots=True)
class Grid:
    """`axes`: the code of each cell on each axis. `sums` by name (requests and what was asked): int64 or objects.

    Its cells are in ascending order of their codes.
    """

    axes: tuple[Codes, ...]
    size: int
    sums: Mapping[str, NDArray[Any]]
    ranked: Mapping[str, Ranked]

    def to_grid(self, target: Codes, size: int) -> "Grid":
        """A table of `size` cells without axes: each cell at its `target`, no two at the same, empty ones between."""
        return Grid(
            (),
            size,
            {name: scatter(target, values, size) for name, values in self.sums.items()},
            {
                name: Ranked(*(placed(rows, target, size) for rows in (each.counts, each.percentiles, each.largest)))
                for name, each in self.ranked.items()
            },
        )

    def only(self, kept: NDArray[np.bool_]) -> "Grid":
        """Some of the cells."""
        at = np.flatnonzero(kept)
        return Grid(
            tuple(codes.take(at) for codes in self.axes),
            len(at),
            {name: values.take(at) for name, values in self.sums.items()},
            {
                name: Ranked(each.counts.take(at), each.percentiles.take(at, axis=0), each.largest.take(at))
                for name, each in self.ranked.items()
            },
        )

    def regroup(self, fold: Groups, ranked: Mapping[str, Ranked]) -> "Grid":
        """A table of groups of cells, added up; `ranked` has their percentiles."""
        sums = {name: scatter(fold.target, values, fold.size) for name, values in self.sums.items()}
        if fold.whole:
            zero = np.zeros(self.size, np.intp)
            sums = {name: np.append(each, scatter(zero, self.sums[name], 1)) for name, each in sums.items()}
        return Grid((), len(fold), sums, ranked)

    def per_cell(self, names: frozenset[str]) -> Groups:
        """Each cell as a group of its own."""
        return Groups(np.arange(self.size), self.size, names)

    def whole(self, names: frozenset[str]) -> Groups:
        """All cells as one group."""
        return Groups(np.zeros(self.size, np.intp), 1, names)

    def find(self, codes: tuple[Codes, ...]) -> Codes:
        """The cells that have these codes (any cell for codes that none has)."""
        if not self.axes:
            return np.zeros(1, np.intp)
        wanted, having = np.zeros(len(codes[0]), np.intp), np.zeros(self.size, np.intp)
        for theirs, ours in zip(codes, self.axes, strict=True):
            unique = np.unique(ours)
            wanted = wanted * len(unique) + np.searchsorted(unique, theirs)
            having = having * len(unique) + np.searchsorted(unique, ours)
        return np.minimum(np.searchsorted(having, wanted), max(self.size - 1, 0))


def scatter(target: Codes, values: NDArray[Any], size: int) -> NDArray[Any]:
    """Exact sums of non-negative `values` by target cell."""
    if values.dtype != np.object_ and int(values.max(initial=0)) * len(values) > _INT64_MAX:
        values = values.astype(object)
    sums = np.zeros(size, values.dtype)
    np.add.at(sums, target, values)
    return sums


def union(parts: Sequence[tuple[Codes, ...]], axes: int) -> tuple[tuple[Codes, ...], int, list[Codes]]:
    """All cells that occur in `parts`, given by their codes on each axis.

    Gives the codes of each, ascending; how many there are; and for each part which of them its cells are. Without axes
    there is one cell.
    """
    if axes == 0:
        return (), 1, [np.zeros(1, np.intp) for _ in parts]
    nothing = np.zeros(0, np.intp)
    uniques = [
        np.unique(np.concatenate([part[axis] for part in parts] or [nothing]), return_inverse=True)
        for axis in range(axes)
    ]
    packed = reduce(lambda left, right: left * len(right[0]) + right[1], uniques[1:], uniques[0][1])
    present, place = np.unique(packed, return_inverse=True)
    found = np.unravel_index(present, [len(codes) for codes, _ in uniques]) if len(present) else (nothing,) * axes
    codes = tuple(codes.take(at) for (codes, _), at in zip(uniques, found, strict=True))
    return codes, len(present), np.split(place, np.cumsum([len(part[0]) for part in parts])[:-1]) if parts else []


def merged(parts: Sequence[Sums], names: Sequence[str]) -> Sums:
    """The sums of all parts as those of one; NO_ROWS among them do not count."""
    parts = [part for part in parts if part is not NO_ROWS]
    if len(parts) < 2:
        return parts[0] if parts else NO_ROWS
    codes, size, places = union([part.axes for part in parts], len(parts[0].axes))
    sums = add_up(parts, places, size, names)
    return Sums(codes, np.column_stack([sums[name] for name in ("requests", *names)]))


def add_up(parts: Sequence[Sums], places: Sequence[Codes], size: int, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """The sums of all parts, whose cells are at `places`, and whose figures are requests and `names`."""
    if not parts:
        return {name: np.zeros(size, np.int64) for name in ("requests", *names)}
    target = np.concatenate(places)
    figures = np.concatenate([part.figures for part in parts])
    return {name: scatter(target, figures[:, number], size) for number, name in enumerate(("requests", *names))}


def placed(rows: NDArray[Any], target: Codes, size: int) -> NDArray[Any]:
    """`size` rows: these at `target`, zeros elsewhere."""
    into = np.zeros((size, *rows.shape[1:]), rows.dtype)
    into[target] = rows
    return into
