"""Lines of CSV (RFC 4180) that no spreadsheet takes for a formula."""

import csv
import io
import re
from collections.abc import Iterable
from decimal import Decimal

_FORMULA = re.compile(r"[\t\r\n]|[\s\u200b\u2060\ufeff]*[=+\-@＝＋－＠]")  # noqa: RUF001 - spreadsheets take these, too


def comment(told: bytes) -> bytes:
    """A first line that says, in one cell, what the lines after it are of: JSON."""
    return line([f"# {told.decode()}"])


def line(values: Iterable[str | float | Decimal | bool | None]) -> bytes:
    """One line; nothing for null. A text that a spreadsheet might run gets an apostrophe before it, numbers do not."""
    held = io.StringIO()
    csv.writer(held, lineterminator="\r\n").writerow([_cell(value) for value in values])
    return held.getvalue().encode()


def _cell(value: str | float | Decimal | bool | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + value if _FORMULA.match(value) else value
    return format(value, "f") if isinstance(value, Decimal) else repr(value)
