"""`/quota`: how accounts do and when they run out. Answers move with the clock, so a tag lasts some seconds."""

from queryd.endpoints import Call
from queryd.errors import NotFound
from queryd.params import parameters
from queryd.questions import quota as question
from queryd.questions import quota_history
from queryd.resources.answer import send, unchanged
from queryd.resources.labels import row_id
from queryd.shapes import quota as shapes
from shared.clock import SECOND
from shared.schema.edits import EditState

STEP = 5 * SECOND
"""A tag is good for so long: a countdown of the page needs no new answer."""

WATCHED = "quota_watched_at"
"""In `edit_state`: when a page last said that it is looked at (ingestd.accounts.refresh reads it)."""

_COMMANDS = "select (select max(id) from command), max(started_at), max(finished_at) from command_run"
"""What is refreshed at present changes without a new version of the file."""

ERRORS_PARAMETERS = (parameters.integer("limit", "At most so many, the newest.", 1, 200, 50),)


def accounts(call: Call) -> None:
    """Every account and upstream key that CPA lists."""
    parameters.read(call.req.query_string, ())
    context = call.context
    now = context.clock()
    with call.server.admission.admitted(), context.snapshot() as snapshot:
        progress = snapshot.connection.execute(_COMMANDS).fetchone()
        if unchanged(call.req, call.resp, call.endpoint.path, snapshot.version, now // STEP, tuple(progress)):
            return
        found = question.quota(snapshot, now, context.zone, _auto_refresh(call))
    send(call.resp, found)


def attention(call: Call) -> None:
    """How many accounts somebody has to look at, and which."""
    parameters.read(call.req.query_string, ())
    now = call.context.clock()
    with call.server.admission.admitted(), call.context.snapshot() as snapshot:
        if unchanged(call.req, call.resp, call.endpoint.path, snapshot.version, now // STEP):
            return
        found = question.attention(snapshot, now, call.context.zone)
    send(call.resp, found)


def account(call: Call) -> None:
    """One account with the history of its windows, and what was done to it."""
    parameters.read(call.req.query_string, ())
    credential = row_id(call.path["id"], "credential")
    now = call.context.clock()
    with call.server.admission.admitted(), call.context.snapshot() as snapshot:
        if unchanged(call.req, call.resp, call.endpoint.path, credential, snapshot.version, now // STEP):
            return
        found = quota_history.detail(snapshot, credential, now, call.context.zone)
    if found is None:
        raise NotFound("there is no such credential")
    send(call.resp, found)


def errors(call: Call) -> None:
    """What CPA's errors channel told of one account."""
    limit = parameters.read(call.req.query_string, ERRORS_PARAMETERS)["limit"]
    credential = row_id(call.path["id"], "credential")
    now = call.context.clock()
    with call.context.snapshot() as snapshot:
        if unchanged(call.req, call.resp, call.endpoint.path, credential, limit, snapshot.version):
            return
        found = quota_history.errors(snapshot, credential, limit, now, call.context.zone)
    if found is None:
        raise NotFound("there is no such credential")
    send(call.resp, found)


def watch(call: Call) -> None:
    """A page says that it is looked at: while some do, quota is refreshed as the settings say."""
    parameters.read(call.req.query_string, ())
    now = call.context.clock()
    with call.writer.transaction() as database:
        EditState.insert(name=WATCHED, number=now).on_conflict(
            conflict_target=[EditState.name], preserve=[EditState.number]
        ).execute(database)
    send(call.resp, _auto_refresh(call))


def _auto_refresh(call: Call) -> shapes.AutoRefresh:
    place = call.place
    return shapes.AutoRefresh(
        enabled=place.quota_auto_refresh, interval_seconds=place.quota_auto_refresh_interval // SECOND
    )
