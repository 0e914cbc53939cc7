"""The request log, a page at a time: in any order, with any filters, by keyset."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from queryd.answers import selection_shape, stamp
from queryd.asking.parameters import Filter, Parameter, choice, integer
from queryd.asking.periods import Span
from queryd.asking.selection import SELECTION, Selection
from queryd.engine.scan import Snapshot
from queryd.request_log import cursors, rows
from queryd.request_log.cursors import CURSOR, Cursor, Position
from queryd.request_log.finding import SORTS, Conditions, held, leading, newest
from queryd.request_log.rows import Row
from queryd.request_log.search import Text, search
from queryd.shapes import Event, Events
from queryd.state.meta import number
from shared.clock import MILLISECOND
from shared.error_class import ErrorClass

PAGE_MAX = 200
PAGE = 100
SEARCH_CHARACTERS = 200

NEWER_LOOKED_AT = 500
"""With a search text, at most so many new requests are read to see whether they hold it."""

_INT64_MAX = 2**63 - 1


def _text(text: str) -> Text | None:
    stripped = text.strip()
    if len(stripped) > SEARCH_CHARACTERS:
        raise ValueError(f"must be at most {SEARCH_CHARACTERS} characters long")
    if any(ord(character) < ord(" ") for character in stripped):
        raise ValueError("must not hold control characters")
    return Text(stripped) if stripped else None


PARAMETERS: tuple[Parameter, ...] = (
    *SELECTION,
    choice(
        "sort",
        "The order; a leading - is from the largest down. Requests of one value are in the order of time.",
        [*SORTS, *(f"-{name}" for name in SORTS)],
        "-occurred_at",
    ),
    integer("limit", "Rows of a page.", 1, PAGE_MAX, PAGE),
    CURSOR,
    Parameter(
        "q",
        "Text that a request must hold: model, alias, masked key, account, client, address, User-Agent, error, or the"
        f" beginning of its request id. At most {SEARCH_CHARACTERS} characters; the case of ASCII letters is ignored.",
        _text,
        {"type": "string", "maxLength": SEARCH_CHARACTERS, "pattern": "^[^\\x00-\\x1f]*$"},
    ),
    integer("min_cost_nanos", "At least so many nano-dollars.", 0, _INT64_MAX),
    integer("max_cost_nanos", "At most so many nano-dollars.", 0, _INT64_MAX),
    integer("min_latency_ms", "At least so many milliseconds.", 0, _INT64_MAX),
    integer("max_latency_ms", "At most so many milliseconds.", 0, _INT64_MAX),
)


@dataclass(frozen=True, slots=True)
class Order:
    """What rows are sorted by."""

    sort: str
    descending: bool

    def position(self, row: Row) -> Position:
        """A row's place. Requests without a price stand where those that cost nothing do."""
        by_time = self.sort == "occurred_at"
        value = row.occurred_at // MILLISECOND if by_time else getattr(row, self.sort) or 0
        return Position(value, row.occurred_at, row.digest)

    def is_beyond(self, position: Position, other: Position) -> bool:
        return position < other if self.descending else position > other


