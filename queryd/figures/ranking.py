"""Which values of a dimension lead: the most of a metric first, and among equals the one with the lower code."""

import numpy as np

from queryd.columns import axes
from queryd.columns.matching import Matching
from queryd.engine.scan import Snapshot
from queryd.figures import metrics
from queryd.figures.metrics import METRICS


def leaders(snapshot: Snapshot, chosen: Matching, dimension: str, metric: str, count: int) -> list[int]:
    """The codes of at most `count` leading values; by requests where the metric is no sum."""
    by = metric if METRICS[metric].additive else "requests"
    table = snapshot.aggregate(chosen, (axes.dimension(dimension, snapshot.names),), metrics.needs((by,)))
    values = METRICS[by].values(table, np.zeros(table.size))
    order = sorted(range(table.size), key=lambda cell: (-(values[cell] or 0), cell))
    codes: list[int] = table.axes[0].tolist()
    return [codes[cell] for cell in order[:count]]
