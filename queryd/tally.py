"""Counting one block: its matching rows, grouped by axes, into exact sums and the values percentiles are read from.

`np.bincount` adds in float64, which is exact below 2**53; where a sum could be larger, its halves are added apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from queryd.axes import Axis
from queryd.blocks import Array, Block
from queryd.names import Codes
from shared.columns import FAILED, GENERATE, UNMETERED, UNPRICED

Counted = Literal["requests", "failed", "unpriced_requests", "unmetered_requests"]
COUNTED: tuple[Counted, ...] = ("requests", "failed", "unpriced_requests", "unmetered_requests")
TOKENS_AND_COST = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "unclassified_tokens",
    "cost_nanos",
)
OBSERVED = ("latency_ms", "ttft_ms", "output_speed")

DENSE_CELLS = 4_096
"""Up to this many cells are counted as they are; more are first reduced to those that occur."""

_UINT32 = 2**32 - 1
_EXACT = 2**53
_SLOWEST, _FASTEST = 2.0**-24, 2.0**39  # tokens a second
_SPEED_BASE = int(np.float32(_SLOWEST).view(np.uint32))
_FLAG_BITS = 4
_FLAG_SETS = np.arange(1 << _FLAG_BITS)
_COUNTS_BY_FLAGS = np.stack(
    [np.ones_like(_FLAG_SETS), *((_FLAG_SETS & flag) != 0 for flag in (FAILED, UNPRICED, UNMETERED))], axis=1
).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Measures:
    """What to add up and what to observe: only their columns are read."""

    sums: frozenset[str]  # of TOKENS_AND_COST
    observations: frozenset[str] = frozenset()  # of OBSERVED

    @property
    def columns(self) -> set[str]:
        wanted = {"flags", *self.sums}
        if "latency_ms" in self.observations:
            wanted.add("latency_ms")
        if "ttft_ms" in self.observations:
            wanted.add("ttft_ms")
        if "output_speed" in self.observations:
            wanted |= {"latency_ms", "ttft_ms", "output_tokens"}
        return wanted


@dataclass(frozen=True, slots=True)
class Observations:
    """Observed values, each packed above `bits` with the local cell it belongs to; `cells` maps local cells."""

    keys: Array
    bits: int
    cells: Codes


@dataclass(frozen=True, slots=True)
class Partial:
    """What one block adds to an answer: for each cell that occurs, its code on each axis, its counts and sums."""

    axes: tuple[Codes, ...]
    counts: NDArray[np.int64]  # a row a cell, by COUNTED
    sums: dict[str, Array]  # int64, or Python integers where an int64 could overflow
    observations: dict[str, Observations]

    @property
    def nbytes(self) -> int:
        """What it holds in memory, about."""
        arrays = [*self.axes, self.counts, *self.sums.values()]
        size = sum(array.nbytes for array in arrays)
        return size + sum(each.keys.nbytes + each.cells.nbytes for each in self.observations.values()) + 1_000


def tally(block: Block, rows: Codes | None, axes: Sequence[Axis], measures: Measures) -> Partial | None:
    """Count `rows` of a block (None: all of them); None when there are none."""
    count = block.rows if rows is None else len(rows)
    if count == 0:
        return None
    block.load({*measures.columns, *(column for axis in axes for column in axis.columns)})
    cells, tables, shape = _cells(block, rows, axes)
    size = int(np.prod(shape, dtype=np.int64)) if shape else 1
    occurring: Codes | None = None
    if size > DENSE_CELLS and not isinstance(cells, int):
        cells, occurring, size = _reduced(cells, size)

    flags = _taken(block.column("flags"), rows)
    counts = _counts(cells, flags, size, count)
    present = np.flatnonzero(counts[:, 0])
    sums = {name: _sum(cells, _taken(block.column(name), rows), size, count)[present] for name in measures.sums}
    local = np.zeros(size, np.intp)
    local[present] = np.arange(len(present))
    observations = {
        name: _pack(cells, values, keep, local)
        for name, values, keep in _observed(block, rows, flags, measures.observations, count)
    }
    codes = present if occurring is None else occurring[present]
    places = np.unravel_index(codes, shape) if shape else ()
    return Partial(
        tuple(table.take(place) for table, place in zip(tables, places, strict=True)),
        counts[present],
        sums,
        observations,
    )


def _cells(block: Block, rows: Codes | None, axes: Sequence[Axis]) -> tuple[Codes | int, list[Codes], tuple[int, ...]]:
    """The local cell of each row on all axes together, the axes' tables and their lengths."""
    cells: Codes | int = 0
    tables: list[Codes] = []
    for axis in axes:
        codes, table = axis.codes(block, rows)
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


