"""How often each key, credential or model was used, and on which day first and last."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np

from queryd.aggregate import grouping
from queryd.aggregate.snapshot import Snapshot
from queryd.aggregate.sums import Measures
from queryd.params.calendar import BUCKETS_MAX, bucket_starts, local
from queryd.params.ranges import Span
from shared.clock import DAY, MILLISECOND


@dataclass(frozen=True, slots=True)
class Use:
    """Of all that is in the file."""

    requests: int
    first_on: date  # a day of the display zone, as the next
    last_on: date


def last_use(snapshot: Snapshot, dimension: str, zone: ZoneInfo) -> dict[int, Use]:
    """By row id of `dimension` (api_key, credential or model); what was never used is left out."""
    first, last = snapshot.bounds()
    if first is None or last is None:
        return {}
    found: dict[int, Use] = {}
    for span in _spans(first, last + MILLISECOND):
        _count(found, snapshot, dimension, span, zone)
    return found


def _spans(start: int, end: int) -> Iterator[Span]:
    """All the time between, in pieces that a question may ask for by days."""
    while start < end:
        stop = min(start + BUCKETS_MAX * DAY, end)
        yield Span(start, stop)
        start = stop


def _count(found: dict[int, Use], snapshot: Snapshot, dimension: str, span: Span, zone: ZoneInfo) -> None:
    starts = bucket_starts(span.start, span.end, "day", zone)
    days = grouping.TimeAxis(
        ("day of use", zone.key),
        np.array(starts, np.int64) // MILLISECOND,
        np.array([local(start, zone).date().toordinal() for start in starts], np.intp),
    )
    axes: list[grouping.Axis] = [grouping.dimension(dimension, snapshot.names), days]
    cells = snapshot.aggregate(snapshot.select((), span), axes, Measures(frozenset()))
    for row_id, ordinal, requests in zip(
        cells.axes[0].tolist(), cells.axes[1].tolist(), cells.sums["requests"].tolist(), strict=True
    ):
        if requests:
            day = date.fromordinal(ordinal)
            known = found.get(row_id, Use(0, day, day))
            found[row_id] = Use(known.requests + requests, min(known.first_on, day), max(known.last_on, day))
