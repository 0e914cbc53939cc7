"""Which values of a dimension lead: the most of a metric first, and among equals the one with the lower code."""

import numpy as np

from queryd.aggregate import grouping
from queryd.aggregate.grid import Grid
from queryd.aggregate.row_filter import RowFilter
from queryd.aggregate.snapshot import Snapshot
from queryd.figures import metrics
from queryd.figures.metrics import METRICS


def top_values(snapshot: Snapshot, chosen: RowFilter, dimension: str, metric: str, count: int) -> list[int]:
    """The codes of at most `count` leading values; by requests where the metric is no sum."""
    by = ranked_by(metric)
    table = snapshot.aggregate(chosen, (grouping.dimension(dimension, snapshot.names),), metrics.needs((by,)))
    codes: list[int] = table.axes[0].tolist()
    return [codes[cell] for cell in leading_cells(table, by, count)]


def ranked_by(metric: str) -> str:
    """What values are put in order by: a metric, or requests where it is no sum."""
    return metric if METRICS[metric].additive else "requests"


def leading_cells(table: Grid, metric: str, count: int) -> list[int]:
    """At most `count` cells with the most of an additive metric; among equals the one with the lower code."""
    values = METRICS[metric].values(table, np.zeros(table.size))
    return sorted(range(table.size), key=lambda cell: (-(values[cell] or 0), cell))[:count]
