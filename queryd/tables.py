"""Answers as tables, for CSV: a row a bucket and group, a row a group, a row a cell.

Ids stand beside labels; what is beyond the limit of an answer is a row without an id; money is given in nano-dollars
and in dollars. What a period before had is in columns `…_before`, or, where it has times of its own, in rows of its own
(`period`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET

from queryd import shapes

Cell = str | float | Decimal | bool | None
Values = Mapping[str, Any]
"""The endpoint's own parameters."""

OTHERS = "(others)"

_NANOS, _USD = "_nanos", "_usd"


@dataclass(frozen=True, slots=True)
class Table:
    """`name` is what a file of it is called."""

    name: str
    columns: Sequence[str]
    rows: Iterator[Sequence[Cell]]


Render = Callable[[Any, Values], Table]


def timeseries(answer: shapes.Timeseries, values: Values) -> Table:
    """Buckets that have not come yet are left out."""
    group_by: str | None = values["group_by"]
    wanted: Sequence[str] = values["metrics"]
    then = answer.compare
    columns = ["time", *(["period"] if then else []), *_entity_columns(group_by), *_named(wanted)]

    def rows() -> Iterator[Sequence[Cell]]:
        for place, at in enumerate(answer.buckets):
            for series in answer.series:
                found = [series.metrics[name][place] for name in wanted]
                if any(each is not None for each in found):
                    period = ["selected"] if then else []
                    yield [at, *period, *_entity(group_by, series.group), *_amounts(wanted, found)]
        for place, at in enumerate(then.buckets if then else ()):
            found = [then.metrics[name][place] for name in wanted] if then else []
            yield [at, "before", *([None, None] if group_by else []), *_amounts(wanted, found)]

    return Table("_by_".join(["timeseries", *([group_by] if group_by else [])]), columns, rows())


def breakdown(answer: shapes.Breakdown, values: Values) -> Table:
    """Its rows, and one for all others."""
    dimensions: Sequence[str] = values["by"]
    total = _flat(answer.total)
    names = list(total)
    before = [f"{name}_before" for name in names] if answer.compare else []

    def figures(now: shapes.Metrics, then: shapes.Metrics | None) -> list[Cell]:
        past: dict[str, Cell] = {} if then is None else _flat(then)
        return [*_flat(now).values(), *(past.get(name) for name in names if before)]

    def rows() -> Iterator[Sequence[Cell]]:
        for row in answer.rows:
            groups = [cell for each in row.groups for cell in (each.id, each.label)]
            yield [*groups, *figures(row.metrics, row.compare)]
        if answer.other is not None:
            yield [*(None, OTHERS) * len(dimensions), *figures(answer.other.metrics, answer.other.compare)]

    heads = [head for name in dimensions for head in _entity_columns(name)]
    return Table("_by_".join(["breakdown", "_and_".join(dimensions)]), [*heads, *names, *before], rows())


def heatmap(answer: shapes.Heatmap, _: Values) -> Table:
    """A row a cell."""
    then = answer.compare
    figures = list(dict.fromkeys([answer.metric, "requests"]))
    names = [*_named(figures), "hours"]
    columns = [*_side_columns(answer.y_axis), *_side_columns(answer.x_axis), *names]
    columns += [f"{name}_before" for name in names] if then else []

    def rows() -> Iterator[Sequence[Cell]]:
        for line, y in enumerate(answer.y):
            for place, x in enumerate(answer.x):
                found: list[Cell] = [*_side(answer.y_axis, y), *_side(answer.x_axis, x)]
                for each in (answer, then):
                    if each is not None:
                        cell = (each.cells[line][place], each.requests[line][place])[: len(figures)]
                        found += [*_amounts(figures, cell), each.hours[line][place]]
                yield found

    return Table(f"{answer.metric}_by_{answer.y_axis}_and_{answer.x_axis}", columns, rows())


