"""When a window runs dry: what went before, hour by hour of the day, goes on; silent where that carries no answer.

The past readings of a window become consumption in equal slots. What to expect of a slot to come is what the same hour
of earlier days consumed, scaled to how the last hours compare with it (nights are quiet, and one day is busier than the
next); with less than two days of history it is the pace of the last hours. How far sums of slots scattered says how
sure that is. Pure: no clock, no file. Times are UTC epoch microseconds.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from shared.clock import DAY, HOUR, MINUTE, SECOND

LOOKED_BACK: Final = 8 * DAY
LOOKED_BACK_SHORT: Final = 4 * DAY
LONG: Final = 12 * HOUR
"""A window that is longer has nights in it, and is judged by the hour; a shorter one by ten minutes."""

SURE: Final = 0.93
"""It is said to run dry when that is so probable …"""
REACH: Final = 0.15
WITHIN: Final = 0.87
"""… and the moment, give or take this part of the time left, is so probable on either side."""
SCATTER_MAX: Final = 0.6
"""Where times of that length differ by more than this part of their mean, use comes in bursts: no moment is sure."""
HIGH: Final = 0.98
"""How probable all of it is where the confidence is high."""
LASTS: Final = 0.1
"""It is said to last when running dry is less probable than this."""

_DAYS_MIN: Final = 2.0
_SLOTS_MIN: Final = 6
_BLOCKS_MIN: Final = 6
_DAY_WEIGHT: Final = 0.75  # of each day, against the one after it
_LEVEL_MIN, _LEVEL_MAX = 0.25, 3.0
_UNUSUAL: Final = 0.4
_ROUNDING: Final = 0.3  # percent: providers round to whole ones
_GAP_MAX: Final = 0.25  # of the window: from its beginning to a first reading
_USED_MIN: Final = 3.0
"""Less than this used in all that is known says nothing of a pace."""

Outlook = Literal["lasts", "runs_dry", "unknown"]


class Point(NamedTuple):
    """A run of equal readings of a window."""

    observed_at: int
    last_at: int
    used_percent: float
    resets_at: int | None


@dataclass(frozen=True, slots=True)
class Forecast:
    outlook: Outlook
    percent_per_hour: float | None = None
    empty_at: int | None = None
    confidence: Literal["high", "medium"] | None = None


UNKNOWN: Final = Forecast("unknown")


def forecast(points: Sequence[Point], length_seconds: int, now: int) -> Forecast:
    """The outlook of a window from its readings, in the order of time; the last one is of the cycle that runs."""
    last = points[-1] if points else None
    if last is None or last.resets_at is None or last.resets_at <= now or last.used_percent >= 100:
        return UNKNOWN
    slot = HOUR if length_seconds * SECOND > LONG else 10 * MINUTE
    history = _history(points, length_seconds, slot, now)
    if history is None:
        return UNKNOWN
    expected = _Expected(history, slot, now)
    if not expected.known:
        return UNKNOWN
    return _judge(last, expected, slot, now)


def _judge(last: Point, expected: "_Expected", slot: int, now: int) -> Forecast:
    left = 100 - last.used_percent
    resets_at = last.resets_at or now
    total = expected.between(now, resets_at)
    sure = _probability(total - left, expected.deviation((resets_at - now) / slot, total))
    pace = round(expected.pace(now), 4)
    empty_at = expected.reaches(left, now, resets_at)
    if empty_at is None:
        return Forecast("lasts" if sure <= LASTS else "unknown", pace)
    # Told only if neither much earlier nor much later is likely: pauses and bursts move it by as much as they last.
    reach = round((resets_at - now) * REACH)
    later, earlier = min(empty_at + reach, resets_at), empty_at - reach
    by_then = expected.between(now, later)
    within = _probability(by_then - left, expected.deviation((later - now) / slot, by_then))
    if earlier > now:
        before = expected.between(now, earlier)
        within = min(within, _probability(left - before, expected.deviation((earlier - now) / slot, before)))
    if sure < SURE or within < WITHIN or expected.scatter(max(2 * reach / slot, 3)) > SCATTER_MAX:
        return Forecast("unknown", pace)
    confidence: Literal["high", "medium"] = "high" if sure >= HIGH and within >= HIGH else "medium"
    return Forecast("runs_dry", pace, empty_at, confidence)


class _Expected:
    """What to expect of a slot to come, and how far sums of slots scatter around that."""

    def __init__(self, history: Sequence[float | None], slot: int, now: int) -> None:
        """`history`: consumption by slot, None where nothing could be consumed; its last is the one that `now` lies
        in, as far as it has gone.
        """
        self._slot = slot
        self._per_day = DAY // slot
        self._now_slot = now // slot
        whole, latest = history[:-1], history[-1] or 0.0
        known = [value for value in whole if value is not None]
        recent = (24 if slot == HOUR else 3) * HOUR // slot
        gone = (now % slot) / slot
        places = [back for back in range(1, min(recent, len(whole)) + 1) if whole[-back] is not None]
        actual = sum(whole[-back] or 0.0 for back in places) + latest
        # So much of the slot in progress counts as has gone of it.
        self._recent = actual / (len(places) + gone) if places else 0.0
        self._mean = sum(known) / len(known) if known else 0.0
        self.known = len(known) >= _SLOTS_MIN and sum(known) + latest >= _USED_MIN
        self._base = self._by_hour(whole) if len(known) >= _DAYS_MIN * self._per_day else None
        if self._base is None:
            self.known = self.known and bool(places) and slot != HOUR  # of a long window, nights have to be known
            self._level = 1.0
            self._errors = [value - self._recent for value in known[-2 * recent :]]
            return
        usual = sum(self._usual(self._now_slot - back) for back in places) + self._usual(self._now_slot) * gone
        prior = sum(self._base) / self._per_day * max(1, recent // 3)
        self._level = min(max((actual + prior) / (usual + prior), _LEVEL_MIN), _LEVEL_MAX) if prior else 1.0
        first = self._now_slot - len(whole)
        self._errors = [value - self._usual(first + place) for place, value in enumerate(whole) if value is not None]

    def of(self, at: int) -> float:
        """Percent of a whole slot at that moment."""
        return self._recent if self._base is None else self._usual(at // self._slot) * self._level

    def between(self, start: int, end: int) -> float:
        """Percent from one moment to another."""
        total, at = 0.0, start
        while at < end:
            until = min((at // self._slot + 1) * self._slot, end)
            total += self.of(at) * (until - at) / self._slot
            at = until
        return total

    def reaches(self, percent: float, start: int, end: int) -> int | None:
        """When so much has been consumed; None: not before `end`."""
        total, at = 0.0, start
        while at < end:
            until = min((at // self._slot + 1) * self._slot, end)
            more = self.of(at) * (until - at) / self._slot
            if total + more >= percent:
                return at + round((until - at) * (percent - total) / more)
            total, at = total + more, until
        return None

    def pace(self, now: int) -> float:
        """Percent an hour, of late."""
        return self._recent * HOUR / self._slot if self._base is None else self.of(now) * HOUR / self._slot

    def deviation(self, slots: float, total: float) -> float:
        """One standard deviation of what so many slots, of which `total` is expected, consume together, in percent.

        By sums of neighbouring slots: what is busy now is busy in the next slot, too. And what is not as usual now
        may soon be as usual again.
        """
        size, variance = self._blocks(slots)
        unusual = _UNUSUAL * abs(self._level - 1) / max(self._level, 1) * total
        return math.sqrt(variance * max(slots, 0.25) / size + unusual**2 + _ROUNDING**2)

    def scatter(self, slots: float) -> float:
        """How far sums of so many slots differ, as a part of their mean."""
        size, variance = self._blocks(slots)
        return math.sqrt(variance) / (self._mean * size) if self._mean else math.inf

    def _blocks(self, slots: float) -> tuple[int, float]:
        """The size of the blocks that stand for so many slots, and the variance of their sums."""
        size = max(1, min(math.ceil(slots), len(self._errors) // _BLOCKS_MIN))
        sums = [
            sum(self._errors[start : start + size])
            for start in range(len(self._errors) % size, len(self._errors), size)
        ]
        return size, sum(value * value for value in sums) / max(1, len(sums) - 1)

    def _usual(self, number: int) -> float:
        return 0.0 if self._base is None else self._base[number % self._per_day]

    def _by_hour(self, whole: Sequence[float | None]) -> list[float]:
        """The weighted mean of each slot of the day, younger days before older; short slots with their neighbours."""
        sums, weights = [0.0] * self._per_day, [0.0] * self._per_day
        for back, value in enumerate(reversed(whole), start=1):
            if value is None:
                continue
            place = (self._now_slot - back) % self._per_day
            weight = _DAY_WEIGHT ** ((back - 1) // self._per_day)
            sums[place] += weight * value
            weights[place] += weight
        reach, size = (3 if self._slot < HOUR else 1), self._per_day
        overall = sum(sums) / sum(weights)
        found = []
        for place in range(size):
            near = [(place + offset) % size for offset in range(-reach, reach + 1)]
            weight = sum(weights[each] for each in near)
            found.append(sum(sums[each] for each in near) / weight if weight else overall)
        return found


def _history(points: Sequence[Point], length_seconds: int, slot: int, now: int) -> list[float | None] | None:
    """Consumption by slot, from the first that is known to the one that `now` lies in; None where there is none.

    A slot in most of which the window was used up says nothing of what would have been consumed: it is None.
    """
    length = length_seconds * SECOND
    spans: list[tuple[int, int, float]] = []
    blocked: list[tuple[int, int]] = []
    before: Point | None = None
    most = 0.0
    for point in points:
        if before is not None and _one_cycle(before, point) and point.used_percent >= most - 5:
            more = max(0.0, point.used_percent - most)
            most = max(most, point.used_percent)
            spans.append((min(before.last_at, point.observed_at), point.observed_at, more))
        else:
            most = point.used_percent
            begun = point.observed_at if point.resets_at is None else point.resets_at - length
            if before is not None:
                begun = max(begun, before.last_at)
                if before.used_percent >= 100:
                    blocked.append((before.observed_at, min(begun, point.observed_at)))
            if point.observed_at - begun <= length * _GAP_MAX:
                spans.append((min(begun, point.observed_at), point.observed_at, point.used_percent))
        before = point
    if not spans:
        return None
    back = LOOKED_BACK if slot == HOUR else LOOKED_BACK_SHORT
    first = max(min(start for start, _, _ in spans), now - back) // slot
    found, idle = [0.0] * (now // slot - first + 1), [0.0] * (now // slot - first + 1)
    for start, end, percent in spans:
        _spread(found, first, slot, (start, min(end, now)), percent)
    for start, end in blocked:
        _spread(idle, first, slot, (start, end), (end - start) / slot)
    return [None if out > 0.5 else value / (1 - out) for value, out in zip(found, idle, strict=True)]


def _spread(found: list[float], first: int, slot: int, span: tuple[int, int], amount: float) -> None:
    """Add an amount that came between two moments, evenly."""
    start, end = span
    if end <= start:
        place = end // slot - first
        if 0 <= place < len(found):
            found[place] += amount
        return
    for number in range(max(start // slot, first), min(end // slot, first + len(found) - 1) + 1):
        part = min(end, (number + 1) * slot) - max(start, number * slot)
        if part > 0:
            found[number - first] += amount * part / (end - start)


def _one_cycle(one: Point, other: Point) -> bool:
    if one.resets_at is None or other.resets_at is None:
        return one.resets_at == other.resets_at
    return abs(one.resets_at - other.resets_at) <= 2 * MINUTE


def _probability(margin: float, deviation: float) -> float:
    """That a normal variable of this mean and deviation is above 0."""
    return 0.5 * (1 + math.erf(margin / deviation / math.sqrt(2)))
