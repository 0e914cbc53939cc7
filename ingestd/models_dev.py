"""Prices of models.dev, on request: which of its models a name means, and what it costs there.

Nothing is written: the answer of the command says what differs, and a person applies what they choose. The rules by
which a name finds its model are those of the contract (B6), so that two dashboards of one CPA agree.
"""

import sqlite3
import unicodedata
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import httpx
import msgspec
from msgspec.structs import replace

from ingestd.pricebook.book import PriceBook
from shared.prices import PRICE_MAX, ContextTier, Price, Rates

TIMEOUT_SECONDS = 12.0
BYTES_MAX = 64 * 1024 * 1024
TIERS_MAX = 8
CHANGED_MAX = 500

_MILLION = 1_000_000
_OFFICIAL: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("gpt", "chatgpt", "o1", "o3", "o4"), ("openai", "azure", "azure-cognitive-services")),
    (("claude",), ("anthropic", "google-vertex-anthropic")),
    (("deepseek",), ("deepseek", "siliconflow-cn", "siliconflow")),
    (("glm",), ("zai", "zhipuai", "zai-coding-plan", "zhipuai-coding-plan")),
    (("qwen",), ("alibaba-cn", "alibaba", "aliyun-bailian")),
    (("gemini",), ("google", "google-vertex")),
    (("grok",), ("xai",)),
    (("minimax",), ("minimax-cn", "minimax", "minimax-cn-coding-plan", "minimax-coding-plan")),
    (("moonshot", "kimi"), ("moonshotai-cn", "moonshotai", "kimi-for-coding")),
    (("doubao",), ("doubao",)),
    (("mistral",), ("mistral",)),
    (("llama",), ("llama",)),
    (
        ("xiaomi",),
        ("xiaomi-token-plan-cn", "xiaomi", "xiaomi-token-plan-sgp", "xiaomi-token-plan-ams"),
    ),
)
"""Beginnings of a model's name, and who is asked for it first."""

_GENERAL = {
    "openai": 0, "anthropic": 1, "deepseek": 2, "google": 3, "alibaba-cn": 4, "alibaba": 4, "zai": 5, "zhipuai": 5,
    "xai": 6, "minimax": 7, "minimax-cn": 7, "minimax-coding-plan": 7, "minimax-cn-coding-plan": 7, "xiaomi": 8,
    "xiaomi-token-plan-cn": 8, "xiaomi-token-plan-sgp": 8, "xiaomi-token-plan-ams": 8, "302ai": 9, "openrouter": 10,
    "vercel": 11,
}  # fmt: skip
_UNKNOWN_RANK = 100


class Unreachable(Exception):
    """models.dev gave no list; the text is one sentence for whoever asked."""


class _Tier(msgspec.Struct, frozen=True):
    type: str = ""
    size: int = 0


class _Cost(msgspec.Struct, frozen=True):
    input: Decimal | float | None = None
    output: Decimal | float | None = None
    cache_read: Decimal | float | None = None
    cache_write: Decimal | float | None = None


class _TierCost(_Cost, frozen=True):
    tier: _Tier = _Tier()


class _ModelCost(_Cost, frozen=True):
    tiers: list[_TierCost] = []


class _Model(msgspec.Struct, frozen=True):
    id: str = ""
    name: str = ""
    last_updated: str = ""
    status: str = ""
    cost: _ModelCost | None = None


class _Provider(msgspec.Struct, frozen=True):
    id: str = ""
    name: str = ""
    models: dict[str, _Model] = {}


_decode = msgspec.json.Decoder(dict[str, _Provider]).decode


class Offer(NamedTuple):
    """A model of the list."""

    provider: str
    provider_name: str
    model: str
    name: str
    last_updated: str
    deprecated: bool
    cost: _ModelCost


class Match(NamedTuple):
    """The model that a name means, how it was found, and what it costs."""

    offer: Offer
    how: str
    rates: Rates
    context_tiers: tuple[ContextTier, ...]


