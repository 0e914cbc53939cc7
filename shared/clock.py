"""Time as the file keeps it: UTC epoch microseconds."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Gives the present in UTC epoch microseconds; tests pass their own."""

MILLISECOND = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def now() -> int:
    """The present in UTC epoch microseconds."""
    return time.time_ns() // 1_000


def monotonic() -> int:
    """Microseconds that nobody sets: for periods and deadlines, and for nothing that is kept."""
    return time.monotonic_ns() // 1_000
