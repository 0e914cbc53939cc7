"""What requests can be filtered and grouped by: all that is known of a dimension, in one place.

Parameters, groups, menus, the request log and the API's document are made from this list. Another dimension is another
entry of it, with a message for the dashboard (`dimension.…`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from shared.columns import ERROR_CLASS_SHIFT, FAILED
from shared.error_class import ErrorClass

ROW_ID_MAX = 2**63 - 1

_ROW_ID_PATTERN = "0|[1-9][0-9]{0,17}"


@dataclass(frozen=True, slots=True)
class Texts:
    """A column of row ids of `table`, whose `field` is the value, its id and its label in one."""

    table: str
    field: str


@dataclass(frozen=True, slots=True)
class Coded:
    """A byte column that holds the place of the value among `texts`, beside other things."""

    texts: tuple[str, ...]
    of_byte: Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column whose values, below `size`, are the ids and the labels."""

    size: int


@dataclass(frozen=True, slots=True)
class Named:
    """A column of row ids of `table`, which are the ids; people and CPA name them (queryd.storage.labels)."""

    table: str


@dataclass(frozen=True, slots=True)
class Dimension:
    """`column`: the column (shared.columns) that its values are found by, and `values` how.

    `field`: what a row of the request log (queryd.request_log.rows) calls it. `check` refuses a malformed id;
    `pattern` says the same, for the documentation.
    """

    name: str
    column: str
    values: Texts | Coded | Numbers | Named
    field: str
    meaning: str
    check: Callable[[str], None] = lambda _: None
    pattern: str | None = None

    def id_of(self, row: object) -> str:
        """The id of its value in a row of the request log."""
        found = getattr(row, self.field)
        return self.values.texts[found] if isinstance(self.values, Coded) else str(found)


def _row_id(text: str) -> None:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and str(int(text)) == text):
        raise ValueError("must be an id as the API gives it: a decimal number")


def _status(text: str) -> None:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and str(int(text)) == text):
        raise ValueError("must be a status code, such as 429 (0: none was seen)")


def _text(name: str, column: str, meaning: str, field: str | None = None) -> Dimension:
    """The name of a model or client."""
    return Dimension(name, column, Texts(column, "name"), field or name, meaning)


def _of_route(name: str, meaning: str, field: str | None = None) -> Dimension:
    """One of the texts that a route holds."""
    return Dimension(name, "route", Texts("route", field or name), field or name, meaning)


def _named(name: str, meaning: str) -> Dimension:
    return Dimension(name, name, Named(name), f"{name}_id", meaning, _row_id, _ROW_ID_PATTERN)


def _coded(name: str, field: str, meaning: str, values: Coded, malformed: str) -> Dimension:
    def check(text: str) -> None:
        if text not in values.texts:
            raise ValueError(malformed)

    return Dimension(name, "flags", values, field, meaning, check, "|".join(values.texts))


_RESULTS = Coded(("succeeded", "failed"), lambda byte: int(byte & FAILED != 0))
_CLASSES = Coded(tuple(each.label for each in ErrorClass), lambda byte: byte >> ERROR_CLASS_SHIFT)

DIMENSIONS: dict[str, Dimension] = {
    each.name: each
    for each in (
        _text("model", "model", "the model, as the upstream was asked for it"),
        _of_route("provider", "who served it: claude, codex, gemini, openai-compatible-…"),
        _named("credential", "the upstream account"),
        _named("api_key", "the client's CPA key"),
        _of_route("endpoint", "method and path the client called"),
        _text("client", "client", "the client program: product and version of its User-Agent"),
        _coded("result", "failed", "succeeded or failed", _RESULTS, "must be succeeded or failed"),
        Dimension(
            "status",
            "status",
            Numbers(65_536),
            "status_code",
            "the HTTP status code",
            _status,
            "0|[1-9][0-9]{0,4}",
        ),
        _coded(
            "error_class",
            "error_class",
            "why it failed; none for what succeeded",
            _CLASSES,
            "must be one of " + ", ".join(_CLASSES.texts),
        ),
        _of_route("reasoning_effort", "the reasoning effort the client asked for"),
        _of_route("service_tier", "the service tier the client asked for"),
        _of_route("executor", "the part of CPA that executed it", "executor_type"),
        _of_route("auth_type", "how the account signs in: oauth, apikey"),
        _of_route("response_service_tier", "the service tier that the upstream says it used"),
    )
}

HIDDEN = frozenset({"credential"})
"""What whoever holds a key can neither see, nor filter nor group by: the accounts behind CPA are not theirs."""

TABLES = tuple(
    dict.fromkeys(each.values.table for each in DIMENSIONS.values() if isinstance(each.values, Texts | Named))
)
"""The tables whose row ids the columns hold."""
