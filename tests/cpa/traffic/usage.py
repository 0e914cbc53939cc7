"""Token figures as CPA reports them: raw `tokens`, and the canonical `token_breakdown` (contract 3.4 and 3.5)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """Both objects of one event, in their field order."""

    tokens: dict[str, int | bool]
    breakdown: dict[str, object]


def subset(prompt: int, output: int, *, reasoning: int = 0, read: int = 0, write: int = 0) -> Usage:
    """OpenAI style: the prompt includes what the cache gave and took, the output includes reasoning."""
    return _usage(
        (prompt, output, reasoning, read, read, write, prompt + output),
        (prompt - read - write, read, write),
        (output - reasoning, reasoning),
    )


def independent(uncached: int, output: int, *, thinking: int = 0, read: int = 0, write: int = 0) -> Usage:
    """Claude: the input excludes the cache; `cached_tokens` repeats reads, or writes where there are none."""
    return _usage(
        (uncached, output, thinking, read or write, read, write, uncached + read + write + output),
        (uncached, read, write),
        (output - thinking, thinking),
    )


def separate(prompt: int, output: int, *, thoughts: int = 0, read: int = 0) -> Usage:
    """Gemini family: the prompt includes the cache, the output excludes thoughts."""
    return _usage(
        (prompt, output, thoughts, read, read, 0, prompt + output + thoughts),
        (prompt - read, read, 0),
        (output, thoughts),
    )


def total_only(total: int) -> Usage:
    """An upstream that reports nothing but a total."""
    usage = _usage((0, 0, 0, 0, 0, 0, total), (0, 0, 0), (0, 0))
    return Usage(usage.tokens, _breakdown("unclassified", (0, 0, 0), (0, 0), total))


def contradictory(prompt: int, output: int, total: int) -> Usage:
    """An upstream whose total is not the sum of its parts."""
    usage = _usage((prompt, output, 0, 0, 0, 0, total), (0, 0, 0), (0, 0))
    return Usage(usage.tokens, _breakdown("inconsistent", (0, 0, 0), (0, 0), total))


def _usage(raw: tuple[int, ...], given: tuple[int, int, int], made: tuple[int, int]) -> Usage:
    prompt, output, reasoning, cached, read, write, total = raw
    tokens: dict[str, int | bool] = {
        "input_tokens": prompt,
        "output_tokens": output,
        "reasoning_tokens": reasoning,
        "cached_tokens": cached,
        "cache_read_tokens": read,
        "cache_read_tokens_present": True,
        "cache_creation_tokens": write,
        "total_tokens": total,
    }
    return Usage(tokens, _breakdown("complete", given, made, 0))


def _breakdown(
    quality: str, given: tuple[int, int, int], made: tuple[int, int], unclassified: int
) -> dict[str, object]:
    uncached, read, write = given
    visible, reasoning = made
    return {
        "schema_version": 2,
        "quality": quality,
        "total_tokens": sum(given) + sum(made) + unclassified,
        "input": {
            "total_tokens": sum(given),
            "uncached_tokens": uncached,
            "cache_read_tokens": read,
            "cache_write_tokens": write,
        },
        "output": {
            "total_tokens": sum(made),
            "non_reasoning_tokens": visible,
            "reasoning_tokens": reasoning,
        },
        "unclassified_tokens": unclassified,
    }


NOTHING = total_only(0)
NOTHING.breakdown["quality"] = "complete"
