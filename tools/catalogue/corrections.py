"""What genai-prices cannot say, or does not have: each fact with the page it is from and the day it was read."""

import re
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction

from msgspec.structs import replace

from ingestd.pricebook.catalogue_format import Model, Seller, Version
from shared.model_names import matches
from tools.catalogue import alibaba, genai

TABLES_READ = "2026-11-25"
"""When the tables here and in `alibaba` were last checked."""

Catalogue = list[tuple[Seller, list[Model]]]

MAKERS = frozenset(
    (
        "alibaba", "anthropic", "arcee", "cohere", "cursor", "deepseek", "elevenlabs", "google", "meta", "minimax",
        "mistral", "moonshotai", "openai", "perplexity", "typesafe", "voyageai", "x-ai", "zai", "zhipuai",
    )
)  # fmt: skip
"""Sellers that make the models they sell; every other resells."""

CPA_NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    # The ids of Antigravity's own API, which CPA passes on: CLIProxyAPI, internal/registry/models/models.json.
    "google": {
        "gemini-3.1-pro-preview": ("gemini-pro-agent", "gemini-pro-default", "gemini-3.1-pro"),
        "gemini-3.5-flash": (
            "gemini-3-flash-agent", "gemini-3-flash-a", "gemini-3-flash-b", "gemini-3.5-flash-extra-low",
        ),
        "gemini-3-flash-preview": ("gemini-3-flash", "gemini-3-flash-c", "gemini-default"),
    },
    # What the Kimi plan calls its models (the same registry); CPA takes `kimi-` off some of them upstream.
    "moonshotai": {
        "kimi-k3": ("k3", "kimi-k3-256k", "k3-256k"),
        "kimi-k2.7-code": ("kimi-for-coding", "k2.7-code"),
        "kimi-k2.7-code-highspeed": ("kimi-for-coding-highspeed", "k2.7-code-highspeed"),
        "kimi-k2.6": ("k2.6",),
        "kimi-k2.5": ("k2.5",),
        "kimi-k2-thinking": ("k2-thinking",),
    },
}  # fmt: skip

PROVIDER_NAMES = {
    # What people call these sellers in CPA's configuration: fragments of their hosts and names.
    "zai": ["or", ["equals", "zai"], ["equals", "z-ai"], ["contains", "z.ai"], ["equals", "glm"]],
    "zhipuai": ["or", ["contains", "zhipu"], ["contains", "bigmodel"]],
    "deepseek": ["contains", "deepseek"],
    "minimax": ["contains", "minimax"],
    "moonshotai": ["or", ["contains", "moonshot"], ["contains", "kimi"]],
    "x-ai": ["or", ["equals", "xai"], ["equals", "grok"], ["equals", "x.ai"]],
    "openrouter": ["contains", "openrouter"],
}

ADDED: dict[str, tuple[Model, ...]] = {
    # What these makers list and the package lacks: model, names, and the prices as in `alibaba`.
    "google": (
        Model(
            "gemini-2.5-computer-use-preview-10-2025", True,
            ("gemini-2.5-computer-use-preview-10-2025", "gemini-2.5-computer-use-preview", "rev19-uic3-1p"), (),
            (Version("", "", (1_250_000, 1_250_000, 1_250_000, 10_000_000),
                     ((200_000, (2_500_000, 2_500_000, 2_500_000, 15_000_000)),)),),
            "https://ai.google.dev/gemini-api/docs/pricing", "2026-11-26",
        ),
    ),
    "zai": (
        Model(
            "GLM-5-Turbo", True, ("glm-5-turbo",), (),
            (Version("", "", (1_200_000, 240_000, 1_200_000, 4_000_000)),),
            "https://docs.z.ai/guides/overview/pricing", "2026-11-26",
        ),
    ),
}  # fmt: skip

TURNS = {("zai", "GLM-5.3-Flash"): {"2026-09-10": "2026-09-09T16:00"}}
"""Prices that change within a day, which the package dates by the day after: docs.z.ai/guides/overview/pricing, half
price until 24:00 of 9 September 2026 in Singapore."""

