"""What prices there are, who uses them, and what a person enters about them."""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from queryd.shapes.requests import EventPrice, PriceSeller
from queryd.shapes.values import Answer, Count, Nanos, Selection, Stamp, Time

Dollars = Annotated[float, Meta(ge=0, description="US dollars per million tokens, at most six decimals")]
Factor = Annotated[float, Meta(ge=0, le=1_000, description="at most six decimals")]
PriceSource = Literal["bundled", "synced", "manual"]
RuleField = Literal[
    "model",
    "alias",
    "api_key",
    "credential",
    "endpoint",
    "executor_type",
    "reasoning_effort",
    "service_tier",
    "response_service_tier",
]


class PriceRates(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What tokens cost. What is left out of the two optional ones costs what it costs without."""

    input: Dollars
    cache_read: Dollars
    cache_write: Annotated[Dollars, Meta(description="kept for five minutes")]
    output: Dollars
    cache_write_1h: Annotated[Dollars | None, Meta(description="kept for an hour; null: as for five minutes")] = None
    image: Annotated[Dollars | None, Meta(description="output that is an image; null: as other output")] = None


class PriceContextTier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Prices of all tokens of a request with more than `above` tokens of input."""

    above: Count
    rates: PriceRates


class PriceHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From one second of the UTC day up to another, on some days of the week (1 Monday to 7)."""

    start: Annotated[int, Meta(ge=0, le=86_399)] = 0
    end: Annotated[int, Meta(ge=1, le=86_400)] = 86_400
    weekdays: Sequence[Annotated[int, Meta(ge=1, le=7)]] = (1, 2, 3, 4, 5, 6, 7)


class PriceEdit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A price from a moment on. It never changes what a request costs that is stored already."""

    model: str
    rates: PriceRates | None = None
    provider: Annotated[str, Meta(description="only for requests of this provider; empty: of any")] = ""
    service_tier: Annotated[str, Meta(description="empty: the base prices")] = ""
    effective_from: Annotated[str | None, Meta(description="a moment (RFC 3339); null: always")] = None
    context_tiers: Sequence[PriceContextTier] = ()
    multiplier: Factor = 1.0
    ends: Annotated[bool, Meta(description="no price of a person's from then on: what is weaker counts again")] = False


class PriceRuleEdit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A factor on the cost of requests whose `key` is exactly `value`. Factors of several rules multiply."""

    key: RuleField
    value: str
    multiplier: Factor
    model: Annotated[str, Meta(description="the priced model it belongs to; empty: every model")] = ""
    effective_from: str | None = None
    effective_until: str | None = None
    hours: PriceHours | None = None


class PriceSettings(Answer, frozen=True, kw_only=True):
    """Whether cache writes of Claude are taken to be kept for an hour, else for five minutes."""

    claude_login_writes_1h: bool
    key_writes_1h: bool


class PriceSettingsEdit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    claude_login_writes_1h: bool | None = None
    key_writes_1h: bool | None = None


class PriceVersion(Answer, frozen=True, kw_only=True):
    """A version of a price. It is never changed: a later one takes its place."""

    id: str
    source: PriceSource
    provider: str
    model: str
    service_tier: str
    effective_from: Time | None
    rates: PriceRates
    context_tiers: Sequence[PriceContextTier]
    multiplier: float
    hours: PriceHours | None
    ends: bool
    origin: Annotated[str, Meta(description="what it was synced from")]
    recorded_at: Time | None
    recorded_by: str
    retired_at: Time | None
    undoes: str | None
    seller: PriceSeller | None


class PriceRuleVersion(Answer, frozen=True, kw_only=True):
    """A rule, in force or not any more."""

    id: str
    model: str
    key: RuleField
    value: str
    multiplier: float
    effective_from: Time | None
    effective_until: Time | None
    hours: PriceHours | None
    recorded_at: Time
    recorded_by: str
    retired_at: Time | None
    retired_by: str


class PriceInUse(Answer, frozen=True, kw_only=True):
    """What requests of a model were charged by in the selected time; a line a version."""

    model: str
    requests: Count
    cost_nanos: Nanos
    matched_by: str | None
    marks: Annotated[Sequence[str], Meta(description="as `cost_marks` of a request")]
    price: PriceVersion


class UnpricedModel(Answer, frozen=True, kw_only=True):
    """A model with requests that no price was in force for."""

    model: str
    requests: Count
    total_tokens: Count
    first_seen_at: Annotated[Time, Meta(description="the beginning of the day of its first request ever")]


class Prices(Stamp, frozen=True, kw_only=True):
    """What costs are based on, and what is missing: unpriced models first."""

    selection: Selection
    unpriced: Sequence[UnpricedModel]
    in_use: Sequence[PriceInUse]
    listed: Annotated[
        Sequence[PriceVersion], Meta(description="every version of the catalogue for the models in use, oldest first")
    ]
    edited: Annotated[Sequence[PriceVersion], Meta(description="every version that a person entered, newest first")]
    rules: Annotated[Sequence[PriceRuleVersion], Meta(description="every rule, newest first")]
    settings: PriceSettings
    changed_at: Annotated[
        Time | None, Meta(description="when prices last changed, if stored requests were not priced anew since")
    ]


class PriceSync(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of the changes that a `sync_models_dev` command found are applied, each as a version."""

    command: Annotated[str, Meta(description="the id of that command")]
    models: Annotated[Sequence[str], Meta(min_length=1, max_length=500)]


class PriceUndo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Versions that are taken back together."""

    versions: Annotated[Sequence[str], Meta(min_length=1, max_length=500, description="their ids")]


class PriceVersions(Answer, frozen=True, kw_only=True):
    versions: Sequence[PriceVersion]


class WhatIfModel(Answer, frozen=True, kw_only=True):
    """Requests of one model: what they cost, and what they had cost by the other price."""

    model: str
    requests: Count
    cost_nanos: Nanos
    what_if_nanos: Nanos


class WhatIf(Stamp, frozen=True, kw_only=True):
    """The same requests by another price, token for token."""

    selection: Selection
    price: PriceVersion
    requests: Count
    cost_nanos: Nanos
    what_if_nanos: Nanos
    models: Annotated[Sequence[WhatIfModel], Meta(description="dearest first")]


class EventWhatIf(Stamp, frozen=True, kw_only=True):
    """One request by another price, token for token: `price.cost_nanos` is what it had cost."""

    price: EventPrice
    cost_nanos: Annotated[Nanos | None, Meta(description="what it did cost; null: unknown")]
