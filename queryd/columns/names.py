"""The dimension tables in memory: what a column's numbers are called, and what a name's number is.

Names are only ever added, so the codes given here stay valid for as long as the file does.
"""

import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from queryd.asking.dimensions import DIMENSIONS, RESULTS
from queryd.shapes import Entity
from shared.columns import ERROR_CLASS_SHIFT, FAILED
from shared.error_class import ErrorClass

Codes = NDArray[np.intp]

ROUTE_DIMENSIONS = ("provider", "endpoint", "reasoning_effort", "service_tier")

_FLAG_BYTES = np.arange(256)
_RESULT_OF_FLAGS = ((_FLAG_BYTES & FAILED) != 0).astype(np.intp)
_CLASS_OF_FLAGS = (_FLAG_BYTES >> ERROR_CLASS_SHIFT).astype(np.intp)


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
class Names:
    """The names of every id that a snapshot can hold (and perhaps of newer ones)."""

    _texts: dict[str, _Texts]
    _last_ids: dict[str, int]  # by table

    def codes_by_column(self, dimension: str) -> Codes | None:
        """A dimension's code for each value of its column; None: the column's values are the codes."""
        if dimension in self._texts:
            return self._texts[dimension].by_id
        return {"result": _RESULT_OF_FLAGS, "error_class": _CLASS_OF_FLAGS}.get(dimension)

    def column_size(self, column: str) -> int:
        """One more than the largest value that `column` can have: the length of a lookup table."""
        return {"flags": 256, "status": 65_536}.get(column) or self._last_ids[column] + 1

    def codes(self, dimension: str, ids: Iterable[str]) -> set[int]:
        """The codes of API ids; ids that no event ever had are left out."""
        if dimension in self._texts:
            known = self._texts[dimension].codes
            return {known[each] for each in ids if each in known}
        if dimension == "result":
            return {RESULTS.index(each) for each in ids}
        if dimension == "error_class":
            return {int(ErrorClass[each.upper()]) for each in ids}
        size = self.column_size(DIMENSIONS[dimension].column)
        return {int(each) for each in ids if int(each) < size}


class Directory:
    """Keeps `Names` of one file; each look reads only rows that are new."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        empty = {each: _Texts() for each in ("model", "client", *ROUTE_DIMENSIONS)}
        self._names = Names(empty, dict.fromkeys(("model", "client", "route", "api_key", "credential"), 0))

    def look(self, connection: sqlite3.Connection) -> Names:
        """The names of the connection's snapshot."""
        last_ids = dict(
            zip(
                self._names._last_ids,  # noqa: SLF001 - the two classes are one module's
                connection.execute(
                    "select (select max(id) from model), (select max(id) from client), (select max(id) from route),"
                    " (select max(id) from api_key), (select max(id) from credential)"
                ).fetchone(),
                strict=True,
            )
        )
        with self._lock:
            known = self._names
            if all((last or 0) <= known._last_ids[table] for table, last in last_ids.items()):  # noqa: SLF001 - its own class
                return known
            self._names = _refreshed(known, connection, last_ids)
            return self._names


def _refreshed(known: Names, connection: sqlite3.Connection, last_ids: dict[str, Any]) -> Names:
    texts, seen = dict(known._texts), known._last_ids  # noqa: SLF001 - the two are one module's
    for table in ("model", "client"):
        rows = connection.execute(f"select id, name from {table} where id > ?", (seen[table],)).fetchall()
        texts[table] = texts[table].extended(rows)
    for dimension in ROUTE_DIMENSIONS:
        rows = connection.execute(f"select id, {dimension} from route where id > ?", (seen["route"],)).fetchall()
        texts[dimension] = texts[dimension].extended(rows)
    return Names(texts, {table: max(last or 0, seen[table]) for table, last in last_ids.items()})


class Labels:
    """What a dimension's codes are called on screen, within one snapshot.

    The labels of keys and accounts can change, so they are read once for each answer that shows them.
    """

    def __init__(self, connection: sqlite3.Connection, names: Names) -> None:
        self._connection = connection
        self._names = names
        self._read: dict[str, dict[int, Entity]] = {}

    def entity(self, dimension: str, code: int) -> Entity:
        """Id and label of a code; the id of anything with a name is the name."""
        if dimension in self._names._texts:  # noqa: SLF001 - the two are one module's
            text = self._names._texts[dimension].texts[code]  # noqa: SLF001 - the same
            return Entity(id=text, label=text)
        if dimension == "result":
            return Entity(id=RESULTS[code], label=RESULTS[code])
        if dimension == "error_class":
            label = ErrorClass(code).label
            return Entity(id=label, label=label)
        if dimension in {"api_key", "credential"}:
            found = self._rows(dimension).get(code)
            return found or Entity(id=str(code), label=str(code))
        return Entity(id=str(code), label=str(code))

    def _rows(self, dimension: str) -> dict[int, Entity]:
        if dimension not in self._read:
            if dimension == "api_key":
                rows = self._connection.execute("select id, mask from api_key")
                self._read[dimension] = {row_id: Entity(id=str(row_id), label=mask) for row_id, mask in rows}
            else:
                rows = self._connection.execute("select id, account, auth_index, provider from credential")
                self._read[dimension] = {
                    row_id: Entity(id=str(row_id), label=account or auth_index, provider=provider)
                    for row_id, account, auth_index, provider in rows
                }
        return self._read[dimension]
