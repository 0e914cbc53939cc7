"""What every source gives: events with canonical tokens, and what a person had named or priced there."""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple, Protocol

import msgspec

from ingestd.decode import MILLISECONDS_MAX
from ingestd.usage_event import Counters, UsageEvent
from shared.normalization import TOKENS_MAX, Outcome, Tokens
from shared.prices import Price

NO_COUNTERS = Counters()
NO_HEADERS: dict[str, list[str]] = {}
_UINT32 = 2**32 - 1


class ImportProblem(Exception):
    """A file cannot be imported; the text is one sentence for whoever asked."""


class Unusable(StrEnum):
    """Why an entry of a source is no event."""

    NO_TIME = "without a time"
    IMPOSSIBLE_TIME = "with a time that cannot be"
    NUMBER_OUT_OF_RANGE = "with a number that no request has"
    DAMAGED = "that cannot be read"
    REMOVED = "of days whose single requests were removed here"


class Imported(msgspec.Struct, frozen=True, gc=False):
    """An event of a source. `digest` is its identity beside the time: the same for the same entry, always.

    `api_key` and `credential` are what they are called where only that is known (an export of ours), else None.
    """

    event: UsageEvent
    tokens: Tokens
    outcome: Outcome
    digest: int
    api_key: str | None = None
    credential: str | None = None


class KeyAlias(NamedTuple):
    key: str  # in clear: it never leaves this process
    label: str


class CredentialAlias(NamedTuple):
    auth_index: str
    provider: str
    auth_type: str
    account: str
    label: str


class PriceRuleEntry(NamedTuple):
    """`key` and `value` as the incumbent has them: an api_key in clear, a credential by its auth_index."""

    key: str
    value: str
    multiplier: int  # millionths


class PriceEntry(NamedTuple):
    price: Price
    rules: tuple[PriceRuleEntry, ...]


class Edits(NamedTuple):
    """What a person had entered there."""

    keys: tuple[KeyAlias, ...] = ()
    credentials: tuple[CredentialAlias, ...] = ()
    prices: tuple[PriceEntry, ...] = ()


class Source(Protocol):
    """A file that is open for reading. `total`: how many entries it has, None where that takes reading all of it."""

    kind: str
    total: int | None

    def events(self) -> Iterator[Imported | Unusable]:
        """Every entry, once, in the order of the file. Raises `ImportProblem`."""

    def edits(self) -> Edits: ...

    def close(self) -> None: ...


def canonical(told: Tokens, total: int) -> tuple[Tokens, Outcome] | None:
    """Tokens that were brought to canonical form elsewhere; None for numbers that no request has.

    As in our own: no part is negative, none of the input is larger than it, and a total beyond it is unclassified.
    """
    read, write = max(0, told.cache_read), max(0, told.cache_write)
    output, reasoning = max(0, told.output), max(0, told.reasoning)
    into = max(0, told.input, read + write)
    total = max(total, into + output)
    if max(total, reasoning) > TOKENS_MAX:
        return None
    return Tokens(into, read, write, output, reasoning, total - into - output), Outcome.IMPORTED


def milliseconds(value: object) -> int:
    """A duration as events have it: 0 for what nobody measured."""
    return value if isinstance(value, int) and 0 <= value <= min(MILLISECONDS_MAX, _UINT32) else 0
