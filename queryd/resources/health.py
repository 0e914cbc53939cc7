"""For whoever supervises the daemons: is the process alive, can it answer."""

from typing import cast

import falcon

from queryd.endpoints import Call
from queryd.errors import Refusal
from queryd.resources.answer import send
from queryd.resources.status import look
from queryd.shapes import Health, Problem, ProblemCode, Readiness
from queryd.state.problems import collecting


def alive(call: Call) -> None:
    """200 while the process lives, whatever the state of the file."""
    call.resp.set_header("Cache-Control", "no-store")
    send(call.resp, Health(status="ok"))


def ready(call: Call) -> None:
    """200 when questions can be answered, else 503 with the reason. A stopped ingestd is told, and is no reason.

    Who has to sign in and has not, or holds a key only, is told whether, and not why: problems name paths, accounts
    and models.
    """
    resp, context = call.resp, call.context
    told = not call.server.sessions.required or (call.session is not None and call.session.role == "admin")
    resp.set_header("Cache-Control", "no-store")
    try:
        now = context.clock()
        problems = list(collecting(*look(call, now), call.place, now))
    except Refusal as refusal:
        code = cast(ProblemCode, refusal.code)  # what a lease refuses with is all among them
        problem = Problem(code=code, severity="error", message=refusal.message, since=None)
        resp.status = falcon.code_to_http_status(refusal.status)
        if refusal.retry_after is not None:
            resp.set_header("Retry-After", str(refusal.retry_after))
        send(resp, Readiness(ready=False, problems=[problem] if told else []))
        return
    send(resp, Readiness(ready=True, problems=problems if told else []))
