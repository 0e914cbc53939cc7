"""What the answers to ordinary requests say of quota: `x-codex-*` and `anthropic-ratelimit-unified-*` headers.

They cost no call: a usage event carries them (contract A14), and newer CPAs list the last ones of each account as
`quota.signals`. Nothing here costs more than a look-up in a dictionary for an event that has none.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ingestd.quota import codex
from ingestd.quota.rows import FIVE_HOURS, WEEK, Answer, Credits, Length, Row

VALUE_CHARACTERS = 512
HEADERS_MAX = 200

_CODEX = "x-codex-"
_SPELLED = ("X-Codex-", "Anthropic-Ratelimit-Unified-")  # as Go does
_AFTER = "-After-Seconds"
_CLAUDE = "anthropic-ratelimit-unified-"
_MARKS = {
    "codex": ("X-Codex-Primary-Used-Percent", "X-Codex-Secondary-Used-Percent"),
    "claude": ("Anthropic-Ratelimit-Unified-5h-Utilization", "Anthropic-Ratelimit-Unified-7d-Utilization"),
}
"""By provider, the headers whose values change as quota is used, as Go spells names."""

_CLAUDE_KEYS = {"5h": ("five_hour", "5h", FIVE_HOURS), "7d": ("seven_day", "Weekly", WEEK)}
_GROUP_KEYS = {
    "": ("rate_limit", "window", ""),
    "code-review": ("code_review_rate_limit", "code_review", "Code Review "),
}

Marks = tuple[object, ...]


def marks(provider: str, headers: Mapping[str, object]) -> Marks | None:
    """What tells one reading from the next, without reading it; None where the headers hold none."""
    names = _MARKS.get(provider)
    if names is None:
        return None
    found = tuple([headers.get(name) for name in names])
    return found if any(found) else None


def fingerprint(headers: Mapping[str, Sequence[str]]) -> int | None:
    """Of all that `read` looks at: equal ones say the same, whenever they came. None where that depends on when."""
    said: list[tuple[str, ...]] = []
    for name, values in headers.items():
        if not name.startswith(_SPELLED):
            continue
        if not name.endswith(_AFTER):
            said.append((name, *values))
        elif not any(_integer(text.strip()) for text in headers.get(f"{name.removesuffix(_AFTER)}-At", ())[:1]):
            return None
    return hash(tuple(said))


def read(provider: str, headers: Mapping[str, object]) -> Answer:
    """The rows in the headers of an answer of `provider`, or in CPA's `signals`. Values may be lists of texts."""
    values = _values(headers)
    if provider == "codex":
        return _codex(values)
    if provider == "claude":
        return Answer(rows=list(_claude(values)))
    return Answer()


def _values(headers: Mapping[str, object]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in list(headers.items())[:HEADERS_MAX]:
        folded = name.lower()
        if not folded.startswith((_CODEX, _CLAUDE)) or folded in found:
            continue
        several = value if isinstance(value, list | tuple) else [value]
        text = next((one.strip() for one in several if isinstance(one, str) and one.strip()), "")
        if 0 < len(text) <= VALUE_CHARACTERS:
            found[folded] = text
    return found


def _codex(values: Mapping[str, str]) -> Answer:
    spending = None
    if _is_true(values.get("x-codex-credits-has-credits")) or _is_true(values.get("x-codex-credits-unlimited")):
        spending = Credits(
            balance=_number(values.get("x-codex-credits-balance")),
            unit="credits",
            unlimited=_is_true(values.get("x-codex-credits-unlimited")),
        )
    return Answer(
        rows=list(_codex_rows(values)), plan=codex.plan(values.get("x-codex-plan-type", "")), credits=spending
    )


def _codex_rows(values: Mapping[str, str]) -> Iterator[Row]:
    for group, kind in _GROUP_KEYS.items():
        yield from _codex_windows(values, group, kind)
    suffix = "-limit-name"
    named = [(value, name[len(_CODEX) : -len(suffix)]) for name, value in values.items() if name.endswith(suffix)]
    for limit, group in sorted(pair for pair in named if pair[1] not in _GROUP_KEYS):
        yield from _codex_windows(values, group, (f"additional_rate_limits.{limit}", "additional", f"{limit} "), limit)


def _codex_windows(
    values: Mapping[str, str], group: str, kind: tuple[str, str, str], metric: str = ""
) -> Iterator[Row]:
    """A window needs how much is used, how long it is, and when it resets."""
    key, scope, prefix = kind
    start = f"{_CODEX}{group}-" if group else _CODEX
    for part, position in (("primary", "Primary"), ("secondary", "Secondary")):
        used = _number(values.get(f"{start}{part}-used-percent"))
        minutes = _integer(values.get(f"{start}{part}-window-minutes"))
        after = _integer(values.get(f"{start}{part}-reset-after-seconds"))
        at = codex.unix_time(_integer(values.get(f"{start}{part}-reset-at")))
        if used is None or used < 0 or not minutes or (after is None and not at):
            continue
        yield Row(
            key=f"{key}.{part}_window",
            label=prefix + codex.window_label(minutes * 60, position),
            scope=scope,
            metric=metric,
            used_percent=used,
            window=Length(seconds=minutes * 60),
            reset_at=at,
            reset_after_seconds=after,
        )


def _claude(values: Mapping[str, str]) -> Iterator[Row]:
    for name, value in values.items():
        claim = name.removeprefix(_CLAUDE).removesuffix("-utilization")
        used = _number(value)
        if not name.startswith(_CLAUDE) or not name.endswith("-utilization") or used is None or used < 0:
            continue
        length, _, model = claim.partition("_")
        key, label, seconds = _CLAUDE_KEYS.get(length, (claim, claim, 0))
        yield Row(
            key=f"{key}_{model}" if model else key,
            label=f"{length} {model}" if model else label,
            scope="model" if model else "window",
            used_percent=round(used * 100, 4),
            limit_reached=values.get(f"{_CLAUDE}{claim}-status") == "rejected",
            window=Length(seconds=seconds) if seconds else None,
            reset_at=_moment(values.get(f"{_CLAUDE}{claim}-reset")),
        )


def _moment(text: str | None) -> str:
    """Unix seconds, RFC 3339 or an HTTP date, in RFC 3339."""
    if not text or (text.isascii() and text.isdigit()):
        return codex.unix_time(_integer(text))
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(text).astimezone(UTC).isoformat()
    except (ValueError, TypeError, IndexError):
        return ""


def _number(text: str | None) -> float | None:
    try:
        found = float(text or "")
    except ValueError:
        return None
    return (int(found) if found.is_integer() else found) if math.isfinite(found) and abs(found) < 2**53 else None


def _integer(text: str | None) -> int | None:
    """Digits only, as Go reads an integer: `1.0` is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 15 else None


def _is_true(text: str | None) -> bool:
    return (text or "").lower() == "true"