GEMINI_TIERS = re.compile(r"^gemini-(?:2\.5|3|4)(?!.*(?:tts|live|embedding|robotics|audio|omni|nano|computer))")
"""Models with Flex (half) and Priority (1.8x) inference: ai.google.dev/gemini-api/docs/pricing, read 2026-10-14."""

IMAGE_SIZES = {
    # Tokens of an image by its resolution, largest first: ai.google.dev/gemini-api/docs/pricing, read 2026-10-14.
    "gemini-2.5-flash-image": (1_290,),
    "gemini-3-pro-image-preview": (2_000, 1_120),
    "gemini-3.1-flash-image-preview": (2_520, 1_680, 1_120, 747),
}

XAI_PRIORITY = Fraction(2)
"""docs.x.ai/developers/pricing, read 2026-11-24: priority costs twice as much, cached tokens included."""

GEMINI_PRIORITY = Fraction(9, 5)

DEEPSEEK_PEAKS_SINCE = "2026-08-17"
DEEPSEEK_WEEKDAYS_SINCE = "2026-08-23"
DEEPSEEK_HOLIDAYS = (("2026-09-25", "2026-09-28"), ("2026-10-01", "2026-10-08"), ("2027-01-01", "2027-01-02"))
"""api-docs.deepseek.com/quick_start/pricing, read 2026-11-24: peak hours hold from Monday to Friday, not on public
holidays of China. Those of the State Council's list for 2026, and New Year; from one day up to another."""

_MONDAY_TO_FRIDAY = 0b0011111


def correct(catalogue: Iterable[tuple[Seller, list[Model]]]) -> Catalogue:
    """The catalogue with everything below applied. Raises ValueError where a correction no longer finds its model."""
    corrected = [
        (_seller(seller), [_model(seller.id, model) for model in (*models, *ADDED.get(seller.id, ()))])
        for seller, models in catalogue
    ]
    corrected.append(alibaba.seller(TABLES_READ))
    corrected = [(seller, [_named(seller.id, model) for model in models]) for seller, models in corrected]
    _check_names(corrected)
    makers = {seller.id: seller.model_match for seller, _ in corrected if seller.id in MAKERS}

    def made(seller: str, model: str) -> bool:
        named = [maker for maker, clause in makers.items() if clause is not None and matches(clause, model.lower())]
        return seller in named[:1] if named else seller in MAKERS

    return [
        (seller, [replace(model, maker=made(seller.id, model.model)) for model in models])
        for seller, models in corrected
    ]


def _seller(seller: Seller) -> Seller:
    if seller.id in PROVIDER_NAMES:
        seller = replace(seller, provider_match=PROVIDER_NAMES[seller.id])
    if seller.id == "zai":  # both sell GLM; the dollar list is the one abroad
        return replace(seller, model_match=["starts_with", "glm-"])
    if seller.id == "zhipuai":
        return replace(seller, model_match=None, currency="CNY")
    return seller


def _named(seller: str, model: Model) -> Model:
    more = CPA_NAMES.get(seller, {}).get(model.model, ())
    return replace(model, names=tuple(dict.fromkeys((*model.names, *more))))


def _check_names(catalogue: Catalogue) -> None:
    sold = {seller.id: {model.model for model in models} for seller, models in catalogue}
    for seller, names in CPA_NAMES.items():
        if gone := names.keys() - sold[seller]:
            raise ValueError(f"{seller} no longer sells {', '.join(sorted(gone))}")


def _model(seller: str, model: Model) -> Model:
    turns = TURNS.get((seller, model.model), {})
    versions = tuple(replace(version, since=turns.get(version.since, version.since)) for version in model.versions)
    if seller == "deepseek":
        versions = tuple(_deepseek(versions))
    if seller == "openai":
        versions = tuple(_openai(versions))
    if seller == "x-ai" and model.model.startswith("grok-") and "voice" not in model.model:
        versions = (*versions, *_scaled(versions, "priority", lambda _, rate: _times(rate, XAI_PRIORITY)))
    if seller == "google" and GEMINI_TIERS.match(model.model):
        flex = genai.batch_factors(seller, model.model)
        versions = (
            *versions,
            *_scaled(versions, "flex", lambda place, rate: _times(rate, flex[place])),
            *_scaled(versions, "priority", lambda _, rate: _times(rate, GEMINI_PRIORITY)),
        )
    sizes = IMAGE_SIZES.get(model.model, ()) if seller == "google" else ()
    if sizes:
        versions = tuple(replace(version, image_sizes=sizes) for version in versions)
    return replace(model, versions=versions)


