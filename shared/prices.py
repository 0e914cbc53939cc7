"""What tokens cost: exact integer arithmetic, rounded once.

Prices are micro-dollars per million tokens, which is pico-dollars per token ($2.50 per million = 2_500_000);
multipliers are millionths (1.5 = 1_500_000); costs are nano-dollars.
"""

from collections.abc import Mapping, Sequence
from enum import IntFlag, StrEnum
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

EVERY_DAY = 0b1111111
"""All days of the week: Monday is bit 0."""

_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_EPOCH_WEEKDAY = 3  # 1 January 1970 was a Thursday


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


class Mark(IntFlag):
    """What must be said beside a cost, because the event cannot tell. A bit never changes its meaning."""

    TIER_ASSUMED = 1
    CACHE_WRITES_1H = 2
    CACHE_WRITES_5M = 4
    IMAGE_ASSUMED = 8
    UPPER_BOUND = 16
    LOWER_BOUND = 32
    TOKENS_UNKNOWN = 64


ASSUMED = Mark.TIER_ASSUMED | Mark.CACHE_WRITES_1H | Mark.CACHE_WRITES_5M | Mark.IMAGE_ASSUMED
"""Marks of an honest guess; the others say that a cost is a bound, or unknown."""

MARK_TEXTS: dict[Mark, str] = {
    Mark.TIER_ASSUMED: "Billed by the service tier that was asked for: no answer confirms it.",
    Mark.CACHE_WRITES_1H: "All cache writes are taken to be kept for an hour: CPA asks for that on accounts by login, "
    "and does not report how long.",
    Mark.CACHE_WRITES_5M: "All cache writes are taken to be kept for five minutes: CPA does not report how long.",
    Mark.IMAGE_ASSUMED: "How many of the output tokens are images is worked out from the sizes that images have: CPA "
    "reports text and images as one number.",
    Mark.UPPER_BOUND: "At most this much: Kimi reports cache hits where CPA does not read them.",
    Mark.LOWER_BOUND: "At least this much: CPA did not report all tokens of this request.",
    Mark.TOKENS_UNKNOWN: "The cost is unknown: only the total of the tokens was reported.",
}


