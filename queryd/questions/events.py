"""The request log, a page at a time: in any order, with any filters, by keyset."""

from collections.abc import Mapping
from typing import Any

from queryd.aggregate.snapshot import Snapshot
from queryd.envelope import selection_shape, stamp
from queryd.params.parameters import Parameter, choice, integer
from queryd.params.ranges import Span
from queryd.params.selection import SELECTION, Selection
from queryd.request_log import cursors, rows
from queryd.request_log.cursors import CURSOR, Cursor
from queryd.request_log.pages import Order, Page, kept
from queryd.request_log.search import Text
from queryd.request_log.top_rows import SORTS
from queryd.shapes import Event, Events
from queryd.state.meta import number

PAGE_MAX = 200
PAGE = 100
SEARCH_CHARACTERS = 200

_INT64_MAX = 2**63 - 1


def _text(text: str) -> Text | None:
    stripped = text.strip()
    if len(stripped) > SEARCH_CHARACTERS:
        raise ValueError(f"must be at most {SEARCH_CHARACTERS} characters long")
    if any(ord(character) < ord(" ") for character in stripped):
        raise ValueError("must not hold control characters")
    return Text(stripped) if stripped else None


CONDITIONS: tuple[Parameter, ...] = (
    *SELECTION,
    choice(
        "sort",
        "The order; a leading - is from the largest down. Requests of one value are in the order of time.",
        [*SORTS, *(f"-{name}" for name in SORTS)],
        "-occurred_at",
    ),
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
"""Which requests, in which order."""

PARAMETERS: tuple[Parameter, ...] = (*CONDITIONS, integer("limit", "Rows of a page.", 1, PAGE_MAX, PAGE), CURSOR)


def events(snapshot: Snapshot, selection: Selection, values: Mapping[str, Any]) -> Events:
    """`GET /events`."""
    span = selection.span(*snapshot.bounds())
    order = Order(values["sort"].removeprefix("-"), values["sort"].startswith("-"))
    limits = bounds(values)
    text: Text | None = values["q"]
    question = cursors.fingerprint(selection.filters, order, sorted(limits.items()), text)
    if values["cursor"]:
        cursor = cursors.decode(values["cursor"], question)
    else:
        settled = number(snapshot.connection, "settled_inbox_id") if snapshot.only_key is None else 0
        cursor = Cursor(question, None, snapshot.rows(), settled)
    page = Page(snapshot, selection, kept(snapshot, span), order, limits, text)
    found, resume = page.rows(cursor.position, values["limit"] + 1)
    shown = found[: values["limit"]]
    if len(found) > len(shown):
        resume = order.position(shown[-1])
    return Events(
        selection=selection_shape(selection, span),
        events=[rows.shape(row, snapshot.labels, selection.zone) for row in shown],
        next_cursor=None if resume is None else cursors.encode(cursor._replace(position=resume)),
        head_cursor=cursors.encode(cursor._replace(position=None)),
        newer=page.newer(cursor),
        **stamp(snapshot, selection),
    )


def bounds(values: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """The smallest and largest value of the columns that are limited."""
    found = {}
    for column in ("cost_nanos", "latency_ms"):
        low, high = values[f"min_{column}"], values[f"max_{column}"]
        if low is not None or high is not None:
            found[column] = (low or 0, _INT64_MAX if high is None else high)
    return found


def latest(snapshot: Snapshot, selection: Selection, span: Span, count: int) -> list[Event]:
    """The newest requests of a selection within `span`, newest first."""
    newest_first = Order("occurred_at", descending=True)
    page = Page(snapshot, selection, kept(snapshot, span), newest_first, {}, None)
    return [rows.shape(row, snapshot.labels, selection.zone) for row in page.rows(None, count)[0]] if count else []
