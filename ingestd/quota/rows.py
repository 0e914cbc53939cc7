"""One provider's answer as rows of one kind (contract A5), and what else it says of the account."""

from collections.abc import Sequence

import msgspec

FIVE_HOURS = 18_000
WEEK = 604_800
MONTH = 2_592_000
AVERAGE_MONTH = 2_628_000

WINDOW_LABELS = {FIVE_HOURS: "5h", WEEK: "Weekly", MONTH: "Monthly", AVERAGE_MONTH: "Monthly"}
"""Lengths in seconds that have a name of their own."""


class Length(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How long a window is; `duration` and `unit` as the provider wrote them."""

    duration: int | None = None
    unit: str = ""
    seconds: int | None = None


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """One limit of an account. What the provider does not say is absent; a 0 that it says is a 0.

    `used_percent` is 0 to 100 and not clamped, `remaining_fraction` 0 to 1; `reset_at` is the provider's text.
    """

    key: str
    label: str
    scope: str
    metric: str = ""
    group_key: str = ""
    group_label: str = ""
    group_description: str = ""
    used: float | None = None
    limit: float | None = None
    remaining: float | None = None
    used_percent: float | None = None
    remaining_fraction: float | None = None
    allowed: bool | None = None
    limit_reached: bool | None = None
    window: Length | None = None
    reset_at: str = ""
    reset_after_seconds: int | None = None


class Credits(msgspec.Struct, frozen=True, kw_only=True):
    """What an account may spend beyond its windows."""

    balance: float | None
    unit: str  # usd | credits
    unlimited: bool = False


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider said. Empty or None: it did not say."""

    rows: Sequence[Row] = ()
    plan: str = ""
    tier_id: str = ""
    tier_name: str = ""
    reset_credits: int | None = None
    reset_credits_expire_at: int | None = None  # the first of them, UTC epoch microseconds
    credits: Credits | None = None


class InvalidAnswer(Exception):
    """What answered is not the provider's quota endpoint, or speaks another language by now; the text says how."""
