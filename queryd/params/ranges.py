"""The ranges of the API: which stretch of time a name or a pair of dates means, and what came before it.

Rolling ranges end now. Calendar ranges are whole local days, weeks or months and may reach into the future.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from queryd.errors import InvalidParameter
from queryd.params.calendar import EARLIEST, LATEST, day_start, instant, local, shift_days, shift_months
from queryd.params.parameters import Parameter, choice
from shared.clock import DAY, HOUR, MILLISECOND, MINUTE

Compare = Literal["none", "previous", "week"]

ROLLING: dict[str, int] = {
    "15m": 15 * MINUTE,
    "30m": 30 * MINUTE,
    **{f"{hours}h": hours * HOUR for hours in (1, 4, 5, 6, 8, 12, 24)},
}
DAYS: dict[str, int] = {f"{days}d": days for days in (7, 14, 30, 90, 365)}
NAMED = ("today", "yesterday", "this_week", "last_week", "this_month", "last_month", "all")
RANGES = (*ROLLING, *DAYS, *NAMED)
DEFAULT_RANGE = "7d"


@dataclass(frozen=True, slots=True)
class Span:
    """start ≤ t < end, UTC epoch microseconds, in whole milliseconds."""

    start: int
    end: int

    def elapsed(self, now: int) -> int:
        """Microseconds of it that lie in the past."""
        return min(max(now - self.start, 0), max(self.end - self.start, 0))


@dataclass(frozen=True, slots=True)
class Period:
    """What a range means now. `start` None: since the first event.

    The period before is one stride back: so many local days, calendar months or microseconds.
    """

    start: int | None
    end: int
    stride_days: int = 0
    stride_months: int = 0
    stride_us: int = 0

    def before(self, span: Span, compare: Compare, now: int, zone: ZoneInfo) -> Span | None:
        """The period to compare `span` with, cut at the same elapsed time; None when there is none."""
        if compare == "none" or self.start is None:
            return None
        if compare == "week":
            start, end = shift_days(span.start, -7, zone), shift_days(span.end, -7, zone)
        elif self.stride_us:
            start, end = span.start - self.stride_us, span.start
        elif self.stride_months:
            start, end = (
                day_start(shift_months(local(at, zone).date(), -self.stride_months), zone)
                for at in (span.start, span.end)
            )
        else:
            start, end = (shift_days(at, -self.stride_days, zone) for at in (span.start, span.end))
        if now < span.end:
            end = min(end, start + _floor(span.elapsed(now)))
        return Span(start, max(start, end))


_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d{1,9})?([Zz]|[+ -]\d\d:\d\d)")


def _read_moment(text: str) -> date | datetime:
    """A local date, or RFC 3339. A `+` that a URL turned into a space is taken for what it was."""
    moment = _MOMENT.fullmatch(text)
    try:
        if moment:
            day, clock, fraction, zone = moment.groups()
            offset = "+00:00" if zone in "Zz" else zone.replace(" ", "+")
            found = datetime.fromisoformat(f"{day}T{clock}{(fraction or '.0')[:7]}{offset}")
            if not EARLIEST <= found.date() <= LATEST:
                raise ValueError(f"must lie between {EARLIEST} and {LATEST}")
            return found
        if _DATE.fullmatch(text):
            on = date.fromisoformat(text)
            if not EARLIEST <= on <= LATEST:
                raise ValueError(f"must lie between {EARLIEST} and {LATEST}")
            return on
    except ValueError as problem:
        if str(problem).startswith("must"):
            raise
        raise ValueError("names a moment that does not exist") from problem
    raise ValueError("must be a local date such as 2026-11-18, or RFC 3339 such as 2026-11-18T08:00:00+08:00")


_MOMENT_SCHEMA = {
    "type": "string",
    "anyOf": [{"format": "date"}, {"format": "date-time"}],
}

PERIOD: tuple[Parameter, ...] = (
    choice(
        "range",
        "Rolling: minutes and hours up to now. Calendar: that many local days, today included, or a named period. "
        f"Without it and without `from`: {DEFAULT_RANGE}.",
        RANGES,
    ),
    Parameter("from", "The first moment: RFC 3339, or a local date. Not with `range`.", _read_moment, _MOMENT_SCHEMA),
    Parameter(
        "to",
        "The end, exclusive: RFC 3339, or a local date. Without it: now. Not with `range`.",
        _read_moment,
        _MOMENT_SCHEMA,
    ),
)


def period(values: Mapping[str, Any], zone: ZoneInfo, now: int) -> Period:
    """The period that parsed parameters mean at `now`.

    Raises `InvalidParameter` for combinations that mean nothing.
    """
    start, end = values.get("from"), values.get("to")
    if start is not None or end is not None:
        if values.get("range") is not None:
            raise InvalidParameter("range", "range cannot be given together with from or to")
        return _custom(start, end, zone, now)
    return _named(values.get("range") or DEFAULT_RANGE, zone, now)


def _custom(start: date | datetime | None, end: date | datetime | None, zone: ZoneInfo, now: int) -> Period:
    if start is None:
        raise InvalidParameter("from", "from is missing: to alone does not say where the range begins")
    begin = _at(start, zone)
    stop = _floor(now) if end is None else _at(end, zone)
    if stop <= begin:
        raise InvalidParameter(
            "from" if end is None else "to",
            "from lies in the future, and there is no to" if end is None else "to must be later than from",
        )
    first, last = local(begin, zone), local(stop, zone)
    if all(begin_or_end == day_start(local(begin_or_end, zone).date(), zone) for begin_or_end in (begin, stop)):
        return Period(begin, stop, stride_days=(last.date() - first.date()).days)
    return Period(begin, stop, stride_us=stop - begin)


def _named(name: str, zone: ZoneInfo, now: int) -> Period:
    if name in ROLLING:
        end = _floor(now)
        return Period(end - ROLLING[name], end, stride_us=ROLLING[name])
    today = local(now, zone).date()
    if name == "all":
        return Period(None, day_start(today + timedelta(days=1), zone))
    if name in {"this_month", "last_month"}:
        first = shift_months(today, 0 if name == "this_month" else -1)
        return Period(day_start(first, zone), day_start(shift_months(first, 1), zone), stride_months=1)
    ago, days = {
        "today": (0, 1),
        "yesterday": (1, 1),
        "this_week": (today.weekday(), 7),
        "last_week": (today.weekday() + 7, 7),
        **{each: (length - 1, length) for each, length in DAYS.items()},
    }[name]
    return _days(today - timedelta(days=ago), days, zone)


def _days(first: date, days: int, zone: ZoneInfo) -> Period:
    return Period(day_start(first, zone), day_start(first + timedelta(days=days), zone), stride_days=days)


def _at(moment: date | datetime, zone: ZoneInfo) -> int:
    return _floor(instant(moment)) if isinstance(moment, datetime) else day_start(moment, zone)


def _floor(at: int) -> int:
    return at // MILLISECOND * MILLISECOND


def since_first(first: int | None, last: int | None, period_end: int, zone: ZoneInfo) -> Span:
    """`all`: from the local day of the first event to the end of today, or of the last event's day if that is later.

    Without events it is today.
    """
    start = day_start(local(period_end - DAY // 2 if first is None else first, zone).date(), zone)
    if last is None or last < period_end:
        return Span(start, period_end)
    return Span(start, day_start(local(last, zone).date() + timedelta(days=1), zone))