def _taken(values: Array | int, rows: Codes | None) -> Array | int:
    return values if rows is None or isinstance(values, int) else values.take(rows)


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
    if largest * count < _EXACT:
        if isinstance(cells, int):
            whole: Array = np.array([int(values.sum(dtype=np.int64))], np.int64)
            return whole
        summed: Array = np.bincount(cells, values, size).astype(np.int64)
        return summed
    low, high = (_sum(cells, half, size, count) for half in (values & np.int64(_UINT32), values >> np.int64(32)))
    wide: Array = low + high.astype(object) * 2**32
    return wide


def _observed(
    block: Block, rows: Codes | None, flags: Array | int, wanted: frozenset[str], count: int
) -> list[tuple[str, Array, NDArray[np.bool_]]]:
    """The values of each wanted observation, and which rows have one: of succeeded, generating requests."""
    if not wanted:
        return []
    whole = np.broadcast_to(np.uint8(flags), (count,)) if isinstance(flags, int) else flags
    counting = (whole & np.uint8(FAILED | GENERATE)) == GENERATE
    found: list[tuple[str, Array, NDArray[np.bool_]]] = []
    columns: dict[str, Array] = {
        name: np.broadcast_to(np.asarray(taken), (count,))
        for name in ("latency_ms", "ttft_ms", "output_tokens")
        if name in Measures(frozenset(), wanted).columns
        for taken in (_taken(block.column(name), rows),)
    }
    found.extend((name, columns[name], counting & (columns[name] > 0)) for name in OBSERVED[:2] if name in wanted)
    if "output_speed" in wanted:
        latency, ttft, output = (columns[name] for name in ("latency_ms", "ttft_ms", "output_tokens"))
        keep = counting & (ttft > 0) & (latency > ttft) & (output > 0)
        found.append(("output_speed", _speed_codes(output, latency, ttft, keep), keep))
    return found


def _speed_codes(output: Array, latency: Array, ttft: Array, keep: NDArray[np.bool_]) -> Array:
    """Output tokens a second after the first byte, as integers in the same order (`speed` reads them).

    They are the bits of a float32, counted from the slowest: an order statistic of rounded values is the rounded
    order statistic, so a percentile is exact to seven digits.
    """
    codes = np.zeros(len(keep), np.uint32)
    tokens = output.compress(keep) * 1_000.0
    tokens /= latency.compress(keep) - ttft.compress(keep)
    codes[keep] = np.clip(tokens, _SLOWEST, _FASTEST).astype(np.float32).view(np.uint32) - np.uint32(_SPEED_BASE)
    return codes


def speed(code: int) -> float:
    """The output speed that a code stands for, tokens a second to seven digits."""
    return float(f"{np.uint32(code + _SPEED_BASE).view(np.float32):.7g}")


def _pack(cells: Codes | int, values: Array, keep: NDArray[np.bool_], local: Codes) -> Observations:
    values = values.compress(keep)
    bits = int(values.max(initial=0)).bit_length()
    if isinstance(cells, int):
        return Observations(values.astype(np.uint16 if bits <= 16 else np.uint32), bits, local)
    width = bits + (len(local) - 1).bit_length()
    code: type[np.uint32 | np.uint64] = np.uint32 if width <= 32 else np.uint64
    keys: Array = cells.compress(keep).astype(code)
    keys <<= code(bits)
    keys |= values.astype(code)
    return Observations(keys, bits, local)
