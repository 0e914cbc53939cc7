"""Rows of the answers about quota: an account, its windows, its look-ups."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from queryd.figures.account_health import Health
from queryd.figures.account_state import ATTENTION, Judged, WindowState
from queryd.figures.window_usage import Usage
from queryd.params.calendar import rfc3339
from queryd.shapes import quota as shapes
from queryd.state.accounts import AccountRow, Known, LookupRow, WindowRow
from queryd.storage.labels import Labels
from shared.clock import MILLISECOND, SECOND

_SENTENCES = {
    "unauthorized": "The provider refuses the account's token (401): sign in again in CPA.",
    "payment_required": "The provider wants to be paid first (402).",
    "forbidden": "The provider does not let this account ask (403).",
    "rate_limited": "The provider was asked too often (429).",
    "upstream": "The provider answered with an error.",
    "timeout": "The provider did not answer in time.",
    "unreachable": "CPA could not reach the provider.",
    "cpa_refused": "CPA did not do the look-up.",
    "invalid_answer": "What the provider answered cannot be read.",
    "missing_project": "CPA knows no project of this account, and the provider asks for one.",
    "no_token": "CPA has no token of this account.",
}

MODELS_SHOWN = 3
"""Models that a row has room for; the drawer asks for all of them."""

Key = tuple[int, str]
"""Credential and window."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account as it is judged."""

    row: AccountRow
    windows: Sequence[tuple[WindowRow, WindowState, bool]]  # with whether the reading is stale
    health: Health | None
    judged: Judged


@dataclass(frozen=True, slots=True)
class Facts:
    """What every row of one answer is made from."""

    labels: Labels
    known: Known
    usage: Mapping[Key, Usage]
    zone: ZoneInfo
    models: int = MODELS_SHOWN
    """Of each provider key so many models are named."""


def starts_at(window: WindowRow) -> int | None:
    """When the window's run began, where its end and its length are known."""
    if window.resets_at is None or window.length_seconds is None:
        return None
    return window.resets_at - window.length_seconds * SECOND


def account_shape(facts: Facts, account: Account, place: int) -> shapes.QuotaAccount:
    """`place`: in the order of urgency."""
    known, zone = facts.known, facts.zone
    row, judged, health = account.row, account.judged, account.health
    lookup = known.lookups.get(row.id)
    disable = known.disables.get(row.id)
    ours = disable is not None and judged.state == "disabled"
    return shapes.QuotaAccount(
        credential=facts.labels.entity("credential", row.id),
        kind="provider_key" if row.is_key else "account",
        plan=(lookup.plan if lookup else "") or row.plan or None,
        tier=(lookup.tier_name or None) if lookup else None,
        credits=_credits(lookup),
        reset_credits=lookup.reset_credits if lookup else None,
        reset_credits_expire_at=_time(lookup.reset_credits_expire_at if lookup else None, zone),
        state=judged.state,
        needs_attention=judged.state in ATTENTION,
        attention_order=place,
        since=_time(disable.at if ours and disable else judged.since, zone),
        until=_time(disable.restore_at if ours and disable else judged.until, zone),
        trouble=_trouble(health, zone) if judged.in_trouble and health is not None else None,
        window=judged.window,
        model_group=judged.model_group,
        last_used_at=None if health is None else rfc3339(health.last_ms * MILLISECOND, zone),
        disabled=None
        if judged.state != "disabled"
        else shapes.DisabledAccount(
            at=_time(disable.at if disable else None, zone),
            by_us=disable is not None,
            restore_at=_time(disable.restore_at if disable else None, zone),
        ),
        provider_key=_provider_key(row, facts.models) if row.is_key and row.listed_in is not None else None,
        lookup=_lookup(row, lookup, known, zone),
        windows=[
            window_shape(window, state, stale=stale, usage=facts.usage.get((row.id, window.key)), zone=zone)
            for window, state, stale in account.windows
        ],
    )


def _provider_key(row: AccountRow, shown: int) -> shapes.ProviderKey:
    models = json.loads(row.models) if row.models else []
    return shapes.ProviderKey(
        listed_in=row.listed_in or "",
        name=row.name,
        prefix=row.prefix,
        base_url=row.base_url,
        key_mask=row.key_mask,
        priority=row.priority,
        weight=row.weight,
        models=[shapes.ProviderModel(name=name, alias=alias) for name, alias in models[:shown]],
        models_total=len(models),
        excluded_models=json.loads(row.excluded_models) if row.excluded_models else [],
    )


