"""What the requests of one question observe: held during a scan, and near the percentiles kept between answers."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

from queryd.aggregate.cache import ByteLruCache
from queryd.aggregate.grid import Grid, Groups
from queryd.aggregate.grouping import Axis
from queryd.aggregate.part import ChunkKey, Part
from queryd.aggregate.percentiles import Blocks, Observed, Ranked, Windows, groups_of, keys_of
from queryd.aggregate.row_selection import OBSERVED_COLUMNS, RowSelection
from queryd.aggregate.sums import Cells, cell_ids
from queryd.storage.chunks import Array
from queryd.storage.dictionary import Codes

HELD_BYTES = 48 * 1024 * 1024
"""What a scan holds at most, and gives back when it ends: over three million rows. Of more, columns are read again."""

SLAB_BYTES = 16 * 1024 * 1024
"""numpy asks for huge pages for so large an array, and it is unmapped when it is freed (queryd.malloc): the same in
small arrays takes thousands of page faults, as long as all the counting.
"""


@dataclass(frozen=True, slots=True)
class KeptWindows:
    """What is kept of exactly these chunks, and to which group each cell belonged."""

    chunks: frozenset[ChunkKey | None]
    axes: tuple[Codes, ...]
    groups: Groups
    windows: Windows

    @property
    def nbytes(self) -> int:
        """What it holds in memory, about."""
        return self.windows.nbytes + self.groups.target.nbytes + sum(axis.nbytes for axis in self.axes) + 2_000

    def under(self, grid: Grid, groups: Groups) -> Windows | None:
        """The same by the groups of another answer; None when cells are grouped another way now."""
        number_of = np.full(len(self.groups), -1)
        now = groups.target[grid.find(self.axes)] if len(self.groups.target) else self.groups.target
        number_of[self.groups.target] = now
        if self.groups.whole:
            number_of[-1] = groups.size
        used = number_of[number_of >= 0]
        is_same = (number_of[self.groups.target] == now).all() and len(np.unique(used)) == len(used)
        if not is_same or self.groups.whole != groups.whole:
            return None
        return self.windows.renumbered(number_of, len(groups))


class Held:
    """What a scan holds of its parts, while there is room. `values`: by part, then by name; 0 where there is none."""

    def __init__(self) -> None:
        self.values: dict[ChunkKey | None, dict[str, Array]] = {}
        self._room = HELD_BYTES
        self._slab = np.empty(0, np.uint8)

    def copy(self, array: Array) -> Array | None:
        """A copy that stays as it is; None when there is no more room."""
        if array.nbytes > len(self._slab):
            if self._room < SLAB_BYTES or array.nbytes > SLAB_BYTES:
                return None
            self._room -= SLAB_BYTES
            self._slab = np.empty(SLAB_BYTES, np.uint8)
        size = -(-array.nbytes // 8) * 8
        into = self._slab[: array.nbytes].view(array.dtype)
        self._slab = self._slab[size:]
        into[:] = array
        return into


@dataclass(slots=True)
class Observing:
    """The observations `names` of one question. `signature` names its filters and axes."""

    parts: Sequence[Part]
    signature: Hashable
    axes: Sequence[Axis]
    names: tuple[str, ...]
    cache: ByteLruCache
    held: Held
    _kept: dict[tuple[str, bool], KeptWindows] = field(init=False)
    _remembered: frozenset[ChunkKey | None] = frozenset()
    _cells: dict[ChunkKey | None, Cells] = field(default_factory=dict)
    _ends: dict[tuple[ChunkKey | None, str], tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sealed = {part.key for part in self.parts if part.is_sealed}
        found = {
            (name, whole): self.cache.get(self._key(name, whole), KeptWindows)
            for name in self.names
            for whole in (False, True)
        }
        self._kept = {key: kept for key, kept in found.items() if kept is not None and kept.chunks <= sealed}
        if {name for name, _ in self._kept} == {*self.names} != set():
            self._remembered = frozenset.intersection(*(kept.chunks for kept in self._kept.values()))

    def _key(self, name: str, whole: bool) -> Hashable:
        return (self.signature, name, whole)

    def wants(self, part: Part) -> bool:
        """Whether an answer is likely to need what it observes."""
        return bool(self.names) and part.key not in self._remembered

    def look(self, part: Part, selected: RowSelection | None, cells: Cells | None = None) -> None:
        """Hold what the chosen rows of a part (None: there are none) observe, if there is room."""
        if selected is None:
            self._ends |= {(part.key, name): (0, 0) for name in self.names}
            return
        values_held = self.held.values.setdefault(part.key, {})
        for name in self.names:
            values = selected.observed(name)
            largest = int(values.max())
            # What is none is the largest once one is taken off.
            self._ends[part.key, name] = (int((values - values.dtype.type(1)).min()) + 1 if largest else 0, largest)
            copy = None if name in values_held else self.held.copy(values)
            if copy is not None:
                values_held[name] = copy
        found = cells or cell_ids(selected, self.axes)
        numbers: Array | int | None = found.numbers
        if not isinstance(found.numbers, int):
            numbers = self.held.copy(found.numbers.astype(np.min_scalar_type(max(found.size - 1, 0))))
        if numbers is not None:
            self._cells[part.key] = Cells(numbers, found.codes, found.size)

    def ranked(self, grid: Grid, groups: Groups) -> dict[str, Ranked]:
        """The percentiles of groups of cells, by name. Raises `QueryTimeout`."""
        numbers = _GroupNumbers(self, grid, groups)
        return {name: self._ranked(name, numbers) for name in sorted(groups.names)}

    def _ranked(self, name: str, numbers: "_GroupNumbers") -> Ranked:
        grid, groups = numbers.grid, numbers.groups
        kept = self._kept.get((name, groups.whole))
        windows = None if kept is None else kept.under(grid, groups)
        if kept is not None and windows is not None:
            rest = [part for part in self.parts if part.key not in kept.chunks]
            ranked = windows.ranked(keys_of(numbers.observed(rest, name)))
            if ranked is not None:
                return ranked
        sealed = [part for part in self.parts if part.is_sealed]
        rest = [part for part in self.parts if not part.is_sealed]
        if sum(part.rows for part in sealed) > sum(part.rows for part in rest):
            fresh = keys_of(numbers.observed(rest, name))
            new = np.bincount(groups_of(fresh), minlength=len(groups))
            windows = Windows.of(numbers.observed(sealed, name), new)
            chunks = frozenset(part.key for part in sealed)
            self.cache.put(self._key(name, groups.whole), KeptWindows(chunks, grid.axes, groups, windows))
            ranked = windows.ranked(fresh)
            if ranked is not None:
                return ranked
        ranked = Windows.of(numbers.observed(self.parts, name), None).ranked(np.zeros(0, np.uint64))
        if ranked is None:
            raise AssertionError("the places themselves are kept")
        return ranked

    def ends(self, part: Part, name: str) -> tuple[int, int]:
        """The least and the largest value that a part observes; 0 and 0 when there is none."""
        if (part.key, name) not in self._ends:
            self.look(part, part.selected())
        return self._ends[part.key, name]

    def observed(self, part: Part, name: str) -> tuple[Cells, Array] | None:
        """The cell of each row, and what the row observes; None: there are no rows."""
        cells, held = self._cells.get(part.key), self.held.values.get(part.key, {})
        if cells is not None and name in held:
            return cells, held[name]
        selected = part.selected()
        if selected is None:
            return None
        selected.block.load(
            {"flags", *OBSERVED_COLUMNS[name], *(column for axis in self.axes for column in axis.columns)}
        )
        return cell_ids(selected, self.axes), selected.observed(name)


class _GroupNumbers:
    """The group of each row, by the cells of an answer: found once for all that is observed."""

    def __init__(self, source: Observing, grid: Grid, groups: Groups) -> None:
        self._source, self.grid, self.groups = source, grid, groups
        self._known: dict[ChunkKey | None, Array | int] = {}

    def observed(self, parts: Sequence[Part], name: str) -> Observed:
        """What these parts observe, by groups of cells."""

        def blocks() -> Blocks:
            for part in parts:
                found = self._source.observed(part, name)
                if found is not None:
                    cells, values = found
                    yield self._of(part, cells), values

        ends = [pair for part in parts if (pair := self._source.ends(part, name))[1]]
        least, largest = min((low for low, _ in ends), default=0), max((high for _, high in ends), default=0)
        rows = sum(part.rows for part in parts)
        return Observed(self.groups.size, self.groups.whole, rows, least, largest, blocks)

    def _of(self, part: Part, cells: Cells) -> Array | int:
        """Of each row of a part, or of all."""
        if self.groups.size == 1:
            return 0
        if part.key not in self._known:
            kind = np.min_scalar_type(self.groups.size - 1)
            of_number = self.groups.target.take(self.grid.find(cells.codes)).astype(kind)
            numbers = cells.numbers
            self._known[part.key] = int(of_number[0]) if isinstance(numbers, int) else of_number.take(numbers)
        return self._known[part.key]
