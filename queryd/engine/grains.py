"""What observations are told apart by while percentiles are found, and what is remembered of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from queryd.columns.blocks import Array
from queryd.columns.names import Codes
from queryd.engine.histograms import Bins, Kept, Marks, bins, placed
from queryd.engine.ranks import Fold

ChunkKey = tuple[int, tuple[int, int] | None]
"""A chunk's id, and how the range cuts it (None: it does not)."""


@dataclass(frozen=True, slots=True)
class Grain:
    """What observations are told apart by: `numbers` gives the class of each cell of the table.

    The finest has a class for each cell; what it remembers serves other unions of cells, too. The coarsest has one for
    all cells that belong together in every fold, which is less to count.
    """

    numbers: Codes
    size: int
    kinds: Mapping[str, Bins]

    @staticmethod
    def of(numbers: Codes, size: int, names: Sequence[str]) -> "Grain":
        return Grain(numbers, size, {name: bins(is_float=name == "output_speed", cells=size) for name in names})

    def fold(self, fold: Fold) -> Fold:
        """The same fold, of classes."""
        target = np.zeros(self.size, np.intp)
        target[self.numbers] = fold.target
        return Fold(target, fold.size, fold.names)

    def placed(self, rows: Array, place: Codes) -> Array:
        """A row a class: these at `place`, zeros elsewhere."""
        return placed(rows, place, self.size)


@dataclass(frozen=True, slots=True)
class Asked:
    """That a question was asked, and the bins to gather if it is asked again; cells have codes `axes`."""

    axes: tuple[Codes, ...]
    kinds: Mapping[str, Bins]
    marks: Mapping[str, Marks]

    @property
    def nbytes(self) -> int:
        """What it holds in memory, about."""
        return sum(each.nbytes for each in (*self.axes, *self.marks.values())) + 1_000


@dataclass(frozen=True, slots=True)
class Settled:
    """What these chunks contribute, by name, in cells with codes `axes`."""

    chunks: frozenset[ChunkKey | None]
    axes: tuple[Codes, ...]
    kinds: Mapping[str, Bins]
    kept: Mapping[str, Kept]

    @property
    def nbytes(self) -> int:
        """What it holds in memory, about."""
        return sum(axis.nbytes for axis in self.axes) + sum(each.nbytes for each in self.kept.values()) + 2_000
