"""Query parameters as a table: what an endpoint takes, how a value is read, how it is documented.

A parameter that an endpoint does not list is refused, so that a typo cannot answer a different question.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from queryd.dimensions import DIMENSIONS
from queryd.errors import InvalidParameter, UnknownParameter

FIELDS_MAX = 500
"""More parameters than this in one query string are refused."""

TEXT_MAX = 512
"""Characters of one value."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """`read` turns a value's text into what it means, or raises ValueError with what it must be."""

    name: str
    meaning: str
    read: Callable[[str], Any] = str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    default: Any = None
    repeatable: bool = False


def choice(name: str, meaning: str, options: Iterable[str], default: str | None = None) -> Parameter:
    """One of `options`."""
    known = tuple(options)

    def read(text: str) -> str:
        if text not in known:
            raise ValueError("must be one of " + ", ".join(known))
        return text

    return Parameter(name, meaning, read, {"type": "string", "enum": list(known)}, default)


def choices(name: str, meaning: str, options: Iterable[str], default: tuple[str, ...]) -> Parameter:
    """Several of `options`, separated by commas, each once."""
    known = tuple(options)

    def read(text: str) -> tuple[str, ...]:
        chosen = tuple(text.split(","))
        if len(set(chosen)) != len(chosen) or not set(chosen) <= set(known):
            raise ValueError("must be some of " + ", ".join(known) + ", separated by commas, each once")
        return chosen

    one = "(" + "|".join(known) + ")"
    schema = {"type": "string", "pattern": f"^{one}(,{one})*$"}
    return Parameter(name, meaning, read, schema, default)


def one_or_two(name: str, meaning: str, options: Iterable[str], default: str) -> Parameter:
    """One of `options`, or two different ones, separated by a comma."""
    known = tuple(options)

    def read(text: str) -> tuple[str, ...]:
        chosen = tuple(text.split(","))
        if len(chosen) > 2 or len(set(chosen)) != len(chosen) or not set(chosen) <= set(known):
            raise ValueError("must be one of " + ", ".join(known) + "; or two of them, separated by a comma")
        return chosen

    one = "(" + "|".join(known) + ")"
    schema = {"anyOf": [{"type": "string", "enum": list(known)}, {"type": "string", "pattern": f"^{one},{one}$"}]}
    return Parameter(name, meaning, read, schema, (default,))


def integer(name: str, meaning: str, low: int, high: int, default: int | None = None) -> Parameter:
    """A decimal integer from `low` to `high`."""

    def read(text: str) -> int:
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 20 and low <= int(text) <= high):
            raise ValueError(f"must be an integer from {low} to {high}")
        return int(text)

    return Parameter(name, meaning, read, {"type": "integer", "minimum": low, "maximum": high}, default)


@dataclass(frozen=True, slots=True)
class Filter:
    """Values of one dimension: requests must have one of `wanted` (when there are any) and none of `unwanted`."""

    dimension: str
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()

    def spelled(self) -> list[str]:
        """The values as the query string spells them."""
        escaped = ["\\" + value if value.startswith(("!", "\\")) else value for value in self.wanted]
        return escaped + ["!" + ("\\" + value if value.startswith(("!", "\\")) else value) for value in self.unwanted]


def _filter_value(check: Callable[[str], None]) -> Callable[[str], tuple[bool, str]]:
    def read(text: str) -> tuple[bool, str]:
        unwanted = text.startswith("!")
        value = text[1:] if unwanted else text
        value = value.removeprefix("\\")
        check(value)
        return unwanted, value

    return read


FILTERS: tuple[Parameter, ...] = tuple(
    Parameter(
        dimension.name,
        f"Only requests with this value: {dimension.meaning}. Repeated: any of them. A leading ! means not this one "
        "(a value that itself begins with ! or \\ is written with a leading \\).",
        _filter_value(dimension.check),
        {"type": "string", "pattern": f"^!?({dimension.pattern})$"}
        if dimension.pattern
        else {"type": "string", "maxLength": TEXT_MAX},
        repeatable=True,
    )
    for dimension in DIMENSIONS.values()
)


def filters(values: Mapping[str, Any]) -> tuple[Filter, ...]:
    """The filters among parsed `values`, in the order of the dimensions, each value once and sorted."""
    found = []
    for name in DIMENSIONS:
        given = values.get(name) or ()
        if given:
            wanted = tuple(sorted({value for unwanted, value in given if not unwanted}))
            rejected = tuple(sorted({value for unwanted, value in given if unwanted}))
            found.append(Filter(name, wanted, rejected))
    return tuple(found)


def read(query_string: str, allowed: Sequence[Parameter]) -> dict[str, Any]:
    """The values of `allowed` in a query string: defaults filled in, repeatable ones as tuples.

    Raises `UnknownParameter` and `InvalidParameter`.
    """
    known = {parameter.name: parameter for parameter in allowed}
    try:
        pairs = parse_qsl(query_string, keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX)
    except ValueError as problem:
        raise InvalidParameter("query", f"the query string cannot be read: {problem}") from problem
    values: dict[str, Any] = {name: () if each.repeatable else None for name, each in known.items()}
    for name, text in pairs:
        parameter = known.get(name)
        if parameter is None:
            raise UnknownParameter(name[:TEXT_MAX], list(known))
        if len(text) > TEXT_MAX:
            raise InvalidParameter(name, f"must be at most {TEXT_MAX} characters long")
        try:
            value = parameter.read(text)
        except ValueError as problem:
            raise InvalidParameter(name, f"{name} {problem}") from problem
        if parameter.repeatable:
            values[name] = (*values[name], value)
        elif values[name] is not None:
            raise InvalidParameter(name, f"{name} can be given only once")
        else:
            values[name] = value
    return {name: known[name].default if value is None else value for name, value in values.items()}
