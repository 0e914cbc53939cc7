"""A past that is the same in every run: the stand-in's company, moved in time so that it is always Wednesday afternoon.

The daemons and the browser read the real clock. So the zone is chosen in which it is between three and four in the
afternoon now, and the traffic of a fixed Wednesday and the days before it is moved by whole days to end today.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.cpa.traffic.attempt import NANOSECONDS, Attempt, payload
from tests.cpa.traffic.calendar import Traffic

WEDNESDAY = date(2026, 11, 18)
SEED = 7
_HOUR = 15
_FARTHEST_EAST = 14
"""Hours ahead of UTC: no zone is further."""


def zone_of_afternoon(now: datetime) -> ZoneInfo:
    """A zone without daylight saving in which the hour of `now` is three in the afternoon."""
    ahead = _HOUR - now.astimezone(UTC).hour
    if ahead > _FARTHEST_EAST:
        # The hour after midnight in UTC: there it is the afternoon of the day before.
        ahead -= 24
    # The names of these zones count westwards.
    return ZoneInfo(f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT")


def attempts(days: int, now: datetime) -> Iterator[Attempt]:
    """What the company asked in the days before `now`, a moment with its zone, in the order CPA would publish it."""
    zone = now.tzinfo or UTC
    today = datetime.combine(now.date(), time(), zone)
    moved = int((today - datetime.combine(WEDNESDAY, time(), zone)).total_seconds()) * NANOSECONDS
    end = int(now.timestamp()) * NANOSECONDS
    for attempt in Traffic(WEDNESDAY, zone, SEED).stream(WEDNESDAY - timedelta(days=days)):
        attempt.started += moved
        if attempt.completed >= end:
            return
        if not attempt.silent:
            yield attempt


def payloads(days: int, now: datetime) -> list[bytes]:
    """The same as bytes in CPA's queue."""
    return [payload(attempt, now.tzinfo or UTC) for attempt in attempts(days, now)]
