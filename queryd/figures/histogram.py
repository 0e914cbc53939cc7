"""How observations are distributed: bars of ascending bounds, the same for every selection, so that two compare."""

from dataclasses import dataclass

import numpy as np

from queryd.aggregate.grid import Grid
from queryd.aggregate.grouping import BarAxis
from queryd.aggregate.row_filter import RowFilter
from queryd.aggregate.scan import Question
from queryd.aggregate.snapshot import Snapshot
from queryd.aggregate.sums import Measures

_STEPS = (10, 15, 20, 30, 40, 60, 80)

BOUNDS: dict[str, tuple[int, ...]] = {
    "latency_ms": tuple(step * 10**power for power in (1, 2, 3, 4) for step in _STEPS),
    "ttft_ms": tuple(step * 10**power for power in (1, 2, 3, 4) for step in _STEPS),
    "output_speed": tuple(
        step * 10**power // 10 for power in (0, 1, 2) for step in _STEPS if step * 10**power % 10 == 0
    ),
}
"""Upper bounds: 0.1 s to 800 s, and 1 to 800 tokens a second."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many observations lie in each bar of BOUNDS, and beyond the last."""

    counts: list[int]
    beyond: int


def histogram(snapshot: Snapshot, chosen: RowFilter, observation: str) -> Histogram:
    """The bars of what the chosen requests observe (aggregate.row_selection.OBSERVED)."""
    question = histogram_question(observation)
    return read_histogram(snapshot.aggregate(chosen, question.axes, question.measures), observation)


def histogram_question(observation: str) -> Question:
    """What is asked for the bars of an observation, beside other questions."""
    return Question((BarAxis(BOUNDS[observation], observation),), Measures(frozenset()))


def read_histogram(bars: Grid, observation: str) -> Histogram:
    """The bars of the grid that answers `histogram_question`."""
    counts = np.zeros(len(BOUNDS[observation]) + 2, np.int64)
    counts[bars.axes[0]] = bars.sums["requests"]
    *held, beyond, _ = counts.tolist()
    return Histogram(held, beyond)