def _scaled(versions: Iterable[Version], tier: str, scale: Callable[[int, int], int]) -> Iterator[Version]:
    """The base prices as another tier charges them."""
    for version in versions:
        if version.service_tier:
            continue
        yield replace(
            version,
            service_tier=tier,
            rates=tuple(scale(place, rate) for place, rate in enumerate(version.rates)),
            context_tiers=tuple(
                (above, tuple(scale(place, rate) for place, rate in enumerate(rates)))
                for above, rates in version.context_tiers
            ),
        )


def _times(rate: int, factor: Fraction) -> int:
    return int(rate * factor + Fraction(1, 2))


def _openai(versions: tuple[Version, ...]) -> Iterator[Version]:
    """Tiers reach back to before the day they were checked, and priority is not served above a context step.

    developers.openai.com/api/docs/guides/priority-processing, read 2026-11-24: long context is excluded, and billed at
    standard rates. The package dates each tier by the day on which it was checked; what it charged before follows
    the base prices in proportion.
    """
    base = [version for version in versions if not version.service_tier]
    yield from base
    for tier in dict.fromkeys(version.service_tier for version in versions if version.service_tier):
        own = [v for v in versions if v.service_tier == tier and v.rates != _at(base, v.since).rates]
        if not own:
            continue
        first = own[0]
        before = [_before(first, _at(base, first.since), b) for b in base if b.since < first.since]
        latest: Version | None = None
        for version in (_long_context(version, _at(base, version.since)) for version in (*before, *own)):
            if latest is None or replace(latest, since=version.since) != version:
                latest = version
                yield version


def _at(base: list[Version], since: str) -> Version:
    return max((version for version in base if version.since <= since), key=lambda version: version.since)


def _before(first: Version, base: Version, earlier: Version) -> Version:
    """What a tier charged beside earlier base prices."""
    steps = dict(base.context_tiers)
    then = dict(earlier.context_tiers)
    return replace(
        first,
        since=earlier.since,
        rates=_in_proportion(first.rates, base.rates, earlier.rates),
        context_tiers=tuple(
            (above, _in_proportion(rates, steps.get(above, base.rates), then.get(above, earlier.rates)))
            for above, rates in first.context_tiers
        ),
    )


def _in_proportion(rates: tuple[int, ...], now: tuple[int, ...], then: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(
        _times(earlier, Fraction(rate, base)) if base else rate
        for rate, base, earlier in zip(rates, now, then, strict=True)
    )


def _long_context(version: Version, standard: Version) -> Version:
    if version.service_tier not in ("priority", "fast") or version.context_tiers:
        return version
    return replace(version, context_tiers=standard.context_tiers)


def _deepseek(versions: tuple[Version, ...]) -> Iterator[Version]:
    """Peak hours begin when they did, and from then on hold on working days only; older models' windows stand."""
    peaks = [version for version in versions if version.hours is not None]
    if not any(version.hours[0] == 3_600 for version in peaks if version.hours):
        yield from versions
        return
    all_day = {version.since: version for version in versions if version.hours is None}
    turns = {DEEPSEEK_PEAKS_SINCE: 0b1111111, DEEPSEEK_WEEKDAYS_SINCE: _MONDAY_TO_FRIDAY}
    for first, after in DEEPSEEK_HOLIDAYS:
        turns |= {first: 0, after: _MONDAY_TO_FRIDAY}
    for since in sorted({*all_day, *turns}):
        base = max((version for version in all_day.values() if version.since <= since), key=lambda v: v.since)
        yield replace(base, since=since)
        held = max((turn for turn in turns if turn <= since), default="")
        weekdays = turns.get(held, 0)
        for peak in peaks:
            if weekdays and peak.since == base.since and peak.hours is not None:
                doubled = tuple(2 * rate for rate in base.rates)
                yield replace(peak, since=since, rates=doubled, hours=(*peak.hours[:2], weekdays))
