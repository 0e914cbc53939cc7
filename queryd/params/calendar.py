"""Time in a zone: where its days, weeks, months and hours begin, as UTC epoch microseconds.

A local day is what the zone says it is: 23, 24 or 25 hours. An hour that the clock repeats is two hours. Offsets of
half and quarter hours are offsets like any other.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from queryd.errors import InvalidParameter
from shared.clock import DAY, HOUR, MINUTE

Granularity = Literal["minute", "hour", "day", "week", "month"]
GRANULARITIES: tuple[Granularity, ...] = get_args(Granularity)

AUTO_BUCKETS = 400
"""`auto` takes the finest granularity with at most this many buckets."""

BUCKETS_MAX = 2_400
"""The most buckets of one answer: 90 days in hours, a day and a half in minutes."""

FOLDED_MAX = 50_000
"""The most buckets of which an answer shows sums only, by hour or weekday: five years in hours."""

EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)
"""Dates that a range may name."""

SPARE_BUCKETS = 80
"""So many more than asked for may be made, to see where the last one ends."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LENGTH: dict[str, int] = {"minute": MINUTE, "hour": HOUR, "day": DAY, "week": 7 * DAY, "month": 30 * DAY}


def instant(moment: datetime) -> int:
    """An aware datetime as UTC epoch microseconds."""
    return (moment - _EPOCH) // _MICROSECOND


def local(at: int, zone: ZoneInfo) -> datetime:
    """The wall clock in `zone` at `at`."""
    return (_EPOCH + timedelta(microseconds=at)).astimezone(zone)


def rfc3339(at: int, zone: ZoneInfo) -> str:
    """`2026-11-18T00:00:00+08:00`; milliseconds only when there are some."""
    moment = local(at, zone)
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")


def day_start(day: date, zone: ZoneInfo) -> int:
    """When `day` begins: midnight, or the end of the gap where the clock skips midnight."""
    return instant(datetime(day.year, day.month, day.day, tzinfo=zone))


def shift_days(at: int, days: int, zone: ZoneInfo) -> int:
    """The same time on the wall clock, `days` local days away; the start of a day moves to the start of a day."""
    moment = local(at, zone)
    if at == day_start(moment.date(), zone):
        return day_start(moment.date() + timedelta(days=days), zone)
    return instant(moment + timedelta(days=days))


def shift_months(day: date, months: int) -> date:
    """The first day of the month that is `months` away from the month of `day`."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def expected_buckets(start: int, end: int, granularity: str) -> int:
    """About how many buckets there are between two instants; cheap, and at most two off."""
    return (end - start) // _LENGTH[granularity] + 1


def auto(start: int, end: int) -> Granularity:
    """The finest granularity with at most AUTO_BUCKETS buckets, or months."""
    return next((each for each in GRANULARITIES if expected_buckets(start, end, each) <= AUTO_BUCKETS), "month")


def bucket_starts(start: int, end: int, granularity: Granularity, zone: ZoneInfo, most: int = BUCKETS_MAX) -> list[int]:
    """When the buckets begin that cover start ≤ t < end; the first begins at or before `start`.

    Raises `InvalidParameter` when there would be more than `most`, before any is made.
    """
    if end <= start:
        return []
    if expected_buckets(start, end, granularity) > most + SPARE_BUCKETS:
        raise InvalidParameter(
            "range",
            f"the range is too long for {granularity}s: at most {most:,} of them. Ask for a shorter range (range, or"
            " from and to) or a longer granularity.",
        )
    if granularity in {"minute", "hour"}:
        return _clock_starts(start, end, _LENGTH[granularity], zone)
    starts = [day_start(day, zone) for day in _dates(local(start, zone).date(), end, granularity, zone)]
    # A day that the calendar skips (Samoa, 2011-12-30) has no length and is no bucket.
    return [at for at, after in pairwise([*starts, end]) if at < after]


def offsets(moments: Sequence[int], zone: ZoneInfo) -> list[int]:
    """How far the wall clock is ahead of UTC at each of ascending `moments`, microseconds."""
    if not moments:
        return []
    found: list[int] = []
    for begin, stop in pairwise([moments[0], *_offset_changes(moments[0], moments[-1] + 1, zone), moments[-1] + 1]):
        found.extend([_offset(begin, zone)] * (bisect_left(moments, stop) - bisect_left(moments, begin)))
    return found


def _dates(first: date, end: int, granularity: Granularity, zone: ZoneInfo) -> list[date]:
    last = local(end - 1, zone).date()
    if granularity == "month":
        months = (last.year - first.year) * 12 + last.month - first.month
        return [shift_months(first, number) for number in range(months + 1)]
    step = 1 if granularity == "day" else 7
    day = first if granularity == "day" else first - timedelta(days=first.weekday())
    return [day + timedelta(days=number) for number in range(0, (last - day).days + 1, step)]


def _clock_starts(start: int, end: int, length: int, zone: ZoneInfo) -> list[int]:
    early = start - 2 * length  # so that what comes before the first bucket cannot bend it
    starts: list[int] = []
    for begin, stop in pairwise([early, *_offset_changes(early, end, zone), end]):
        offset = _offset(begin, zone)
        bucket = (begin + offset) // length * length - offset  # the one that holds `begin`, by this offset
        # A change of the clock begins a bucket, unless it stays within the hour (Lord Howe moves by 30 minutes).
        same_hour = starts and (begin - 1 + _offset(begin - 1, zone)) // length == (begin + offset) // length
        if bucket == begin or not same_hour:
            starts.append(begin)
        starts.extend(range(bucket + length, stop, length))
    return starts[bisect_right(starts, start) - 1 :]


def _offset(at: int, zone: ZoneInfo) -> int:
    """Microseconds that the wall clock is ahead of UTC."""
    ahead = local(at, zone).utcoffset()
    return 0 if ahead is None else ahead // _MICROSECOND


def _offset_changes(start: int, end: int, zone: ZoneInfo) -> list[int]:
    """Instants in start < t < end at which the zone changes its offset, to the second."""
    changes = []
    # No zone changes its offset twice within a week.
    marks = [*range(start, end, 7 * DAY), end - 1]
    for begin, stop in pairwise(marks):
        before = _offset(begin, zone)
        if before != _offset(stop, zone):
            seconds = range(begin // 1_000_000, stop // 1_000_000 + 2)
            found = bisect_left(seconds, True, key=lambda second: _offset(second * 1_000_000, zone) != before)
            changes.append(seconds[found] * 1_000_000)
    return changes
