"""genai-prices in the catalogue's form: its prices over time, by service tier and by the hour of the day."""

import dataclasses
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from importlib import metadata
from typing import Any

from genai_prices import data
from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

from ingestd.pricebook.catalogue_format import Model, Seller, Version
from shared.model_names import Clause
from shared.prices import EVERY_DAY, PRICE_MAX

PACKAGE = "genai-prices"
READ = {"0.2.3": "2026-10-26"}
"""When each version of the package was last checked against the sellers' pages, as it says of its newest prices."""

_ALWAYS = date(1970, 1, 1)
_DAY_SECONDS = 86_400
_FAST_MODE = ("priority", "fast")
"""Claude's fast mode by the names of tiers: CPA asks for it where a client asks for `priority`."""

Rates = tuple[int, ...]
Charge = tuple[tuple[int, int, int] | None, Rates, tuple[tuple[int, Rates], ...]]


def package() -> str:
    return f"{PACKAGE} {metadata.version(PACKAGE)}"


def sellers() -> Iterator[tuple[Seller, list[Model]]]:
    """Every seller with those of its models that are priced by the token, in the package's order."""
    read = READ[metadata.version(PACKAGE)]
    for provider in data.providers:
        page = (provider.pricing_urls or [""])[0]
        seller = Seller(
            provider.id,
            provider.name,
            page,
            read,
            provider_match=clause(provider.provider_match),
            model_match=clause(provider.model_match),
        )
        yield seller, [found for model in provider.models if (found := _model(model, page, read)) is not None]


def _model(model: ModelInfo, page: str, read: str) -> Model | None:
    versions = tuple(_versions(model))
    if not versions:
        return None
    match = clause(model.match) or ["equals", ""]
    parts = match[1:] if match[0] == "or" else [match]
    names = dict.fromkeys(part[1] for part in parts if part[0] == "equals")
    patterns = tuple(part for part in parts if part[0] != "equals")
    own_page, own_read = _evidence(model, page, read)
    return Model(model.id, False, tuple(names), patterns, versions, own_page, own_read)


def _evidence(model: ModelInfo, page: str, read: str) -> tuple[str, str]:
    """The page and the date that a model's own comment names; empty where they are the seller's."""
    comments = model.price_comments or ""
    pages = re.findall(r"https://(?!github\.com)[^\s)\"']+", comments)
    dates = re.findall(r"verified on (\d{4}-\d{2}-\d{2})", comments)
    own_page = pages[0].rstrip(".,;") if pages else ""
    own_read = max(dates, default="")
    return "" if own_page == page else own_page, "" if own_read in ("", read) else own_read


def _versions(model: ModelInfo) -> Iterator[Version]:
    base = list(_series(model, "", None))
    yield from base
    for tier, context in _tiers(model):
        series = list(_series(model, tier, context))
        if [_charge(version) for version in series] != [_charge(version) for version in base]:
            yield from series


def _charge(version: Version) -> tuple[Any, ...]:
    """What two versions of different tiers have in common when they charge the same."""
    return version.since, version.hours, version.rates, version.context_tiers


def _series(model: ModelInfo, tier: str, context: dict[str, str] | None) -> Iterator[Version]:
    """The versions of one service tier over time: one where prices change, with those for a part of the day."""
    previous: list[Charge] | None = None
    for start in _starts(model):
        day = list(_of_day(model, start, context))
        if not day or day == previous:
            continue
        previous = day
        for hours, rates, context_tiers in day:
            yield Version(tier, "" if start == _ALWAYS else start.isoformat(), rates, context_tiers, hours)


def _of_day(model: ModelInfo, day: date, context: dict[str, str] | None) -> Iterator[Charge]:
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
            yield (*span, EVERY_DAY), *found


def _rates(price: ModelPrice) -> tuple[Rates, tuple[tuple[int, Rates], ...]] | None:
    """The prices and the context tiers, or None where nothing is priced by the token.

    Tokens in a cache cost what input costs unless they have a price of their own; that is how genai-prices counts.
    """
    into = price.input_mtok
    out = price.output_mtok
    if into is None and out is None:
        return None
    into = into if into is not None else Decimal(0)
    read = price.cache_read_mtok if price.cache_read_mtok is not None else into
    write = price.cache_write_mtok if price.cache_write_mtok is not None else into
    parts = [into, read, write, out if out is not None else Decimal(0)]
    hour, image = price.cache_write_1h_mtok, price.output_image_mtok
    if hour is not None or image is not None:
        parts.append(hour if hour is not None else Decimal(0))
    if image is not None:
        parts.append(image)
    thresholds = sorted({tier.start for part in parts if isinstance(part, TieredPrices) for tier in part.tiers})
    return (
        tuple(_micros(part, 0) for part in parts),
        tuple((above, tuple(_micros(part, above + 1) for part in parts)) for above in thresholds),
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
    found = [price.constraint for price in prices] + [v.constraint for v in _variants(model)]
    return [constraint for constraint in found if constraint is not None]


def _variants(model: ModelInfo) -> list[PriceVariant]:
    """The variants that an event can be in: its service tier, or Claude's fast mode. Batches do not pass CPA."""
    return [v for v in model.price_variants or () if v.when.keys() == {"service_tier"} or v.when == {"speed": "fast"}]


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


def _tiers(model: ModelInfo) -> list[tuple[str, dict[str, str]]]:
    """Service tiers by the names that events have for them, and what the package asks for instead."""
    found: dict[str, dict[str, str]] = {}
    for variant in _variants(model):
        if variant.when == {"speed": "fast"}:
            found |= {tier: {"speed": "fast"} for tier in _FAST_MODE}
        else:
            found[variant.when["service_tier"]] = dict(variant.when)
    return sorted(found.items())


def _second(value: time) -> int:
    moment = datetime.combine(date(2000, 1, 2), value, value.tzinfo or UTC).astimezone(UTC)
    return moment.hour * 3_600 + moment.minute * 60 + moment.second


def _moment(day: date, second: int) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(seconds=second)


def clause(condition: Any) -> Clause | None:
    """A condition of genai-prices in the catalogue's form, its texts in lower case as names are when compared."""
    if condition is None:
        return None
    (name, value), *_ = ((field.name, getattr(condition, field.name)) for field in dataclasses.fields(condition))
    if name in ("or_", "and_"):
        return [name[:-1], *(found for part in value if (found := clause(part)) is not None)]
    return [name, value if name == "regex" else value.lower()]


def batch_factors(seller: str, model: str) -> list[Fraction]:
    """What a batch charges for each rate, as a part of what is charged otherwise; half where no batch is listed."""
    provider = next(provider for provider in data.providers if provider.id == seller)
    found = next(each for each in provider.models if each.id == model)
    later = _moment(date(2028, 1, 1), 0)
    base, batch = (_rates(found.get_prices(later, context)) for context in (None, {"processing": "batch"}))
    if base is None or batch is None or base == batch:
        return [Fraction(1, 2)] * 6
    return [Fraction(b, a) if a else Fraction(1, 2) for a, b in zip(base[0], batch[0], strict=True)]
