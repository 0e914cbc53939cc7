"""What ingestd tells through `heartbeat.detail`, and how old a heartbeat may be."""

import msgspec

from shared.clock import SECOND

PERIOD = 2 * SECOND
"""ingestd writes its heartbeat this often."""

STALE = 15 * SECOND
"""A heartbeat older than this means that ingestd is not running."""


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """A condition that keeps events from being collected, with what to do about it."""

    code: str
    message: str
    since: int  # UTC epoch microseconds


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    mode: str
    connected: bool
    last_event_at: int | None = None  # arrival of the newest message, UTC epoch microseconds
    trouble: Trouble | None = None


class Inbox(msgspec.Struct, frozen=True, kw_only=True):
    pending: int
    rejected: int  # rows that wait in `rejected`


class Counters(msgspec.Struct, frozen=True, kw_only=True):
    """Since ingestd started."""

    received: int = 0
    stored: int = 0
    duplicates: int = 0
    rejected: int = 0
    batches: int = 0


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    queue: Queue
    inbox: Inbox
    lag_us: int  # age of the oldest message that is not an event yet; 0 when there is none
    counters: Counters
    statistics_enabled: bool | None = None  # CPA's usage-statistics-enabled; None while unknown
    storage_trouble: Trouble | None = None  # the file cannot be written
    disk_free_bytes: int | None = None


def encode(detail: Detail) -> str:
    """The text of `heartbeat.detail`."""
    return msgspec.json.encode(detail).decode()
