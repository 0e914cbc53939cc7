"""The figures: what each one needs from the columns, and how it follows from exact sums and percentiles.

Rates are fractions and, like everything that divides, None where there is nothing to divide by.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from queryd import shapes
from queryd.aggregate.costs import KINDS, MARKED
from queryd.aggregate.grid import Grid
from queryd.aggregate.percentiles import PERCENTS
from queryd.aggregate.row_selection import OBSERVED, speed
from queryd.aggregate.sums import OUTCOMES, TOKENS_AND_COST, Measures
from queryd.params.parameters import choice

Number = int | float | None
Minutes = NDArray[np.float64]
"""Elapsed minutes of each cell: what has passed of its time."""

TOTAL = ("input_tokens", "output_tokens", "unclassified_tokens")


@dataclass(frozen=True, slots=True)
class Metric:
    """`additive`: the figure of a whole is the sum of the figures of its parts."""

    name: str
    needs: Measures
    values: Callable[[Grid, Minutes], Sequence[Number]]
    additive: bool = False


def _ratio(above: Iterable[int], below: Iterable[int]) -> list[Number]:
    return [part / whole if whole else None for part, whole in zip(above, below, strict=True)]


def _per_minute(counts: Iterable[int], minutes: Minutes) -> list[Number]:
    return [count / passed if passed else None for count, passed in zip(counts, minutes.tolist(), strict=True)]


def _succeeded(table: Grid) -> list[int]:
    return [int(each) for each in (table.sums["requests"] - table.sums["failed"]).tolist()]


def _judged(table: Grid) -> list[int]:
    """Requests but for those that the client hung up on: they say nothing of account or model."""
    return [int(each) for each in (table.sums["requests"] - table.sums["cancelled"]).tolist()]


def _total_tokens(table: Grid) -> list[int]:
    return [sum(parts) for parts in zip(*(table.sums[name].tolist() for name in TOTAL), strict=True)]


def _hit_rate(table: Grid) -> list[Number]:
    """Never above 1: an upstream that reports more cache reads than input contradicts itself."""
    read, into = table.sums["cache_read_tokens"].tolist(), table.sums["input_tokens"].tolist()
    return _ratio([min(part, whole) for part, whole in zip(read, into, strict=True)], into)


def _saved(table: Grid) -> list[Number]:
    """What the cache saved: its tokens as uncached input, less what they cost. Negative where writes outweigh it."""
    names = ("cached_as_input_nanos", "cost_cache_read_nanos", "cost_cache_write_nanos")
    columns = (table.sums[name].tolist() for name in names)
    return [as_input - read - write for as_input, read, write in zip(*columns, strict=True)]


def _summed(name: str, *needs: str) -> Metric:
    return Metric(name, Measures(frozenset(needs)), lambda table, _: table.sums[name].tolist(), additive=True)


def _observed(name: str, observation: str, place: int) -> Metric:
    def values(table: Grid, _: Minutes) -> list[Number]:
        ranked = table.ranked[observation]
        found = ranked.largest if place == len(PERCENTS) else ranked.percentiles[:, place]
        pairs = zip(found.tolist(), ranked.counts.tolist(), strict=True)
        return [_shown(observation, value) if count else None for value, count in pairs]

    return Metric(name, Measures(frozenset(), frozenset((observation,))), values)


def _shown(observation: str, value: int) -> int | float:
    return speed(value) if observation == "output_speed" else value


COST_KINDS = KINDS[:4]
"""The parts of a cost."""

COST_OF_REASONING = KINDS[5]
"""A part of the last of them."""

_NOTHING = Measures(frozenset())
_TOTAL = Measures(frozenset(TOTAL))
_OBSERVED_NAMES = {"latency_ms": "latency_{}_ms", "ttft_ms": "ttft_{}_ms", "output_speed": "output_speed_{}"}

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        _summed("requests"),
        Metric("succeeded", Measures(frozenset(("failed",))), lambda table, _: _succeeded(table), additive=True),
        _summed("failed", "failed"),
        _summed("cancelled", "cancelled"),
        Metric(
            "success_rate",
            Measures(frozenset(("failed", "cancelled"))),
            lambda table, _: _ratio(_succeeded(table), _judged(table)),
        ),
        *(_summed(name, name) for name in TOKENS_AND_COST),
        Metric("total_tokens", _TOTAL, lambda table, _: _total_tokens(table), additive=True),
        Metric(
            "cache_hit_rate",
            Measures(frozenset(("cache_read_tokens", "input_tokens"))),
            lambda table, _: _hit_rate(table),
        ),
        *(_summed(name, name) for name in (*COST_KINDS, COST_OF_REASONING)),
        Metric("cache_saved_nanos", Measures(frozenset(KINDS)), lambda table, _: _saved(table), additive=True),
        _summed("unpriced_requests", "unpriced_requests"),
        *(_summed(name, name) for name in MARKED),
        _summed("unmetered_requests", "unmetered_requests"),
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

EVERYTHING = Measures(frozenset((*OUTCOMES, *TOKENS_AND_COST, *MARKED)), frozenset(OBSERVED))


COST_BY = choice("cost_by", "Also what each cost is made of.", ["kind"])


def everything(cost_by: str | None) -> Measures:
    """EVERYTHING, and the parts of costs where they are asked for."""
    return EVERYTHING if cost_by is None else Measures(EVERYTHING.sums | frozenset(KINDS), EVERYTHING.observations)


def needs(names: Iterable[str]) -> Measures:
    """What all of these metrics need."""
    wanted = [METRICS[name].needs for name in names]
    return Measures(
        frozenset().union(*(each.sums for each in wanted)),
        frozenset().union(*(each.observations for each in wanted)),
    )


def every(table: Grid, minutes: float) -> list[shapes.Metrics]:
    """All figures of each cell of a table that holds EVERYTHING; all cells cover the same elapsed `minutes`."""
    passed = np.full(table.size, minutes)
    plain = ("succeeded", "success_rate", "total_tokens", "cache_hit_rate", "rpm", "tpm")
    columns: dict[str, Sequence[Any]] = {name: METRICS[name].values(table, passed) for name in plain}
    columns |= {name: values.tolist() for name, values in table.sums.items() if name not in KINDS}
    if all(name in table.sums for name in KINDS):
        of_cost = (*COST_KINDS, COST_OF_REASONING, "cache_saved_nanos")
        columns |= {name: METRICS[name].values(table, passed) for name in of_cost}
    found = []
    for cell in range(table.size):
        figures: dict[str, Any] = {name: values[cell] for name, values in columns.items()}
        figures |= {name: percentiles(table, name, cell) for name in OBSERVED}
        found.append(shapes.Metrics(**figures))
    return found


def percentiles(table: Grid, observation: str, cell: int) -> shapes.Percentiles:
    """The percentiles of an observation in one cell."""
    ranked = table.ranked[observation]
    count = int(ranked.counts[cell])
    values: list[Number] = [None] * (len(PERCENTS) + 1)
    if count:
        codes = [*ranked.percentiles[cell].tolist(), int(ranked.largest[cell])]
        values = [_shown(observation, code) for code in codes]
    p50, p90, p95, p99, largest = values
    return shapes.Percentiles(p50=p50, p90=p90, p95=p95, p99=p99, max=largest, count=count)
