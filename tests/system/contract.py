"""The contract's arithmetic once more, written from its text against the JSON that CPA sends.

Nothing of the product is used here: this is what its figures are compared with. Tokens by C2, C4 and C5, costs by B3
of the contract on quota and pricing, in exact fractions.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from fractions import Fraction
from typing import Any

_CLAUDE = {"claudeexecutor"}
_GEMINI = {
    "geminiexecutor",
    "geminivertexexecutor",
    "geminicliexecutor",
    "aistudioexecutor",
    "antigravityexecutor",
}
_RESPONSES = {f"{vendor}{kind}executor" for vendor in ("codex", "xai") for kind in ("", "websockets", "auto")}
_HINTS = {
    "claude": "claude",
    "anthropic": "claude",
    **dict.fromkeys(
        ("gemini", "vertex", "gemini-cli", "gemini-interactions", "aistudio", "ai-studio", "antigravity"), "gemini"
    ),
    "codex": "responses",
    "xai": "responses",
    "kimi": "strict",
    "moonshot": "strict",
}


@dataclass(frozen=True)
class Tokens:
    """Canonical tokens: input includes cache reads and writes, output includes reasoning."""

    input: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0
    unclassified: int = 0

    @property
    def only_a_total(self) -> bool:
        """A total that no part of is known: what it costs cannot be told (C8, 2)."""
        return bool(self.unclassified) and not (self.input or self.output)

    def as_answered(self) -> dict[str, int]:
        """The fields of a request in the API."""
        names = ("input", "cache_read", "cache_write", "output", "reasoning", "unclassified")
        fields = dict(zip((f"{name}_tokens" for name in names), astuple(self), strict=True))
        return fields | {"total_tokens": self.input + self.output + self.unclassified}


def tokens(event: dict[str, Any]) -> Tokens:
    """What an event counts."""
    parts = event.get("token_breakdown")
    if parts and event.get("accounting_version", 0) >= 2 and parts["quality"] != "inconsistent":
        assert parts["total_tokens"] == (
            parts["input"]["total_tokens"] + parts["output"]["total_tokens"] + parts["unclassified_tokens"]
        )
        return Tokens(
            parts["input"]["total_tokens"],
            parts["input"]["cache_read_tokens"],
            parts["input"]["cache_write_tokens"],
            parts["output"]["total_tokens"],
            parts["output"]["reasoning_tokens"],
            parts["unclassified_tokens"],
        )
    return _counted(event)


def _family(event: dict[str, Any]) -> tuple[str, bool]:
    """(family, whether the executor vouches for it)."""
    executor = event.get("executor_type", "").strip().lower()
    for family, executors in (("claude", _CLAUDE), ("gemini", _GEMINI), ("responses", _RESPONSES)):
        if executor in executors:
            return family, True
    if executor in ("kimiexecutor", "openaicompatexecutor"):
        return ("strict" if executor.startswith("kimi") else "compatible"), True
    provider = event.get("provider", "").strip().lower()
    if provider.startswith(("openai-compatib", "openai")):
        return "compatible", False
    return _HINTS.get(provider, "strict"), False


def _counted(event: dict[str, Any]) -> Tokens:
    """C5, steps 1 to 5, for counters that are not negative."""
    raw = event["tokens"]
    assert all(value >= 0 for value in raw.values())
    into, out, reasoning = raw["input_tokens"], raw["output_tokens"], raw["reasoning_tokens"]
    read, write = raw.get("cache_read_tokens", 0), raw.get("cache_creation_tokens", 0)
    cached, total = raw["cached_tokens"], raw["total_tokens"]
    family, vouched = _family(event)
    if family == "claude" and not (vouched or read or write):
        read = cached  # CPA v7.0.0 to v7.0.2: one figure for the cache, left out of the input (3.12, line 25)
    if family != "claude" and not read and not (vouched and raw.get("cache_read_tokens_present")):
        read = cached
    exact = vouched and family in ("claude", "gemini", "responses")
    if family == "claude":
        exact = exact or (into + out == total and read + write > 0)
        into += read + write
    elif (family == "gemini" and (vouched or not total)) or (
        family in ("gemini", "compatible") and into + out != total == into + out + reasoning
    ):
        out += reasoning
    if not total or (exact and read + write <= into and reasoning <= out):
        total = into + out or read
    return Tokens(into, read, write, out, reasoning, max(0, total - into - out))


def cost(
    counted: Tokens,
    four: Sequence[Fraction | int | str],
    multiplier: Fraction | int | str = 1,
    rules: Sequence[Fraction | int | str] = (),
) -> int:
    """Nano-dollars by B3, rounded half up. `four`: USD per million, as prompt, completion, cache read, cache write."""
    prompt, completion, cache_read, cache_write = (Fraction(price) for price in four)
    uncached = max(0, counted.input - counted.cache_read - counted.cache_write)
    dollars = (
        uncached * prompt
        + counted.cache_read * cache_read
        + counted.cache_write * cache_write
        + counted.output * completion
    ) / 1_000_000
    for factor in (multiplier, *rules):
        dollars *= Fraction(factor)
    return int(dollars * 10**9 + Fraction(1, 2))
