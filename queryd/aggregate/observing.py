"""What the requests of one question observe: sorted by group once, and near the percentiles kept between answers."""

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from queryd.aggregate.cache import ByteLruCache
from queryd.aggregate.grid import Grid, Groups
from queryd.aggregate.grouping import Axis
from queryd.aggregate.part import ChunkKey, Part
from queryd.aggregate.percentiles import Keys, Observed, Ranked, Sample, groups_of
from queryd.aggregate.row_selection import OBSERVED_COLUMNS, RowSelection
from queryd.aggregate.sums import Cells, cell_ids
from queryd.storage.chunks import Array
from queryd.storage.dictionary import Codes

HELD_BYTES = 48 * 1024 * 1024
"""What a scan holds at most, and gives back when it ends: over three million rows. Of more, columns are read again."""


@dataclass(frozen=True, slots=True)
class KeptSamples:
    """What is kept of exactly these chunks, by name, and to which group each cell belonged."""

    chunks: frozenset[ChunkKey | None]
    axes: tuple[Codes, ...]
    groups: Groups
    samples: Mapping[str, Sample]

    @property
    def nbytes(self) -> int:
        """What it holds in memory, about."""
        arrays = sum(each.nbytes for each in (*self.axes, self.groups.target))
        return arrays + sum(sample.nbytes for sample in self.samples.values()) + 100 * len(self.chunks) + 2_000

    def under(self, grid: Grid, groups: Groups) -> Mapping[str, Sample] | None:
        """The samples by the groups of another answer; None when cells are grouped another way now."""
        number_of = np.full(len(self.groups), -1)
        now = groups.target.take(grid.find(self.axes)[: len(self.groups.target)])
        number_of[self.groups.target] = now
        if groups.whole:
            number_of[-1] = groups.size
        used = number_of[number_of >= 0]
        if (number_of[self.groups.target] != now).any() or len(np.unique(used)) < len(used):
            return None
        return {name: sample.renumbered(number_of) for name, sample in self.samples.items()}


class Held:
    """What a scan holds of its parts, while there is room. `values`: by part, then by name; 0 where there is none."""

    def __init__(self) -> None:
        self.values: dict[ChunkKey | None, dict[str, Array]] = {}
        # One large array is unmapped when it is freed (queryd.malloc), and what is not used of it takes no memory.
        self._free = np.empty(HELD_BYTES, np.uint8)

    def copy(self, array: Array) -> Array | None:
        """A copy that stays as it is; None when there is no more room."""
        if array.nbytes > len(self._free):
            return None
        into = self._free[: array.nbytes].view(array.dtype)
        self._free = self._free[-(-array.nbytes // 8) * 8 :]
        into[:] = array
        return into


@dataclass(frozen=True, slots=True)
class Observing:
    """Percentiles of what the chosen requests in `parts` observe. `signature` names their filters and the axes."""

    parts: Sequence[Part]
    signature: Hashable
    axes: Sequence[Axis]
    names: frozenset[str]
    cache: ByteLruCache
    held: Held
    _cells: dict[ChunkKey | None, Cells] = field(default_factory=dict)

    def hold(self, part: Part, selected: RowSelection, cells: Cells) -> None:
        """Hold what the chosen rows of a part observe, if there is room."""
        values = self.held.values.setdefault(part.key, {})
        for name in self.names - values.keys():
            copy = self.held.copy(selected.observed(name))
            if copy is not None:
                values[name] = copy
        numbers: Array | int | None = cells.numbers
        if not isinstance(cells.numbers, int):
            numbers = self.held.copy(cells.numbers.astype(np.min_scalar_type(max(cells.size - 1, 0))))
        if numbers is not None:
            self._cells[part.key] = Cells(numbers, cells.codes, cells.size)

    def ranked(self, grid: Grid, groups: Groups) -> dict[str, Ranked]:
        """The percentiles of groups of cells, by name. Raises `QueryTimeout`."""
        if not groups.names:
            return {}
        sealed = [part for part in self.parts if part.is_sealed]
        chunks = frozenset(part.key for part in sealed)
        key = ("observed", self.signature, groups.names, groups.whole, sealed[0].key if sealed else None)
        kept = self.cache.get(key, KeptSamples)
        samples = kept.under(grid, groups) if kept is not None and kept.chunks <= chunks else None
        if kept is not None and samples is not None:
            ranked = _told(samples, self._fresh(kept.chunks, grid, groups), groups)
            if ranked is not None:
                return ranked
        if 2 * sum(part.rows for part in sealed) > sum(part.rows for part in self.parts):
            fresh = self._fresh(chunks, grid, groups)
            new = {name: np.bincount(groups_of(keys), minlength=len(groups)) for name, keys in fresh.items()}
            samples = {name: seen.sample(new[name]) for name, seen in self._observed(sealed, grid, groups)}
            self.cache.put(key, KeptSamples(chunks, grid.axes, groups, samples))
            ranked = _told(samples, fresh, groups)
            if ranked is not None:
                return ranked
        samples = {name: seen.sample(None) for name, seen in self._observed(self.parts, grid, groups)}
        ranked = _told(samples, dict.fromkeys(samples, np.zeros(0, np.uint64)), groups)
        if ranked is None:
            raise AssertionError("the places themselves are kept")
        return ranked

    def _fresh(self, known: Collection[ChunkKey | None], grid: Grid, groups: Groups) -> dict[str, Keys]:
        """All that the other parts observe."""
        rest = [part for part in self.parts if part.key not in known]
        return {name: seen.keys() for name, seen in self._observed(rest, grid, groups)}

    def _observed(self, parts: Sequence[Part], grid: Grid, groups: Groups) -> Iterator[tuple[str, Observed]]:
        """What these parts observe, by name."""
        numbers: dict[ChunkKey | None, Array | int] = {}
        for name in sorted(groups.names):
            blocks = []
            for part in parts:
                found = self._of_part(part, name)
                if found is not None:
                    cells, values = found
                    if part.key not in numbers:
                        numbers[part.key] = _numbers(cells, grid, groups)
                    blocks.append((numbers[part.key], values))
            yield name, Observed(blocks, groups.size, groups.whole)

    def _of_part(self, part: Part, name: str) -> tuple[Cells, Array] | None:
        """The cell of each row, and what the row observes; None: there are no rows."""
        cells, held = self._cells.get(part.key), self.held.values.get(part.key, {})
        if cells is not None and name in held:
            return cells, held[name]
        selected = part.selected()
        if selected is None:
            return None
        selected.block.load(observed_columns({name}) | {column for axis in self.axes for column in axis.columns})
        return cell_ids(selected, self.axes), selected.observed(name)


def observed_columns(names: Collection[str]) -> set[str]:
    """The columns that say what is observed."""
    return {"flags", *(column for name in names for column in OBSERVED_COLUMNS[name])} if names else set()


def _numbers(cells: Cells, grid: Grid, groups: Groups) -> Array | int:
    """The group of each row, or of all."""
    if groups.size == 1:
        return 0
    of_cell = groups.target.take(grid.find(cells.codes)).astype(np.min_scalar_type(groups.size - 1))
    return int(of_cell[0]) if isinstance(cells.numbers, int) else of_cell.take(cells.numbers)


def _told(samples: Mapping[str, Sample], fresh: Mapping[str, Keys], groups: Groups) -> dict[str, Ranked] | None:
    """The percentiles of both together; None when a value that was left out may be one."""
    found = {name: sample.ranked(fresh[name], len(groups)) for name, sample in samples.items()}
    ranked = {name: each for name, each in found.items() if each is not None}
    return ranked if len(ranked) == len(found) else None
