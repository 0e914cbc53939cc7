"""Accounts: their windows, how they do, and when they run out. Percentages are 0 to 100, as providers give them."""

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta

from queryd.shapes.values import Answer, Count, Entity, Nanos, Stamp, Time

Percent = Annotated[float, Meta(ge=0)]
Outlook = Literal["lasts", "runs_dry", "blocked", "unstarted", "unknown"]
AccountState = Literal["limited", "failing", "runs_dry", "partly_limited", "disabled", "serving", "idle", "unused"]
LookupTrouble = Literal[
    "unauthorized",
    "payment_required",
    "forbidden",
    "rate_limited",
    "upstream",
    "timeout",
    "unreachable",
    "cpa_refused",
    "invalid_answer",
    "missing_project",
    "no_token",
]
ReadingSource = Literal["headers", "signals", "lookup"]


class WindowUsage(Answer, frozen=True, kw_only=True):
    """What went through CPA in a window, up to the moment its percentage was read."""

    requests: Count
    total_tokens: Count
    cost_nanos: Nanos
    unpriced_requests: Count


class PerPercent(Answer, frozen=True, kw_only=True):
    """What one percent of a window was worth."""

    total_tokens: Annotated[float, Meta(ge=0)]
    cost_nanos: Annotated[float, Meta(ge=0)]


class QuotaWindow(Answer, frozen=True, kw_only=True):
    """The newest reading of a limit. `label`: the provider's word. `model_group`: which models; null: all."""

    key: str
    label: str
    scope: Annotated[
        str,
        Meta(
            description="window, code_review, additional, model, quota_group, limit, summary, billing, product,"
            " credits, extra_usage, or what the provider calls it"
        ),
    ]
    length_seconds: Count | None
    model_group: str | None
    used_percent: Percent | None
    remaining_percent: Percent | None
    used: float | None
    limit: float | None
    remaining: float | None
    unit: Literal["usd_cents", "requests", "credits"] | None
    limit_reached: bool
    starts_at: Time | None
    resets_at: Time | None
    boundary: Annotated[
        Literal["scheduled", "provisional"] | None,
        Meta(description="scheduled: the provider named the moment; provisional: reckoned from a relative time"),
    ]
    observed_at: Time
    source: ReadingSource
    passive: Annotated[bool, Meta(description="Read on the way, without a call of its own")]
    stale: Annotated[bool, Meta(description="Of an earlier cycle, or old although the account is in use")]
    outlook: Outlook
    empty_at: Annotated[Time | None, Meta(description="When it is used up at this pace, where it runs dry")]
    confidence: Literal["high", "medium"] | None
    percent_per_hour: float | None
    usage: WindowUsage | None
    per_percent: PerPercent | None


class AccountTrouble(Answer, frozen=True, kw_only=True):
    """What requests on an account meet now; `code` is an error class of /errors."""

    code: str
    status_code: Count | None
    requests: Count
    in_a_row: Annotated[bool, Meta(description="None of its requests succeeded since the first of these")]
    first_at: Time
    last_at: Time


class AccountCredits(Answer, frozen=True, kw_only=True):
    balance: float | None
    unit: Literal["usd", "credits"]
    unlimited: bool


class DisabledAccount(Answer, frozen=True, kw_only=True):
    """`by_us`: this program disabled it, and enables it at `restore_at`."""

    at: Time | None
    by_us: bool
    restore_at: Time | None


class QuotaLookupTrouble(Answer, frozen=True, kw_only=True):
    code: LookupTrouble
    status_code: Count | None
    message: Annotated[str, Meta(description="One sentence")]
    detail: Annotated[str | None, Meta(description="The provider's own words")]
    at: Time
    retry_at: Time | None


class QuotaLookup(Answer, frozen=True, kw_only=True):
    """How asking the provider goes. `refreshing`: it is part of a refresh that is under way."""

    supported: bool
    good_at: Time | None
    tried_at: Time | None
    refreshing: Literal["waiting", "running"] | None
    trouble: QuotaLookupTrouble | None


class ProviderModel(Answer, frozen=True, kw_only=True):
    """`alias`: what clients call it; often its name."""

    name: str
    alias: str


