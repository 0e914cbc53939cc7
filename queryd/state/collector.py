"""What ingestd last said of itself: its heartbeat row."""

import sqlite3
from dataclasses import dataclass

import msgspec

from shared.heartbeat import STALE, Detail


@dataclass(frozen=True, slots=True)
class Beat:
    """ingestd's heartbeat row; `detail` is None when another version wrote one we cannot read."""

    at: int
    started_at: int
    version: str
    state: str
    detail: Detail | None

    def alive(self, now: int) -> bool:
        return self.state != "stopped" and now - self.at <= STALE


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
