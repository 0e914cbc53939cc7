"""What one combination of names costs over time: which version is in force at a moment."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from shared.model_names import MatchedBy
from shared.prices import Price, Rule


class PricedVersion(msgspec.Struct, frozen=True):
    """A version, how it was matched, and the rules that may apply to it."""

    price: Price
    matched_by: MatchedBy
    rules: tuple[Rule, ...] = ()


class _Slot(NamedTuple):
    """What is in force from one moment to the next: all day, and instead of that in parts of the day."""

    version: PricedVersion | None
    parts: tuple[PricedVersion, ...]


class VersionsOverTime:
    """Versions by moment. `series` are strongest first: a weaker one counts before the stronger has begun, and after
    it has ended.

    Each holds versions in one or two service tiers: the billed one, whose versions win where they exist, and the
    base prices.
    """

    def __init__(self, series: Sequence[Sequence[PricedVersion]], service_tier: str) -> None:
        starts = sorted({version.price.effective_from for versions in series for version in versions})
        slots = [_slot(series, service_tier, start) for start in starts]
        kept = [n for n, slot in enumerate(slots) if n == 0 or slot != slots[n - 1]]
        self._starts = [starts[n] for n in kept]
        self._slots = [slots[n] for n in kept]
        last = self._slots[-1] if self._slots else None
        self._last_start = self._starts[-1] if self._starts else 0
        self._last = last.version if last is not None and not last.parts else None

    def at(self, occurred_at: int) -> PricedVersion | None:
        """The version in force at a moment (UTC epoch microseconds), or None where there is none."""
        if occurred_at >= self._last_start and self._last is not None:
            return self._last
        found = bisect_right(self._starts, occurred_at) - 1
        if found < 0:
            return None
        version, parts = self._slots[found]
        for part in parts:
            if part.price.hours is not None and part.price.hours.hold(occurred_at):
                return part
        return version


def _slot(series: Sequence[Sequence[PricedVersion]], service_tier: str, start: int) -> _Slot:
    for versions in series:
        for tier in dict.fromkeys((service_tier, "")):
            begun = [
                version
                for version in versions
                if version.price.service_tier == tier and version.price.effective_from <= start
            ]
            if not begun:
                continue
            newest = max(version.price.effective_from for version in begun)
            current = [version for version in begun if version.price.effective_from == newest]
            all_day = [version for version in current if version.price.hours is None]
            latest = max(all_day, key=lambda version: version.price.id) if all_day else None
            if latest is not None and latest.price.ends:
                continue
            return _Slot(latest, tuple(version for version in current if version.price.hours is not None))
    return _Slot(None, ())
