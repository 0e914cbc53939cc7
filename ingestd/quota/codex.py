"""Codex, that is ChatGPT accounts: `GET /backend-api/wham/usage` (contract A6) and reset credits (A16)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from ingestd.moments import moment
from ingestd.quota.fields import Fields
from ingestd.quota.rows import WINDOW_LABELS, Answer, Credits, InvalidAnswer, Length, Row

_PLANS = {"pro": "pro-20x", "prolite": "pro-5x", "pro-lite": "pro-5x", "pro_lite": "pro-5x"}
_KNOWN_PLANS = frozenset({"free", "plus", "team", "enterprise", "pro-5x", "pro-20x"})
_LAST_SECOND = 253_402_300_799


def usage(said: Fields, plan_hint: str = "") -> Answer:
    """The rows of an answer. `plan_hint`: what the account's token says, for an answer without a plan."""
    reset_credits = said.object("rate_limit_reset_credits")
    return Answer(
        rows=list(_rows(said)),
        plan=plan(said.text("plan_type")) or plan(plan_hint),
        reset_credits=None if reset_credits is None else reset_credits.integer("available_count"),
        credits=_credits(said.object("credits")),
    )


def plan(text: str) -> str:
    """A plan by the name that is shown: `pro` is the one with twenty times the room of `plus`."""
    folded = text.strip().lower()
    return _PLANS.get(folded) or (folded if folded in _KNOWN_PLANS else text.strip())


def window_label(seconds: int | None, position: str) -> str:
    """From the length, not the position: a free plan's only window, of a month, comes as the primary one."""
    return WINDOW_LABELS.get(seconds or 0, position)


class ResetCredits(NamedTuple):
    """Each empties the windows once. `expire_at`: when those of use lapse, UTC epoch microseconds, ascending."""

    available: int | None
    expire_at: tuple[int, ...]


def reset_credits(said: Fields) -> ResetCredits:
    """The list of them: also what is spent, and of other kinds. Raises `InvalidAnswer`."""
    if "credits" not in said and "available_count" not in said:
        raise InvalidAnswer("no reset credits in it")
    count = said.integer("available_count")
    usable = (
        moment(one.text("expires_at"))
        for one in said.objects("credits") or ()
        if one.text("reset_type") == "codex_rate_limits" and one.text("status") == "available"
    )
    return ResetCredits(
        available=count if count is not None and count >= 0 else None,
        expire_at=tuple(sorted(at for at in usable if at is not None)),
    )


def _rows(said: Fields) -> Iterator[Row]:
    yield from _windows(said.object("rate_limit"), "rate_limit", "window")
    yield from _windows(said.object("code_review_rate_limit"), "code_review_rate_limit", "code_review", "Code Review ")
    for limit in said.objects("additional_rate_limits") or ():
        name = limit.text("limit_name")
        yield from _windows(
            limit.object("rate_limit"),
            f"additional_rate_limits.{name}",
            "additional",
            f"{name} ",
            limit.text("metered_feature") or name,
        )


def _windows(limit: Fields | None, key: str, scope: str, prefix: str = "", metric: str = "") -> Iterator[Row]:
    if limit is None:
        return
    for part, position in (("primary_window", "Primary"), ("secondary_window", "Secondary")):
        window = limit.object(part)
        if window is None:
            continue
        seconds = window.integer("limit_window_seconds") or None
        yield Row(
            key=f"{key}.{part}",
            label=prefix + window_label(seconds, position),
            scope=scope,
            metric=metric,
            used_percent=window.number("used_percent") or 0,
            allowed=limit.flag("allowed"),
            limit_reached=limit.flag("limit_reached"),
            window=Length(seconds=seconds) if seconds else None,
            reset_at=unix_time(window.integer("reset_at")),
            reset_after_seconds=window.integer("reset_after_seconds") or None,
        )


def unix_time(seconds: int | None) -> str:
    """Unix seconds in RFC 3339; empty for none."""
    if not seconds or not 0 < seconds < _LAST_SECOND:
        return ""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _credits(said: Fields | None) -> Credits | None:
    if said is None or not (said.flag("has_credits") or said.flag("unlimited")):
        return None
    return Credits(balance=said.number("balance"), unit="credits", unlimited=bool(said.flag("unlimited")))
