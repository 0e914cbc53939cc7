"""Filters as lookup tables: whether a row counts is one small read a column."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from queryd.dimensions import DIMENSIONS
from queryd.params.parameters import Filter
from queryd.storage.chunks import Array, Block
from queryd.storage.dictionary import Codes, Dictionary

Mask = NDArray[np.bool_]

COMPARED_MAX = 4
"""A few values are compared with each row, at a tenth of the time of a look into the table."""

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class RowFilter:
    """The rows of one span that pass the filters. `tables`: for each column, which of its values pass.

    `start_ms` ≤ time < `end_ms`, UTC epoch milliseconds. `impossible`: no row can pass.
    """

    signature: Hashable
    start_ms: int
    end_ms: int
    tables: tuple[tuple[str, Mask], ...]
    impossible: bool
    _remembered: dict[int, bytes] = field(default_factory=dict, compare=False)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(column for column, _ in self.tables)

    @property
    def is_steady(self) -> bool:
        """Whether the same span is likely to be asked for again: one that moves with the clock ends anywhere."""
        return self.start_ms % _MINUTE_MS == 0 and self.end_ms % _MINUTE_MS == 0

    def overlaps(self, first_ms: int, last_ms: int) -> bool:
        """Whether a block of this time span can hold rows of it."""
        return first_ms < self.end_ms and last_ms >= self.start_ms

    def covers(self, first_ms: int, last_ms: int) -> bool:
        """Whether every row of a block of this time span lies in the time asked for."""
        return first_ms >= self.start_ms and last_ms < self.end_ms

    def cut(self, first_ms: int, last_ms: int) -> tuple[int, int] | None:
        """The part of a block's time span that is asked for, UTC epoch milliseconds, end exclusive; None: all."""
        if self.covers(first_ms, last_ms):
            return None
        return max(self.start_ms, first_ms), min(self.end_ms, last_ms + 1)

    def rows(self, block: Block) -> Codes | None:
        """The positions of the rows that pass, ascending; None: all of them."""
        mask = self.mask(block)
        return None if mask is None else np.flatnonzero(mask)

    def mask(self, block: Block) -> Mask | None:
        """Which rows pass; None: all of them.

        An answer goes through its chunks more than once, so what passes is remembered, a bit a row.
        """
        known = self._remembered.get(block.id)
        if known is not None:
            return np.unpackbits(np.frombuffer(known, np.uint8), count=block.rows).view(np.bool_)
        mask = self._passing(block)
        if mask is None or mask.all():
            return None
        if block.id:
            self._remembered[block.id] = np.packbits(mask).tobytes()
        return mask

    def _passing(self, block: Block) -> Mask | None:
        """Which rows pass; None: all of them."""
        mask: Mask | None = None
        inside = self.covers(block.first_ms, block.last_ms)
        block.load(self.columns if inside else (*self.columns, "occurred_ms"))
        if not inside:
            times, base = block.times()
            if isinstance(times, int):
                return None if self.start_ms <= times < self.end_ms else np.zeros(block.rows, np.bool_)
            mask = np.ones(block.rows, np.bool_)
            if block.first_ms < self.start_ms:
                mask &= times >= self.start_ms - base
            if block.last_ms >= self.end_ms:
                mask &= times < self.end_ms - base
        for column, table in self.tables:
            values = block.column(column)
            if isinstance(values, int):
                if not table[values]:
                    return np.zeros(block.rows, np.bool_)
                continue
            passing = _passing(values, table)
            mask = passing if mask is None else mask & passing
        return mask


def _passing(values: Array, table: Mask) -> Mask:
    """`table` of each value."""
    for wanted in (table, ~table):
        few = np.flatnonzero(wanted)
        if len(few) <= COMPARED_MAX:
            found = np.zeros(len(values), np.bool_)
            for value in few[few <= np.iinfo(values.dtype).max].tolist():
                found |= values == values.dtype.type(value)
            return found if wanted is table else ~found
    return table.take(values)


def compile_filters(filters: Sequence[Filter], names: Dictionary, start_ms: int, end_ms: int) -> RowFilter:
    """The requests that pass `filters` within start_ms ≤ time < end_ms."""
    tables: dict[str, Mask] = {}
    for each in filters:
        column = DIMENSIONS[each.dimension].column
        by_column = names.codes_by_column(each.dimension)
        of_column = np.arange(names.column_size(column)) if by_column is None else by_column
        passing = np.ones(len(of_column), np.bool_)
        if each.wanted:
            passing &= np.isin(of_column, list(names.codes(each.dimension, each.wanted)))
        if each.unwanted:
            passing &= ~np.isin(of_column, list(names.codes(each.dimension, each.unwanted)))
        tables[column] = passing & tables[column] if column in tables else passing
    impossible = start_ms >= end_ms or not all(table.any() for table in tables.values())
    return RowFilter(tuple(filters), start_ms, end_ms, tuple(tables.items()), impossible)
