"""What shapes are made of: the base, the kinds of values, what was asked and which revision answers."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

Time = Annotated[str, Meta(description="RFC 3339, in the display zone", extra_json_schema={"format": "date-time"})]
Count = Annotated[int, Meta(ge=0)]
Nanos = Annotated[int, Meta(ge=0, description="nano-dollars (1e-9 USD), at API prices")]
Rate = Annotated[float, Meta(ge=0, le=1)]
Column = Sequence[float | None]
"""One value a bucket; null where it is undefined."""

Granularity = Literal["minute", "hour", "day", "week", "month"]
Result = Literal["succeeded", "failed"]
CostState = Literal["priced", "unpriced", "unmetered"]
CostMark = Literal[
    "tier_assumed",
    "cache_writes_1h",
    "cache_writes_5m",
    "image_assumed",
    "upper_bound",
    "lower_bound",
    "tokens_unknown",
]


class Answer(Struct, frozen=True, kw_only=True):
    """The base of every shape: immutable, fields by name."""


class Entity(Answer, frozen=True, kw_only=True):
    """A value of a dimension. `provider` only where the value belongs to one (credentials)."""

    id: str
    label: str
    provider: str | UnsetType = UNSET


class Selection(Answer, frozen=True, kw_only=True):
    """What the answer covers; `elapsed_seconds` is the part of it that lies in the past."""

    from_: Time = field(name="from")
    to: Annotated[Time, Meta(description="exclusive")]
    elapsed_seconds: Annotated[float, Meta(ge=0)]
    zone: str
    filters: Annotated[
        Mapping[str, Sequence[str]], Meta(description="ids by dimension; a leading ! means all but this one")
    ]


class Stamp(Answer, frozen=True, kw_only=True):
    """Which state of the file the answer shows: every figure in it is of this one revision."""

    as_of: Time
    revision: str
