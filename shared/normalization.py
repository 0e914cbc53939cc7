"""Canonical tokens, and how they were come by.

Providers count differently: with or without cache reads in the input, with or without reasoning in the output.
Canonical tokens count one way: `input` includes cache reads and cache writes, `output` includes reasoning.
"""

from enum import IntEnum, StrEnum

import msgspec

TOKENS_MAX = 2**40 - 1
"""No request has a trillion tokens. The bound keeps any sum over eight million events, and any cost, in an int64."""


class Tokens(msgspec.Struct, frozen=True, gc=False):
    """Canonical tokens of one request: each 0 to TOKENS_MAX, and so is their total.

    `cache_read` and `cache_write` are parts of `input`, `reasoning` is a part of `output`; an upstream that
    contradicts itself can report more reasoning than output, and its figures stand. `unclassified` is what is
    known only as a total: it is counted, and never priced.
    """

    input: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0
    unclassified: int = 0

    @property
    def uncached(self) -> int:
        """Input that was neither read from a cache nor written to one; never below 0."""
        return max(0, self.input - self.cache_read - self.cache_write)

    @property
    def total(self) -> int:
        return self.input + self.output + self.unclassified

    @property
    def is_zero(self) -> bool:
        return not (
            self.input or self.output or self.unclassified or self.cache_read or self.cache_write or self.reasoning
        )


class Outcome(IntEnum):
    """How a request's canonical tokens were come by. A number never changes its meaning."""

    DIRECT = 0
    UNCLASSIFIED = 1
    VALID = 2
    NORMALIZED = 3
    COMPATIBILITY = 4
    CORRECTED = 5
    AMBIGUOUS_TOTAL = 6
    AMBIGUOUS_CACHE = 7
    INPUT_BELOW_CACHE = 8
    OUTPUT_BELOW_REASONING = 9
    OVERFLOW = 10
    IMPORTED = 11

    @property
    def label(self) -> str:
        """The name in the API: `direct`."""
        return self.name.lower()

    @property
    def is_ambiguous(self) -> bool:
        """Whether the upstream's figures contradict each other in a way that nothing can settle."""
        return Outcome.AMBIGUOUS_TOTAL <= self <= Outcome.OUTPUT_BELOW_REASONING


EXPLANATIONS: dict[Outcome, str] = {
    Outcome.DIRECT: "CPA classified every token.",
    Outcome.UNCLASSIFIED: "CPA knew some tokens only as a total; those are counted and not priced.",
    Outcome.VALID: "The provider's counters are canonical as they are.",
    Outcome.NORMALIZED: "The provider's counters were brought to canonical form: cache added to the input of Claude, "
    "reasoning to the output of Gemini.",
    Outcome.COMPATIBILITY: "An older or partial payload: a missing figure was taken from the one that stands for it.",
    Outcome.CORRECTED: "A reported figure was wrong (negative, or a total that is not the sum) and was put right.",
    Outcome.AMBIGUOUS_TOTAL: "The reported total is not the sum of its parts; the excess is counted as unclassified.",
    Outcome.AMBIGUOUS_CACHE: "Two figures for cache reads contradict each other.",
    Outcome.INPUT_BELOW_CACHE: "More tokens from and to the cache than input; the input is counted as what holds them.",
    Outcome.OUTPUT_BELOW_REASONING: "More reasoning than output; the figures are kept as reported.",
    Outcome.OVERFLOW: "The reported figures are beyond anything a request can have; none is counted.",
    Outcome.IMPORTED: "Imported: the program that collected it had brought the counters to canonical form.",
}


class Caveat(StrEnum):
    """What must be said beside figures that CPA itself reports wrong."""

    VERTEX_STREAMS = "vertex_streams"


CAVEAT_TEXTS: dict[Caveat, str] = {
    Caveat.VERTEX_STREAMS: "CPA under-reports streamed output of Vertex: it publishes the counters of an early chunk.",
}


def caveats(provider: str) -> tuple[Caveat, ...]:
    """What to say wherever figures of `provider` stand (measured on CPA v7.2.140); mostly nothing."""
    return (Caveat.VERTEX_STREAMS,) if provider == "vertex" else ()
