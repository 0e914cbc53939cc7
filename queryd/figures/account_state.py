"""How an account does, in one word, and whether somebody has to look at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from queryd.figures.account_health import RECENT, Health
from shared.clock import HOUR, MILLISECOND, MINUTE
from shared.error_class import ErrorClass

State = Literal["limited", "failing", "runs_dry", "partly_limited", "disabled", "serving", "idle", "unused"]
Outlook = Literal["lasts", "runs_dry", "blocked", "unstarted", "unknown"]

ATTENTION: tuple[State, ...] = ("limited", "failing", "runs_dry", "partly_limited")
"""What somebody has to look at, the most urgent first: the badge and the filter are of these."""

ORDER: tuple[State, ...] = (*ATTENTION, "serving", "idle", "unused", "disabled")

SERVING = HOUR
STALE = 30 * MINUTE

REFUSED = frozenset({ErrorClass.UNAUTHORIZED, ErrorClass.PAYMENT_REQUIRED, ErrorClass.FORBIDDEN})
"""CPA leaves an account alone for half an hour after one of these, so one without a success since is enough."""

RUN_MIN = 3
FAILED_MIN, FAILED_SHARE = 5, 0.2
"""An account fails when its last RUN_MIN requests did, or of those of late so many and such a share."""


@dataclass(frozen=True, slots=True)
class WindowState:
    """A window as of now. `counts`: it decides whether requests are served: not money, nor code reviews."""

    key: str
    model_group: str
    counts: bool
    outlook: Outlook
    observed_at: int
    resets_at: int | None
    empty_at: int | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Until when CPA gives an account no requests; `because_of_quota` if it said so."""

    until: int | None
    because_of_quota: bool
    told_at: int | None


@dataclass(frozen=True, slots=True)
class Judged:
    """Times in UTC epoch microseconds."""

    state: State
    since: int | None = None
    until: int | None = None
    window: str | None = None
    model_group: str | None = None
    in_trouble: bool = False
    """Whether what its requests fail of is worth saying."""


def judge(
    health: Health | None, windows: Sequence[WindowState], refusal: Refusal | None, now: int, *, disabled: bool
) -> Judged:
    """The state of one account at `now`."""
    if disabled:
        return Judged("disabled")
    fails = health is not None and failing(health, now)
    rate_limited = health is not None and health.run > 0 and health.error_class is ErrorClass.RATE_LIMITED
    blocked = [window for window in windows if window.outlook == "blocked" and window.counts]
    whole = [window for window in blocked if not window.model_group]
    found = None
    if whole:
        window = max(whole, key=lambda each: each.resets_at or 0)
        found = Judged("limited", window.observed_at, window.resets_at, window.key)
    elif refusal is not None and (refusal.because_of_quota or rate_limited):
        found = Judged("limited", refusal.told_at, refusal.until)
    elif fails or refusal is not None:
        found = Judged("limited" if rate_limited else "failing", None, None if refusal is None else refusal.until)
    else:
        found = _ahead(windows, blocked) or Judged(_in_use(health, now))
    if health is not None and health.failed and found.state in ("limited", "failing"):
        return Judged(found.state, health.first_ms * MILLISECOND, found.until, found.window, found.model_group, True)
    return found


def failing(health: Health, now: int) -> bool:
    """Whether requests on the account fail now."""
    if health.run and health.error_class in REFUSED:
        return True
    recently = health.last_failed_ms * MILLISECOND > now - RECENT
    return (health.run >= RUN_MIN and recently) or (
        health.recent_failed >= FAILED_MIN and health.recent_failed >= FAILED_SHARE * health.recent
    )


def _ahead(windows: Sequence[WindowState], blocked: Sequence[WindowState]) -> Judged | None:
    """What its windows let expect."""
    dry = [window for window in windows if window.outlook == "runs_dry" and window.counts]
    if dry:
        window = min(dry, key=lambda each: each.empty_at or 0)
        return Judged("runs_dry", None, window.empty_at, window.key, window.model_group or None)
    if blocked:
        window = min(blocked, key=lambda each: each.resets_at or 0)
        return Judged("partly_limited", window.observed_at, window.resets_at, window.key, window.model_group)
    return None


def _in_use(health: Health | None, now: int) -> State:
    if health is None:
        return "unused"
    return "serving" if health.last_ms * MILLISECOND > now - SERVING else "idle"
