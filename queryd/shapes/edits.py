"""What a person edits and asks for: names of keys and credentials, commands."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from queryd.shapes.values import Answer, Count, Rate, Time

LABEL_MAX = 50
"""Characters of a label."""


class LabelEdit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A name for a key or a credential; null takes it away."""

    label: Annotated[str | None, Meta(description=f"At most {LABEL_MAX} characters that can be seen, used once")]


class ApiKey(Answer, frozen=True, kw_only=True):
    """A client key of CPA; the key itself is kept nowhere.

    `listing`: whether CPA's configuration has it; unlisted: it never had, as far as is known.
    """

    id: str
    label: str | None
    mask: str
    listing: Literal["listed", "removed", "unlisted"]
    listed_at: Time | None
    removed_at: Time | None
    first_seen_at: Time
    last_used_on: Annotated[str | None, Meta(description="The day of its last request, in the display zone")]
    requests: Count
    label_edited_at: Time | None


class ApiKeys(Answer, frozen=True, kw_only=True):
    api_keys: Sequence[ApiKey]


class CredentialMetadata(Answer, frozen=True, kw_only=True):
    """As CPA lists it. Texts are empty where CPA says nothing."""

    listed_in: Annotated[str, Meta(description="auth-files, or a list of keys in CPA's configuration")]
    name: str
    email: str
    account_type: str
    plan: str
    project: str
    note: str
    priority: int | None
    status: str
    status_message: str
    disabled: bool
    unavailable: bool
    next_retry_after: Time | None
    changed_at: Time
    deleted_at: Annotated[Time | None, Meta(description="Since when CPA lists it no longer")]


class Credential(Answer, frozen=True, kw_only=True):
    """An account that serves requests. `metadata`: what CPA's management API says of it; null: nothing so far."""

    id: str
    label: str | None
    provider: str
    auth_index: str
    account: str
    metadata: "CredentialMetadata | None"
    first_seen_at: Time
    last_used_on: Annotated[str | None, Meta(description="The day of its last request, in the display zone")]
    requests: Count
    label_edited_at: Time | None


class Credentials(Answer, frozen=True, kw_only=True):
    credentials: Sequence[Credential]


CommandState = Literal["queued", "running", "done", "failed", "cancelled"]


class CommandStatus(Answer, frozen=True, kw_only=True):
    """Something that ingestd was asked to do, and what became of it."""

    id: str
    kind: str
    arguments: Mapping[str, Any]
    state: CommandState
    progress: Rate
    requested_at: Time
    started_at: Time | None
    finished_at: Time | None
    result: Annotated[Mapping[str, Any] | None, Meta(description="What it gave, once it is done")]
    error: Annotated[str | None, Meta(description="Why it failed, in one sentence")]


class Commands(Answer, frozen=True, kw_only=True):
    commands: Sequence[CommandStatus]
