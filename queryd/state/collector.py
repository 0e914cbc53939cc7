"""What ingestd last said of itself: its heartbeat row."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from shared import process_lock
from shared.heartbeat import STALE, Detail, age, uptime


@dataclass(frozen=True, slots=True)
class Beat:
    """ingestd's heartbeat row; `detail` is None when another version wrote one we cannot read."""

    at: int
    started_at: int
    version: str
    state: str
    detail: Detail | None

    def alive(self, now: int) -> bool:
        written = None if self.detail is None else self.detail.uptime
        return self.state != "stopped" and age(self.at, written, now=now, here=uptime()) <= STALE


Life = Literal["running", "silent", "locked_out", "dead"]
"""`silent`: it lives and says nothing. `locked_out`: because another program locks the file."""


def life(beat: Beat | None, folder: Path, now: int, is_locked: Callable[[], bool]) -> Life:
    """How ingestd does: by its heartbeat, and when that is old by the lock that it holds while it lives.

    `is_locked`: whether the file cannot be written at this moment; asked only when that explains something.
    """
    if beat is not None and beat.alive(now):
        return "running"
    held = process_lock.is_held(folder)
    if held is False or (held is None and beat is None):
        return "dead"
    if beat is None or beat.state == "stopped":
        return "running"  # it is starting
    return "locked_out" if is_locked() else "silent"


def heartbeat(connection: sqlite3.Connection) -> Beat | None:
    """What ingestd last said, or None when it has never run on this file."""
    row = connection.execute(
        "select at, started_at, version, state, detail from heartbeat where daemon = 'ingestd'"
    ).fetchone()
    if row is None:
        return None
    at, started_at, version, state, text = row
    try:
        detail = msgspec.json.decode(text, type=Detail)
    except msgspec.DecodeError:
        detail = None
    return Beat(at, started_at, version, state, detail)
