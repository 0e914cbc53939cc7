"""`/commands`: what ingestd is asked to do, and what becomes of it. Each side writes its own table."""

import json
import sqlite3
from zoneinfo import ZoneInfo

import falcon
import peewee

from queryd.endpoints import Call
from queryd.errors import NotFound, Refusal
from queryd.params import parameters
from queryd.params.calendar import rfc3339
from queryd.resources.answer import optional, send
from queryd.shapes.edits import Commands, CommandStatus
from queryd.writer import Database
from shared.commands import KEPT, QUEUED_MAX, Command, PreviewPrice, encode
from shared.schema.edits import Command as CommandRow
from shared.schema.edits import CommandRun

SHOWN = 50
"""Commands in the list of recent ones."""

_ROWS = """
select c.id, c.kind, c.arguments, c.requested_at, c.cancelled_at,
       r.state, r.started_at, r.finished_at, r.progress, r.result, r.error
from command c left join command_run r on r.command_id = c.id
"""

_QUEUED = (CommandRow.cancelled_at.is_null()) & ~peewee.fn.EXISTS(
    CommandRun.select(1).where(CommandRun.command_id == CommandRow.id)
)


def ask(call: Call) -> None:
    """File a command; the one that waits already, when it is the same. 429 when too many wait."""
    parameters.read(call.req.query_string, ())
    file(call, call.body)


def file(call: Call, command: Command | PreviewPrice) -> None:
    """The same, for a command that an endpoint makes of its body."""
    kind, arguments = encode(command)
    with call.writer.transaction() as database:
        command_id = _waiting(database, kind, arguments)
        if command_id is None:
            if CommandRow.select().where(_QUEUED).count(database) >= QUEUED_MAX:
                raise Refusal(429, "too_many", f"{QUEUED_MAX} commands wait already", retry_after=10)
            command_id = CommandRow.insert(
                kind=kind, arguments=arguments, requested_at=call.context.clock(), requested_by=call.editor
            ).execute(database)
            CommandRow.delete().where(CommandRow.id <= command_id - KEPT).execute(database)
    call.resp.status = falcon.HTTP_202
    call.resp.set_header("Location", f"{call.req.path.rstrip('/').rpartition('/')[2]}/{command_id}")
    _send_one(call, command_id)


def commands(call: Call) -> None:
    """The most recent ones, newest first."""
    parameters.read(call.req.query_string, ())
    with call.context.connections.lease() as lease:
        rows = lease.connection.execute(f"{_ROWS} order by c.id desc limit ?", (SHOWN,)).fetchall()
    call.resp.set_header("Cache-Control", "no-store")
    send(call.resp, Commands(commands=[_shape(row, call.context.zone) for row in rows]))


def command(call: Call) -> None:
    """One of them."""
    parameters.read(call.req.query_string, ())
    _send_one(call, _id(call.path["id"]))


def cancel(call: Call) -> None:
    """Take back what has not begun, and ask ingestd to stop what has. 409 when it is over."""
    parameters.read(call.req.query_string, ())
    command_id = _id(call.path["id"])
    with call.writer.transaction() as database:
        row = database.row(f"{_ROWS} where c.id = ?", command_id)
        if row is None:
            raise _unknown()
        state = row[5]
        if state not in (None, "running"):
            raise Refusal(409, "conflict", f"the command is {state} already")
        CommandRow.update(cancelled_at=call.context.clock()).where(
            CommandRow.id == command_id, CommandRow.cancelled_at.is_null()
        ).execute(database)
    _send_one(call, command_id)


def _waiting(database: Database, kind: str, arguments: str) -> int | None:
    same = (
        CommandRow.select(CommandRow.id)
        .where(_QUEUED, CommandRow.kind == kind, CommandRow.arguments == arguments)
        .limit(1)
    )
    found = [row[0] for row in same.tuples().execute(database)]
    return found[0] if found else None


def _send_one(call: Call, command_id: int) -> None:
    with call.context.connections.lease() as lease:
        row = lease.connection.execute(f"{_ROWS} where c.id = ?", (command_id,)).fetchone()
    if row is None:
        raise _unknown()
    call.resp.set_header("Cache-Control", "no-store")
    send(call.resp, _shape(row, call.context.zone))


def _id(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    raise _unknown()


def _unknown() -> NotFound:
    return NotFound("there is no such command, or it was forgotten long ago")


def _shape(row: sqlite3.Row, zone: ZoneInfo) -> CommandStatus:
    command_id, kind, arguments, requested_at, cancelled_at = row[:5]
    state, started_at, finished_at, progress, result, error = row[5:]
    return CommandStatus(
        id=str(command_id),
        kind=kind,
        arguments=json.loads(arguments),
        state=state or ("queued" if cancelled_at is None else "cancelled"),
        progress=min(max(progress or 0.0, 0.0), 1.0),
        requested_at=rfc3339(requested_at, zone),
        started_at=optional(started_at, zone),
        finished_at=optional(finished_at, zone),
        result=json.loads(result) if result else None,
        error=error or None,
    )
