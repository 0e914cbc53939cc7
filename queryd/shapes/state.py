"""What the daemons do, how the file is and what is wrong."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from msgspec import Meta

from queryd.shapes.collection import CollectionStatus
from queryd.shapes.installation import BackupsStatus, FileSizes, VersionsStatus
from queryd.shapes.values import Answer, Count, Time

ProblemCode = Literal[
    # why questions cannot be answered
    "starting",
    "no_collector",
    "schema_mismatch",
    "damaged",
    "unusable_folder",
    "disk_failed",
    "query_timeout",
    "busy",
    # whether ingestd collects
    "not_collecting",
    "collector_silent",
    "clocks_apart",
    "events_ahead",
    "versions_apart",
    "behind",
    # what ingestd says of the file
    "storage_failed",
    "storage_locked",
    "storage_damaged",
    "storage_unwritable",
    "disk_full",
    # what ingestd says of CPA
    "wrong_key",
    "banned",
    "home_mode",
    "management_disabled",
    "remote_disabled",
    "tls_mismatch",
    "certificate",
    "diverted",
    "shared",
    "statistics_disabled",
    "statistics_unknown",
    "protocol",
    "queue_missing",
    "subscribe_missing",
    "resp_disabled",
    "resp_unavailable",
    "interrupted",
    "unanswered",
    "unreachable",
    "slow_answers",
    # what a person can look after
    "rejected_messages",
    "too_old_messages",
    "disk_nearly_full",
    "wal_large",
    "task_failed",
    "unpriced_models",
    "open_to_network",
    "password_in_clear",
    "readable_by_others",
    # ingestd of another version said something that this one does not know
    "collector_trouble",
]


class Trouble(Answer, frozen=True, kw_only=True):
    code: str
    message: str
    since: Time | None


class QueueStatus(Answer, frozen=True, kw_only=True):
    mode: str
    address: Annotated[str, Meta(description="Where the queue is, by queryd's settings")]
    connected: bool
    last_event_at: Time | None
    trouble: Trouble | None


class InboxStatus(Answer, frozen=True, kw_only=True):
    pending: Count
    rejected: Count


class Statistics(Answer, frozen=True, kw_only=True):
    """Whether CPA records usage at all; `enabled` null: not known, for a reason that is named as problems are."""

    enabled: bool | None
    unknown_because: str | None
    checked_at: Time | None


class IngestStatus(Answer, frozen=True, kw_only=True):
    """What ingestd last said of itself; null fields: it has not said so."""

    version: str
    state: str
    started_at: Time
    heartbeat_at: Time
    alive: bool
    life: Literal["running", "silent", "locked_out", "dead"]
    queue: QueueStatus | None
    inbox: InboxStatus | None
    lag_seconds: float | None
    statistics: Statistics | None


class DatabaseStatus(Answer, frozen=True, kw_only=True):
    bytes: Count
    wal_bytes: Count
    events: Count
    first_event_at: Time | None
    last_event_at: Time | None
    folder: str
    sizes: FileSizes
    disk_free_bytes: Annotated[Count | None, Meta(description="Where the file lives")]
    growth_bytes_per_day: Annotated[
        Count | None, Meta(description="Of rows and columns, at the pace of the last seven days; null: not known")
    ]
    event_retention_days: Annotated[int, Meta(description="Days that single requests are kept; 0: for good")]


class TaskStatus(Answer, frozen=True, kw_only=True):
    name: str
    started_at: Time
    duration_ms: float
    outcome: str
    detail: str
    next_at: Annotated[Time | None, Meta(description="When it is due again; null: not known")]


class Problem(Answer, frozen=True, kw_only=True):
    """Something a person should know; `severity` error: figures are missing or will be."""

    code: ProblemCode
    severity: Literal["error", "warning"]
    message: str
    since: Time | None
    parameters: Annotated[
        Mapping[str, str | int], Meta(description="What the message names, for saying it in another language")
    ] = {}


class Status(Answer, frozen=True, kw_only=True):
    version: str
    schema: int
    now: Time
    zone: str
    cpa_url: Annotated[str | None, Meta(description="CPA's management page; null: on the page's own origin")]
    login: Annotated[bool, Meta(description="Whether a password is asked for, so that one can sign out")]
    ingestd: IngestStatus | None
    database: DatabaseStatus
    backups: BackupsStatus
    tasks: Sequence[TaskStatus]
    problems: Sequence[Problem]
    collection: CollectionStatus
    versions: VersionsStatus
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
