"""The buckets of an answer: where each begins and ends, what has passed of it, and its axis."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from queryd.aggregate.grouping import TimeAxis
from queryd.figures.metrics import Minutes, Number
from queryd.params.calendar import BUCKETS_MAX, Granularity, bucket_starts, offsets, rfc3339
from queryd.params.ranges import Span
from shared.clock import DAY, HOUR, MILLISECOND, MINUTE

_SPARE = {"minute": HOUR, "hour": DAY, "day": 3 * DAY, "week": 14 * DAY, "month": 62 * DAY}
_MONDAY_TO_THURSDAY = 3  # 1970-01-01 was a Thursday
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Buckets:
    """Consecutive buckets of one span, UTC epoch microseconds. `edges`: where each begins, and the end of the last.

    `starts` is where each would begin had the range not cut it: the same for every range, as the axis needs.
    """

    span: Span
    starts: list[int]
    edges: list[int]
    kind: tuple[object, ...]
    zone: ZoneInfo

    def __len__(self) -> int:
        return len(self.starts)

    def axis(self) -> TimeAxis:
        """Its codes are the starts in UTC epoch milliseconds."""
        starts = np.array(self.starts, np.int64) // MILLISECOND
        return TimeAxis(self.kind, starts, starts.astype(np.intp))

    def places(self, codes: NDArray[np.intp]) -> NDArray[np.intp]:
        """The number of the bucket for each code of the axis."""
        return np.searchsorted(np.array(self.starts, np.int64) // MILLISECOND, codes)

    def minutes(self, now: int) -> Minutes:
        """The elapsed minutes of each."""
        return np.array([Span(*pair).elapsed(now) / MINUTE for pair in self._within()])

    def lengths(self) -> Minutes:
        """The minutes of each as the calendar has them, whatever the range cuts off."""
        ahead = bucket_starts(self.starts[-1], self.starts[-1] + _SPARE["day"], "day", self.zone) if self.starts else []
        return np.diff(np.array([*self.starts, *ahead[1:2]])) / MINUTE

    def partial(self, now: int) -> list[int]:
        """The numbers of those that the range cuts, or that are still in progress."""
        cut = {
            number for number, (start, edge) in enumerate(zip(self.starts, self.edges, strict=False)) if start < edge
        }
        if self.starts and self.edges[-1] > self.span.end:
            cut.add(len(self.starts) - 1)
        return sorted(cut | {number for number, (begin, end) in enumerate(self._within()) if begin <= now < end})

    def times(self) -> list[str]:
        """Where each begins, for the answer."""
        return [rfc3339(edge, self.zone) for edge in self.edges[:-1]]

    def shown(self, values: Sequence[Number], requests: Sequence[int], now: int) -> list[Number]:
        """`values` without the figures of the future, which is not known rather than zero."""
        return [
            None if begin > now and not count else value
            for value, count, begin in zip(values, requests, self.edges, strict=False)
        ]

    def _within(self) -> list[tuple[int, int]]:
        return [(begin, min(end, self.span.end)) for begin, end in pairwise(self.edges)]


def calendar_buckets(span: Span, granularity: Granularity, zone: ZoneInfo, most: int = BUCKETS_MAX) -> Buckets:
    """The buckets of a granularity that cover `span`; the range may cut the first and the last.

    Raises `InvalidParameter` when there are more than `most`.
    """
    if span.end <= span.start:
        return Buckets(span, [], [span.end], (granularity, zone.key), zone)
    ahead = bucket_starts(span.start, span.end + _SPARE[granularity], granularity, zone, most)
    count = sum(start < span.end for start in ahead)
    return Buckets(
        span, ahead[:count], [max(start, span.start) for start in ahead[: count + 1]], (granularity, zone.key), zone
    )


def equal_buckets(span: Span, count: int, zone: ZoneInfo) -> Buckets:
    """At most `count` buckets of one length: whole milliseconds, and whole minutes when it is more than an hour."""
    least = -(-(span.end - span.start) // count)
    unit = MINUTE if least > HOUR else MILLISECOND
    length = max(-(-least // unit) * unit, MILLISECOND)
    edges = [*range(span.start, span.end, length), span.end]
    return Buckets(span, edges[:-1], edges, ("equal", span.start, length), zone)


def hours_of_day(buckets: Buckets) -> NDArray[np.intp]:
    """0 to 23 for each bucket of an hour."""
    return _local(buckets) // HOUR % 24


def weekdays(buckets: Buckets) -> NDArray[np.intp]:
    """1 (Monday) to 7 for each bucket of at most a day."""
    return (_local(buckets) // DAY + _MONDAY_TO_THURSDAY) % 7 + 1


def days(buckets: Buckets) -> NDArray[np.intp]:
    """The local date of each bucket of at most a day, as days since 1970-01-01."""
    return _local(buckets) // DAY


def day_text(number: int) -> str:
    """A local date of `days` in ISO 8601."""
    return (_EPOCH + timedelta(days=number)).isoformat()


def _local(buckets: Buckets) -> NDArray[np.intp]:
    starts = np.array(buckets.starts, np.intp)
    return starts + np.array(offsets(buckets.starts, buckets.zone), np.intp)
