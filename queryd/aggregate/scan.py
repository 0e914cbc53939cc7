"""One pass through the blocks of a range, for any number of questions about the same requests.

Whatever a block must be read, filtered and divided for is done once; what is observed is held until its percentiles
are asked for (observing).
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from queryd.aggregate.adding import Adding
from queryd.aggregate.cache import ByteLruCache
from queryd.aggregate.grid import Grid, Groups
from queryd.aggregate.grouping import Axis
from queryd.aggregate.observing import Held, Observing, observed_columns
from queryd.aggregate.part import Part
from queryd.aggregate.percentiles import Ranked
from queryd.aggregate.row_selection import RowSelection
from queryd.aggregate.sums import NO_ROWS, Measures, cell_ids, stored_columns, sum_cells


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the chosen requests: `measures` by cell of `axes`."""

    axes: Sequence[Axis]
    measures: Measures


class Asked:
    """One question of a scan: afterwards its grid of sums, and percentiles of any groups of its cells."""

    grid: Grid

    def __init__(
        self, question: Question, parts: Sequence[Part], chosen: Hashable, cache: ByteLruCache, held: Held
    ) -> None:
        self.axes, self._sums = question.axes, tuple(sorted(question.measures.sums))
        self._observed = question.measures.observations
        signature = (chosen, tuple(axis.signature for axis in question.axes))
        self._adding = Adding(parts, signature, len(question.axes), self._sums, cache)
        self._observing = Observing(parts, signature, question.axes, self._observed, cache, held)

    def ranked(self, groups: Groups) -> dict[str, Ranked]:
        """Exact percentiles of groups of the grid's cells, by name. Raises `QueryTimeout`."""
        return self._observing.ranked(self.grid, groups)

    def per_cell(self) -> Grid:
        """The grid with the percentiles of each cell. Raises `QueryTimeout`."""
        return replace(self.grid, ranked=self.ranked(self.grid.per_cell(self._observed)))

    def wants(self, part: Part) -> bool:
        return self._adding.wants(part)

    def columns(self) -> set[str]:
        """What it wants of a part."""
        found = {column for axis in self.axes for column in axis.columns}
        return found | stored_columns(self._sums) | observed_columns(self._observed)

    def take(self, part: Part, selected: RowSelection | None) -> None:
        """Add up and hold what is wanted of the chosen rows of a part."""
        if selected is None:
            self._adding.add(part, NO_ROWS)
            return
        cells = cell_ids(selected, self.axes)
        self._adding.add(part, sum_cells(selected, cells, self._sums))
        if self._observed:
            self._observing.hold(part, selected, cells)

    def finish(self) -> None:
        self.grid = self._adding.grid()


def scan(questions: Sequence[Question], parts: Sequence[Part], chosen: Hashable, cache: ByteLruCache) -> list[Asked]:
    """Go through `parts` once; `chosen` names the filters. Raises `QueryTimeout`."""
    held = Held()
    asked = [Asked(question, parts, chosen, cache, held) for question in questions]
    for part in parts:
        wanting = [each for each in asked if each.wants(part)]
        if not wanting:
            continue
        selected = part.selected()
        if selected is not None:
            selected.block.load(set().union(*(each.columns() for each in wanting)))
        for each in wanting:
            each.take(part, selected)
    for each in asked:
        each.finish()
    return asked