class Rates(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The four prices, in micro-dollars per million tokens, and two that only some models have.

    `cache_write` is a write that is kept for five minutes; `image`: output that is an image.
    """

    input: int
    cache_read: int
    cache_write: int
    output: int
    cache_write_1h: int | None = None
    image: int | None = None


class ContextTier(msgspec.Struct, frozen=True, gc=False):
    """Prices that replace the others, for all tokens, when canonical input is more than `above`."""

    above: int
    rates: Rates


class Hours(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A part of each day, from one second of the UTC day up to another, on some days of the UTC week."""

    start: int = 0
    end: int = 86_400
    weekdays: int = EVERY_DAY

    def hold(self, occurred_at: int) -> bool:
        """Whether a moment (UTC epoch microseconds) is in it."""
        day, rest = divmod(occurred_at, _DAY)
        return self.start <= rest // _SECOND < self.end and bool(self.weekdays >> (day + _EPOCH_WEEKDAY) % 7 & 1)


class Price(msgspec.Struct, frozen=True):
    """One version of the price of a model in one service tier (empty: the base prices).

    `ends`: from this moment on its source has no price for the model. `image_sizes`: the tokens an image can have.
    """

    id: int
    source: Source
    provider: str
    model: str
    service_tier: str
    effective_from: int
    rates: Rates
    context_tiers: tuple[ContextTier, ...] = ()
    multiplier: int = ONE
    hours: Hours | None = None  # in force only then
    image_sizes: tuple[int, ...] = ()
    ends: bool = False


class Rule(msgspec.Struct, frozen=True):
    """A factor for events whose `key` is exactly `value`, from one moment (UTC epoch microseconds) up to another."""

    id: int
    model: str
    key: RuleKey
    value: str
    multiplier: int
    effective_from: int
    effective_until: int | None = None
    hours: Hours | None = None


class Factor(msgspec.Struct, frozen=True, gc=False):
    """A rule as it was applied to an event."""

    rule_id: int
    key: RuleKey
    value: str
    multiplier: int


class Charge(msgspec.Struct, frozen=True):
    """How events are charged: what is left to know of a cost are the tokens. Many events share one."""

    price: Price | None  # None: nothing is known to charge by, and `marks` may say why
    factors: tuple[Factor, ...] = ()
    marks: Mark = Mark(0)


class Line(msgspec.Struct, frozen=True):
    """One bucket of a request's cost: `tokens` times `price`, with every factor; the lines add up exactly."""

    bucket: str  # uncached | cache_read | cache_write | output | image_output
    tokens: int
    price: int
    cost_nanos: int


class Arithmetic(msgspec.Struct, frozen=True):
    """How a cost comes about. `cached_as_input_nanos`: what the tokens from and to the cache had cost uncached."""

    lines: tuple[Line, ...]
    context_tier_above: int | None
    cost_nanos: int
    cached_as_input_nanos: int

    @property
    def cached_nanos(self) -> int:
        """What the tokens from and to the cache did cost."""
        return sum(line.cost_nanos for line in self.lines if line.bucket in ("cache_read", "cache_write"))


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
    def auth_type(self) -> str: ...
    @property
    def reasoning_effort(self) -> str: ...
    @property
    def service_tier(self) -> str: ...
    @property
    def response_service_tier(self) -> str: ...
    @property
    def failed(self) -> bool | int: ...


def rates(price: Price, input_tokens: int) -> tuple[Rates, int | None]:
    """The prices for a request of that much canonical input, and the threshold it crossed, if any."""
    for tier in reversed(price.context_tiers):
        if input_tokens > tier.above:
            return tier.rates, tier.above
    return price.rates, None


def write_rate(four: Rates, marks: Mark) -> int:
    """What a cache write costs: that of an hour where it is taken for one and has a price."""
    if four.cache_write_1h is not None and Mark.CACHE_WRITES_1H in marks:  # the look at the flags takes longer
        return four.cache_write_1h
    return four.cache_write


def image_tokens(visible: int, sizes: Sequence[int]) -> int:
    """How many of the output tokens (reasoning left out) are images: as many as images of these sizes fill.

    Sizes come largest first. Without sizes all of it is taken for images, and where images of one size fill it whole.
    """
    if not sizes or any(visible % size == 0 for size in sizes):
        return visible
    rest = visible
    for size in sizes:
        rest %= size
    return visible - rest


def cost(tokens: Tokens, charge: Charge) -> int:
    """Nano-dollars: each bucket at its price, times every factor.

    Reasoning is part of the output and unclassified tokens are not priced. Rounded once, half up.
    """
    price = charge.price
    if price is None:
        return 0
    into, read, write = tokens.input, tokens.cache_read, tokens.cache_write
    uncached = into - read - write
    four = rates(price, into)[0] if price.context_tiers else price.rates
    picos = read * four.cache_read + tokens.output * four.output
    if write:
        picos += write * write_rate(four, charge.marks)
    if uncached > 0:
        picos += uncached * four.input
    if four.image is not None:
        picos += _images(tokens, price) * (four.image - four.output)
    if price.multiplier == ONE and not charge.factors:
        return min((picos + 500) // 1_000, COST_MAX)
    return min(_rounded(picos, _multipliers(charge)), COST_MAX)


def arithmetic(tokens: Tokens, charge: Charge) -> Arithmetic:
    """`cost`, with its parts. What rounding leaves over is on the line where it tips."""
    price = charge.price
    if price is None:
        return Arithmetic((), None, 0, 0)
    four, above = rates(price, tokens.input)
    multipliers = _multipliers(charge)
    images = 0 if four.image is None else _images(tokens, price)
    buckets = [
        ("uncached", tokens.uncached, four.input),
        ("cache_read", tokens.cache_read, four.cache_read),
        ("cache_write", tokens.cache_write, write_rate(four, charge.marks)),
        ("output", tokens.output - images, four.output),
    ]
    if four.image is not None:
        buckets.append(("image_output", images, four.image))
    lines = []
    picos = before = 0
    for bucket, count, unit_price in buckets:
        picos += count * unit_price
        total = min(_rounded(picos, multipliers), COST_MAX)
        lines.append(Line(bucket, count, unit_price, total - before))
        before = total
    cached = (tokens.cache_read + tokens.cache_write) * four.input
    return Arithmetic(tuple(lines), above, before, min(_rounded(cached, multipliers), COST_MAX))


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


def matching(rules: Sequence[Rule], found: Mapping[RuleKey, str], occurred_at: int) -> tuple[Factor, ...]:
    """The rules in force at that time whose value is the event's; those that change nothing are left out."""
    return tuple(
        Factor(rule.id, rule.key, rule.value, rule.multiplier)
        for rule in rules
        if rule.multiplier != ONE
        and rule.effective_from <= occurred_at
        and (rule.effective_until is None or occurred_at < rule.effective_until)
        and found[rule.key] == rule.value
        and (rule.hours is None or rule.hours.hold(occurred_at))
    )


def _images(tokens: Tokens, price: Price) -> int:
    return image_tokens(max(0, tokens.output - tokens.reasoning), price.image_sizes)


def _multipliers(charge: Charge) -> list[int]:
    price = charge.price
    own = [] if price is None or price.multiplier == ONE else [price.multiplier]
    return [*own, *(factor.multiplier for factor in charge.factors)]


def _rounded(picos: int, multipliers: Sequence[int]) -> int:
    numerator, denominator = picos, 1_000
    for factor in multipliers:
        numerator *= factor
        denominator *= ONE
    return (numerator + denominator // 2) // denominator
