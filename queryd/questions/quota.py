"""Every account as of now: its windows, how it does, when it runs out, and what all of a provider have together."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from queryd.aggregate.snapshot import Snapshot
from queryd.figures.account_health import Health, account_health
from queryd.figures.account_state import ATTENTION, ORDER, STALE, Outlook, Refusal, WindowState, judge
from queryd.figures.quota_pools import PoolAccount, PoolWindow, room_hours
from queryd.figures.window_usage import Usage, WindowSpan, matching_models, window_usage
from queryd.params.calendar import rfc3339
from queryd.questions.quota_rows import Account, Facts, Key, account_shape, per_percent, starts_at
from queryd.shapes import quota as shapes
from queryd.state import accounts
from queryd.state.accounts import AccountRow, Known, WindowRow
from shared.clock import HOUR, MILLISECOND

NOT_SERVING = frozenset({"code_review", "extra_usage", "credits", "product"})
"""Scopes of windows that do not decide whether requests are served."""

SPENT_AND_GOES_ON = frozenset({"billing.monthly", "billing.on_demand"})
"""xAI's money: what the week's credits say decides."""


def judged_accounts(snapshot: Snapshot, known: Known, now: int) -> list[Account]:
    """How every known account does. Raises `QueryTimeout`."""
    health = account_health(snapshot, now)
    found = []
    for row in known.accounts:
        of_row = health.get(row.id)
        windows = [_as_of(window, of_row, now) for window in known.windows.get(row.id, ())]
        states = [state for _, state, _ in windows]
        judged = judge(of_row, states, _refusal(row, now), now, disabled=bool(row.disabled))
        found.append(Account(row, windows, of_row, judged))
    return found


def attention(snapshot: Snapshot, now: int, zone: ZoneInfo) -> shapes.Attention:
    """`GET /quota/attention`."""
    known = accounts.read(snapshot.connection)
    found = [each.row.id for each in judged_accounts(snapshot, known, now) if each.judged.state in ATTENTION]
    return shapes.Attention(
        needs_attention=len(found),
        credentials=[str(each) for each in found],
        as_of=rfc3339(now, zone),
        revision=str(snapshot.version),
    )


def quota(snapshot: Snapshot, now: int, zone: ZoneInfo, auto_refresh: shapes.AutoRefresh) -> shapes.Quota:
    """`GET /quota`."""
    known = accounts.read(snapshot.connection)
    judged = judged_accounts(snapshot, known, now)
    usage = usage_of(snapshot, judged)
    refresh = known.refresh
    done = 0
    if refresh is not None and refresh.started_at is not None:
        lookups = [known.lookups.get(each) for each in refresh.credentials]
        done = sum(each is not None and (each.tried_at or 0) >= refresh.started_at for each in lookups)
    rows = shaped(Facts(snapshot.labels, known, usage, zone), judged)
    return shapes.Quota(
        accounts=rows,
        pools=_pools(judged, usage, now, zone),
        needs_attention=sum(row.needs_attention for row in rows),
        refresh=None
        if refresh is None
        else shapes.QuotaRefresh(command=str(refresh.command_id), done=done, total=len(refresh.credentials)),
        auto_refresh=auto_refresh,
        as_of=rfc3339(now, zone),
        revision=str(snapshot.version),
    )


def usage_of(snapshot: Snapshot, judged: Sequence[Account]) -> dict[Key, Usage]:
    """What went through each window whose beginning and models are known, up to its reading."""
    names = accounts.model_names(snapshot.connection)
    spans: dict[Key, WindowSpan] = {}
    for account in judged:
        for window, state, _ in account.windows:
            start = starts_at(window)
            if start is None or window.models is None or state.outlook == "unstarted":
                continue
            models = matching_models(names, window.models)
            spans[window.credential_id, window.key] = WindowSpan(
                window.credential_id, start, max(window.observed_at, start), models
            )
    return dict(zip(spans, window_usage(snapshot, list(spans.values())), strict=True))


def shaped(facts: Facts, judged: Sequence[Account]) -> list[shapes.QuotaAccount]:
    """The rows of the answer, by id."""
    places = {account.row.id: place for place, account in enumerate(sorted(judged, key=_urgency))}
    return [account_shape(facts, account, places[account.row.id]) for account in judged]


def _as_of(window: WindowRow, health: Health | None, now: int) -> tuple[WindowRow, WindowState, bool]:
    """A window as it is now: its reset may have passed since it was read."""
    last_used = 0 if health is None else health.last_ms * MILLISECOND
    outlook: Outlook = "unknown"
    stale = last_used > window.observed_at + STALE and now > window.observed_at + STALE
    if window.resets_at is not None and window.resets_at <= now:
        if window.length_seconds is not None and last_used <= window.resets_at and window.scope not in NOT_SERVING:
            outlook, stale = "unstarted", False  # nothing was used since
        else:
            stale = True
    elif window.limit_reached:
        outlook = "blocked"
    elif window.used_percent == 0 and window.resets_at is None and window.length_seconds is not None:
        outlook = "unstarted"
    elif window.outlook in ("runs_dry", "lasts"):
        outlook = window.outlook
    state = WindowState(
        key=window.key,
        model_group=window.model_group,
        counts=window.scope not in NOT_SERVING and window.key not in SPENT_AND_GOES_ON and not stale,
        outlook=outlook,
        observed_at=window.observed_at,
        resets_at=window.resets_at,
        empty_at=window.empty_at,
    )
    return window, state, stale


def _refusal(row: AccountRow, now: int) -> Refusal | None:
    """Whether CPA gives the account nothing now: as its list says, or the errors channel, which is quicker."""
    until = [
        moment
        for moment, says in (
            (row.next_retry_after, row.unavailable),
            (row.told_retry_after, row.told_unavailable),
            (row.told_recovers_at, row.told_exceeded and row.told_unavailable),
        )
        if says and moment is not None and moment > now
    ]
    if not until:
        return None
    exceeded = bool(row.told_exceeded) and (row.told_recovers_at or 0) > now
    return Refusal(max(until), exceeded, row.told_at)


def _urgency(account: Account) -> tuple[int, int, int]:
    judged, health = account.judged, account.health
    if judged.state == "runs_dry":
        return ORDER.index(judged.state), judged.until or 0, account.row.id
    return ORDER.index(judged.state), -(0 if health is None else health.last_ms), account.row.id


def _pools(judged: Sequence[Account], usage: Mapping[Key, Usage], now: int, zone: ZoneInfo) -> list[shapes.QuotaPool]:
    """One of each provider that has windows; the most accounts first."""
    by_provider: dict[str, list[Account]] = {}
    for account in judged:
        if not account.row.is_key and account.row.can_be_asked:
            by_provider.setdefault(account.row.provider, []).append(account)
    found = []
    for provider, members in sorted(by_provider.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        able = [account for account in members if account.judged.state != "disabled"]
        serving = [account for account in able if account.judged.state not in ("limited", "failing")]
        outlook, hours = _room(able, len(serving), usage, now)
        found.append(
            shapes.QuotaPool(
                provider=provider,
                accounts=len(members),
                serving=len(serving),
                outlook=outlook,
                room_seconds=None if hours is None else round(hours * 3_600),
                empty_at=None if hours is None else rfc3339(now + round(hours * HOUR), zone),
            )
        )
    return found


def _room(able: Sequence[Account], serving: int, usage: Mapping[Key, Usage], now: int) -> tuple[Outlook, float | None]:
    """The outlook of a pool, and the hours until it is used up where it is."""
    if able and not serving:
        return "blocked", None
    members, pace, known = [], 0.0, False
    for account in able:
        windows, fastest = _pool_windows(account, usage, now)
        if windows:
            members.append(PoolAccount(windows, blocked=account.judged.state in ("limited", "failing")))
        if fastest is not None:
            known = True
            pace += fastest
    if not known or len(members) < len(able):
        return "unknown", None
    hours = room_hours(members, pace)
    return ("lasts", None) if hours is None else ("runs_dry", hours)


def _pool_windows(account: Account, usage: Mapping[Key, Usage], now: int) -> tuple[list[PoolWindow], float | None]:
    """The windows of the whole account in tokens, and the tokens an hour that go through it."""
    windows, fastest = [], None
    for window, state, stale in account.windows:
        worth = per_percent(usage.get((account.row.id, window.key)), window.used_percent)
        if not state.counts or window.model_group or stale or window.length_seconds is None:
            continue
        length = window.length_seconds / 3_600
        if worth is None:
            continue
        resets_in = length if window.resets_at is None else max(0.0, (window.resets_at - now) / HOUR)
        left = max(0.0, 100.0 - (window.used_percent or 0.0))
        windows.append(PoolWindow(left * worth.total_tokens, 100 * worth.total_tokens, resets_in, length))
        if window.percent_per_hour is not None and state.outlook in ("lasts", "runs_dry"):
            fastest = max(fastest or 0.0, window.percent_per_hour * worth.total_tokens)
    return windows, fastest
