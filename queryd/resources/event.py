"""`GET /events/{id}` and what follows from one request."""

from collections.abc import Callable
from typing import Any

from queryd.aggregate.snapshot import Snapshot
from queryd.endpoints import Call
from queryd.errors import NotFound
from queryd.params import parameters
from queryd.questions.event import event
from queryd.questions.what_if import event_what_if as what_if
from queryd.request_log import rows
from queryd.request_log.rows import Row
from queryd.resources.answer import send, unchanged
from queryd.shapes import Answer
from shared import event_id


def event_detail(call: Call) -> None:
    """One request. It changes when an attempt of it arrives, is priced anew, or its payload is cleared away."""
    context = call.context
    _answer(call, lambda snapshot, row, _: event(snapshot, row, context.zone, context.clock()))


def event_what_if(call: Call) -> None:
    """One request by another price."""
    context = call.context
    _answer(call, lambda snapshot, row, values: what_if(snapshot, row, values, context.zone, context.clock()))


def _answer(call: Call, ask: Callable[[Snapshot, Row, dict[str, Any]], Answer]) -> None:
    values = parameters.read(call.req.query_string, call.endpoint.parameters)
    key = event_id.decode(call.path["id"])
    if key is None:
        raise NotFound("there is no such request: its id is not one that this API gave")
    context = call.context
    with context.snapshot() as snapshot:
        row = rows.by_key(snapshot.connection, key)
        if row is None or not snapshot.shows(row.api_key_id):
            raise NotFound("there is no such request, or its row has been cleared away")
        tag = (call.endpoint.path, call.req.query_string, key, context.zone.key, snapshot.version, snapshot.only_key)
        if unchanged(call.req, call.resp, *tag):
            return
        answer = ask(snapshot, row, values)
    send(call.resp, answer)