class ProviderKey(Answer, frozen=True, kw_only=True):
    """An entry of CPA's configuration, as its list has it. Texts are empty where it says nothing; no secret."""

    listed_in: Annotated[str, Meta(description="The list: claude-api-key, openai-compatibility …")]
    name: Annotated[str, Meta(description="Of an OpenAI-compatible provider; other lists name none")]
    prefix: Annotated[str, Meta(description="Clients write it before the model")]
    base_url: str
    key_mask: str
    priority: int | None
    weight: int | None
    models: Annotated[
        Sequence[ProviderModel],
        Meta(description="Those that it names: the first of them in /quota, all in /quota/{id}; none: all there are"),
    ]
    models_total: Count
    excluded_models: Annotated[Sequence[str], Meta(description="Patterns of models that it does not serve")]


class QuotaAccount(Answer, frozen=True, kw_only=True):
    """An account or an upstream key. `since`, `until`, `window` and `model_group` are of its state."""

    credential: Entity
    kind: Literal["account", "provider_key"]
    plan: str | None
    tier: str | None
    credits: AccountCredits | None
    reset_credits: Count | None
    reset_credits_expire_at: Annotated[Time | None, Meta(description="The first of them; null: none, or not known")]
    state: AccountState
    needs_attention: bool
    attention_order: Annotated[int, Meta(ge=0, description="The most urgent first")]
    since: Time | None
    until: Time | None
    trouble: AccountTrouble | None
    window: str | None
    model_group: str | None
    last_used_at: Time | None
    disabled: DisabledAccount | None
    provider_key: Annotated[ProviderKey | None, Meta(description="Null: an account, or a key that is listed no more")]
    lookup: QuotaLookup
    windows: Sequence[QuotaWindow]


class QuotaPool(Answer, frozen=True, kw_only=True):
    """The accounts of one provider together. `room_seconds`: until all are used up at the pace of now."""

    provider: str
    accounts: Count
    serving: Count
    outlook: Outlook
    room_seconds: Count | None
    empty_at: Time | None


class QuotaRefresh(Answer, frozen=True, kw_only=True):
    """A refresh under way; the command can be cancelled."""

    command: str
    done: Count
    total: Count


class AutoRefresh(Answer, frozen=True, kw_only=True):
    """As the settings say; it runs while a page says that it is looked at."""

    enabled: bool
    interval_seconds: Count


class Quota(Stamp, frozen=True, kw_only=True):
    accounts: Sequence[QuotaAccount]
    pools: Sequence[QuotaPool]
    needs_attention: Count
    refresh: QuotaRefresh | None
    auto_refresh: AutoRefresh


class Attention(Stamp, frozen=True, kw_only=True):
    """Accounts that fail, or run dry before their reset."""

    needs_attention: Count
    credentials: Sequence[str]


class QuotaCycle(Answer, frozen=True, kw_only=True):
    """One run of a window. `end`: scheduled: at its reset; early: it was reset before; provisional: as far as known.

    `used_percent`: the last reading; `unused_percent`: what its reset found unused.
    """

    starts_at: Time | None
    ends_at: Time
    end: Literal["open", "scheduled", "early", "provisional"]
    used_percent: Percent
    unused_percent: Percent | None
    requests: Count
    total_tokens: Count
    cost_nanos: Nanos
    unpriced_requests: Count
    per_percent: PerPercent | None


class QuotaPoint(Answer, frozen=True, kw_only=True):
    """A percentage that was read from `at` to `last_at`, whenever the window was."""

    at: Time
    last_at: Time
    used_percent: Percent
    source: ReadingSource


class WorthChange(Answer, frozen=True, kw_only=True):
    """What one percent is worth changed by this factor, and by more than it varies."""

    factor: float
    since: Time


class WindowHistory(Answer, frozen=True, kw_only=True):
    """`cycles`: newest first. `readings`: of the open cycle, oldest first; of very many some."""

    key: str
    label: str
    cycles: Sequence[QuotaCycle]
    readings: Sequence[QuotaPoint]
    worth_change: WorthChange | None


class AccountAction(Answer, frozen=True, kw_only=True):
    at: Time
    action: Literal["disable", "enable", "restore"]
    by: Literal["person", "reset"]
    outcome: Literal["done", "failed", "skipped"]
    message: str
    restore_at: Time | None


class QuotaDetail(Stamp, frozen=True, kw_only=True):
    account: QuotaAccount
    windows: Sequence[WindowHistory]
    actions: Sequence[AccountAction]


class CredentialError(Answer, frozen=True, kw_only=True):
    """A failed result as CPA's errors channel told it: also of what makes no usage event."""

    at: Time
    model: str | None
    status_code: Count
    code: str | None
    message: str
    retryable: bool
    retry_at: Time | None
    recovers_at: Time | None


class CredentialErrors(Stamp, frozen=True, kw_only=True):
    """Newest first."""

    errors: Sequence[CredentialError]
    errors_total: Count
