"""What ingestd tells through its heartbeat row, and how its age is judged.

The wall clock of a heartbeat may be wrong, or be set forth and back. So beside it stands the machine's own uptime,
which nobody sets: both daemons run on one machine, since a WAL database cannot be shared between two.
"""

import time
from pathlib import Path
from typing import Literal

import msgspec

from shared.clock import SECOND

PERIOD = 2 * SECOND
"""ingestd writes its heartbeat this often."""

STALE = 15 * SECOND
"""A heartbeat older than this means that ingestd is not running, or cannot write (see `shared.process_lock`)."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

Severity = Literal["error", "warning"]


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Something that keeps events from being collected, or may; with what to do about it.

    `code` and `parameters` are for whoever says it in another language; `message` is the same in English.
    """

    code: str
    message: str
    since: int  # UTC epoch microseconds
    severity: Severity = "error"
    parameters: dict[str, str | int] = {}


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


class Uptime(msgspec.Struct, frozen=True, kw_only=True):
    """A moment of one machine's life: comparable between processes, and only within one boot."""

    boot_id: str  # empty where the system has none
    monotonic_ns: int


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """Whether CPA records usage at all: yes, no, or not known and why."""

    enabled: bool | None = None
    unknown_because: str | None = None  # a code, as of a trouble; None before the first answer, and when it is known
    checked_at: int | None = None  # the last answer, UTC epoch microseconds


class Ahead(msgspec.Struct, frozen=True, kw_only=True):
    """Events came from the future: CPA's clock, or this machine's, is wrong."""

    microseconds: int  # the furthest of late
    at: int  # when the last one came, UTC epoch microseconds


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    queue: Queue
    inbox: Inbox
    lag_us: int  # age of the oldest message that is not an event yet; 0 when there is none
    counters: Counters
    statistics_enabled: bool | None = None  # CPA's usage-statistics-enabled; None while unknown
    storage_trouble: Trouble | None = None  # the file cannot be written
    disk_free_bytes: int | None = None
    statistics: Statistics = Statistics()
    troubles: tuple[Trouble, ...] = ()
    """Everything to be said: of the queue, the file, CPA's settings. The two single ones above are among them."""
    ahead: Ahead | None = None
    """None while no event came from the future."""
    cpa_version: str | None = None  # as its management API last said it
    collected_at: int | None = None  # when CPA was last asked with success, UTC epoch microseconds
    uncompared_since: int | None = None  # the beginning of a pause in collecting that was not looked into yet
    uptime: Uptime | None = None
    """When this heartbeat was written, by the machine's uptime."""


def encode(detail: Detail) -> str:
    """The text of `heartbeat.detail`."""
    return msgspec.json.encode(detail).decode()


def uptime() -> Uptime:
    """The present, by this machine's uptime."""
    try:
        boot_id = _BOOT_ID.read_text("ascii").strip()
    except OSError:
        boot_id = ""
    return Uptime(boot_id=boot_id, monotonic_ns=time.monotonic_ns())


def age(written_at: int, written: Uptime | None, *, now: int, here: Uptime) -> int:
    """How long ago a heartbeat was written, in microseconds.

    `written_at` and `now` are UTC epoch microseconds and decide only where uptimes cannot be compared. One of an
    earlier boot is `STALE` at least: whoever wrote it is gone.
    """
    by_wall = abs(now - written_at)
    if written is None or not written.boot_id or not here.boot_id:
        return by_wall
    if written.boot_id != here.boot_id or written.monotonic_ns > here.monotonic_ns:
        return max(by_wall, STALE + 1)
    return (here.monotonic_ns - written.monotonic_ns) // 1_000
