"""Mends `time.sleep` in processes whose wall clock libfaketime moves; Python imports this at its start.

`time.sleep` asks for an absolute moment of the monotonic clock. The library takes every absolute moment for one of the
moved clock, so that the call fails or waits for years. `select` takes a duration, which nothing moves.
"""

import select
import time
from typing import SupportsIndex


def _sleep(seconds: float | SupportsIndex) -> None:
    duration = seconds if isinstance(seconds, float) else float(seconds.__index__())
    if duration < 0:
        raise ValueError("sleep length must be non-negative")
    ends = time.monotonic() + duration
    # A signal whose handler returns does not end a sleep, nor a select (PEP 475); the loop covers its rounding.
    while (left := ends - time.monotonic()) > 0:
        select.select([], [], [], left)


time.sleep = _sleep
