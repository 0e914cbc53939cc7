"""`python -m ingestd.pricebook.compiler`: genai-prices as compact JSON lines on standard output.

Loading that package costs 30 MiB that a daemon would never get back, so it is loaded here, in a process that ends.
This is the only module that imports it.
"""

import dataclasses
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from genai_prices import data
from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)
from msgspec import json

from ingestd.pricebook.bundle import BundledModelLine, BundledProviderLine, Version
from shared.model_names import Clause
from shared.prices import PRICE_MAX, ContextTier, Rates

_ALWAYS = date(1970, 1, 1)
_DAY_SECONDS = 86_400


def lines() -> Iterator[BundledProviderLine | BundledModelLine]:
    """Every provider, each followed by those of its models that are priced by the token, in catalogue order."""
    for provider in data.providers:
        yield BundledProviderLine(
            provider.id, provider.name, _clause(provider.provider_match), _clause(provider.model_match)
        )
        for model in provider.models:
            versions = tuple(_versions(model))
            if versions:
                yield BundledModelLine(provider.id, model.id, _clause(model.match) or ["equals", ""], versions)


def _versions(model: ModelInfo) -> Iterator[Version]:
    base = list(_series(model, ""))
    yield from base
    for tier in _service_tiers(model):
        series = list(_series(model, tier))
        if [_charge(v) for v in series] != [_charge(v) for v in base]:
            yield from series


def _charge(version: Version) -> tuple[Any, ...]:
    """What two versions of different tiers have in common when they charge the same."""
    return version.effective_from, version.daily_from, version.daily_until, version.rates, version.context_tiers


def _series(model: ModelInfo, tier: str) -> Iterator[Version]:
    """The versions of one service tier over time: one where prices change, with those for a part of the day."""
    context = {"service_tier": tier} if tier else None
    previous: list[tuple[Any, ...]] | None = None
    for start in _starts(model):
        day = list(_of_day(model, start, context))
        if not day or day == previous:
            continue
        previous = day
        for daily, rates, context_tiers in day:
            daily_from, daily_until = daily or (None, None)
            yield Version(tier, _microseconds(start), daily_from, daily_until, rates, context_tiers)


def _of_day(
    model: ModelInfo, day: date, context: dict[str, str] | None
) -> Iterator[tuple[tuple[int, int] | None, Rates, tuple[ContextTier, ...]]]:
    """The prices of a day: those outside all daily windows first, then each window that differs from them."""
    windows = _windows(model)
    cuts = sorted({0, *(second for window in windows for second in window if second < _DAY_SECONDS)})
    spans = list(zip(cuts, [*cuts[1:], _DAY_SECONDS], strict=True))
    priced = [(span, _rates(model.get_prices(_moment(day, span[0]), context))) for span in spans]
    outside = [p for span, p in priced if not any(start <= span[0] < end for start, end in windows)]
    base = (outside or [priced[0][1]])[0]
    if base is not None:
        yield None, *base
    for span, found in priced:
        if found is not None and found != base:
            yield span, *found


def _rates(price: ModelPrice) -> tuple[Rates, tuple[ContextTier, ...]] | None:
    """Four prices and the context tiers, or None where nothing is priced by the token.

    Tokens in a cache cost what input costs unless they have a price of their own; that is how genai-prices counts.
    """
    into = price.input_mtok
    out = price.output_mtok
    if into is None and out is None:
        return None
    into = into if into is not None else Decimal(0)
    read = price.cache_read_mtok if price.cache_read_mtok is not None else into
    write = price.cache_write_mtok if price.cache_write_mtok is not None else into
    four = (into, read, write, out if out is not None else Decimal(0))
    thresholds = sorted({tier.start for part in four if isinstance(part, TieredPrices) for tier in part.tiers})
    return (
        Rates(*(_micros(part, 0) for part in four)),
        tuple(ContextTier(above, Rates(*(_micros(part, above + 1) for part in four))) for above in thresholds),
    )


def _micros(price: Decimal | TieredPrices, input_tokens: int) -> int:
    if isinstance(price, TieredPrices):
        above = [tier.price for tier in price.tiers if input_tokens > tier.start]
        price = above[-1] if above else price.base
    micros = int((price * 1_000_000).to_integral_value(ROUND_HALF_UP))
    if not 0 <= micros <= PRICE_MAX:
        raise ValueError(f"a price of {price} dollars per million tokens is out of range")
    return micros


def _constraints(model: ModelInfo) -> list[StartDateConstraint | TimeOfDateConstraint]:
    prices: Sequence[ConditionalPrice] = model.prices if isinstance(model.prices, list) else ()
    found = [price.constraint for price in prices] + [v.constraint for v in model.price_variants or ()]
    return [constraint for constraint in found if constraint is not None]


def _starts(model: ModelInfo) -> list[date]:
    dates = {c.start_date for c in _constraints(model) if isinstance(c, StartDateConstraint)}
    return sorted({_ALWAYS, *dates})


def _windows(model: ModelInfo) -> list[tuple[int, int]]:
    """Daily windows in seconds after midnight UTC; one that crosses midnight is two."""
    windows = []
    for constraint in _constraints(model):
        if isinstance(constraint, TimeOfDateConstraint):
            start, end = _second(constraint.start_time), _second(constraint.end_time)
            windows += [(start, end)] if start < end else [(start, _DAY_SECONDS), (0, end)]
    return windows


def _service_tiers(model: ModelInfo) -> list[str]:
    named = [variant.when for variant in model.price_variants or ()]
    return sorted({when["service_tier"] for when in named if when.keys() == {"service_tier"}})


def _second(value: time) -> int:
    moment = datetime.combine(date(2000, 1, 2), value, value.tzinfo or UTC).astimezone(UTC)
    return moment.hour * 3_600 + moment.minute * 60 + moment.second


def _moment(day: date, second: int) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(seconds=second)


def _microseconds(day: date) -> int:
    return (day - _ALWAYS).days * _DAY_SECONDS * 1_000_000


def _clause(condition: Any) -> Clause | None:
    """A condition of genai-prices in the file's form, its texts in lower case as names are when they are compared."""
    if condition is None:
        return None
    (name, value), *_ = ((field.name, getattr(condition, field.name)) for field in dataclasses.fields(condition))
    if name in ("or_", "and_"):
        return [name[:-1], *(clause for part in value if (clause := _clause(part)) is not None)]
    return [name, value if name == "regex" else value.lower()]


def main() -> int:
    for line in lines():
        sys.stdout.buffer.write(json.encode(line) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
