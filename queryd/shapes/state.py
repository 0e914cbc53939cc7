"""What the daemons do, how the file is and what is wrong."""

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta

from queryd.shapes.values import Answer, Count, Time


class Trouble(Answer, frozen=True, kw_only=True):
    code: str
    message: str
    since: Time | None


class QueueStatus(Answer, frozen=True, kw_only=True):
    mode: str
    connected: bool
    last_event_at: Time | None
    trouble: Trouble | None


class InboxStatus(Answer, frozen=True, kw_only=True):
    pending: Count
    rejected: Count


class IngestStatus(Answer, frozen=True, kw_only=True):
    """What ingestd last said of itself; null fields: it has not said so."""

    version: str
    state: str
    started_at: Time
    heartbeat_at: Time
    alive: bool
    queue: QueueStatus | None
    inbox: InboxStatus | None
    lag_seconds: float | None


class DatabaseStatus(Answer, frozen=True, kw_only=True):
    bytes: Count
    wal_bytes: Count
    events: Count
    first_event_at: Time | None
    last_event_at: Time | None


class TaskStatus(Answer, frozen=True, kw_only=True):
    name: str
    started_at: Time
    duration_ms: float
    outcome: str
    detail: str


class Problem(Answer, frozen=True, kw_only=True):
    """Something a person should know; `severity` error: figures are missing or will be."""

    code: str
    severity: Literal["error", "warning"]
    message: str
    since: Time | None


class Status(Answer, frozen=True, kw_only=True):
    version: str
    schema: int
    now: Time
    zone: str
    cpa_url: Annotated[str | None, Meta(description="CPA's management page; null: on the page's own origin")]
    ingestd: IngestStatus | None
    database: DatabaseStatus
    tasks: Sequence[TaskStatus]
    problems: Sequence[Problem]
    revision: str


class Version(Answer, frozen=True, kw_only=True):
    version: str
    schema: int


class Health(Answer, frozen=True, kw_only=True):
    status: Literal["ok"]


class Readiness(Answer, frozen=True, kw_only=True):
    """`ready` does not depend on ingestd being alive; `problems` says when it is not."""

    ready: bool
    problems: Sequence[Problem]
