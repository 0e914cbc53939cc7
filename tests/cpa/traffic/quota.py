"""How full the company's quota windows are at any moment: they fill with the hours in which people work.

Without memory: an answer's headers, a look-up and the history all follow from the account and the moment.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

FIVE_HOURS = 5 * 3600
WEEK = 7 * 24 * 3600

_HOUR = 3600
_NIGHT = 0.08
_HOURS = [_NIGHT] * 8 + [0.5, 1.0, 1.4, 1.3, 0.7, 0.9, 1.4, 1.5, 1.4, 1.1, 0.7, 0.4, 0.3, 0.25, 0.15, 0.1]
_WEEKEND = 0.25
_BUSY = {FIVE_HOURS: 6.0, WEEK: 72.0}
"""What a busy window of each length comes to, in hours of ordinary work."""


@dataclass(frozen=True, slots=True)
class Load:
    """How much of a window busy hours use: above 1 it runs dry before its reset. `served`: it has requests.

    `all_day`: the five hours fill by night as well, so that at any hour some account is about to run dry.
    """

    five_hours: float
    week: float
    served: bool = True
    all_day: bool = False


LOADS = {
    "claude-team@atlas.example.json": Load(1.35, 0.72),
    "claude-mina@atlas.example.json": Load(0.55, 0.5),
    "codex-4be1a9c7-leo@atlas.example-pro.json": Load(0.5, 0.62),
    "codex-92d0f3e1-dev@atlas.example-team.json": Load(1.2, 0.8, all_day=True),
    "codex-7c02d5b8-sam@atlas.example-plus.json": Load(9.0, 2.0, served=False),
    "claude-yuki@atlas.example.json": Load(0.0, 0.0, served=False),
    "kimi-1769990400.json": Load(0.45, 0.6),
    "xai-noa@atlas.example.json": Load(0.0, 0.8),
    "antigravity-noa@atlas.example.json": Load(0.4, 0.45),
}
_ORDINARY = Load(0.6, 0.6)


@dataclass(frozen=True, slots=True)
class Filled:
    """A window: when it resets (seconds since the epoch; None: it has not begun), and the part that is used."""

    resets: int | None
    used: float


def filled(account: str, seconds: int, at: int, zone: tzinfo = UTC) -> Filled:
    """A window of `account` (its file's name) at a moment."""
    load = LOADS.get(account, _ORDINARY)
    share = load.five_hours if seconds == FIVE_HOURS else load.week
    if not share:
        return Filled(None, 0.0)
    phase = int(hashlib.sha256(f"{account}/{seconds}".encode()).hexdigest()[:8], 16)
    elapsed = (at + phase) % seconds
    if load.all_day and seconds == FIVE_HOURS:
        used = share * elapsed / seconds
    else:
        used = share * _worked(at - elapsed, at, zone) / _BUSY[seconds]
    # Whoever still answers requests has something left.
    most = 0.985 if load.served else 1.0
    return Filled(at - elapsed + seconds, round(min(used, most), 4))


def _worked(start: int, end: int, zone: tzinfo) -> float:
    """Hours of ordinary work between two moments."""
    first, last = start // _HOUR, end // _HOUR
    if first == last:
        return _work(first, zone) * (end - start) / _HOUR
    whole = _work_between(first + 1, last, zone)
    begun = _work(first, zone) * ((first + 1) * _HOUR - start) / _HOUR
    return begun + whole + _work(last, zone) * (end - last * _HOUR) / _HOUR


@lru_cache(maxsize=10_000)
def _work_between(first: int, last: int, zone: tzinfo) -> float:
    return sum(_work(hour, zone) for hour in range(first, last))


@lru_cache(maxsize=10_000)
def _work(hour: int, zone: tzinfo) -> float:
    moment = datetime.fromtimestamp(hour * _HOUR, UTC).astimezone(zone)
    return _HOURS[moment.hour] * (_WEEKEND if moment.weekday() >= 5 else 1.0)
