"""`GET /events/{id}`."""

import falcon

from queryd.asking import parameters
from queryd.desk import Desk
from queryd.errors import NotFound
from queryd.questions.event import event
from queryd.request_log import rows
from queryd.resources.answer import send, unchanged
from shared import event_id


class EventResource:
    """One request. It changes when an attempt of it arrives, is priced anew, or its payload is cleared away."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def on_get(self, req: falcon.Request, resp: falcon.Response, id: str) -> None:  # noqa: A002 - the path's own name
        parameters.read(req.query_string, ())
        key = event_id.decode(id)
        if key is None:
            raise NotFound("there is no such request: its id is not one that this API gave")
        with self._desk.snapshot() as snapshot:
            row = rows.by_key(snapshot.connection, key)
            if row is None:
                raise NotFound("there is no such request, or its row has been cleared away")
            if unchanged(req, resp, "event", key, self._desk.zone.key, snapshot.revision):
                return
            answer = event(snapshot, row, self._desk.zone, self._desk.clock())
        send(resp, answer)

    on_head = on_get
