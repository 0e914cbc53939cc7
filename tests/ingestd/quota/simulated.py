"""Accounts that are used for days, minute by minute: what readings say, and when they really run dry."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

from ingestd.quota.forecast import Point
from shared.clock import DAY, MINUTE

Pattern = Literal["steady", "bursty", "night", "early"]

START = 1_795_392_000_000_000 // DAY * DAY
_REQUESTS = 0.7  # a minute, about


@dataclass
class Account:
    """`points`: the readings; `states`: by minute, percent used, the reset, and how many points there are by then."""

    points: list[Point]
    states: list[tuple[int, float, int | None, int]]

    def moments(self, after: int, step: int) -> Iterator[tuple[int, list[Point], int, int | None]]:
        """Now and then while a window runs: the moment, what is known, the reset, and when it ran dry, if it did."""
        for place in range(0, len(self.states), step):
            now, used, reset, count = self.states[place]
            if reset is None or used >= 100 or now < after:
                continue
            dry, known_to_the_end = self._outcome(place, reset)
            if known_to_the_end:
                known = self.points[:count]
                yield now, [*known[:-1], known[-1]._replace(last_at=min(known[-1].last_at, now))], reset, dry

    def _outcome(self, place: int, reset: int) -> tuple[int | None, bool]:
        for now, used, current, _ in self.states[place:]:
            if current != reset:
                return None, True
            if used >= 100:
                return now, True
        return None, False


def account(pattern: Pattern, length_minutes: int, load: float, seed: int, days: int) -> Account:
    """`load`: what is asked for, as a part of what the windows hold."""
    rng = Random(seed)
    mean = 100 / length_minutes * load
    points: list[Point] = []
    states = []
    used, reset, early = 0.0, None, None
    for minute, wanted in enumerate(_demand(pattern, rng, days * 1_440, mean)):
        now = START + minute * MINUTE
        if reset is not None and (now >= reset or (early is not None and now >= early)):
            used, reset = 0.0, None
        if wanted and reset is None:
            reset = now + length_minutes * MINUTE
            is_early = pattern == "early" and rng.random() < 0.08
            early = now + round(length_minutes * MINUTE * rng.uniform(0.3, 0.9)) if is_early else None
        if wanted and used < 100:
            used = min(100.0, used + wanted)
            shown = float(int(used))
            if points and (points[-1].used_percent, points[-1].resets_at) == (shown, reset):
                points[-1] = points[-1]._replace(last_at=now)
            else:
                points.append(Point(now, now, shown, reset))
        states.append((now, used, reset, len(points)))
    return Account(points, states)


def _demand(pattern: Pattern, rng: Random, minutes: int, mean: float) -> Iterator[float]:
    """Percent of a window that each minute asks for."""
    busy, left = False, 0.0
    for minute in range(minutes):
        rate = 1.0
        if pattern == "night":
            hour = minute // 60 % 24
            rate = 1.6 if 8 <= hour < 20 else 0.35 if 20 <= hour < 23 else 0.02
        elif pattern == "bursty":
            if left <= 0:
                busy = not busy
                left = rng.expovariate(1 / (45 if busy else 60))
            left -= 1
            rate = 2.2 if busy else 0.1
        requests, chance = 0, _REQUESTS * rate
        while rng.random() < chance:
            requests += 1
            chance *= 0.5
        yield sum(rng.expovariate(1) for _ in range(requests)) * mean / _REQUESTS / 1.3
