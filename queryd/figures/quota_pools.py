"""The room that the accounts of one provider have together: CPA routes around an account that is used up.

Simulated: the traffic of now goes on, shared by whoever has room; windows fill, and are empty again at their resets.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

HORIZON_HOURS = 7 * 24
_FINE_HOURS, _FINE_STEP, _STEP = 12, 0.5, 2.0


@dataclass(frozen=True, slots=True)
class PoolWindow:
    """`left` and `whole` in tokens; `resets_in` and `length` in hours."""

    left: float
    whole: float
    resets_in: float
    length: float


@dataclass(frozen=True, slots=True)
class PoolAccount:
    windows: Sequence[PoolWindow]
    blocked: bool = False


def room_hours(accounts: Sequence[PoolAccount], tokens_per_hour: float) -> float | None:
    """Hours until nobody has room any more; None: not within a week."""
    width = max((len(account.windows) for account in accounts), default=0)
    if not width or tokens_per_hour <= 0:
        return None
    shape = (len(accounts), width)
    left, whole = np.full(shape, np.inf), np.full(shape, np.inf)
    resets, length = np.full(shape, np.inf), np.full(shape, np.inf)
    for row, account in enumerate(accounts):
        for column, window in enumerate(account.windows):
            left[row, column] = 0.0 if account.blocked and column == 0 else max(window.left, 0.0)
            whole[row, column] = window.whole
            resets[row, column], length[row, column] = window.resets_in, window.length
    hours = 0.0
    while hours < HORIZON_HOURS:
        step = _FINE_STEP if hours < _FINE_HOURS else _STEP
        due = resets <= hours
        left = np.where(due, whole, left)
        resets = np.where(due, resets + length, resets)
        free = left.min(axis=1)
        room = float(free.sum())
        wanted = tokens_per_hour * step
        if room < wanted:
            return hours + step * (room / wanted)
        left -= (free * (wanted / room))[:, None]
        hours += step
    return None
