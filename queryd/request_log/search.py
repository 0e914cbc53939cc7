"""Search for a text in requests: names first, since there are few; then errors; rows only where a name says so.

Case does not matter for ASCII letters, as in SQLite's LIKE. What the columns can tell (model, key, account, client,
request id) is looked up in tables and costs no more than a filter; an alias, an address or a User-Agent is known by
rows only, which are then gone through, within the time limit.
"""

from dataclasses import dataclass

import numpy as np

from queryd.aggregate.row_filter import Mask
from queryd.aggregate.snapshot import Snapshot
from queryd.request_log.rows import Row
from queryd.request_log.top_rows import Matches
from queryd.storage.labels import folded
from shared import event_id
from shared.clock import MILLISECOND

ROWS_MAX = 20_000
"""The most rows that are remembered as holding the text; where more do, a page is soon full of them."""

REQUEST_ID_DIGITS = 8
REQUEST_ID_DIGITS_MIN = 6
"""Fewer hex digits than this are a word, not the beginning of a request id."""

_NAMED = (
    ("model", "select id from model where name like ? escape '\\'"),
    ("client", "select id from client where name like ? escape '\\'"),
)
NAMED = ("api_key", "credential")
"""What is found by whatever it is called (queryd.storage.labels)."""

_ALIASES = "select id from model where name like ?1 escape '\\'"
_ORIGINS = (
    "select id from origin where client_ip like ?1 escape '\\' or x_forwarded_for like ?1 escape '\\'"
    " or user_agent like ?1 escape '\\'"
)
_DETAILS = (
    "select occurred_at from event_detail where occurred_at >= ?2 and occurred_at < ?3"
    " and (error_body like ?1 escape '\\' or request_id like ?1 escape '\\')"
)


@dataclass(frozen=True, slots=True)
class Text:
    """What is searched for."""

    text: str

    @property
    def pattern(self) -> str:
        """For LIKE: the text anywhere."""
        escaped = self.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return f"%{escaped}%"

    @property
    def request_range(self) -> tuple[int, int] | None:
        """The request numbers that begin with these hex digits."""
        digits = self.text.lower()
        if not REQUEST_ID_DIGITS_MIN <= len(digits) <= REQUEST_ID_DIGITS or set(digits) - set("0123456789abcdef"):
            return None
        shift = 4 * (REQUEST_ID_DIGITS - len(digits))
        low = int(digits, 16) << shift
        return low, low + (1 << shift) - 1

    @property
    def event_key(self) -> tuple[int, int] | None:
        """The identity of the one request whose id the text is."""
        return event_id.decode(self.text)


class Search:
    """Where a text occurs among the requests of one snapshot."""

    def __init__(self, snapshot: Snapshot, text: Text) -> None:
        self._snapshot, self._text = snapshot, text
        self._tables: list[tuple[str, Mask]] = []
        for column, sql in _NAMED:
            ids = [row[0] for row in snapshot.connection.execute(sql, (text.pattern,))]
            if ids:
                table = np.zeros(snapshot.names.column_size(column), np.bool_)
                table[ids] = True
                self._tables.append((column, table))
        # Folded as LIKE folds letters: any other way, a row that LIKE found could be lost.
        self._wanted = folded(text.text)
        self._named = {name: snapshot.labels.holding(name, self._wanted) for name in NAMED}
        for column, found in self._named.items():
            if found:
                table = np.zeros(snapshot.names.column_size(column), np.bool_)
                table[[row_id for row_id in found if row_id < len(table)]] = True
                self._tables.append((column, table))
        by_row = _by_row(snapshot, text)
        self._in_rows = [_DETAILS]
        if by_row:
            self._in_rows.append(
                f"select occurred_at from event where occurred_at >= ?2 and occurred_at < ?3 and ({by_row})"
            )

    def is_in(self, row: Row) -> bool:
        """Whether a row holds the text: the last word, since columns know a row by its millisecond only."""
        if row.key == self._text.event_key:
            return True
        if self._text.request_range is not None and (row.request_id or "").startswith(self._wanted):
            return True
        if row.api_key_id in self._named["api_key"] or row.credential_id in self._named["credential"]:
            return True
        return any(
            self._wanted in folded(text)
            for text in (
                row.model,
                row.alias,
                row.client,
                row.client_ip,
                row.x_forwarded_for,
                row.user_agent,
                row.error_body,
                row.odd_request_id,
            )
            if text
        )

    def matches(self, start: int, end: int) -> Matches | None:
        """All of start ≤ t < end (UTC epoch microseconds); None when more than ROWS_MAX are told by their rows only."""
        found: list[int] = []
        for sql in self._in_rows:
            limited = f"{sql} limit {ROWS_MAX + 1 - len(found)}"
            found += [row[0] for row in self._snapshot.connection.execute(limited, (self._text.pattern, start, end))]
        if len(found) > ROWS_MAX:
            return None
        key = self._text.event_key
        if key is not None and start <= key[0] < end:
            found.append(key[0])
        moments = np.unique(np.array(found, np.int64) // MILLISECOND)
        request_range = self._text.request_range
        return Matches(tuple(self._tables), () if request_range is None else (request_range,), moments)


def _by_row(snapshot: Snapshot, text: Text) -> str:
    """What to look for in rows; empty when no alias, address or User-Agent holds the text."""
    parts = []
    for column, sql in (("alias_id", _ALIASES), ("origin_id", _ORIGINS)):
        if snapshot.connection.execute(sql + " limit 1", (text.pattern,)).fetchone() is not None:
            parts.append(f"{column} in ({sql})")
    return " or ".join(parts)