@dataclass(frozen=True, slots=True)
class _Page:
    """One page in the making."""

    snapshot: Snapshot
    selection: Selection
    span: Span
    order: Order
    bounds: Mapping[str, tuple[int, int]]
    text: Text | None

    def conditions(self, after: Position | None) -> Conditions:
        hits = None
        if self.text is not None:
            start, end, by_time = self.span.start, self.span.end, self.order.sort == "occurred_at"
            if by_time and after is not None:
                if self.order.descending:
                    end = min(end, after.occurred_at + MILLISECOND)
                else:
                    start = max(start, after.occurred_at // MILLISECOND * MILLISECOND)
            descending = self.order.descending
            hits = search(self.snapshot, self.text, start, end, nearest=by_time, descending=descending)
        return Conditions(self.snapshot.matching(self.selection.filters, self.span), self.bounds, hits)

    def passes(self, row: Row) -> bool:
        """The same conditions, on a row: its millisecond may hold others."""
        return (
            self.span.start <= row.occurred_at < self.span.end
            and all(_passes(row, each) for each in self.selection.filters)
            and all(low <= (getattr(row, column) or 0) <= high for column, (low, high) in self.bounds.items())
            and (self.text is None or self.text.is_in(row))
        )

    def rows(self, after: Position | None, count: int) -> list[Row]:
        """The first `count` rows beyond `after`."""
        conditions = self.conditions(after)
        found: list[Row] = []
        place = None
        if after is not None:
            place = (after.value, after.occurred_at // MILLISECOND)
            found = [row for row in self._at({place}) if self.order.is_beyond(self.order.position(row), after)]
        while len(found) < count and not conditions.matching.impossible:
            wanted = count - len(found)
            places = leading(
                self.snapshot,
                conditions,
                self.order.sort,
                descending=self.order.descending,
                after=place,
                count=wanted,
            )
            found += self._at(set(places))
            if len(places) < wanted:
                break
            place = places[-1]
        return found[:count]

    def _at(self, places: set[tuple[int, int]]) -> list[Row]:
        """The rows at these places, in order."""
        found = [
            row
            for moment in sorted({moment for _, moment in places})
            for row in rows.in_millisecond(self.snapshot.connection, moment)
            if (self.order.position(row).value, moment) in places and self.passes(row)
        ]
        return sorted(found, key=self.order.position, reverse=self.order.descending)

    def newer(self, cursor: Cursor) -> int:
        """How many requests of this question have arrived since the cursor began."""
        late = held(self.snapshot) - cursor.arrivals
        if late <= 0:
            return 0
        chosen = Conditions(self.snapshot.matching(self.selection.filters, self.span), self.bounds)
        moments = newest(self.snapshot, chosen, late)
        if self.text is None:
            return len(moments)
        looked_at = np.unique(moments)[-NEWER_LOOKED_AT:].tolist()
        return sum(
            row.inbox_id > cursor.settled and self.passes(row)
            for moment in looked_at
            for row in rows.in_millisecond(self.snapshot.connection, moment)
        )


def events(snapshot: Snapshot, selection: Selection, values: Mapping[str, Any]) -> Events:
    """`GET /events`."""
    span = selection.span(*snapshot.bounds())
    order = Order(values["sort"].removeprefix("-"), values["sort"].startswith("-"))
    bounds = _bounds(values)
    text: Text | None = values["q"]
    question = cursors.fingerprint(selection.filters, order, sorted(bounds.items()), text)
    if values["cursor"]:
        cursor = cursors.decode(values["cursor"], question)
    else:
        cursor = Cursor(question, None, held(snapshot), number(snapshot.connection, "settled_inbox_id"))
    page = _Page(snapshot, selection, _kept(snapshot, span), order, bounds, text)
    found = page.rows(cursor.position, values["limit"] + 1)
    shown = found[: values["limit"]]
    following = None
    if len(found) > len(shown):
        following = cursors.encode(cursor._replace(position=order.position(shown[-1])))
    return Events(
        selection=selection_shape(selection, span),
        events=[rows.shape(row, selection.zone) for row in shown],
        next_cursor=following,
        head_cursor=cursors.encode(cursor._replace(position=None)),
        newer=page.newer(cursor),
        **stamp(snapshot, selection),
    )


def _kept(snapshot: Snapshot, span: Span) -> Span:
    """The part of `span` whose rows still exist: retention takes rows and leaves their columns."""
    first = snapshot.connection.execute("select min(occurred_at) from event").fetchone()[0]
    if first is None:
        return Span(span.end, span.end)
    return Span(max(span.start, first // MILLISECOND * MILLISECOND), span.end)


def _bounds(values: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    found = {}
    for column in ("cost_nanos", "latency_ms"):
        low, high = values[f"min_{column}"], values[f"max_{column}"]
        if low is not None or high is not None:
            found[column] = (low or 0, _INT64_MAX if high is None else high)
    return found


def _passes(row: Row, wanted: Filter) -> bool:
    value = _value(row, wanted.dimension)
    return value not in wanted.unwanted and (not wanted.wanted or value in wanted.wanted)


def _value(row: Row, dimension: str) -> str:
    match dimension:
        case "credential" | "api_key":
            return str(getattr(row, f"{dimension}_id"))
        case "status":
            return str(row.status_code)
        case "result":
            return "failed" if row.failed else "succeeded"
        case "error_class":
            return ErrorClass(row.error_class).label
        case _:
            return str(getattr(row, dimension))


def latest(snapshot: Snapshot, selection: Selection, span: Span, count: int) -> list[Event]:
    """The newest requests of a selection within `span`, newest first."""
    newest_first = Order("occurred_at", descending=True)
    page = _Page(snapshot, selection, _kept(snapshot, span), newest_first, {}, None)
    return [rows.shape(row, selection.zone) for row in page.rows(None, count)] if count else []
