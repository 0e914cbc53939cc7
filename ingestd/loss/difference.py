"""The arithmetic: what CPA counted against what came, between two comparisons. Pure, of plain numbers.

Attempts that become no event are many (`count_tokens`, Codex streams that the client aborts, Claude streams without
usage; contract 0), and events without a counter some (providers without a key). So a credential is compared only where
it has a counter, and the part of its attempts that usually brings no event is not missed.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ingestd.cpa.counters import BUCKETS, Counter
from shared.clock import MINUTE, SECOND

BUCKET: Final = 10 * MINUTE
CLOCKS_APART: Final = 2 * MINUTE
"""CPA's clock and ours may differ by so much."""

NOISE: Final = 2
"""Attempts that are counted and whose events are still under way."""

_USUAL_MIN: Final = 20
"""From fewer attempts nothing usual can be told."""
_USUAL_MAX: Final = 5_000
"""From here on older attempts count half, so that what is usual may change."""


@dataclass(frozen=True, slots=True)
class Known:
    """Of one credential: as `shared.schema.collection.CpaCounter`."""

    attempts: int
    events: int
    usual_attempts: int = 0
    usual_events: int = 0

    def eventless(self) -> float:
        """The part of attempts that usually brings no event."""
        if self.usual_attempts < _USUAL_MIN:
            return 0.0
        return max(0.0, 1 - self.usual_events / self.usual_attempts)


@dataclass(frozen=True, slots=True)
class Difference:
    """Between two comparisons. `missing`: by auth index, what usually brings no event subtracted."""

    restarted: bool  # CPA began to count anew
    missing: Mapping[str, float]
    expected: float  # attempts that brought no event and never do

    @property
    def lost(self) -> int:
        """How many events are missing; 0 where it may as well be chance."""
        total = sum(self.missing.values())
        return round(total) if total > NOISE + 2 * math.sqrt(self.expected) else 0

    def by_credential(self) -> dict[str, int]:
        """The credentials that miss some, in whole requests that add up to `lost`."""
        positive = {index: part for index, part in self.missing.items() if part >= 1}
        total, lost = sum(positive.values()), self.lost
        if not lost or not positive:
            return {}
        shares = {index: math.floor(part * lost / total) for index, part in positive.items()}
        ranked = sorted(positive, key=lambda index: positive[index] * lost / total % 1, reverse=True)
        for index in ranked[: lost - sum(shares.values())]:
            shares[index] += 1
        return {index: share for index, share in shares.items() if share}


def difference(
    before: Mapping[str, Known], counters: Mapping[str, Counter], events: Mapping[str, int], *, since: int, now: int
) -> Difference:
    """`since` and `now`: when `before` and `counters` were read, UTC epoch microseconds.

    A credential whose counter alone fell was removed and came back; one that is new, or gone, tells nothing.
    """
    common = before.keys() & counters.keys()
    was = sum(before[index].attempts for index in common)
    restarted = sum(counters[index].attempts for index in common) < was
    missing: dict[str, float] = {}
    expected = 0.0
    for index in common:
        counter, known = counters[index], before[index]
        fell = counter.attempts < known.attempts
        attempts = counter.attempts - (0 if fell else known.attempts)
        if not fell and _recent(counter, since, now) > attempts:
            restarted = True
        eventless = attempts * known.eventless()
        expected += eventless
        part = attempts - (events.get(index, 0) - known.events) - eventless
        missing[index] = max(0.0, part) if fell else part
    return Difference(restarted, missing, expected)


def usual(before: Known, attempts: int, events: int) -> Known:
    """The same credential after a time without a gap: what is counted and what came since is what is usual."""
    more = max(0, attempts - before.attempts)
    of_attempts, of_events = before.usual_attempts + more, before.usual_events + max(0, events - before.events)
    if of_attempts > _USUAL_MAX:
        of_attempts, of_events = of_attempts // 2, of_events // 2
    return Known(attempts, events, of_attempts, of_events)


def narrowed(start: int, end: int, counters: Mapping[str, Counter], now: int) -> tuple[int, int]:
    """The part of a time in which CPA counted anything, as far back as its spans of ten minutes go."""
    first = now // BUCKET - BUCKETS + 1
    if start < first * BUCKET:
        return start, end
    sums = [sum(column) for column in zip(*(each.recent for each in counters.values()), strict=True)]
    busy = [
        first + place
        for place, attempts in enumerate(sums)
        if attempts and (first + place) * BUCKET < end and (first + place + 1) * BUCKET > start
    ]
    if not busy:
        return start, end
    return max(start, busy[0] * BUCKET), min(end, (busy[-1] + 1) * BUCKET)


def _recent(counter: Counter, since: int, now: int) -> int:
    """Attempts in the spans that began after `since`, whichever clock is right."""
    first = now // BUCKET - BUCKETS + 1
    after = (since + CLOCKS_APART) // BUCKET + 1
    return sum(counter.recent[max(0, after - first) :]) if after <= now // BUCKET else 0


def whole_seconds(start: int, end: int) -> tuple[int, int]:
    """A time in whole seconds that holds it, since nothing here is exact."""
    return start // SECOND * SECOND, -(-end // SECOND) * SECOND
