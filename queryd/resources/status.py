"""`GET /status` and `GET /version`."""

import falcon

from queryd.asking import parameters
from queryd.desk import Desk
from queryd.questions.status import status
from queryd.resources.answer import send
from queryd.shapes import Version
from queryd.state.problems import Place
from shared import __version__
from shared.migrations import SCHEMA_VERSION


class StatusResource:
    """What the daemons do and what is wrong. It changes with the clock, so it is never kept."""

    def __init__(self, desk: Desk, place: Place) -> None:
        self._desk, self._place = desk, place

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        parameters.read(req.query_string, ())
        resp.set_header("Cache-Control", "no-store")
        with self._desk.snapshot() as snapshot:
            answer = status(snapshot, self._place, self._desk.clock())
        send(resp, answer)

    on_head = on_get


class VersionResource:
    """Answers without the file."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        parameters.read(req.query_string, ())
        send(resp, Version(version=__version__, schema=SCHEMA_VERSION))

    on_head = on_get