def _credits(lookup: LookupRow | None) -> shapes.AccountCredits | None:
    if lookup is None or not lookup.credits_unit:
        return None
    return shapes.AccountCredits(
        balance=lookup.credits_balance,
        unit="usd" if lookup.credits_unit == "usd" else "credits",
        unlimited=bool(lookup.credits_unlimited),
    )


def _trouble(health: Health, zone: ZoneInfo) -> shapes.AccountTrouble:
    return shapes.AccountTrouble(
        code=health.error_class.label,
        status_code=health.status_code or None,
        requests=health.failed,
        in_a_row=health.run > 0,
        first_at=rfc3339(health.first_ms * MILLISECOND, zone),
        last_at=rfc3339(health.last_failed_ms * MILLISECOND, zone),
    )


def _lookup(row: AccountRow, lookup: LookupRow | None, known: Known, zone: ZoneInfo) -> shapes.QuotaLookup:
    refresh = known.refresh
    refreshing: Literal["waiting", "running"] | None = None
    if refresh is not None and row.id in refresh.credentials:
        begun = (lookup and lookup.begun_at) or 0
        tried = (lookup and lookup.tried_at) or 0
        if refresh.started_at is None or begun < refresh.started_at:
            refreshing = "waiting"
        elif tried < begun:
            refreshing = "running"
    trouble = None
    if lookup is not None and lookup.trouble and lookup.tried_at is not None:
        trouble = shapes.QuotaLookupTrouble(
            code=lookup.trouble,
            status_code=lookup.trouble_status,
            message=_SENTENCES.get(lookup.trouble, _SENTENCES["upstream"]),
            detail=lookup.trouble_detail or None,
            at=rfc3339(lookup.tried_at, zone),
            retry_at=_time(lookup.retry_at, zone),
        )
    return shapes.QuotaLookup(
        supported=row.can_be_asked,
        good_at=_time(lookup.good_at if lookup else None, zone),
        tried_at=_time(lookup.tried_at if lookup else None, zone),
        refreshing=refreshing,
        trouble=trouble,
    )


def window_shape(
    window: WindowRow, state: WindowState, *, stale: bool, usage: Usage | None, zone: ZoneInfo
) -> shapes.QuotaWindow:
    is_new = state.outlook == "unstarted"
    used = 0.0 if is_new else window.used_percent
    resets_at = None if is_new else window.resets_at
    begun_at = None if is_new else starts_at(window)
    dry = state.outlook == "runs_dry"
    return shapes.QuotaWindow(
        key=window.key,
        label=window.label,
        scope=window.scope,
        length_seconds=window.length_seconds,
        model_group=window.model_group or None,
        used_percent=used,
        remaining_percent=None if used is None else max(0.0, 100.0 - used),
        used=window.used,
        limit=window.amount,
        remaining=window.remaining,
        unit=window.unit or None,
        limit_reached=state.outlook == "blocked",
        starts_at=_time(begun_at, zone),
        resets_at=_time(resets_at, zone),
        boundary=None if is_new else window.boundary or None,
        observed_at=_written(window.observed_at, zone),
        source=window.source,
        passive=window.source != "lookup",
        stale=stale,
        outlook=state.outlook,
        empty_at=_time(window.empty_at, zone) if dry else None,
        confidence=(window.confidence or None) if dry else None,
        percent_per_hour=window.percent_per_hour if state.outlook in ("lasts", "runs_dry") else None,
        usage=None if usage is None else usage_shape(usage),
        per_percent=per_percent(usage, used),
    )


def usage_shape(usage: Usage) -> shapes.WindowUsage:
    return shapes.WindowUsage(
        requests=usage.requests,
        total_tokens=usage.total_tokens,
        cost_nanos=usage.cost_nanos,
        unpriced_requests=usage.unpriced_requests,
    )


def per_percent(usage: Usage | None, used: float | None) -> shapes.PerPercent | None:
    """What one percent was worth: only where there is enough of both to divide."""
    if usage is None or used is None or used < 1 or not usage.total_tokens:
        return None
    return shapes.PerPercent(total_tokens=usage.total_tokens / used, cost_nanos=usage.cost_nanos / used)


def _time(at: int | None, zone: ZoneInfo) -> str | None:
    return None if at is None else _written(at, zone)


@lru_cache(maxsize=8_192)
def _written(at: int, zone: ZoneInfo) -> str:
    """Windows share their moments, and most stay the same from answer to answer."""
    return rfc3339(at, zone)
