"""Whether anything was lost: times from which requests are missing, or may be."""

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta, field

from queryd.shapes.values import Answer, Count, Entity, Time

UnknownBecause = Literal["cpa_restarted", "no_counters", "competition"]


class Gap(Answer, frozen=True, kw_only=True):
    """CPA counted requests in this time whose events were not collected; about `lost` of them."""

    from_: Time = field(name="from")
    to: Time
    reason: Annotated[str, Meta(description="Why: not_running, or the code of a problem")]
    lost: Annotated[Count | None, Meta(description="null: it cannot be told, see unknown_because")]
    unknown_because: UnknownBecause | None


class GapCredential(Answer, frozen=True, kw_only=True):
    credential: Entity
    lost: Count


class AccountedGap(Gap, frozen=True, kw_only=True):
    credentials: Annotated[Sequence[GapCredential], Meta(description="On which accounts, most of them first")]


class Pausing(Answer, frozen=True, kw_only=True):
    """Nothing is collected at present; how much that costs is known when it is over."""

    since: Time
    reason: str


class CollectionStatus(Answer, frozen=True, kw_only=True):
    """The last `days`: CPA's counters of attempts against the events here."""

    days: int
    since: Annotated[Time | None, Meta(description="When comparing began; null: it has not yet")]
    compared_at: Time | None
    lost: Annotated[Count, Meta(description="About so many, of all gaps that can be told")]
    gaps: Annotated[Sequence[AccountedGap], Meta(description="Newest first, at most 100; all other time is complete")]
    pausing: Pausing | None
