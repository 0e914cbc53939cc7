"""What made the difference: which model and key, and when. Figures only, by rules that always say the same.

Silent when the change is small, or when nothing explains a good part of it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from queryd import shapes
from queryd.aggregate import grouping
from queryd.aggregate.snapshot import Snapshot
from queryd.figures import metrics
from queryd.figures.buckets import calendar_buckets
from queryd.figures.metrics import ADDITIVE, METRICS
from queryd.params.calendar import BUCKETS_MAX, Granularity, expected_buckets, rfc3339
from queryd.params.ranges import Span
from queryd.params.selection import Selection
from shared.clock import DAY

EXPLAINED = ADDITIVE
"""Metrics whose change is the sum of the changes of their parts."""

CHANGE_MIN = 0.10
"""A change of less than this part of what it was before is not explained."""

SHARE_MIN = 0.30
"""A part stands out from this share of the change on."""

PAIR_PREFERRED = 0.70
"""A pair is named rather than its model or key alone when it explains at least this much of what that explains."""

PARTS_MAX = 3

WINDOW_SHARE_MIN = 0.60
WINDOW_LENGTH_MAX = 1 / 3
"""Most of the change happened in a window when this share of it lies within this part of the elapsed time."""

HOURS_UP_TO = 3 * DAY
"""Windows of longer ranges are made of days."""

_DIMENSIONS = ("model", "api_key")
_OF_ONE_KEY = ("model", "client")

Changes = dict[tuple[int, ...], int]


def attribute_change(
    snapshot: Snapshot, selection: Selection, span: Span, before: Span, metric: str
) -> shapes.Contribution:
    """What made `metric` differ between `span` and `before`."""
    now, then = (_by_pair(snapshot, selection, each, metric) for each in (span, before))
    pairs = {pair: now.get(pair, 0) - then.get(pair, 0) for pair in {*now, *then}}
    change, base = sum(pairs.values()), sum(then.values())
    if not change or abs(change) < CHANGE_MIN * base:
        return shapes.Contribution(metric=metric, change=change, parts=(), when=None)
    dimensions = _dimensions(snapshot)
    singles = [(name, _collapsed(pairs, place)) for place, name in enumerate(dimensions)]
    found: list[tuple[tuple[str, ...], Changes]] = [(dimensions, pairs)]
    found += [((name,), changes) for name, changes in singles]
    shares = [max(value / change for value in changes.values()) for _, changes in found]
    best = 1 if shares[1] >= shares[2] else 2
    if shares[0] >= SHARE_MIN and shares[0] >= PAIR_PREFERRED * shares[best]:
        best = 0
    names, changes = found[best]
    return shapes.Contribution(
        metric=metric,
        change=change,
        parts=_parts(snapshot, names, changes, change),
        when=_when(snapshot, selection, (span, before), metric, change),
    )


def _dimensions(snapshot: Snapshot) -> tuple[str, str]:
    return _DIMENSIONS if snapshot.only_key is None else _OF_ONE_KEY


def _by_pair(snapshot: Snapshot, selection: Selection, span: Span, metric: str) -> dict[tuple[int, ...], int]:
    table = snapshot.aggregate(
        snapshot.select(selection.filters, span),
        [grouping.dimension(name, snapshot.names) for name in _dimensions(snapshot)],
        metrics.needs((metric,)),
    )
    values = METRICS[metric].values(table, np.zeros(table.size))
    codes = zip(*(axis.tolist() for axis in table.axes), strict=True)
    return {pair: int(value or 0) for pair, value in zip(codes, values, strict=True)}


def _collapsed(pairs: Changes, place: int) -> Changes:
    found: Changes = {}
    for pair, value in pairs.items():
        found[(pair[place],)] = found.get((pair[place],), 0) + value
    return found


def _parts(snapshot: Snapshot, names: Sequence[str], changes: Changes, change: int) -> list[shapes.ContributionPart]:
    standing_out = [(value / change, codes) for codes, value in changes.items() if value / change >= SHARE_MIN]
    parts = []
    for share, codes in sorted(standing_out, key=lambda each: (-each[0], each[1]))[:PARTS_MAX]:
        entities = [snapshot.labels.entity(name, code) for name, code in zip(names, codes, strict=True)]
        parts.append(
            shapes.ContributionPart(
                filters={name: entity.id for name, entity in zip(names, entities, strict=True)},
                labels={name: entity.label for name, entity in zip(names, entities, strict=True)},
                change=changes[codes],
                share=share,
            )
        )
    return parts


def _when(
    snapshot: Snapshot, selection: Selection, spans: tuple[Span, Span], metric: str, change: int
) -> shapes.ContributionWindow | None:
    """The shortest run of hours or days that holds most of the change; the fullest, then the earliest, of those."""
    span, before = spans
    elapsed = Span(span.start, span.start + span.elapsed(selection.now))
    granularity: Granularity = "hour" if elapsed.end - elapsed.start <= HOURS_UP_TO else "day"
    if expected_buckets(span.start, span.end, granularity) > BUCKETS_MAX:
        return None
    series = []
    for each in (elapsed, before):
        buckets = calendar_buckets(each, granularity, selection.zone)
        table = snapshot.aggregate(
            snapshot.select(selection.filters, each), (buckets.axis(),), metrics.needs((metric,))
        )
        values = np.zeros(len(buckets), object)
        values[buckets.places(table.axes[0])] = METRICS[metric].values(table, np.zeros(table.size))
        series.append((buckets, values))
    (buckets, now), (_, then) = series
    if len(buckets) < 1 / WINDOW_LENGTH_MAX:
        return None
    then = np.resize(np.append(then, [0] * len(now)), len(now))
    found = _window(np.concatenate([[0], np.cumsum(now - then)]), change, int(len(now) * WINDOW_LENGTH_MAX))
    if found is None:
        return None
    first, last, part = found
    return shapes.ContributionWindow(
        from_=rfc3339(buckets.edges[first], selection.zone),
        to=rfc3339(min(buckets.edges[last], elapsed.end), selection.zone),
        change=part,
        share=part / change,
    )


def _window(running: NDArray[np.object_], change: int, longest: int) -> tuple[int, int, int] | None:
    """(first, end, change) of the shortest window with most of the change; `running`: its running total."""
    for length in range(1, longest + 1):
        parts = running[length:] - running[:-length]
        best = max(range(len(parts)), key=lambda number: (parts[number] / change, -number))
        if parts[best] / change >= WINDOW_SHARE_MIN:
            return best, best + length, int(parts[best])
    return None
