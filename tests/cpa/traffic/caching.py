"""What prompt caches do per family: how much of a prompt is read from them, and how usage says so."""

from dataclasses import dataclass
from random import Random

from tests.cpa.traffic.company import FAMILIES, Model
from tests.cpa.traffic.usage import NOTHING, Usage, contradictory, independent, separate, subset, total_only

_CLAUDE_CACHE_SECONDS = 300
_HITS = {"codex": 0.93, "xai": 0.85, "kimi": 0.8, "openai-compatible-deepseek": 0.9}
"""How often the provider's automatic cache hits; others 0.6."""
_STEPS = {"openai-compatible-deepseek": 64, "kimi": 256}
"""Automatic caches count in steps of so many tokens; others in steps of 128."""
_SMALLEST = 1024
"""Prompts below so many tokens are not cached anywhere."""


@dataclass(slots=True)
class Prompt:
    """The prompt of a turn: its size, how much of it was sent before, and how long ago, in seconds."""

    size: int
    sent_before: int
    age: float


def claude_usage(prompt: Prompt, output: int, thinking: int, rng: Random) -> Usage:
    """Explicit caching: everything but the last words is read or written; entries live for five minutes."""
    if prompt.size < 2 * _SMALLEST:
        return independent(prompt.size, output, thinking=thinking)
    uncached = rng.randrange(3, 40)
    read = prompt.sent_before if prompt.age < _CLAUDE_CACHE_SECONDS else 0
    return independent(uncached, output, thinking=thinking, read=read, write=prompt.size - uncached - read)


def automatic_read(prompt: Prompt, provider: str, rng: Random) -> int:
    """Tokens read from an automatic cache."""
    if prompt.sent_before < _SMALLEST or rng.random() > _HITS.get(provider, 0.6) or prompt.age > 1800:
        return 0
    step = _STEPS.get(provider, 128)
    return prompt.sent_before // step * step


def usage_of(model: Model, provider: str, prompt: Prompt, output: int, rng: Random) -> Usage:
    """The usage block of a finished answer; `output` includes reasoning."""
    reasoning = min(int(output * model.thinks * rng.uniform(0.4, 1.4)), output * 9 // 10)
    family = FAMILIES.get(provider, "openai")
    if family == "claude":
        return claude_usage(prompt, output, reasoning, rng)
    read = automatic_read(prompt, provider, rng)
    if family == "google":
        return separate(prompt.size, output - reasoning, thoughts=reasoning, read=read)
    if provider == "openai-compatible-local-llm" and rng.random() < 0.2:
        return total_only(prompt.size + output)
    if provider == "openai-compatible-openrouter" and rng.random() < 0.003:
        return contradictory(prompt.size, output, prompt.size + output + reasoning + 7)
    return subset(prompt.size, output, reasoning=reasoning, read=read)


def early_chunk(prompt: Prompt) -> Usage:
    """What CPA keeps of a Vertex stream: the numbers of its first chunk, before there was any output."""
    return separate(prompt.size, 0)


def unmetered() -> Usage:
    """A finished answer whose upstream reported no usage."""
    return NOTHING
