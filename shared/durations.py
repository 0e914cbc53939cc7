"""Durations as Go writes them (`168h`, `1m30s`, `500ms`), in whole microseconds: the incumbent's `.env` uses them."""

import re
from fractions import Fraction

_UNITS: dict[str, Fraction] = {
    "ns": Fraction(1, 1_000),
    "us": Fraction(1),
    "µs": Fraction(1),
    "ms": Fraction(1_000),
    "s": Fraction(1_000_000),
    "m": Fraction(60_000_000),
    "h": Fraction(3_600_000_000),
}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")


def parse(text: str) -> int:
    """Microseconds of a non-negative Go duration; raises `ValueError` for any other text."""
    text = text.strip()
    if text == "0":
        return 0
    total = Fraction(0)
    position = 0
    for match in _PART.finditer(text):
        if match.start() != position:
            break
        total += Fraction(match[1]) * _UNITS[match[2]]
        position = match.end()
    if not text or position != len(text):
        raise ValueError("a duration such as 30s, 5m, 1m30s or 168h")
    return int(total)


def render(microseconds: int) -> str:
    """The shortest Go-like text of a duration."""
    if microseconds < 1_000_000:
        return f"{microseconds / 1_000:g}ms"
    hours, rest = divmod(microseconds, 3_600_000_000)
    minutes, rest = divmod(rest, 60_000_000)
    seconds = f"{rest / 1_000_000:g}s" if rest or not (hours or minutes) else ""
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if minutes else "") + seconds
