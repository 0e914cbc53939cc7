"""The runs of a window, from the readings of it: where each began, how it ended, and what it was worth."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, pvariance
from typing import Literal, NamedTuple

from shared.clock import SECOND

End = Literal["open", "scheduled", "early", "provisional"]

TOLERANCE_MAX = 120 * SECOND
"""As readings are kept (ingestd.quota.keep): resets closer than this, or a tenth of the window, are one."""

DROP_PERCENT = 5.0
"""A percentage that falls by more, before its reset, was reset early; sources differ by less."""

WORTH_CYCLES_MIN = 4
WORTH_USED_MIN = 20.0
"""A cycle of which less was used says little of what a percent is worth."""
_WORTH_FACTOR = math.log(1.15)
_WORTH_SCORE = 4.0
_WORTH_NOISE_MIN = 0.05
_WORTH_OLDER_MAX = 12
_WORTH_NEWER_MAX = 6


class Reading(NamedTuple):
    """A row of `quota_reading`: times in UTC epoch microseconds."""

    observed_at: int
    last_at: int
    used_percent: float
    length_seconds: int | None
    resets_at: int | None
    boundary: str
    source: Literal["headers", "signals", "lookup"]


@dataclass(frozen=True, slots=True)
class Cycle:
    """`last_at`: when its last percentage was seen last; usage until then is what that percentage is of."""

    starts_at: int | None
    ends_at: int
    end: End
    used_percent: float
    last_at: int
    readings: Sequence[Reading]


class Worth(NamedTuple):
    """What one percent is worth: by this factor of before, since the beginning of this cycle."""

    factor: float
    since: int


def cycles(readings: Sequence[Reading], now: int) -> list[Cycle]:
    """The cycles of one window, oldest first, from its readings in the order of time."""
    runs = list(_runs(readings))
    return [_cycle(run, runs[place + 1] if place + 1 < len(runs) else None, now) for place, run in enumerate(runs)]


def worth_change(worths: Sequence[tuple[int, float, float]]) -> Worth | None:
    """Whether the worth of a percent changed by more than it varies.

    `worths`: of each cycle that ended, newest first: its beginning, what was used of it, and tokens per percent.
    """
    known = [(begun, math.log(worth)) for begun, used, worth in worths if used >= WORTH_USED_MIN and worth > 0]
    best: tuple[float, Worth] | None = None
    for count in range(2, min(_WORTH_NEWER_MAX, len(known) - WORTH_CYCLES_MIN) + 1):
        newer = [value for _, value in known[:count]]
        older = [value for _, value in known[count : count + _WORTH_OLDER_MAX]]
        step = fmean(newer) - fmean(older)
        noise = (pvariance(newer) * len(newer) + pvariance(older) * len(older)) / (len(newer) + len(older) - 2)
        deviation = max(math.sqrt(noise), _WORTH_NOISE_MIN) * math.sqrt(1 / len(newer) + 1 / len(older))
        score = abs(step) / deviation
        if abs(step) >= _WORTH_FACTOR and score >= _WORTH_SCORE and (best is None or score > best[0]):
            best = score, Worth(math.exp(step), known[count - 1][0])
    return None if best is None else best[1]


def _runs(readings: Sequence[Reading]) -> Iterator[list[Reading]]:
    run: list[Reading] = []
    for reading in readings:
        if run and not _same_run(run[-1], reading):
            yield run
            run = []
        run.append(reading)
    if run:
        yield run


def _same_run(before: Reading, reading: Reading) -> bool:
    if before.length_seconds != reading.length_seconds:
        return False
    if reading.used_percent < before.used_percent - DROP_PERCENT:
        return False
    if before.resets_at is None or reading.resets_at is None:
        return before.resets_at == reading.resets_at
    tolerance = TOLERANCE_MAX
    if reading.length_seconds is not None:
        tolerance = min(tolerance, max(SECOND, reading.length_seconds * SECOND // 10))
    return abs(before.resets_at - reading.resets_at) <= tolerance


def _cycle(run: Sequence[Reading], after: Sequence[Reading] | None, now: int) -> Cycle:
    last = run[-1]
    resets_at = last.resets_at
    starts_at = None
    if resets_at is not None and last.length_seconds is not None:
        starts_at = resets_at - last.length_seconds * SECOND
    next_at = None if after is None else _beginning(after[0], last.last_at)
    end: End = "provisional" if last.boundary != "scheduled" else "scheduled"
    if resets_at is None:
        ends_at = now if next_at is None else next_at
        end = "open" if next_at is None else "provisional"
    elif next_at is not None and next_at < resets_at - TOLERANCE_MAX:
        ends_at, end = next_at, "early"
    elif resets_at > now:
        ends_at, end = resets_at, "open"
    else:
        ends_at = resets_at
    used = max(reading.used_percent for reading in run)
    return Cycle(starts_at, ends_at, end, used, last.last_at, run)


def _beginning(reading: Reading, earliest: int) -> int:
    """When a run began at the latest, by its first reading."""
    begun = reading.observed_at
    if reading.resets_at is not None and reading.length_seconds is not None:
        begun = min(begun, reading.resets_at - reading.length_seconds * SECOND)
    return max(begun, earliest)