def distribution(answer: shapes.Distribution, _: Values) -> Table:
    """A row a bar."""
    then = answer.compare
    columns = [f"{answer.of}_up_to", "count", *(["count_before"] if then else [])]

    def rows() -> Iterator[Sequence[Cell]]:
        for place, upper in enumerate(answer.upper):
            yield [upper, answer.bars.counts[place], *([then.counts[place]] if then else [])]

    return Table(f"{answer.of}_distribution", columns, rows())


def latency(answer: shapes.Latency, _: Values) -> Table:
    """The percentiles over time."""
    percents = shapes.PercentileColumns.__struct_fields__
    then = answer.compare
    names = [f"{name}_{percent}" for name in ("latency_ms", "ttft_ms") for percent in percents]

    def rows() -> Iterator[Sequence[Cell]]:
        for period, each in (("selected", answer), ("before", then)):
            for place, at in enumerate(each.buckets if each else ()):
                columns = (each.latency_ms, each.ttft_ms) if each else ()
                yield [at, period, *(getattr(one, percent)[place] for one in columns for percent in percents)]

    return Table("latency", ["time", "period", *names], rows())


def errors(answer: shapes.Errors, _: Values) -> Table:
    """A row a group; the message is the most frequent of the newest failures."""
    columns = ["error_class", "status_code", *_entity_columns("credential"), "state", "count", "rate"]
    columns += ["first_seen", "last_seen", "run_since", "run_count", "models", "api_keys", "message"]

    def rows() -> Iterator[Sequence[Cell]]:
        for group in answer.groups:
            yield [
                group.error_class,
                group.status_code,
                *_entity("credential", group.credential),
                group.state,
                group.count,
                group.rate,
                group.first_seen,
                group.last_seen,
                group.run.since if group.run else None,
                group.run.count if group.run else None,
                "; ".join(each.label for each in group.models),
                "; ".join(each.label for each in group.api_keys),
                group.messages[0].message if group.messages else None,
            ]

    return Table("errors", columns, rows())


def _entity_columns(dimension: str | None) -> list[str]:
    return [] if dimension is None else [f"{dimension}_id", dimension]


def _entity(dimension: str | None, group: shapes.Entity | None) -> list[Cell]:
    if dimension is None:
        return []
    return [None, OTHERS] if group is None else [group.id, group.label]


def _side_columns(axis: str) -> list[str]:
    return [axis] if axis in {"weekday", "hour", "day"} else _entity_columns(axis)


def _side(axis: str, value: int | str | shapes.Entity | None) -> list[Cell]:
    return [value] if isinstance(value, int | str) else _entity(axis, value)


def _named(metrics: Sequence[str]) -> list[str]:
    """The columns of these metrics: money has two."""
    return [head for name in metrics for head in ((name, _dollars_of(name)) if name.endswith(_NANOS) else (name,))]


def _amounts(metrics: Sequence[str], values: Sequence[float | None]) -> list[Cell]:
    found: list[Cell] = []
    for name, value in zip(metrics, values, strict=True):
        found += [value, _dollars(value)] if name.endswith(_NANOS) else [value]
    return found


def _flat(metrics: shapes.Metrics) -> dict[str, Cell]:
    """Every figure under a name of its own; those that were not asked for are left out."""
    found: dict[str, Cell] = {}
    for name in metrics.__struct_fields__:
        value = getattr(metrics, name)
        if value is UNSET:
            continue
        if isinstance(value, shapes.Percentiles):
            found |= {f"{name}_{each}": percentile for each, percentile in msgspec.structs.asdict(value).items()}
            continue
        found[name] = value
        if name.endswith(_NANOS):
            found[_dollars_of(name)] = _dollars(value)
    return found


def _dollars_of(name: str) -> str:
    return name.removesuffix(_NANOS) + _USD


def _dollars(nanos: float | None) -> Decimal | None:
    return None if nanos is None else Decimal(nanos).scaleb(-9)
