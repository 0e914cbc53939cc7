"""What requests are grouped by: a dimension's values, the leading ones of them, or stretches of local time.

An axis gives each row of a block a small local code, and a table from local codes to codes that mean the same in every
block and for every range: that is what makes the partial results of a chunk worth keeping.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from queryd.aggregate.row_selection import OBSERVED_COLUMNS, RowSelection, speed_codes
from queryd.dimensions import DIMENSIONS
from queryd.storage.chunks import Array
from queryd.storage.dictionary import Codes, Dictionary

_MINUTE_MS = 60_000
BAR_STEP_MS = 50
RAW_MAX = 128
"""Up to so many values of a column are cells as they are: to look up their codes takes longer than a few more cells."""

_MINUTES_MAX = 1 << 19
"""A block that spans more minutes than this (a year) is cut by binary search: a table would be too long."""


class Axis(Protocol):
    """`signature` tells axes apart whose codes differ; `columns` are the columns it reads."""

    @property
    def signature(self) -> Hashable: ...

    @property
    def columns(self) -> tuple[str, ...]: ...

    def codes(self, selected: RowSelection) -> tuple[Codes | int, Codes]:
        """Local code of each selected row (or 0 for all of them), and the code of each local one."""


@dataclass(frozen=True, slots=True)
class DimensionAxis:
    """A dimension's values by their codes (queryd.storage.dictionary)."""

    dimension: str
    _by_column: Codes | None

    @property
    def signature(self) -> Hashable:
        return self.dimension

    @property
    def columns(self) -> tuple[str, ...]:
        return (DIMENSIONS[self.dimension].column,)

    def codes(self, selected: RowSelection) -> tuple[Codes | int, Codes]:
        values = selected.column(DIMENSIONS[self.dimension].column)
        if isinstance(values, int):
            code = values if self._by_column is None else int(self._by_column[values])
            return 0, np.array([code], np.intp)
        size = int(values.max(initial=0)) + 1
        if self._by_column is None:
            return values.astype(np.intp), np.arange(size, dtype=np.intp)
        if size <= RAW_MAX:  # several values may stand for one code: they are put together with the blocks
            return values.astype(np.intp), self._by_column[:size]
        return self._by_column.take(values), np.arange(int(self._by_column.max()) + 1, dtype=np.intp)


@dataclass(frozen=True, slots=True)
class ColumnAxis:
    """The values of a column as they are."""

    column: str

    @property
    def signature(self) -> Hashable:
        return ("column", self.column)

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def codes(self, selected: RowSelection) -> tuple[Codes | int, Codes]:
        values = selected.column(self.column)
        if isinstance(values, int):
            return 0, np.array([values], np.intp)
        return values.astype(np.intp), np.arange(int(values.max(initial=0)) + 1, dtype=np.intp)


