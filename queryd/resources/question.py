"""Any question about requests: parse, compare tags, ask, answer."""

from collections.abc import Callable, Mapping
from typing import Any

import falcon

from queryd.aggregate.snapshot import Snapshot
from queryd.endpoints import Call
from queryd.params.selection import Selection
from queryd.resources.answer import CSV, send, send_table, unchanged
from queryd.shapes import Answer
from queryd.tables import Render
from shared.clock import MINUTE, SECOND

Ask = Callable[[Snapshot, Selection, Mapping[str, Any]], Answer]
"""A question: one state of the file, what was selected, and the endpoint's own parameters."""

STEPS = 1_000
"""An answer that moves with the clock is of another tag after this part of its range: no figure is further off."""


def question(ask: Ask, table: Render | None = None) -> Callable[[Call], None]:
    """The function of an endpoint that answers one question; as CSV, too, where `table` says how."""

    def answer(call: Call) -> None:
        endpoint, query, context = call.endpoint, call.req.query_string, call.context
        selection, values = call.selection(endpoint.parameters)
        as_csv = table is not None and call.req.client_prefers((falcon.MEDIA_JSON, CSV)) == CSV
        has_range = any(parameter.name == "range" for parameter in endpoint.parameters)
        heavy = has_range and context.reader.is_heavy(selection.period.start, selection.period.end)
        with call.server.admission.admitted(heavy=heavy), context.snapshot() as snapshot:
            seen = (snapshot.version, snapshot.only_key)
            tag = (endpoint.path, query, selection.zone.key, seen, moment(selection, endpoint.step), as_csv)
            is_known = unchanged(call.req, call.resp, *tag)
            if table is not None:
                call.resp.append_header("Vary", "Accept")
            if is_known:
                return
            found: Any = ask(snapshot, selection, values)
        if table is not None and as_csv:
            told = {"question": endpoint.path.strip("/"), **_asked(found, selection, values)}
            send_table(call.resp, table(found, values), told, found.selection)
        else:
            send(call.resp, found)

    return answer


def _asked(found: Any, selection: Selection, values: Mapping[str, Any]) -> dict[str, object]:
    """What a table is of: which requests, in which form, and which state of the file."""
    own = {name: value for name, value in values.items() if value is not None}
    compare = {} if selection.compare == "none" else {"compare": selection.compare}
    return {"selection": found.selection, **own, **compare, "as_of": found.as_of, "revision": found.revision}


def moment(selection: Selection, every: int | None = None) -> tuple[int, ...]:
    """What of the present an answer depends on, so coarse that a quiet dashboard gets its 304s.

    A range that is over depends on where it lies: `yesterday` is another day tomorrow. One that is not also moves
    with the clock (what falls out of a rolling range, rates per minute), and is new every thousandth of its length,
    from a second to a minute, or `every` so many microseconds.
    """
    period, now = selection.period, selection.now
    if every is not None:
        return (now // every,)
    start = 0 if period.start is None else period.start
    step = min(max((period.end - start) // STEPS, SECOND), MINUTE)
    if period.stride_us and now - period.end < SECOND:  # it ends now: both its ends may move with the clock
        return (now // step,)
    return (start, period.end) if period.end <= now else (start, period.end, now // step)
