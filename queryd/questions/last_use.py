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
    requests = np.asarray(cells.sums["requests"], np.int64)
    used = np.flatnonzero(requests)
    row_ids, ordinals, requests = cells.axes[0][used], cells.axes[1][used], requests[used]
    order = np.lexsort((ordinals, row_ids))
    row_ids, ordinals, requests = row_ids[order], ordinals[order], requests[order]
    begins = np.flatnonzero(np.diff(row_ids, prepend=-1))
    if not len(begins):
        return
    ends = np.append(begins[1:], len(row_ids)) - 1
    for row_id, count, earliest, latest in zip(
        row_ids[begins].tolist(),
        np.add.reduceat(requests, begins).tolist(),
        ordinals[begins].tolist(),
        ordinals[ends].tolist(),
        strict=True,
    ):
        use = Use(count, date.fromordinal(earliest), date.fromordinal(latest))
        if known := found.get(row_id):
            use = Use(known.requests + count, min(known.first_on, use.first_on), max(known.last_on, use.last_on))
        found[row_id] = use
