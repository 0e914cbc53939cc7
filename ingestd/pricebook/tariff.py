"""What one combination of names costs over time: which version is in force at a moment."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from shared.model_names import MatchedBy
from shared.prices import Price, Rule

_SECOND = 1_000_000
_DAY = 86_400 * _SECOND


class Offer(msgspec.Struct, frozen=True):
    """A version, how it was matched, and the rules that may apply to it."""

    price: Price
    matched_by: MatchedBy
    rules: tuple[Rule, ...] = ()


class _Slot(NamedTuple):
    """What is in force from one moment to the next: all day, and instead of that in parts of the day."""

    offer: Offer | None
    daily: tuple[Offer, ...]


class Tariff:
    """Offers over time. `sources` are strongest first: a weaker one counts only before the stronger has begun.

    Each holds the versions of one source in one or two series: the billed service tier, whose versions win where
    they exist, and the base prices.
    """

    def __init__(self, sources: Sequence[Sequence[Offer]], service_tier: str) -> None:
        starts = sorted({offer.price.effective_from for offers in sources for offer in offers})
        slots = [_slot(sources, service_tier, start) for start in starts]
        kept = [n for n, slot in enumerate(slots) if n == 0 or slot != slots[n - 1]]
        self._starts = [starts[n] for n in kept]
        self._slots = [slots[n] for n in kept]
        last = self._slots[-1] if self._slots else None
        self._last_start = self._starts[-1] if self._starts else 0
        self._last = last.offer if last is not None and not last.daily else None

    def at(self, occurred_at: int) -> Offer | None:
        """The offer in force at a moment (UTC epoch microseconds), or None where there is none."""
        if occurred_at >= self._last_start and self._last is not None:
            return self._last
        found = bisect_right(self._starts, occurred_at) - 1
        if found < 0:
            return None
        offer, daily = self._slots[found]
        if daily:
            second = occurred_at % _DAY // _SECOND
            for part in daily:
                window = part.price.daily
                if window is not None and window[0] <= second < window[1]:
                    return part
        return offer


def _slot(sources: Sequence[Sequence[Offer]], service_tier: str, start: int) -> _Slot:
    for offers in sources:
        for tier in dict.fromkeys((service_tier, "")):
            begun = [
                offer for offer in offers if offer.price.service_tier == tier and offer.price.effective_from <= start
            ]
            if begun:
                newest = max(offer.price.effective_from for offer in begun)
                current = [offer for offer in begun if offer.price.effective_from == newest]
                all_day = [offer for offer in current if offer.price.daily is None]
                return _Slot(
                    max(all_day, key=lambda offer: offer.price.id) if all_day else None,
                    tuple(offer for offer in current if offer.price.daily is not None),
                )
    return _Slot(None, ())
