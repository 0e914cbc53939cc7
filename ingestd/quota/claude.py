"""Claude accounts: `GET /api/oauth/usage` and `/api/oauth/profile` (contract A7)."""

from collections.abc import Iterator

from ingestd.quota.fields import Fields, as_object
from ingestd.quota.rows import FIVE_HOURS, WEEK, Answer, Length, Row

_WINDOWS = {
    "five_hour": ("5h", "window", FIVE_HOURS),
    "seven_day": ("Weekly", "window", WEEK),
    "seven_day_oauth_apps": ("7d OAuth Apps", "window", WEEK),
    "seven_day_opus": ("7d Opus", "model", WEEK),
    "seven_day_sonnet": ("7d Sonnet", "model", WEEK),
    "seven_day_cowork": ("7d Cowork", "window", WEEK),
    "iguana_necktie": ("Iguana Necktie", "window", None),
}
"""In the order in which they are shown: label, scope, seconds."""

_EXTRA = "extra_usage"
_LIMIT_KEYS = {"session": "five_hour", "weekly_all": "seven_day"}
"""Kinds of the newer list `limits` that are windows of the older shape (CPA reads both)."""


def usage(said: Fields) -> Answer:
    """The rows of an answer; windows that are null are left out."""
    return Answer(rows=list(_rows(said)))


def profile(said: Fields) -> str:
    """The plan; empty when the profile does not tell."""
    account = said.object("account") or Fields({})
    organization = said.object("organization") or Fields({})
    has_max, has_pro = account.flag("has_claude_max"), account.flag("has_claude_pro")
    kind = organization.text("organization_type")
    if has_max:
        return "max"
    if has_pro:
        return "pro"
    if kind == "claude_team" and organization.text("subscription_status") == "active":
        return "team"
    if kind and kind != "claude_free":
        return ""
    return "free" if has_max is False and has_pro is False else ""


def _rows(said: Fields) -> Iterator[Row]:
    limits = said.objects("limits") or []
    listed = {_LIMIT_KEYS.get(limit.text("kind"), ""): limit for limit in limits}
    for key, (label, scope, seconds) in _WINDOWS.items():
        if (window := said.object(key) or listed.get(key)) is not None:
            yield _row(key, label, scope, seconds, window)
    for limit in limits:
        scoped = limit.object("scope")
        model = scoped.object("model") if scoped else None
        if model is not None and (name := model.text("display_name")):
            yield _row(f"limits.{limit.text('kind')}.{name}", name, "model", WEEK, limit)
    # Windows with code names come and go: what looks like one is shown under its own name.
    for name, value in said.items():
        found = as_object(value)
        if name in _WINDOWS or name == _EXTRA or found is None or "utilization" not in found:
            continue
        seconds = FIVE_HOURS if name.startswith("five_hour") else WEEK if name.startswith("seven_day") else None
        yield _row(name, name.replace("_", " ").capitalize(), "window", seconds, Fields(found))
    extra = said.object(_EXTRA)
    if extra is not None:
        yield Row(
            key=_EXTRA,
            label="Extra Usage",
            scope=_EXTRA,
            used=extra.number("used_credits") or 0,
            limit=extra.number("monthly_limit") or 0,
            used_percent=extra.number("utilization"),
            allowed=extra.flag("is_enabled"),
        )


def _row(key: str, label: str, scope: str, seconds: int | None, window: Fields) -> Row:
    return Row(
        key=key,
        label=label,
        scope=scope,
        used_percent=window.number("utilization", "percent"),
        window=Length(seconds=seconds) if seconds else None,
        reset_at=window.text("resets_at"),
    )
