"""Counting the chosen rows of one block, grouped by axes, into exact sums.

`np.bincount` adds in float64, which is exact below 2**53; where a sum could be larger, its halves are added apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from queryd.columns.axes import Axis
from queryd.columns.blocks import Array
from queryd.columns.names import Codes
from queryd.columns.view import View
from shared.columns import FAILED, UNMETERED, UNPRICED

COUNTED = ("requests", "failed", "unpriced_requests", "unmetered_requests")
TOKENS_AND_COST = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "unclassified_tokens",
    "cost_nanos",
)

DENSE_CELLS = 4_096
"""Up to this many cells are counted as they are; more are first reduced to those that occur."""

_UINT32 = 2**32 - 1
_EXACT = 2**53
_FLAG_BITS = 4
_FLAG_SETS = np.arange(1 << _FLAG_BITS)
_COUNTS_BY_FLAGS = np.stack(
    [np.ones_like(_FLAG_SETS), *((_FLAG_SETS & flag) != 0 for flag in (FAILED, UNPRICED, UNMETERED))], axis=1
).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Measures:
    """What to add up (of TOKENS_AND_COST; COUNTED is always counted), and what to rank (of view.OBSERVED)."""

    sums: frozenset[str]
    observations: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sums:
    """What one block adds up to: for each cell that occurs, its code on each axis, and its counts and sums.

    `figures`: a row a cell; COUNTED, then the columns that were asked for. int64, or Python integers where an int64
    could overflow.
    """

    axes: tuple[Codes, ...]
    figures: Array

    @property
    def nbytes(self) -> int:
        """What it holds in memory, about."""
        return sum(array.nbytes + 150 for array in (*self.axes, self.figures)) + 800


NO_ROWS = Sums((), np.zeros((0, 0), np.int64))
"""What a block without matching rows adds up to."""


def tally(view: View, axes: Sequence[Axis], names: Sequence[str]) -> Sums:
    """Count the rows of a view, of which there are some, and add up the columns `names`."""
    view.block.load({"flags", *names, *(column for axis in axes for column in axis.columns)})
    cells, codes, size = located(view, axes)
    if view.mask is not None and not isinstance(cells, int):
        cells = np.where(view.mask, cells, size)  # what does not count goes to a cell of its own
        rows = size + 1
    else:
        rows = size
    counts = _counts(cells, _counted(view, "flags", cells), rows, view.count)[:size]
    present = np.flatnonzero(counts[:, 0])
    sums = [_sum(cells, _counted(view, name, cells), rows, view.count)[present] for name in names]
    return Sums(tuple(code.take(present) for code in codes), np.column_stack([counts[present], *sums]))


def _counted(view: View, name: str, cells: Codes | int) -> Array | int:
    """A column at the rows that have a cell: with one cell for all, those that count."""
    values = view.column(name)
    if view.mask is None or isinstance(values, int) or not isinstance(cells, int):
        return values
    return values.compress(view.mask)


def located(view: View, axes: Sequence[Axis]) -> tuple[Codes | int, tuple[Codes, ...], int]:
    """The cell of each row (0: of all), numbered within the view; the cells' codes on each axis; how many there are.

    Not every cell need have rows.
    """
    cells, tables, shape = _cells(view, axes)
    size = 1
    for length in shape:
        size *= length
    if size > DENSE_CELLS and not isinstance(cells, int):
        cells, occurring, size = _reduced(cells, size)
    else:
        occurring = np.arange(size)
    places = np.unravel_index(occurring, shape) if shape else ()
    return cells, tuple(table.take(place) for table, place in zip(tables, places, strict=True)), size


def _cells(view: View, axes: Sequence[Axis]) -> tuple[Codes | int, list[Codes], tuple[int, ...]]:
    """The local cell of each row on all axes together, the axes' tables and their lengths."""
    cells: Codes | int = 0
    tables: list[Codes] = []
    for axis in axes:
        codes, table = axis.codes(view)
        tables.append(table)
        cells = cells * len(table) + codes
    return cells, tables, tuple(len(table) for table in tables)


def _reduced(cells: Codes, size: int) -> tuple[Codes, Codes, int]:
    """Cells renumbered by those that occur, and what each was."""
    if size > 8 * max(len(cells), DENSE_CELLS):
        occurring, renumbered = np.unique(cells, return_inverse=True)
        return renumbered, occurring, len(occurring)
    occurring = np.flatnonzero(np.bincount(cells, minlength=size))
    number = np.zeros(size, np.intp)
    number[occurring] = np.arange(len(occurring))
    return number.take(cells), occurring, len(occurring)


def _counts(cells: Codes | int, flags: Array | int, size: int, count: int) -> NDArray[np.int64]:
    """Requests, failed, unpriced and unmetered of each cell: one count of cells and flags together."""
    low = (1 << _FLAG_BITS) - 1
    if isinstance(cells, int):
        sets = np.zeros((size, low + 1), np.int64)
        if isinstance(flags, int):
            sets[cells, flags & low] = count
        else:
            by_flags = np.bincount(flags, minlength=256)
            sets[cells] = by_flags.reshape(-1, low + 1).sum(axis=0)
    elif isinstance(flags, int):
        sets = np.zeros((size, low + 1), np.int64)
        sets[:, flags & low] = np.bincount(cells, minlength=size)
    else:
        sets = np.bincount((cells << _FLAG_BITS) | (flags & np.uint8(low)), minlength=size << _FLAG_BITS)
        sets = sets.reshape(size, low + 1)
    counts: NDArray[np.int64] = sets @ _COUNTS_BY_FLAGS
    return counts


def _sum(cells: Codes | int, values: Array | int, size: int, count: int) -> Array:
    """The exact sum of `values` in each cell."""
    if isinstance(values, int):
        held = np.bincount(cells, minlength=size) if not isinstance(cells, int) else np.full(size, count)
        return held * values if values * count < _EXACT else held.astype(object) * values
    largest = (1 << 8 * values.itemsize) - 1 if values.itemsize < 8 else int(values.max())
    if largest * len(values) < _EXACT:
        if isinstance(cells, int):
            whole: Array = np.array([int(values.sum(dtype=np.int64))], np.int64)
            return whole
        summed: Array = np.bincount(cells, values, size).astype(np.int64)
        return summed
    low, high = (_sum(cells, half, size, count) for half in (values & np.int64(_UINT32), values >> np.int64(32)))
    wide: Array = low + high.astype(object) * 2**32
    return wide
