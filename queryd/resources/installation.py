"""`GET /settings` and `GET /rejected`: what an owner looks up on the Status page."""

from queryd.endpoints import Call
from queryd.errors import InvalidParameter
from queryd.params import parameters
from queryd.params.calendar import rfc3339
from queryd.params.parameters import Parameter
from queryd.resources.answer import send
from queryd.shapes.installation import RejectedMessages, RejectedReason, SettingsStatus, SettingStatus
from queryd.state.rejected import TOO_OLD, page, rejected

KEPT_DAYS = 7
"""ingestd keeps rejected messages so long (its retention)."""

_LIMIT = parameters.integer("limit", "Messages on a page.", 1, 100, 20)
_REASON = Parameter("reason", "Only messages that were set aside for this reason.")
_BEFORE = parameters.integer("before", "Only messages older than this one: `next` of the page before.", 1, 2**63 - 1)
REJECTED_PARAMETERS = (_LIMIT, _REASON, _BEFORE)


def settings(call: Call) -> None:
    """The settings as this process read them; of a secret only that it is set."""
    parameters.read(call.req.query_string, ())
    call.resp.set_header("Cache-Control", "no-store")
    place = call.place
    send(
        call.resp,
        SettingsStatus(
            read_at=rfc3339(place.started_at, place.zone),
            settings=[
                SettingStatus(name=each.name, value=each.shown, source=each.source, path=each.path)
                for each in place.readings
            ],
        ),
    )


def rejected_messages(call: Call) -> None:
    """A page of the messages that were set aside, and how many there are for each reason."""
    chosen = parameters.read(call.req.query_string, REJECTED_PARAMETERS)
    if chosen["reason"] is not None and "\x00" in chosen["reason"]:
        raise InvalidParameter("reason", "reason must be one that is listed")
    with call.context.connections.lease() as lease:
        counts = rejected(lease.connection)
        messages = page(
            lease.connection,
            call.context.zone,
            reason=chosen["reason"],
            before=chosen["before"],
            limit=chosen["limit"] + 1,
        )
        newest = lease.connection.execute("select coalesce(max(id), 0) from rejected").fetchone()[0]
    shown = messages[: chosen["limit"]]
    reasons = [*counts.reasons, *([(TOO_OLD, counts.too_old)] if counts.too_old else [])]
    call.resp.set_header("Cache-Control", "no-store")
    send(
        call.resp,
        RejectedMessages(
            reasons=[RejectedReason(reason=reason, messages=count) for reason, count in reasons],
            messages=shown,
            next=shown[-1].id if len(messages) > len(shown) else None,
            up_to=str(newest),
            kept_days=KEPT_DAYS,
        ),
    )
