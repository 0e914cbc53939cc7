"""Counting the chosen rows of one block, grouped by axes, into exact sums.

`np.bincount` adds in float64, which is exact below 2**53; where a sum could be larger, its halves are added apart.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from queryd.aggregate.costs import MARKED, MARKED_BITS, stored
from queryd.aggregate.grouping import Axis
from queryd.aggregate.row_selection import Mask, RowSelection
from queryd.storage.chunks import Array
from queryd.storage.dictionary import Codes
from shared.columns import ERROR_CLASS_SHIFT, FAILED, UNMETERED, UNPRICED
from shared.error_class import ErrorClass

OUTCOMES = ("failed", "cancelled", "unpriced_requests", "unmetered_requests")
"""Counts of requests by what became of them."""

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
_BYTES = np.arange(256)
_IS_CANCELLED = (_BYTES >> ERROR_CLASS_SHIFT) == ErrorClass.CANCELLED
_BY_FLAGS = np.stack(
    [
        (_BYTES & FAILED) != 0,
        ((_BYTES & FAILED) != 0) & _IS_CANCELLED,
        *((_BYTES & flag) != 0 for flag in (UNPRICED, UNMETERED)),
    ],
    axis=1,
)
"""Whether a row with these flags is counted as each of OUTCOMES."""

_MARKS_FROM = len(OUTCOMES)
_SET_BITS = _MARKS_FROM + len(MARKED)
_SET_OF_FLAGS = (_BY_FLAGS @ (1 << np.arange(_MARKS_FROM))).astype(np.uint8)
"""The flags as a number that says no more than what is counted."""

_SETS = np.arange(1 << _SET_BITS)
_BY_SET = np.stack([np.ones_like(_SETS), *((_SETS >> bit & 1) for bit in range(_SET_BITS))], axis=1)
_COUNTS = ("requests", *OUTCOMES, *MARKED)
"""What a row adds to each of these, by the set of what it is counted as."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What to add up (of OUTCOMES, TOKENS_AND_COST and `costs`; requests always are), and what to rank.

    `observations` are of row_selection.OBSERVED.
    """

    sums: frozenset[str]
    observations: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sums:
    """What one block adds up to: for each cell that occurs, its code on each axis, and its counts and sums.

    `figures`: a row a cell; requests, then the columns that were asked for. int64, or Python integers where an int64
    could overflow.
    """

    axes: tuple[Codes, ...]
    figures: Array

    @property
    def nbytes(self) -> int:
        """What it holds in memory, about."""
        return sum(array.nbytes + 150 for array in (*self.axes, self.figures)) + 800


@dataclass(frozen=True, slots=True)
class Cells:
    """`numbers`: each row's cell (0: of all); `codes`: the cells' codes on each axis. Not every cell need have rows."""

    numbers: Array | int
    codes: tuple[Codes, ...]
    size: int


NO_ROWS = Sums((), np.zeros((0, 0), np.int64))
"""What a block without matching rows adds up to."""


def sum_cells(selected: RowSelection, cells: Cells, names: Sequence[str]) -> Sums:
    """Count the selected rows, of which there are some, and add up the columns `names`."""
    numbers, size = cells.numbers, cells.size
    rows = size
    if selected.mask is not None and not isinstance(numbers, int):
        numbers = np.where(selected.mask, numbers, size)  # what does not count goes to a cell of its own
        rows = size + 1
    masked = selected.mask if isinstance(numbers, int) else None
    counts = _counts(numbers, _sets(selected, names, masked), rows, selected.count)[:size]
    present = np.flatnonzero(counts[:, 0])
    sums = [
        counts[present, _COUNTS.index(name)]
        if name in _COUNTS
        else _sum(numbers, _counted(selected.column(name), masked), rows, selected.count)[present]
        for name in ("requests", *names)
    ]
    return Sums(tuple(code.take(present) for code in cells.codes), np.column_stack(sums))


def stored_columns(names: Iterable[str]) -> set[str]:
    """The columns that these names are added up from."""
    found = stored(name for name in names if name not in OUTCOMES)
    return found if set(OUTCOMES).isdisjoint(names) else found | {"flags"}


def _sets(selected: RowSelection, names: Collection[str], masked: Mask | None) -> Array | int:
    """What each row (of those in `masked`) is counted as, as far as these names want it."""
    sets: Array | int = 0
    if not set(OUTCOMES).isdisjoint(names):
        flags = selected.column("flags")
        sets = int(_SET_OF_FLAGS[flags]) if isinstance(flags, int) else _SET_OF_FLAGS.take(flags)
    if not MARKED.keys().isdisjoint(names):
        marked: Any = selected.column(MARKED_BITS)
        sets = (marked << (_MARKS_FROM if isinstance(marked, int) else np.uint8(_MARKS_FROM))) | sets
    return sets if masked is None or isinstance(sets, int) else sets[masked]


def _counted(values: Array | int, masked: Mask | None) -> Array | int:
    """A column with zeros where the mask has none: to multiply takes half the time of picking."""
    return values if masked is None or isinstance(values, int) else values * masked


def cell_ids(selected: RowSelection, axes: Sequence[Axis]) -> Cells:
    """Each row's cell, numbered within the selection."""
    cells, tables, shape = _cells(selected, axes)
    size = 1
    for length in shape:
        size *= length
    if size > DENSE_CELLS and not isinstance(cells, int):
        cells, occurring, size = _reduced(cells, size)
    else:
        occurring = np.arange(size)
    places = np.unravel_index(occurring, shape) if shape else ()
    return Cells(cells, tuple(table.take(place) for table, place in zip(tables, places, strict=True)), size)


def _cells(selected: RowSelection, axes: Sequence[Axis]) -> tuple[Codes | int, list[Codes], tuple[int, ...]]:
    """The local cell of each row on all axes together, the axes' tables and their lengths."""
    cells: Codes | int = 0
    tables: list[Codes] = []
    for axis in axes:
        codes, table = axis.codes(selected)
        cells = cells * len(table) + codes if tables else codes
        tables.append(table)
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


def _counts(cells: Array | int, sets: Array | int, size: int, count: int) -> NDArray[np.int64]:
    """_COUNTS of each cell: one count of cells and sets together."""
    if isinstance(sets, int):
        held = np.bincount(cells, minlength=size) if not isinstance(cells, int) else np.full(size, count)
        return np.outer(held, _BY_SET[sets])
    both = np.bincount((cells << _SET_BITS) | sets, minlength=size << _SET_BITS).reshape(size, -1)
    occurring = np.flatnonzero(both.any(axis=0))
    counted: NDArray[np.int64] = both[:, occurring] @ _BY_SET[occurring]
    return counted


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
