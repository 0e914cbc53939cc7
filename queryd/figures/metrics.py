"""The figures: what each one needs from the columns, and how it follows from exact sums and percentiles.

Rates are fractions and, like everything that divides, None where there is nothing to divide by.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from queryd import shapes
from queryd.columns.view import OBSERVED, speed
from queryd.engine.ranks import PERCENTS
from queryd.engine.table import Table
from queryd.engine.tally import TOKENS_AND_COST, Measures

Number = int | float | None
Minutes = NDArray[np.float64]
"""Elapsed minutes of each cell: what has passed of its time."""

TOTAL = ("input_tokens", "output_tokens", "unclassified_tokens")


@dataclass(frozen=True, slots=True)
class Metric:
    """`additive`: the figure of a whole is the sum of the figures of its parts."""

    name: str
    needs: Measures
    values: Callable[[Table, Minutes], Sequence[Number]]
    additive: bool = False


def _ratio(above: Iterable[int], below: Iterable[int]) -> list[Number]:
    return [part / whole if whole else None for part, whole in zip(above, below, strict=True)]


def _per_minute(counts: Iterable[int], minutes: Minutes) -> list[Number]:
    return [count / passed if passed else None for count, passed in zip(counts, minutes.tolist(), strict=True)]


def _succeeded(table: Table) -> list[int]:
    return [int(each) for each in (table.sums["requests"] - table.sums["failed"]).tolist()]


def _total_tokens(table: Table) -> list[int]:
    return [sum(parts) for parts in zip(*(table.sums[name].tolist() for name in TOTAL), strict=True)]


def _summed(name: str, *needs: str) -> Metric:
    return Metric(name, Measures(frozenset(needs)), lambda table, _: table.sums[name].tolist(), additive=True)


def _observed(name: str, observation: str, place: int) -> Metric:
    def values(table: Table, _: Minutes) -> list[Number]:
        ranked = table.ranked[observation]
        found = ranked.largest if place == len(PERCENTS) else ranked.percentiles[:, place]
        pairs = zip(found.tolist(), ranked.counts.tolist(), strict=True)
        return [_shown(observation, value) if count else None for value, count in pairs]

    return Metric(name, Measures(frozenset(), frozenset((observation,))), values)


def _shown(observation: str, value: int) -> int | float:
    return speed(value) if observation == "output_speed" else value


_NOTHING = Measures(frozenset())
_TOTAL = Measures(frozenset(TOTAL))
_OBSERVED_NAMES = {"latency_ms": "latency_{}_ms", "ttft_ms": "ttft_{}_ms", "output_speed": "output_speed_{}"}

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        _summed("requests"),
        Metric("succeeded", _NOTHING, lambda table, _: _succeeded(table), additive=True),
        _summed("failed"),
        Metric("success_rate", _NOTHING, lambda table, _: _ratio(_succeeded(table), table.sums["requests"].tolist())),
        *(_summed(name, name) for name in TOKENS_AND_COST),
        Metric("total_tokens", _TOTAL, lambda table, _: _total_tokens(table), additive=True),
        Metric(
            "cache_hit_rate",
            Measures(frozenset(("cache_read_tokens", "input_tokens"))),
            lambda table, _: _ratio(table.sums["cache_read_tokens"].tolist(), table.sums["input_tokens"].tolist()),
        ),
        _summed("unpriced_requests"),
        _summed("unmetered_requests"),
        Metric("rpm", _NOTHING, lambda table, minutes: _per_minute(table.sums["requests"].tolist(), minutes)),
        Metric("tpm", _TOTAL, lambda table, minutes: _per_minute(_total_tokens(table), minutes)),
        *(
            _observed(_OBSERVED_NAMES[observation].format(label), observation, place)
            for observation in OBSERVED
            for place, label in enumerate([*(f"p{percent}" for percent in PERCENTS), "max"])
        ),
    )
}

ADDITIVE = tuple(name for name, metric in METRICS.items() if metric.additive)

EVERYTHING = Measures(frozenset(TOKENS_AND_COST), frozenset(OBSERVED))


def needs(names: Iterable[str]) -> Measures:
    """What all of these metrics need."""
    wanted = [METRICS[name].needs for name in names]
    return Measures(
        frozenset().union(*(each.sums for each in wanted)),
        frozenset().union(*(each.observations for each in wanted)),
    )


def every(table: Table, minutes: float) -> list[shapes.Metrics]:
    """All figures of each cell of a table that holds EVERYTHING; all cells cover the same elapsed `minutes`."""
    passed = np.full(table.size, minutes)
    plain = ("succeeded", "success_rate", "total_tokens", "cache_hit_rate", "rpm", "tpm")
    columns: dict[str, Sequence[Any]] = {name: METRICS[name].values(table, passed) for name in plain}
    columns |= {name: values.tolist() for name, values in table.sums.items()}
    found = []
    for cell in range(table.size):
        figures: dict[str, Any] = {name: values[cell] for name, values in columns.items()}
        figures |= {name: percentiles(table, name, cell) for name in OBSERVED}
        found.append(shapes.Metrics(**figures))
    return found


def percentiles(table: Table, observation: str, cell: int) -> shapes.Percentiles:
    """The percentiles of an observation in one cell."""
    ranked = table.ranked[observation]
    count = int(ranked.counts[cell])
    values: list[Number] = [None] * (len(PERCENTS) + 1)
    if count:
        codes = [*ranked.percentiles[cell].tolist(), int(ranked.largest[cell])]
        values = [_shown(observation, code) for code in codes]
    p50, p90, p95, p99, largest = values
    return shapes.Percentiles(p50=p50, p90=p90, p95=p95, p99=p99, max=largest, count=count)
