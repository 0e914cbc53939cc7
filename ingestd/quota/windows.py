"""From a provider's rows to the windows that are kept: one scale, one clock, and which models each is of."""

from collections.abc import Iterator, Sequence

import msgspec

from ingestd.moments import moment
from ingestd.quota.rows import Row
from shared.clock import SECOND

TEXT_CHARACTERS = 200
WINDOWS_MAX = 60
"""Of one account: a provider that lists more is read no further."""

_CLAUDE_GROUPS = {"seven_day_opus": "Opus", "seven_day_sonnet": "Sonnet"}
_WHOLE_ACCOUNT = frozenset({"five_hour", "seven_day", "usage", "billing.weekly", "billing.monthly"})
_MAKERS = {"claude": "claude", "gpt": "gpt", "gemini": "gemini", "openai": "gpt"}
"""Words in the names of Antigravity's groups, and what the names of their models begin with."""


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of one window. Fields as in `shared.schema.quota.QuotaWindow`."""

    key: str
    position: int
    label: str
    scope: str
    metric: str
    model_group: str
    models: str | None
    length_seconds: int | None
    used_percent: float | None
    used: float | None
    amount: float | None
    remaining: float | None
    unit: str
    limit_reached: int
    resets_at: int | None
    boundary: str


def windows(rows: Sequence[Row], observed_at: int) -> list[Window]:
    """`observed_at`, UTC epoch microseconds: what relative resets count from."""
    return [_window(row, position, observed_at) for position, row in enumerate(rows[:WINDOWS_MAX])]


def used_percent(row: Row) -> float | None:
    """What is used, 0 to 100; from whatever the provider says of it."""
    if row.used_percent is not None:
        return float(row.used_percent)
    if row.remaining_fraction is not None:
        return round((1 - row.remaining_fraction) * 100, 4)
    if row.used is not None and row.limit is not None and row.limit > 0:
        return row.used / row.limit * 100
    return None


def _window(row: Row, position: int, observed_at: int) -> Window:
    percent = used_percent(row)
    resets_at, boundary = _reset(row, observed_at)
    group, models = _models(row)
    return Window(
        key=_text(row.key),
        position=position,
        label=_text(row.label),
        scope=row.scope[:40],
        metric=_text(row.metric),
        model_group=_text(group),
        models=models,
        length_seconds=row.window.seconds if row.window else None,
        used_percent=percent,
        used=_float(row.used),
        amount=_float(row.limit),
        remaining=_float(row.remaining),
        unit=_unit(row),
        limit_reached=int(_reached(row, percent)),
        resets_at=resets_at,
        boundary=boundary,
    )


def _reached(row: Row, percent: float | None) -> bool:
    """The provider's word first: Codex marks both windows when one is used up, so there the number decides."""
    if row.scope in {"extra_usage", "credits"}:
        return False
    if percent is not None and percent >= 100:
        return row.limit_reached is not False
    if row.limit_reached and row.key.startswith(("rate_limit.", "code_review_rate_limit.", "additional_rate_limits.")):
        return False
    return bool(row.limit_reached) or (percent is None and row.remaining is not None and row.remaining <= 0)


def _reset(row: Row, observed_at: int) -> tuple[int | None, str]:
    named = moment(row.reset_at)
    if named is not None:
        return named, "scheduled"
    if row.reset_after_seconds is not None and row.reset_after_seconds >= 0:
        return observed_at + row.reset_after_seconds * SECOND, "provisional"
    return None, ""


def _unit(row: Row) -> str:
    if row.metric == "usd_cents":
        return "usd_cents"
    if row.scope in ("credits", "extra_usage"):
        return "credits"
    return "requests" if row.metric == "REQUESTS" else ""


def _models(row: Row) -> tuple[str, str | None]:
    """Which models the window is of: in words, and what their names contain."""
    whole = row.key.startswith(("rate_limit.", "limits.")) and row.scope != "model"
    if whole or row.key in _WHOLE_ACCOUNT:
        return "", ""
    match row.scope:
        case "model" if row.key.startswith("bucket."):
            found: tuple[str, str | None] = row.label, row.label.lower()
        case "model":
            name = _CLAUDE_GROUPS.get(row.key, row.label)
            found = name, name.lower() if name.isalpha() else None
        case "quota_group":
            found = row.group_label, " ".join(_makers(row.group_label)) or None
        case "additional":
            name = row.key.removeprefix("additional_rate_limits.").rpartition(".")[0]
            found = name, name.lower().replace(" ", "-")
        case "code_review":
            found = "Code review", None
        case "product":
            found = row.metric, None
        case _:
            found = "", None
    return found


def _makers(label: str) -> Iterator[str]:
    folded = label.lower()
    seen = set()
    for word, name in _MAKERS.items():
        if word in folded and name not in seen:
            seen.add(name)
            yield name


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)


def _text(text: str) -> str:
    return text[:TEXT_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
