"""Observations by cell and value: counted in bins, gathered where it matters, and kept.

A cell is one group of requests of a table, by its number. Bins are sixteen an octave, wider for many cells.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from queryd.columns.blocks import Array
from queryd.columns.names import Codes

HISTOGRAM_MAX = 1 << 18
"""Cells times bins: beyond this the bins are made wider."""

ADDED_TOGETHER = 250_000
"""The most observations that wait to be counted."""

GATHERED_MIN = 1 << 17
"""Observations that a buffer has room for at first."""

Counts = NDArray[np.uint32]
Marks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Bins:
    """A monotonous function of observations: their float32 exponent and the first bits of its mantissa.

    `is_float`: observations are bits of a float32 already (output speeds, as queryd.columns.view keeps them).
    """

    is_float: bool
    shift: int

    @property
    def count(self) -> int:
        return (64 if self.is_float else 33) << (23 - self.shift)

    def of(self, cells: Array, values: Array) -> NDArray[np.uint32]:
        """Where values of cells are in a histogram, row by row; anywhere for the value 0, unless speeds."""
        if self.is_float:
            at: NDArray[np.uint32] = values >> np.uint32(self.shift)
        else:
            at = values.astype(np.float32).view(np.uint32)
            at >>= np.uint32(self.shift)
            at -= np.uint32(127 << (23 - self.shift))
        if cells.strides[0]:
            at += cells * np.uint32(self.count)
        elif len(at):
            at += cells[0] * np.uint32(self.count)
        return at


def bins(*, is_float: bool, cells: int) -> Bins:
    """The narrowest bins that so many cells can have."""
    shift = 19
    while shift < 23 and cells * Bins(is_float, shift).count > HISTOGRAM_MAX:
        shift += 1
    return Bins(is_float, shift)


@dataclass(frozen=True, slots=True)
class Observations:
    """Observed values, 1 to 2**32 - 1 (speeds: from 0), and the cell of each, in as few bytes as do."""

    cells: Array
    values: Array


@dataclass(frozen=True, slots=True)
class Rows:
    """The same for rows of which only some have an observation. `at`: where each is in a histogram (`Bins.of`)."""

    cells: Array
    values: Array
    has_one: Marks
    at: NDArray[np.uint32]

    def marked(self, marks: Marks) -> Observations:
        """The observations in marked bins (a row a cell)."""
        chosen = marks.reshape(-1).take(self.at, mode="clip")
        chosen &= self.has_one
        places = np.flatnonzero(chosen)
        return Observations(self.cells.take(places), self.values.take(places))


def narrow(cells: Codes) -> Array:
    """Numbers of cells in few bytes: there may be one for each row."""
    return cells.astype(np.uint16 if int(cells.max(initial=0)) < 1 << 16 else np.uint32)


class Histogram:
    """Counts by cell and bin, a row a cell. Observations of a large one wait until there are as many as it has bins:
    to add up histograms costs as much as to count.
    """

    def __init__(self, cells: int, kind: Bins) -> None:
        self._kind = kind
        self._counts = np.zeros(cells * kind.count, np.uint32)
        self._waiting: list[NDArray[np.uint32]] = []
        self._rows = 0

    def add(self, rows: Rows) -> None:
        at = rows.at.compress(rows.has_one)
        self._waiting.append(at)
        self._rows += len(at)
        if self._rows >= min(ADDED_TOGETHER, len(self._counts)):
            self._settle()

    def counts(self) -> Counts:
        """A row a cell."""
        self._settle()
        return self._counts.reshape(-1, self._kind.count)

    def _settle(self) -> None:
        if self._rows:
            at = self._waiting[0] if len(self._waiting) == 1 else np.concatenate(self._waiting)
            low = int(at.min()) if len(self._counts) > ADDED_TOGETHER else 0
            found = np.bincount(at - np.uint32(low) if low else at)
            self._counts[low : low + len(found)] += found.astype(np.uint32)
        self._waiting.clear()
        self._rows = 0


class Gathered:
    """Observations that are added to. One buffer, which grows: many small arrays would leave holes in the memory."""

    def __init__(self, cells: int) -> None:
        self._narrow = np.dtype(np.uint16 if cells <= 1 << 16 else np.uint32)
        self._cells: Array = np.empty(0, self._narrow)
        self._values: Array = np.empty(0, np.uint32)
        self._count = 0

    def add(self, observed: Observations) -> None:
        end = self._count + len(observed.values)
        if end > len(self._values):
            self._grow(max(end, self._count * 3 // 2, GATHERED_MIN))
        self._cells[self._count : end] = observed.cells
        self._values[self._count : end] = observed.values
        self._count = end

    def all(self) -> Observations:
        return Observations(self._cells[: self._count], self._values[: self._count])

    def narrowed(self, kind: Bins, marks: Marks) -> "Gathered":
        """Only those in marked bins (a row a cell)."""
        found = Gathered(len(marks))
        for begin in range(0, self._count, GATHERED_MIN):
            part = slice(begin, min(begin + GATHERED_MIN, self._count))
            cells, values = self._cells[part], self._values[part]
            chosen = marks.reshape(-1).take(kind.of(cells, values))
            found.add(Observations(cells.compress(chosen), values.compress(chosen)))
        return found

    def _grow(self, size: int) -> None:
        cells, values = np.empty(size, self._narrow), np.empty(size, np.uint32)
        cells[: self._count] = self._cells[: self._count]
        values[: self._count] = self._values[: self._count]
        self._cells, self._values = cells, values


@dataclass(frozen=True, slots=True)
class Kept:
    """Settled observations: their whole histogram, and the values in the bins that matter, by cell and value.

    `times`: how often each value is there, where many are equal, as milliseconds are; None: each stands for itself.
    """

    histogram: Counts
    marks: Marks
    values: NDArray[np.uint32]
    times: Array | None = None

    @property
    def nbytes(self) -> int:
        times = 0 if self.times is None else self.times.nbytes
        return self.histogram.nbytes + self.marks.nbytes + self.values.nbytes + times

    def within(self, marks: Marks, cells: Codes) -> Observations | None:
        """Those in marked bins, with `cells` for its own; None when something of them was not kept."""
        if (marks & ~self.marks & (self.histogram > 0)).any():
            return None
        held = (self.histogram * self.marks).reshape(-1)
        chosen = np.repeat(marks.reshape(-1), held)
        each = (self.histogram * (marks & self.marks)).sum(axis=1, dtype=np.int64)
        values = self.values if self.times is None else np.repeat(self.values, self.times)
        return Observations(np.repeat(narrow(cells), each), values.compress(chosen))


def keep(histogram: Counts, marks: Marks, observed: Observations) -> Kept:
    """Keep `observed`, all that is in the marked bins."""
    keys = observed.cells.astype(np.uint64) << np.uint64(32)
    keys |= observed.values
    keys.sort()
    firsts = np.flatnonzero(np.diff(keys, prepend=keys[:1] + np.uint64(1)))
    times = np.diff(firsts, append=len(keys))
    times = times.astype(np.min_scalar_type(int(times.max(initial=0))))
    values = (keys & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    if len(firsts) * (4 + times.itemsize) < values.nbytes:
        return Kept(histogram, marks, values.take(firsts), times)
    return Kept(histogram, marks, values)


def placed(rows: Array, target: Codes, size: int) -> Array:
    """`size` rows: these at `target`, zeros elsewhere."""
    into = np.zeros((size, *rows.shape[1:]), rows.dtype)
    into[target] = rows
    return into
