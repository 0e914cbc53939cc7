"""For whoever supervises the daemons: is the process alive, can it answer."""

import falcon

from queryd.desk import Desk
from queryd.errors import Refusal
from queryd.resources.answer import send
from queryd.shapes import Health, Problem, Readiness
from queryd.state.collector import heartbeat
from queryd.state.problems import Place, collecting


class HealthResource:
    """200 while the process lives, whatever the state of the file."""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        del req
        resp.set_header("Cache-Control", "no-store")
        send(resp, Health(status="ok"))

    on_head = on_get


class ReadyResource:
    """200 when questions can be answered, else 503 with the reason. A stopped ingestd is told, and is no reason."""

    def __init__(self, desk: Desk, place: Place) -> None:
        self._desk, self._place = desk, place

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        del req
        resp.set_header("Cache-Control", "no-store")
        try:
            with self._desk.connections.lease() as lease:
                problems = list(collecting(heartbeat(lease.connection), self._place, self._desk.clock()))
        except Refusal as refusal:
            problem = Problem(code=refusal.code, severity="error", message=refusal.message, since=None)
            resp.status = falcon.code_to_http_status(refusal.status)
            if refusal.retry_after is not None:
                resp.set_header("Retry-After", str(refusal.retry_after))
            send(resp, Readiness(ready=False, problems=[problem]))
            return
        send(resp, Readiness(ready=True, problems=problems))

    on_head = on_get
