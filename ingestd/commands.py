"""What people ask ingestd to do: queryd writes `command`, the worker runs it and answers in `command_run`.

A kind is an entry of a registry: a function that gets the worker's means, the command's arguments and a `Progress`,
and gives a JSON object. Nothing else is needed for a new kind.
"""

import sqlite3
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from ingestd.short_write import short_write
from ingestd.tasks import Work
from shared.clock import SECOND, Clock

PROGRESS_PERIOD = SECOND // 4
"""Progress is written, and cancelling looked for, this often at most."""

INTERRUPTED = "ingestd ended while this ran. Ask for it again."

log = structlog.get_logger()


class CommandError(Exception):
    """A command cannot be done; the text is one sentence for whoever asked."""


class Cancelled(Exception):
    """Whoever asked has taken it back."""


class Stopping(Exception):
    """ingestd ends: the command stays as it is, for the next start."""


class Progress:
    """What a running command says of itself, and where it learns that it is to end."""

    def __init__(
        self, connection: sqlite3.Connection, command_id: int, stopping: threading.Event, monotonic: Clock
    ) -> None:
        self._connection = connection
        self._command_id = command_id
        self._stopping = stopping
        self._monotonic = monotonic
        self._told_at = monotonic()

    def __call__(self, fraction: float) -> None:
        """Say how much is done, from 0 to 1. Raises `Cancelled` or `Stopping`, so call it between transactions."""
        if self._stopping.is_set():
            raise Stopping
        now = self._monotonic()
        if now - self._told_at < PROGRESS_PERIOD:
            return
        self._told_at = now
        if _cancelled(self._connection, self._command_id):
            raise Cancelled
        with short_write(self._connection):
            self._connection.execute(
                "update command_run set progress = ? where command_id = ?",
                (min(1.0, max(0.0, fraction)), self._command_id),
            )


@dataclass(frozen=True, slots=True)
class Kind:
    """`resumable`: running it again after a crash does what is left, so it need not be asked for again."""

    run: Callable[[Work, Mapping[str, Any], Progress], Mapping[str, Any]]
    meaning: str
    resumable: bool = False


class Commands:
    """Runs commands in the order they were asked for, one at a time."""

    def __init__(self, work: Work, kinds: Mapping[str, Kind], *, clock: Clock, monotonic: Clock) -> None:
        self._work = work
        self._connection = work.connection
        self._kinds = kinds
        self._clock = clock
        self._monotonic = monotonic
        self._stopping = threading.Event()
        self._seen = 0
        """Every command up to this id has been run."""

    def stop(self) -> None:
        """From any thread: the command under way ends at its next look, and none is begun."""
        self._stopping.set()

    def recover(self) -> None:
        """At start: what an earlier process left running is begun anew where that is right, and failed otherwise."""
        left = self._connection.execute(
            "select r.command_id, c.kind from command_run r join command c on c.id = r.command_id"
            " where r.state = 'running'"
        ).fetchall()
        for command_id, kind in left:
            known = self._kinds.get(kind)
            with short_write(self._connection):
                if known is not None and known.resumable:
                    self._connection.execute("delete from command_run where command_id = ?", (command_id,))
                else:
                    self._finish(command_id, "failed", error=INTERRUPTED)
            log.warning("command.interrupted", id=command_id, kind=kind)

    def run_next(self) -> bool:
        """Run the oldest command that has not been; gives whether there was one."""
        if self._stopping.is_set():
            return False
        row = self._connection.execute(
            "select id, kind, arguments, cancelled_at from command c where id > ?"
            " and not exists (select 1 from command_run r where r.command_id = c.id) order by id limit 1",
            (self._seen,),
        ).fetchone()
        if row is None:
            return False
        command_id, kind, arguments, cancelled_at = row
        state = "running" if cancelled_at is None else "cancelled"
        now = self._clock()
        with short_write(self._connection):
            self._connection.execute(
                "insert into command_run (command_id, state, started_at, finished_at, progress, result, error)"
                " values (?, ?, ?, ?, 0, '', '')",
                (command_id, state, now, None if state == "running" else now),
            )
        self._seen = command_id
        if state == "running":
            self._run(command_id, kind, arguments)
        return True

    def _run(self, command_id: int, kind: str, arguments: str) -> None:
        log.info("command.began", id=command_id, kind=kind)
        state, result, error = "done", "", ""
        try:
            known = self._kinds.get(kind)
            if known is None:
                raise CommandError(f"this version of ingestd knows no command {kind!r}")
            progress = Progress(self._connection, command_id, self._stopping, self._monotonic)
            result = msgspec.json.encode(known.run(self._work, _arguments(arguments), progress)).decode()
        except Stopping:
            return
        except Cancelled:
            state = "cancelled"
        except CommandError as refused:
            state, error = "failed", str(refused)
        except sqlite3.DatabaseError as refused:
            state, error = "failed", f"the file refused: {refused}"
        except Exception as bug:  # the edge of one command: the others go on
            state, error = "failed", f"a mistake in ingestd ({type(bug).__name__}); its log says more"
            log.exception("command.failed", id=command_id, kind=kind)
        with short_write(self._connection):
            self._finish(command_id, state, result=result, error=error)
        log.info("command.ended", id=command_id, kind=kind, state=state, error=error)

    def _finish(self, command_id: int, state: str, *, result: str = "", error: str = "") -> None:
        self._connection.execute(
            "update command_run set state = ?, finished_at = ?, progress = max(progress, ?), result = ?, error = ?"
            " where command_id = ?",
            (state, self._clock(), 1.0 if state == "done" else 0.0, result, error, command_id),
        )


def _cancelled(connection: sqlite3.Connection, command_id: int) -> bool:
    row = connection.execute("select cancelled_at from command where id = ?", (command_id,)).fetchone()
    return row is None or row[0] is not None


def _arguments(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text or "{}", type=dict[str, Any])
    except msgspec.DecodeError:
        raise CommandError("the arguments are no JSON object") from None
