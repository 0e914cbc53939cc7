"""Logins."""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from queryd.shapes.values import Answer, Time

PASSWORD_MAX = 1_024
"""Characters. LOGIN_PASSWORD may have as many, and a key."""


class Login(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What opens a session: the password; or a key that CPA lists, which opens one that sees that key only."""

    password: Annotated[str, Meta(max_length=PASSWORD_MAX)] | UnsetType = UNSET
    api_key: Annotated[str, Meta(max_length=PASSWORD_MAX)] | UnsetType = UNSET


class SessionState(Answer, frozen=True, kw_only=True):
    """Whether the caller is signed in, and as whom; `role` null: a password is asked for first."""

    required: Annotated[bool, Meta(description="Whether a password is asked for at all")]
    role: Literal["admin", "api_key"] | None
    api_key: Annotated[str | None, Meta(description="What the key is called that the session is locked to")]
    expires_at: Time | None


class SessionEntry(Answer, frozen=True, kw_only=True):
    """A login that is still good."""

    id: str
    current: Annotated[bool, Meta(description="Whether it is the one that asks")]
    role: Literal["admin", "api_key"]
    api_key: Annotated[str | None, Meta(description="What the key is called that it is locked to")]
    created_at: Time
    last_seen_at: Annotated[Time, Meta(description="Written every few minutes")]
    expires_at: Time
    address: str
    user_agent: str


class SessionList(Answer, frozen=True, kw_only=True):
    sessions: Sequence[SessionEntry]