def fetch(url: str) -> bytes:
    """The list, as it is sent. Raises `Unreachable`."""
    body = bytearray()
    try:
        with httpx.stream("GET", url, headers={"Accept": "application/json"}, timeout=TIMEOUT_SECONDS) as answer:
            if answer.status_code != httpx.codes.OK:
                raise Unreachable(f"models.dev answered {answer.status_code}; prices stay as they are.")
            for part in answer.iter_bytes():
                body += part
                if len(body) > BYTES_MAX:
                    raise Unreachable("models.dev sent more than a list of prices can be; prices stay as they are.")
    except httpx.TimeoutException:
        raise Unreachable("models.dev did not answer in time; prices stay as they are.") from None
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        raise Unreachable(
            f"models.dev cannot be reached ({type(problem).__name__}); prices stay as they are."
        ) from None
    return bytes(body)


class Index:
    """The list, by every name under which a model may be asked for."""

    def __init__(self, data: bytes) -> None:
        """Raises `Unreachable` for what is no such list."""
        try:
            providers = _decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
            raise Unreachable(f"models.dev sent something else than its list: {problem}") from problem
        self.models = 0
        self._exact: dict[str, list[Offer]] = {}
        self._normalized: dict[str, list[Offer]] = {}
        for key, provider in providers.items():
            for model_key, model in provider.models.items():
                self.models += 1
                self._add(_offer(key, provider, model_key, model))

    def find(self, model: str) -> Match | None:
        """What a name costs there, or None where nobody has it with a price."""
        best: dict[tuple[str, str], tuple[int, str, Offer]] = {}
        for score, how, offers in self._candidates(model):
            for offer in offers:
                key = (offer.provider, offer.model)
                if key not in best or best[key][0] < score:
                    best[key] = (score, how, offer)
        ranks = _official(model)
        ordered = sorted(best.values(), key=lambda found: (found[2].provider, found[2].model))
        ordered.sort(key=lambda found: found[2].last_updated, reverse=True)
        ordered.sort(
            key=lambda found: (
                -found[0],
                _is_free_plan(found[2]),
                ranks.get(found[2].provider, _UNKNOWN_RANK + _GENERAL.get(found[2].provider, _UNKNOWN_RANK)),
                found[2].deprecated,
            )
        )
        for _, how, offer in ordered:
            rates = _rates(offer.cost)
            if rates is not None:
                return Match(offer, how, rates, _tiers(offer.cost))
        return None

    def _add(self, offer: Offer) -> None:
        names = {offer.model, offer.name, _stripped(offer.model), _stripped(offer.name)} - {""}
        for name in sorted(names):
            for table, key in ((self._exact, name.lower()), (self._normalized, _normal(name))):
                offers = table.setdefault(key, [])
                if offer not in offers:
                    offers.append(offer)

    def _candidates(self, model: str) -> Iterator[tuple[int, str, list[Offer]]]:
        bare = _stripped(model)
        if bare != model:
            yield 100, "index_suffix", self._exact.get(bare.lower(), [])
            yield 96, "index_normalized_suffix", self._normalized.get(_normal(bare), [])
            yield 92, "index_exact", self._exact.get(model.lower(), [])
            yield 90, "index_normalized", self._normalized.get(_normal(model), [])
        else:
            yield 100, "index_exact", self._exact.get(model.lower(), [])
            yield 92, "index_normalized", self._normalized.get(_normal(model), [])


def _offer(key: str, provider: _Provider, model_key: str, model: _Model) -> Offer:
    id_ = provider.id or key
    return Offer(
        id_,
        provider.name or key or id_,
        model.id or model_key,
        model.name,
        model.last_updated,
        model.status == "deprecated",
        model.cost or _ModelCost(),
    )


def _stripped(name: str) -> str:
    """What stands behind the last `/` or `:`; the whole name where nothing does."""
    rest = name[max(name.rfind("/"), name.rfind(":")) + 1 :]
    return rest or name


