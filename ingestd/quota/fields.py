"""Providers' JSON read leniently (contract A4): either spelling of a name, numbers in texts, objects in strings."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from ingestd.quota.rows import InvalidAnswer

INT64_MAX = 2**63 - 1

_TRUE = frozenset({"true", "1", "yes", "y", "on"})
_FALSE = frozenset({"false", "0", "no", "n", "off"})
_NESTED_MAX = 4
_WORD = re.compile(r"_([a-z0-9])")


class Fields:
    """An object of an answer. Names are given in snake_case; the camelCase spelling is looked for after it."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return any(spelling in self._values for spelling in _spellings(name))

    def items(self) -> Iterator[tuple[str, Any]]:
        yield from self._values.items()

    def object(self, *names: str) -> "Fields | None":
        """The first of the names that is present decides, even when it is null."""
        for value in self._present(names):
            found = as_object(value)
            return None if found is None else Fields(found)
        return None

    def text(self, *names: str) -> str:
        """The first that is a text or a number; empty for null or none."""
        for value in self._present(names):
            if value is None:
                return ""
            if isinstance(value, str):
                return value.strip()
            if isinstance(value, int | float) and not isinstance(value, bool):
                return str(value)
        return ""

    def number(self, *names: str) -> float | None:
        """The first that is a finite number, or a text that is one. Integers stay integers."""
        for value in self._present(names):
            found = as_number(value)
            if found is not None:
                return found
        return None

    def integer(self, *names: str) -> int | None:
        """The same, truncated toward zero, within 64 bits."""
        found = self.number(*names)
        return int(found) if found is not None and abs(found) <= INT64_MAX else None

    def flag(self, *names: str) -> bool | None:
        for value in self._present(names):
            if isinstance(value, bool):
                return value
            if isinstance(value, str) and value.strip().lower() in _TRUE | _FALSE:
                return value.strip().lower() in _TRUE
        return None

    def objects(self, *names: str) -> list["Fields"] | None:
        """The objects of the first that is an array; None when none is one."""
        for value in self._present(names):
            if isinstance(value, list):
                return [Fields(found) for each in value if (found := as_object(each)) is not None]
        return None

    def _present(self, names: tuple[str, ...]) -> Iterator[Any]:
        for name in names:
            for spelling in _spellings(name):
                if spelling in self._values:
                    yield self._values[spelling]


def answered(body: object) -> Fields:
    """The object that an upstream answered: a JSON text, or decoded already. Raises `InvalidAnswer`."""
    found = as_object(body)
    if found is None:
        raise InvalidAnswer("empty" if not body else "no JSON object")
    return Fields(found)


def as_object(value: object) -> Mapping[str, Any] | None:
    """An object; one within a string, or within several, too."""
    for _ in range(_NESTED_MAX):
        if isinstance(value, dict):
            return value
        if not isinstance(value, str | bytes):
            return None
        try:
            value = msgspec.json.decode(value)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None


def as_number(value: object) -> float | None:
    """A finite number, or a text that is one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        try:
            value = float(value.strip())
        except ValueError:
            return None
        value = int(value) if value.is_integer() and abs(value) < 2**53 else value
    try:
        return value if math.isfinite(value) else None
    except OverflowError:
        return None


def _spellings(name: str) -> tuple[str, ...]:
    camel = _WORD.sub(lambda match: match[1].upper(), name)
    return (name,) if camel == name else (name, camel)
