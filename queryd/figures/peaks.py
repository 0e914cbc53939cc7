"""Which cells of a map of times have the most, and who makes it there: the key and model with the greatest part."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from queryd.aggregate import grouping
from queryd.aggregate.grouping import TimeAxis
from queryd.aggregate.row_filter import RowFilter
from queryd.aggregate.snapshot import Snapshot
from queryd.figures import metrics
from queryd.figures.buckets import Buckets
from queryd.figures.metrics import METRICS, Number
from shared.clock import MILLISECOND


@dataclass(frozen=True, slots=True)
class Maker:
    """Codes of a key and a model, and how much of the metric they are together."""

    api_key: int
    model: int
    value: Number


def highest(cells: Sequence[Number], hours: Sequence[float], count: int) -> list[int]:
    """The places of the cells with the most an hour, the most first; a cell of no time or nothing is none."""
    values = {
        place: value / passed
        for place, (value, passed) in enumerate(zip(cells, hours, strict=True))
        if value and passed
    }
    return sorted(values, key=lambda place: (-values[place], place))[:count]


def makers(
    snapshot: Snapshot, chosen: RowFilter, base: Buckets, cells: NDArray[np.intp], peaks: Sequence[int], *, metric: str
) -> list[Maker]:
    """Of each of `peaks` (cells) the pair with the most of an additive metric. `cells`: that of each bucket of `base`.

    Raises `QueryTimeout`.
    """
    places = np.full(int(cells.max(initial=0)) + 1, len(peaks), np.intp)
    places[list(peaks)] = np.arange(len(peaks))
    axis = TimeAxis(
        ("peaks", base.zone.key, tuple(peaks)), np.array(base.starts, np.int64) // MILLISECOND, places[cells]
    )
    pair = [grouping.dimension(name, snapshot.names) for name in ("api_key", "model")]
    table = snapshot.aggregate(chosen, (axis, *pair), metrics.needs((metric,)))
    values = METRICS[metric].values(table, np.zeros(table.size))
    found: dict[int, Maker] = {}
    for place, api_key, model, value in zip(*(each.tolist() for each in table.axes), values, strict=True):
        known = found.get(place)
        if known is None or (value or 0) > (known.value or 0):
            found[place] = Maker(api_key, model, value)
    return [found[place] for place in range(len(peaks))]
