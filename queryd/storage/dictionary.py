"""The dimension tables in memory: what a column's numbers are called, and what a name's number is.

Dictionary are only ever added, so the codes given here stay valid for as long as the file does.
"""

import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from queryd.dimensions import DIMENSIONS, TABLES, Coded, Numbers, Texts

Codes = NDArray[np.intp]

BYTES = 256

_TEXTS = {name: each.values for name, each in DIMENSIONS.items() if isinstance(each.values, Texts)}
_CODED = {name: each.values for name, each in DIMENSIONS.items() if isinstance(each.values, Coded)}
_CODE_OF_BYTE = {
    name: np.array([values.of_byte(byte) for byte in range(BYTES)], np.intp) for name, values in _CODED.items()
}
_SIZES = {
    each.column: each.values.size if isinstance(each.values, Numbers) else BYTES
    for each in DIMENSIONS.values()
    if isinstance(each.values, Numbers | Coded)
}


@dataclass(slots=True)
class _Texts:
    """Texts and their codes; `by_id` maps a table's row id to the code (0 where there is no row)."""

    texts: list[str] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)
    by_id: Codes = field(default_factory=lambda: np.zeros(1, np.intp))

    def extended(self, rows: Iterable[tuple[int, str]]) -> "_Texts":
        """A copy that also knows `rows` (id, text)."""
        texts, codes = list(self.texts), dict(self.codes)
        found = {}
        for row_id, text in rows:
            code = codes.get(text)
            if code is None:
                code = codes[text] = len(texts)
                texts.append(text)
            found[row_id] = code
        by_id = np.zeros(max([len(self.by_id) - 1, *found]) + 1, np.intp)
        by_id[: len(self.by_id)] = self.by_id
        for row_id, code in found.items():
            by_id[row_id] = code
        return _Texts(texts, codes, by_id)


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The names of every id that a snapshot can hold (and perhaps of newer ones)."""

    _texts: dict[str, _Texts]
    _last_ids: dict[str, int]  # by table

    def codes_by_column(self, dimension: str) -> Codes | None:
        """A dimension's code for each value of its column; None: the column's values are the codes."""
        if dimension in self._texts:
            return self._texts[dimension].by_id
        return _CODE_OF_BYTE.get(dimension)

    def column_size(self, column: str) -> int:
        """One more than the largest value that `column` can have: the length of a lookup table."""
        return _SIZES.get(column) or self._last_ids[column] + 1

    def codes(self, dimension: str, ids: Iterable[str]) -> set[int]:
        """The codes of API ids; ids that no event ever had are left out."""
        if dimension in self._texts:
            known = self._texts[dimension].codes
            return {known[each] for each in ids if each in known}
        if dimension in _CODED:
            return {_CODED[dimension].texts.index(each) for each in ids}
        size = self.column_size(DIMENSIONS[dimension].column)
        return {int(each) for each in ids if int(each) < size}

    def text(self, dimension: str, code: int) -> str:
        """The API id of a code."""
        if dimension in self._texts:
            return self._texts[dimension].texts[code]
        return _CODED[dimension].texts[code] if dimension in _CODED else str(code)


_LAST_IDS = "select " + ", ".join(f"(select max(id) from {table})" for table in TABLES)


class DictionaryCache:
    """Keeps `Dictionary` of one file; each look reads only rows that are new."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names = Dictionary({name: _Texts() for name in _TEXTS}, dict.fromkeys(TABLES, 0))

    def look(self, connection: sqlite3.Connection) -> Dictionary:
        """The names of the connection's snapshot."""
        last_ids = dict(
            zip(
                self._names._last_ids,  # noqa: SLF001 - the two classes are one module's
                connection.execute(_LAST_IDS).fetchone(),
                strict=True,
            )
        )
        with self._lock:
            known = self._names
            if all((last or 0) <= known._last_ids[table] for table, last in last_ids.items()):  # noqa: SLF001 - its own class
                return known
            self._names = _refreshed(known, connection, last_ids)
            return self._names


def _refreshed(known: Dictionary, connection: sqlite3.Connection, last_ids: dict[str, Any]) -> Dictionary:
    texts, seen = dict(known._texts), known._last_ids  # noqa: SLF001 - the two are one module's
    for dimension, values in _TEXTS.items():
        rows = connection.execute(
            f"select id, {values.field} from {values.table} where id > ?", (seen[values.table],)
        ).fetchall()
        texts[dimension] = texts[dimension].extended(rows)
    return Dictionary(texts, {table: max(last or 0, seen[table]) for table, last in last_ids.items()})
