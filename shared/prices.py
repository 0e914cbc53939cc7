"""What tokens cost: exact integer arithmetic, rounded once.

Prices are micro-dollars per million tokens, which is pico-dollars per token ($2.50 per million = 2_500_000);
multipliers are millionths (1.5 = 1_500_000); costs are nano-dollars.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from shared.normalization import Tokens

ONE = 1_000_000
"""A multiplier of 1."""

PRICE_MAX = 10**12
"""A million dollars per million tokens; no price is higher."""

MULTIPLIER_MAX = 1_000 * ONE
COST_MAX = 2**62
"""Costs stop here (4.6 billion dollars): what no request costs must not break a sum."""

_BASE_TIERS = frozenset({"", "auto", "default", "standard", "standard_only", "on_demand"})


class Source(StrEnum):
    """Where a version comes from, strongest first: a person's own price beats all others."""

    MANUAL = "manual"
    SYNCED = "synced"
    BUNDLED = "bundled"


class RuleKey(StrEnum):
    """What a rule can look at. `api_key` and `credential` are row ids in decimal: a file holds no keys."""

    MODEL = "model"
    ALIAS = "alias"
    API_KEY = "api_key"
    CREDENTIAL = "credential"
    ENDPOINT = "endpoint"
    EXECUTOR_TYPE = "executor_type"
    REASONING_EFFORT = "reasoning_effort"
    SERVICE_TIER = "service_tier"
    RESPONSE_SERVICE_TIER = "response_service_tier"


class Rates(msgspec.Struct, frozen=True, gc=False):
    """The four prices, in micro-dollars per million tokens."""

    input: int
    cache_read: int
    cache_write: int
    output: int


class ContextTier(msgspec.Struct, frozen=True, gc=False):
    """Prices that replace the four, for all tokens, when canonical input is more than `above`."""

    above: int
    rates: Rates


class Price(msgspec.Struct, frozen=True):
    """One version of the price of a model in one service tier (empty: the base prices)."""

    id: int
    source: Source
    provider: str
    model: str
    service_tier: str
    effective_from: int
    rates: Rates
    context_tiers: tuple[ContextTier, ...] = ()
    multiplier: int = ONE
    daily: tuple[int, int] | None = None  # in force only from one second of the UTC day up to another


class Rule(msgspec.Struct, frozen=True):
    """A factor for events whose `key` is exactly `value`."""

    id: int
    model: str
    key: RuleKey
    value: str
    multiplier: int
    effective_from: int


class Line(msgspec.Struct, frozen=True):
    """One bucket of a request's cost: `tokens` times `price`, with every factor; the lines add up exactly."""

    bucket: str  # uncached | cache_read | cache_write | output
    tokens: int
    price: int
    cost_nanos: int


class Arithmetic(msgspec.Struct, frozen=True):
    """How a cost comes about."""

    lines: tuple[Line, ...]
    context_tier_above: int | None
    multiplier: int
    rules: tuple[Rule, ...]
    cost_nanos: int


class Billable(Protocol):
    """What of an event decides its price."""

    @property
    def occurred_at(self) -> int: ...
    @property
    def provider(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def alias(self) -> str: ...
    @property
    def endpoint(self) -> str: ...
    @property
    def executor_type(self) -> str: ...
    @property
    def reasoning_effort(self) -> str: ...
    @property
    def service_tier(self) -> str: ...
    @property
    def response_service_tier(self) -> str: ...


def billed_tier(service_tier: str, response_service_tier: str) -> str:
    """The tier whose prices count: what the upstream says, else what was asked for; empty = the base prices."""
    tier = (response_service_tier or service_tier).strip().lower()
    return "" if tier in _BASE_TIERS else tier


def rates(price: Price, input_tokens: int) -> tuple[Rates, int | None]:
    """The four prices for a request of that much canonical input, and the threshold it crossed, if any."""
    for tier in reversed(price.context_tiers):
        if input_tokens > tier.above:
            return tier.rates, tier.above
    return price.rates, None


def cost(tokens: Tokens, price: Price, rule_multipliers: Sequence[int] = ()) -> int:
    """Nano-dollars: the four buckets, each at its price, times every factor.

    Reasoning is part of the output and unclassified tokens are not priced. Rounded once, half up.
    """
    into, read, write = tokens.input, tokens.cache_read, tokens.cache_write
    uncached = into - read - write
    four = rates(price, into)[0] if price.context_tiers else price.rates
    picos = read * four.cache_read + write * four.cache_write + tokens.output * four.output
    if uncached > 0:
        picos += uncached * four.input
    if price.multiplier == ONE and not rule_multipliers:
        nanos = (picos + 500) // 1_000
    else:
        nanos = _rounded(picos, price.multiplier, rule_multipliers)
    return min(nanos, COST_MAX)


def arithmetic(tokens: Tokens, price: Price, rules: Sequence[Rule] = ()) -> Arithmetic:
    """`cost`, with its parts. What rounding leaves over is on the line where it tips."""
    four, above = rates(price, tokens.input)
    multipliers = [rule.multiplier for rule in rules]
    lines = []
    picos = before = 0
    for bucket, count, unit_price in (
        ("uncached", tokens.uncached, four.input),
        ("cache_read", tokens.cache_read, four.cache_read),
        ("cache_write", tokens.cache_write, four.cache_write),
        ("output", tokens.output, four.output),
    ):
        picos += count * unit_price
        total = min(_rounded(picos, price.multiplier, multipliers), COST_MAX)
        lines.append(Line(bucket, count, unit_price, total - before))
        before = total
    return Arithmetic(tuple(lines), above, price.multiplier, tuple(rules), before)


def dimensions(event: Billable, api_key_id: int, credential_id: int) -> dict[RuleKey, str]:
    """What rules are compared with."""
    return {
        RuleKey.MODEL: event.model,
        RuleKey.ALIAS: event.alias,
        RuleKey.API_KEY: str(api_key_id),
        RuleKey.CREDENTIAL: str(credential_id),
        RuleKey.ENDPOINT: event.endpoint,
        RuleKey.EXECUTOR_TYPE: event.executor_type,
        RuleKey.REASONING_EFFORT: event.reasoning_effort,
        RuleKey.SERVICE_TIER: event.service_tier,
        RuleKey.RESPONSE_SERVICE_TIER: event.response_service_tier,
    }


def matching(rules: Sequence[Rule], found: Mapping[RuleKey, str], occurred_at: int) -> list[Rule]:
    """The rules in force at that time whose value is the event's."""
    return [rule for rule in rules if rule.effective_from <= occurred_at and found[rule.key] == rule.value]


def _rounded(picos: int, multiplier: int, rule_multipliers: Sequence[int]) -> int:
    numerator, denominator = picos * multiplier, 1_000 * ONE
    for factor in rule_multipliers:
        numerator *= factor
        denominator *= ONE
    return (numerator + denominator // 2) // denominator
