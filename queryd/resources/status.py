"""`GET /status` and `GET /version`."""

from queryd.endpoints import Call
from queryd.params import parameters
from queryd.questions.status import status
from queryd.resources.answer import send
from queryd.shapes import Version
from queryd.state.collector import Beat, Life, heartbeat
from queryd.state.collector import life as life_of
from shared import __version__
from shared.migrations import SCHEMA_VERSION


def current_status(call: Call) -> None:
    """What the daemons do and what is wrong. It changes with the clock, so it is never kept."""
    parameters.read(call.req.query_string, ())
    call.resp.set_header("Cache-Control", "no-store")
    now = call.context.clock()
    beat, life = look(call, now)
    with call.context.snapshot() as snapshot:
        answer = status(snapshot, beat, life, call.place, now, password_in_clear=call.server.sessions.sent_in_clear_at)
    send(call.resp, answer)


def look(call: Call, now: int) -> tuple[Beat | None, Life]:
    """What ingestd said last, and how it does. Whether the file is locked is asked while nothing is read."""
    with call.context.connections.lease() as lease:
        beat = heartbeat(lease.connection)
    return beat, life_of(beat, call.place.database.parent, now, call.writer.is_locked)


def program_version(call: Call) -> None:
    """Answers without the file."""
    parameters.read(call.req.query_string, ())
    send(call.resp, Version(version=__version__, schema=SCHEMA_VERSION))
