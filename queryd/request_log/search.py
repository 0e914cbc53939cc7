"""Full-text search over requests: names first, since there are few; then errors; rows only where a name says so.

Case does not matter for ASCII letters, as in SQLite's LIKE. What the columns can tell (model, key, account, client,
request id) is looked up in tables and costs no more than a filter; an alias, an address or a User-Agent is known by
rows only, which are then gone through, within the time limit.
"""

from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase

import numpy as np

from queryd.columns.matching import Mask
from queryd.engine.scan import Snapshot
from queryd.errors import InvalidParameter
from queryd.request_log.finding import Hits
from queryd.request_log.rows import Row
from shared.clock import MILLISECOND

ROWS_MAX = 100_000
"""The most rows that a search by text may find and still sort by anything but time."""

NEAREST = 1_000
"""Rows that a search by text looks at for a page in the order of time: more than a page, and some to spare."""

REQUEST_ID_DIGITS = 8
REQUEST_ID_DIGITS_MIN = 6
"""Fewer hex digits than this are a word, not the beginning of a request id."""

_NAMED = (
    ("model", "select id from model where name like ? escape '\\'"),
    ("client", "select id from client where name like ? escape '\\'"),
    ("api_key", "select id from api_key where mask like ? escape '\\'"),
    ("credential", "select id from credential where account like ?1 escape '\\' or auth_index like ?1 escape '\\'"),
)
_ALIASES = "select id from model where name like ?1 escape '\\'"
_ORIGINS = (
    "select id from origin where client_ip like ?1 escape '\\' or x_forwarded_for like ?1 escape '\\'"
    " or user_agent like ?1 escape '\\'"
)
_DETAILS = (
    "select occurred_at from event_detail where occurred_at >= ?2 and occurred_at < ?3"
    " and (error_body like ?1 escape '\\' or request_id like ?1 escape '\\')"
)

_SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)
"""As LIKE folds letters: any other way, a row that LIKE found could be lost."""


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

    def is_in(self, row: Row) -> bool:
        """Whether a row holds it: the last word, since columns know a row by its millisecond only."""
        wanted = self.text.translate(_SMALL)
        if self.request_range is not None and (row.request_id or "").startswith(wanted):
            return True
        return any(
            wanted in text.translate(_SMALL)
            for text in (
                row.model,
                row.alias,
                row.client,
                row.api_key,
                row.account,
                row.auth_index,
                row.client_ip,
                row.x_forwarded_for,
                row.user_agent,
                row.error_body,
                row.odd_request_id,
            )
            if text
        )


def search(snapshot: Snapshot, text: Text, start: int, end: int, *, nearest: bool, descending: bool) -> Hits:
    """Where `text` occurs among the requests of start ≤ t < end (UTC epoch microseconds).

    `nearest`: of what only rows can tell, the NEAREST to the beginning of the order will do. Raises
    `InvalidParameter` when there is too much of it to sort.
    """
    tables: list[tuple[str, Mask]] = []
    for column, sql in _NAMED:
        ids = [row[0] for row in snapshot.connection.execute(sql, (text.pattern,))]
        if ids:
            table = np.zeros(snapshot.names.column_size(column), np.bool_)
            table[ids] = True
            tables.append((column, table))
    most = NEAREST if nearest else ROWS_MAX + 1
    order = f" order by occurred_at {'desc' if descending else 'asc'} limit {most}"
    found = [row[0] for row in snapshot.connection.execute(_DETAILS + order, (text.pattern, start, end))]
    by_row = _by_row(snapshot, text)
    if by_row:
        sql = f"select occurred_at from event where occurred_at >= ?2 and occurred_at < ?3 and ({by_row})"
        found += [row[0] for row in snapshot.connection.execute(sql + order, (text.pattern, start, end))]
    if not nearest and len(found) > ROWS_MAX:
        raise InvalidParameter(
            "q", f"more than {ROWS_MAX:,} requests hold this text: sort by occurred_at, or search a shorter range"
        )
    request_range = text.request_range
    moments = np.unique(np.array(found, np.int64) // MILLISECOND)
    return Hits(tuple(tables), () if request_range is None else (request_range,), moments)


def _by_row(snapshot: Snapshot, text: Text) -> str:
    """What to look for in rows; empty when no alias, address or User-Agent holds the text."""
    parts = []
    for column, sql in (("alias_id", _ALIASES), ("origin_id", _ORIGINS)):
        if snapshot.connection.execute(sql + " limit 1", (text.pattern,)).fetchone() is not None:
            parts.append(f"{column} in ({sql})")
    return " or ".join(parts)
