"""The installation as it stands: its settings, its versions, what the file is made of, the messages set aside."""

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta

from queryd.shapes.values import Answer, Count, Time


class SettingStatus(Answer, frozen=True, kw_only=True):
    """One setting as queryd read it at its start."""

    name: str
    value: Annotated[str | None, Meta(description="As it was read; empty: not set; null: a secret, which is set")]
    source: Literal["environment", "env_file", "secret_file", "default"]
    path: Annotated[str | None, Meta(description="The file that it was read from")]


class SettingsStatus(Answer, frozen=True, kw_only=True):
    read_at: Time
    settings: Sequence[SettingStatus]


class FileSizes(Answer, frozen=True, kw_only=True):
    """What the file is made of, in bytes, as estimated from a sample: exact sums would read all of it."""

    raw_messages: Count
    columns: Count
    free: Annotated[Count, Meta(description="Pages that are empty, and used before the file grows")]
    rows: Annotated[Count, Meta(description="Single requests, and everything else")]


class BackupStatus(Answer, frozen=True, kw_only=True):
    """One backup. It was verified, or it would not be listed."""

    file: str
    made_at: Time
    bytes: Count


class BackupsStatus(Answer, frozen=True, kw_only=True):
    """What is in `folder` now; when the next is due, and why the last one failed, is told by the task `backup`."""

    enabled: bool
    folder: str
    count: Count
    bytes: Annotated[Count, Meta(description="Of all of them")]
    newest: BackupStatus | None
    next_at: Annotated[Time | None, Meta(description="When one is due; null: never, or as soon as can be")]


class Update(Answer, frozen=True, kw_only=True):
    """What UPDATE_URL last said, on request."""

    version: str
    url: Annotated[str | None, Meta(description="A page about it")]
    newer: Annotated[bool, Meta(description="Than the one that answers")]
    checked_at: Time


class VersionsStatus(Answer, frozen=True, kw_only=True):
    python: str
    sqlite: str
    cpa: Annotated[str | None, Meta(description="As CPA last said it")]
    prices_read_on: Annotated[str | None, Meta(description="The newest day of the price catalogue's pages")]
    priced_models: Count
    can_check: Annotated[bool, Meta(description="Whether UPDATE_URL is set, so that the newest can be asked for")]
    newest: Annotated[Update | None, Meta(description="null: nobody asked, or nothing answered")]


class RejectedReason(Answer, frozen=True, kw_only=True):
    reason: str
    messages: Count


class RejectedMessage(Answer, frozen=True, kw_only=True):
    """A message of CPA that became no event; `payload` as it came, secrets masked."""

    id: str
    reason: str
    detail: Annotated[str, Meta(description="What exactly was wrong, in English")]
    arrived_at: Time
    rejected_at: Time
    transport: str
    bytes: Count
    payload: Annotated[str, Meta(description="As text, at most 4,096 characters of it")]


class RejectedMessages(Answer, frozen=True, kw_only=True):
    reasons: Annotated[Sequence[RejectedReason], Meta(description="Of the newest 10,000 messages, most of them first")]
    messages: Annotated[Sequence[RejectedMessage], Meta(description="Newest first")]
    next: Annotated[str | None, Meta(description="`before` for the next page; null: there is none")]
    up_to: Annotated[str, Meta(description="The newest id: what a replay or discard of all that is shown goes up to")]
    kept_days: int