def _normal(name: str) -> str:
    return "".join(
        character for character in name.lower() if unicodedata.category(character)[0] == "L" or character.isdecimal()
    )


def _official(model: str) -> Mapping[str, int]:
    name = _normal(_stripped(model))
    for beginnings, providers in _OFFICIAL:
        if name.startswith(beginnings):
            return {provider: place for place, provider in enumerate(providers)}
    return {}


def _is_free_plan(offer: Offer) -> bool:
    plan = "coding-plan" in offer.provider or "token-plan" in offer.provider
    return plan and not offer.cost.input and not offer.cost.output


def _rates(cost: _Cost) -> Rates | None:
    """Micro-dollars per million tokens; a cache price that is not listed is 0, as the contract has it."""
    if cost.input is None or cost.output is None:
        return None
    parts = (cost.input, cost.cache_read or 0, cost.cache_write or 0, cost.output)
    micros = [int((Decimal(str(part)) * _MILLION).to_integral_value()) for part in parts]
    if any(not 0 <= each <= PRICE_MAX for each in micros):
        return None
    into, read, write, out = micros
    return Rates(into, read, write, out)


def _tiers(cost: _ModelCost) -> tuple[ContextTier, ...]:
    found: dict[int, Rates] = {}
    for tier in cost.tiers:
        rates = _rates(tier)
        if tier.tier.type == "context" and tier.tier.size > 0 and rates is not None:
            found[tier.tier.size] = rates
    return tuple(ContextTier(above, found[above]) for above in sorted(found)[:TIERS_MAX])


def preview(connection: sqlite3.Connection, data: bytes, now: int) -> dict[str, Any]:
    """What models.dev would change for the models that requests were made of: old and new, changed ones only.

    Prices in micro-dollars per million tokens. Raises `Unreachable` for what is no such list.
    """
    index = Index(data)
    book = PriceBook(connection)
    changed: list[dict[str, Any]] = []
    unmatched: list[str] = []
    same = 0
    for model, provider in sorted(_models_seen(connection).items()):
        match = index.find(model)
        if match is None:
            unmatched.append(model)
            continue
        old = book.current(provider, model, now)
        if old is not None and old.rates == _as_listed(match.rates, old) and old.context_tiers == match.context_tiers:
            same += 1
            continue
        changed.append(
            {
                "model": model,
                "matched_model": match.offer.model,
                "match_type": match.how,
                "source_provider_id": match.offer.provider,
                "source_provider_name": match.offer.provider_name,
                "old": None if old is None else _told(old.rates, old.context_tiers) | {"source": old.source.value},
                "new": _told(match.rates, match.context_tiers),
            }
        )
    return {
        "source": "Models.dev",
        "metadata_models": index.models,
        "same": same,
        "changed": changed[:CHANGED_MAX],
        "omitted": max(0, len(changed) - CHANGED_MAX),
        "unmatched_models": unmatched[:CHANGED_MAX],
    }


def _models_seen(connection: sqlite3.Connection) -> dict[str, str]:
    """A provider for each model that requests were made of."""
    rows = connection.execute(
        "select m.name, r.provider from (select distinct model_id, route_id from event) e"
        " join model m on m.id = e.model_id join route r on r.id = e.route_id order by e.route_id"
    )
    found: dict[str, str] = {}
    for model, provider in rows:
        found.setdefault(model, provider)
    return found


def _as_listed(new: Rates, old: Price) -> Rates:
    """models.dev lists neither writes for an hour nor images: what is known of them stays."""
    return replace(new, cache_write_1h=old.rates.cache_write_1h, image=old.rates.image)


def _told(rates: Rates, tiers: tuple[ContextTier, ...]) -> dict[str, Any]:
    return {"rates": msgspec.to_builtins(rates), "context_tiers": msgspec.to_builtins(tiers)}