@dataclass(frozen=True, slots=True)
class TopAxis:
    """The place of a value among the `leading` codes of a dimension; everything else has the place after them."""

    dimension: str
    leading: tuple[int, ...]
    _place_by_column: Codes

    @property
    def signature(self) -> Hashable:
        return (self.dimension, self.leading)

    @property
    def columns(self) -> tuple[str, ...]:
        return (DIMENSIONS[self.dimension].column,)

    def codes(self, selected: RowSelection) -> tuple[Codes | int, Codes]:
        values = selected.column(DIMENSIONS[self.dimension].column)
        if isinstance(values, int):
            return 0, self._place_by_column[values : values + 1]
        return self._place_by_column.take(values), np.arange(len(self.leading) + 1, dtype=np.intp)


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Buckets by when they start (`starts_ms`, ascending, UTC epoch milliseconds), each with a label as its code.

    `kind` names the labels' meaning, which must depend on nothing but the moment: the bucket's own start, the hour
    of the day, the weekday, the day's ordinal.
    """

    kind: Hashable
    starts_ms: NDArray[np.int64]
    labels: NDArray[np.intp]
    _on_minutes: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_on_minutes", not (self.starts_ms[1:] % _MINUTE_MS).any())

    @property
    def signature(self) -> Hashable:
        return self.kind

    @property
    def columns(self) -> tuple[str, ...]:
        return ("occurred_ms",)

    def codes(self, selected: RowSelection) -> tuple[Codes | int, Codes]:
        block = selected.block
        first, last = (
            max(int(np.searchsorted(self.starts_ms, at, side="right")) - 1, 0) for at in (block.first_ms, block.last_ms)
        )
        table, local = np.unique(self.labels[first : last + 1], return_inverse=True)
        if len(table) == 1:
            return 0, table
        times = selected.column("occurred_ms")
        if isinstance(times, int):
            return 0, table[local[:1]]
        return self._local(times, block.times()[1], block.last_ms, first, local), table

    def _local(self, times: Array, base: int, last_ms: int, first: int, local: Codes) -> Codes:
        """The entry of `local` for each time: its bucket, counted from the bucket `first`."""
        bounds = self.starts_ms[first + 1 : first + len(local)]
        shift = base % _MINUTE_MS
        minutes = (last_ms - base + shift) // _MINUTE_MS + 1
        if not self._on_minutes or minutes > _MINUTES_MAX:
            return local.take(np.searchsorted(bounds - base, times, side="right"))
        if times.dtype.itemsize < 4 or minutes * _MINUTE_MS >= 1 << 32:
            times = times.astype(np.int64)
        edges = np.clip((bounds - (base - shift)) // _MINUTE_MS, 0, minutes)
        by_minute = np.repeat(local, np.diff(edges, prepend=0, append=minutes))
        places: Codes = by_minute.take((times + times.dtype.type(shift)) // times.dtype.type(_MINUTE_MS))
        return places


@dataclass(frozen=True, slots=True)
class BarAxis:
    """The bar of a histogram: the first of `upper` that the observation does not exceed.

    One bar after them holds what is above, and one more what is no observation. The bounds ascend; those of times are
    milliseconds, in multiples of BAR_STEP_MS, those of speeds tokens a second.
    """

    upper: tuple[int, ...]
    observation: str = "latency_ms"

    @property
    def signature(self) -> Hashable:
        return ("bar", self.observation, self.upper)

    @property
    def columns(self) -> tuple[str, ...]:
        return ("flags", *OBSERVED_COLUMNS[self.observation])

    def codes(self, selected: RowSelection) -> tuple[Codes | int, Codes]:
        table = np.arange(len(self.upper) + 2, dtype=np.intp)
        values = selected.observed(self.observation)
        if self.observation == "output_speed":
            bars = np.searchsorted(speed_codes(self.upper), values)
            bars[values == 0] = table[-1]
            return bars, table
        steps = [upper // BAR_STEP_MS for upper in self.upper]
        by_step = np.repeat(table[:-1], np.diff([-1, *steps, steps[-1] + 1]))
        by_step[0] = table[-1]
        # Rounded up: what is above all bars is brought down before, lest it overflow.
        places = np.minimum(values, np.uint32((len(by_step) - 1) * BAR_STEP_MS))
        places += np.uint32(BAR_STEP_MS - 1)
        places //= np.uint32(BAR_STEP_MS)
        return by_step.take(places), table


def dimension(name: str, names: Dictionary) -> DimensionAxis:
    """The axis of a dimension's values."""
    return DimensionAxis(name, names.codes_by_column(name))


def top(name: str, codes: Sequence[int], names: Dictionary) -> TopAxis:
    """The axis of the places of `codes`, in this order, and of the rest."""
    by_column = names.codes_by_column(name)
    size = names.column_size(DIMENSIONS[name].column)
    of_column = np.arange(size) if by_column is None else by_column
    places = np.full(max(int(of_column.max(initial=0)), *codes, 0) + 1, len(codes), np.intp)
    places[list(codes)] = np.arange(len(codes))
    return TopAxis(name, tuple(codes), places[of_column])
