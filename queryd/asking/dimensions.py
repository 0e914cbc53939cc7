"""What requests can be filtered and grouped by: one list for parameters, answers and the scan."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from shared.error_class import ErrorClass

DimensionName = Literal[
    "model",
    "provider",
    "credential",
    "api_key",
    "endpoint",
    "client",
    "result",
    "status",
    "error_class",
    "reasoning_effort",
    "service_tier",
]

RESULTS = ("succeeded", "failed")
ROW_ID_MAX = 2**63 - 1

_ROW_ID_PATTERN = "0|[1-9][0-9]{0,17}"


@dataclass(frozen=True, slots=True)
class Dimension:
    """`column`: the column (shared.columns) that its values are found by; `check` refuses a malformed id.

    `pattern` says the same as `check`, for the documentation.
    """

    name: DimensionName
    column: str
    meaning: str
    check: Callable[[str], None] = lambda _: None
    pattern: str | None = None


def _row_id(text: str) -> None:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and str(int(text)) == text):
        raise ValueError("must be an id as the API gives it: a decimal number")


def _result(text: str) -> None:
    if text not in RESULTS:
        raise ValueError("must be succeeded or failed")


def _status(text: str) -> None:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and str(int(text)) == text):
        raise ValueError("must be a status code, such as 429 (0: none was seen)")


def _error_class(text: str) -> None:
    if ErrorClass.of_label(text) is None:
        raise ValueError("must be one of " + ", ".join(each.label for each in ErrorClass))


DIMENSIONS: dict[str, Dimension] = {
    each.name: each
    for each in (
        Dimension("model", "model", "the model, as the upstream was asked for it"),
        Dimension("provider", "route", "who served it: claude, codex, gemini, openai-compatible-…"),
        Dimension("credential", "credential", "the upstream account", _row_id, _ROW_ID_PATTERN),
        Dimension("api_key", "api_key", "the client's CPA key", _row_id, _ROW_ID_PATTERN),
        Dimension("endpoint", "route", "method and path the client called"),
        Dimension("client", "client", "the client program: product and version of its User-Agent"),
        Dimension("result", "flags", "succeeded or failed", _result, "|".join(RESULTS)),
        Dimension("status", "status", "the HTTP status code", _status, "0|[1-9][0-9]{0,4}"),
        Dimension(
            "error_class",
            "flags",
            "why it failed; none for what succeeded",
            _error_class,
            "|".join(each.label for each in ErrorClass),
        ),
        Dimension("reasoning_effort", "route", "the reasoning effort the client asked for"),
        Dimension("service_tier", "route", "the service tier the client asked for"),
    )
}
