"""Kimi's coding plan: `GET /coding/v1/usages` (contract A10)."""

from collections.abc import Iterator

from ingestd.quota.fields import Fields
from ingestd.quota.rows import FIVE_HOURS, Answer, Length, Row

_UNITS = {
    **dict.fromkeys(("second", "seconds", "s"), 1),
    **dict.fromkeys(("minute", "minutes", "m"), 60),
    **dict.fromkeys(("hour", "hours", "h"), 3_600),
    **dict.fromkeys(("day", "days", "d"), 86_400),
    **dict.fromkeys(("week", "weeks", "w"), 604_800),
}
_RESET_TEXTS = ("reset_at", "reset_time")


def usages(said: Fields) -> Answer:
    rows = [_limit(limit, place) for place, limit in enumerate(said.objects("limits") or ())]
    return Answer(rows=[*rows, *_summary(said.object("usage"))])


def _limit(limit: Fields, place: int) -> Row:
    name, detail = limit.text("name"), limit.object("detail") or Fields({})
    length = _length(limit)
    used, total, remaining = _amounts(detail, derive=True)
    if not (used or total or remaining):
        used, total, remaining = _amounts(limit, derive=False)
    is_five_hours = length is not None and length.seconds == FIVE_HOURS
    return Row(
        key=f"limits.{name or place}",
        label=limit.text("title") or name or ("5h" if is_five_hours else "Limit"),
        scope=limit.text("scope") or "limit",
        metric=name,
        used=used,
        limit=total,
        remaining=remaining,
        used_percent=_percent(used, total),
        window=length,
        reset_at=limit.text(*_RESET_TEXTS) or detail.text(*_RESET_TEXTS),
        reset_after_seconds=_first(limit.integer("reset_in"), detail.integer("reset_in")),
    )


def _summary(usage: Fields | None) -> Iterator[Row]:
    if usage is None:
        return
    used, total, remaining = _amounts(usage, derive=True)
    reset_at, reset_in = usage.text(*_RESET_TEXTS), usage.integer("reset_in")
    if used is None and total is None and remaining is None and not reset_at and reset_in is None:
        return
    yield Row(
        key="usage",
        label=usage.text("title") or "Weekly",
        scope="summary",
        metric=usage.text("name"),
        used=used,
        limit=total,
        remaining=remaining,
        used_percent=_percent(used, total),
        reset_at=reset_at,
        reset_after_seconds=reset_in,
    )


def _amounts(said: Fields, *, derive: bool) -> tuple[float | None, float | None, float | None]:
    """Used, limit, remaining."""
    used, total, remaining = said.number("used"), said.number("limit"), said.number("remaining")
    if derive and used is None and total is not None and remaining is not None:
        used = total - remaining
    return used, total, remaining


def _percent(used: float | None, total: float | None) -> float | None:
    return None if used is None or not total or total < 0 else used / total * 100


def _length(limit: Fields) -> Length | None:
    window = limit.object("window") or limit
    duration, unit = window.integer("duration"), window.text("time_unit")
    if duration is None and not unit:
        return None
    seconds = _UNITS.get(unit.lower().removeprefix("time_unit_"))
    return Length(duration=duration, unit=unit, seconds=duration * seconds if duration and seconds else None)


def _first(*found: int | None) -> int | None:
    return next((each for each in found if each is not None), None)
