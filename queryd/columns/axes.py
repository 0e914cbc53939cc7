"""What requests are grouped by: a dimension's values, the leading ones of them, or stretches of local time.

An axis gives each row of a block a small local code, and a table from local codes to codes that mean the same in every
block and for every range: that is what makes the partial results of a chunk worth keeping.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from queryd.asking.dimensions import DIMENSIONS
from queryd.columns.blocks import Array
from queryd.columns.names import Codes, Names
from queryd.columns.view import View

_MINUTE_MS = 60_000
BAR_STEP_MS = 50
_MINUTES_MAX = 1 << 19
"""A block that spans more minutes than this (a year) is cut by binary search: a table would be too long."""


class Axis(Protocol):
    """`signature` tells axes apart whose codes differ; `columns` are the columns it reads."""

    @property
    def signature(self) -> Hashable: ...

    @property
    def columns(self) -> tuple[str, ...]: ...

    def codes(self, view: View) -> tuple[Codes | int, Codes]:
        """Local code of each row of a view (or 0 for all of them), and the code of each local one."""


@dataclass(frozen=True, slots=True)
class DimensionAxis:
    """A dimension's values by their codes (queryd.columns.names)."""

    dimension: str
    _by_column: Codes | None

    @property
    def signature(self) -> Hashable:
        return self.dimension

    @property
    def columns(self) -> tuple[str, ...]:
        return (DIMENSIONS[self.dimension].column,)

    def codes(self, view: View) -> tuple[Codes | int, Codes]:
        values = view.column(DIMENSIONS[self.dimension].column)
        if isinstance(values, int):
            code = values if self._by_column is None else int(self._by_column[values])
            return 0, np.array([code], np.intp)
        found = values.astype(np.intp) if self._by_column is None else self._by_column.take(values)
        return found, np.arange(int(found.max(initial=0)) + 1, dtype=np.intp)


@dataclass(frozen=True, slots=True)
class LeadingAxis:
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

    def codes(self, view: View) -> tuple[Codes | int, Codes]:
        values = view.column(DIMENSIONS[self.dimension].column)
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

    def codes(self, view: View) -> tuple[Codes | int, Codes]:
        block = view.block
        first, last = (
            max(int(np.searchsorted(self.starts_ms, at, side="right")) - 1, 0) for at in (block.first_ms, block.last_ms)
        )
        table, local = np.unique(self.labels[first : last + 1], return_inverse=True)
        if len(table) == 1:
            return 0, table
        times = view.column("occurred_ms")
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
    """The bar of a latency histogram: the first of `upper_ms` that the latency does not exceed.

    One bar after them holds what is longer, and one more what is no observation. The bounds ascend, in multiples of
    BAR_STEP_MS.
    """

    upper_ms: tuple[int, ...]

    @property
    def signature(self) -> Hashable:
        return ("bar", self.upper_ms)

    @property
    def columns(self) -> tuple[str, ...]:
        return ("flags", "latency_ms")

    def codes(self, view: View) -> tuple[Codes | int, Codes]:
        table = np.arange(len(self.upper_ms) + 2, dtype=np.intp)
        values, is_one = view.observed("latency_ms")
        steps = [upper // BAR_STEP_MS for upper in self.upper_ms]
        by_step = np.repeat(table[:-1], np.diff([-1, *steps, steps[-1] + 1]))
        places = values // values.dtype.type(BAR_STEP_MS)
        places += values % values.dtype.type(BAR_STEP_MS) > 0
        bars = by_step.take(places, mode="clip")
        bars[~is_one] = table[-1]
        return bars, table


def dimension(name: str, names: Names) -> DimensionAxis:
    """The axis of a dimension's values."""
    return DimensionAxis(name, names.codes_by_column(name))


def leading(name: str, codes: Sequence[int], names: Names) -> LeadingAxis:
    """The axis of the places of `codes`, in this order, and of the rest."""
    by_column = names.codes_by_column(name)
    size = names.column_size(DIMENSIONS[name].column)
    of_column = np.arange(size) if by_column is None else by_column
    places = np.full(max(int(of_column.max(initial=0)), *codes, 0) + 1, len(codes), np.intp)
    places[list(codes)] = np.arange(len(codes))
    return LeadingAxis(name, tuple(codes), places[of_column])
