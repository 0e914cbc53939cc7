"""A page of the request log in the making: rows in any order that pass filters, bounds and a text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic

import numpy as np

from queryd.aggregate.snapshot import Snapshot
from queryd.dimensions import DIMENSIONS
from queryd.params.parameters import Filter
from queryd.params.ranges import Span
from queryd.params.selection import Selection
from queryd.request_log import rows
from queryd.request_log.cursors import Cursor, Position
from queryd.request_log.rows import Row
from queryd.request_log.search import Search, Text
from queryd.request_log.top_rows import Conditions, Matches, newest_times, top_rows
from shared.clock import HOUR, MILLISECOND

PAGE_SECONDS = 1.0
"""A page that a search does not fill in this time comes with what was found, and a cursor to go on from there."""

WINDOW = 6 * HOUR
"""The first stretch of time that a search in the order of time looks through."""

CANDIDATES = 1_000
"""Rows looked at together when only they can tell whether they hold the text."""

NEWER_LOOKED_AT = 500
"""With a search text, at most so many new requests are read to see whether they hold it."""


_INT64_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Order:
    """What rows are sorted by."""

    sort: str
    descending: bool

    @property
    def by_time(self) -> bool:
        return self.sort == "occurred_at"

    def position(self, row: Row) -> Position:
        """A row's place. Requests without a price stand where those that cost nothing do."""
        value = row.occurred_at // MILLISECOND if self.by_time else getattr(row, self.sort) or 0
        return Position(value, row.occurred_at, row.digest)

    def after(self, key: tuple[int, int]) -> Position:
        """Behind every row with this value and millisecond."""
        value, moment = key
        if self.descending:
            return Position(value, moment * MILLISECOND, -1)
        return Position(value, moment * MILLISECOND + MILLISECOND - 1, _INT64_MAX)

    def is_beyond(self, position: Position, other: Position) -> bool:
        return position < other if self.descending else position > other


@dataclass(frozen=True, slots=True)
class Page:
    """One page in the making."""

    snapshot: Snapshot
    selection: Selection
    span: Span
    order: Order
    bounds: Mapping[str, tuple[int, int]]
    text: Text | None
    _search: Search | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_search", None if self.text is None else Search(self.snapshot, self.text))

    def passes(self, row: Row) -> bool:
        """The same conditions, on a row: its millisecond may hold others."""
        return (
            self.span.start <= row.occurred_at < self.span.end
            and self.snapshot.shows(row.api_key_id)
            and passes(row, self.selection.filters)
            and all(low <= (getattr(row, column) or 0) <= high for column, (low, high) in self.bounds.items())
            and (self._search is None or self._search.is_in(row))
        )

    def rows(self, after: Position | None, count: int) -> tuple[list[Row], Position | None]:
        """The first `count` rows beyond `after`; or fewer, and where to go on, when they are not found in time."""
        deadline = monotonic() + PAGE_SECONDS
        found: list[Row] = []
        place = None
        if after is not None:
            place = (after.value, after.occurred_at // MILLISECOND)
            found = [row for row in self._at({place}) if self.order.is_beyond(self.order.position(row), after)]
        for conditions, window in self._stages(after):
            # Rows that are not known to hold the text are looked at in greater numbers than are wanted.
            least = 1 if self.text is None or conditions.matches is not None else CANDIDATES
            while len(found) < count and not conditions.filter.impossible:
                wanted = max(count - len(found), least)
                places = top_rows(
                    self.snapshot,
                    conditions,
                    self.order.sort,
                    descending=self.order.descending,
                    after=place,
                    count=wanted,
                )
                found += self._at(set(places))
                place = places[-1] if places else place
                if len(places) < wanted:
                    break
                if place is not None and len(found) < count and self.text is not None and monotonic() > deadline:
                    return found, self.order.after(place)
            if len(found) >= count:
                break
            if window is not None and self._goes_on(window) and monotonic() > deadline:
                moment = window.start // MILLISECOND if self.order.descending else window.end // MILLISECOND - 1
                return found, self.order.after((moment, moment))
        return found[:count], None

    def _stages(self, after: Position | None) -> Iterator[tuple[Conditions, Span | None]]:
        """The conditions of the page; in the order of time, those of one window after the other."""
        search = self._search
        if search is None:
            yield self._conditions(self.span, None), None
            return
        if not self.order.by_time:
            yield self._conditions(self.span, search.matches(self.span.start, self.span.end)), None
            return
        for window in self._windows(after):
            yield self._conditions(window, search.matches(window.start, window.end)), window

    def _windows(self, after: Position | None) -> Iterator[Span]:
        """What is left of the span, from where the page begins: each stretch twice as long as the one before."""
        start, end, length = self.span.start, self.span.end, WINDOW
        if after is not None:
            moment = after.occurred_at // MILLISECOND * MILLISECOND
            start, end = (start, min(end, moment + MILLISECOND)) if self.order.descending else (max(start, moment), end)
        while start < end:
            if self.order.descending:
                yield Span(max(start, end - length), end)
                end -= length
            else:
                yield Span(start, min(end, start + length))
                start += length
            length *= 2

    def _goes_on(self, window: Span) -> bool:
        """Whether there is more of the span behind this window."""
        return window.start > self.span.start if self.order.descending else window.end < self.span.end

    def _conditions(self, span: Span, matches: Matches | None) -> Conditions:
        return Conditions(self.snapshot.select(self.selection.filters, span), self.bounds, matches)

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
        late = self.snapshot.rows() - cursor.arrivals
        if late <= 0:
            return 0
        chosen = Conditions(self.snapshot.select(self.selection.filters, self.span), self.bounds)
        moments = newest_times(self.snapshot, chosen, late)
        if self.text is None:
            return len(moments)
        looked_at = np.unique(moments)[-NEWER_LOOKED_AT:].tolist()
        return sum(
            row.inbox_id > cursor.settled and self.passes(row)
            for moment in looked_at
            for row in rows.in_millisecond(self.snapshot.connection, moment)
        )


def kept(snapshot: Snapshot, span: Span) -> Span:
    """The part of `span` whose rows still exist: retention takes rows and leaves their columns."""
    first = snapshot.connection.execute("select min(occurred_at) from event").fetchone()[0]
    if first is None:
        return Span(span.end, span.end)
    return Span(max(span.start, first // MILLISECOND * MILLISECOND), span.end)


def passes(row: Row, filters: Sequence[Filter]) -> bool:
    """Whether a row passes all of `filters`."""
    return all(
        (value := DIMENSIONS[each.dimension].id_of(row)) not in each.unwanted
        and (not each.wanted or value in each.wanted)
        for each in filters
    )
