"""Payloads as CPA sends them, and what the requests cost by the published prices: given cases, and more of each kind.

Costs below are worked out by hand from the sellers' pages (test_published names them).
"""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from shared.prices import Mark

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "data" / "cpa" / "price-cases.jsonl").read_text().splitlines()
]
ELSEWHERE = {"R1a", "R6b"}
"""What reading and the clock decide, not the price: tests of decode and of the pipeline."""

ALLOWED = {
    "unpriced": None,
    "unknown": None,
    "unknown or 0.034101": 34_101_000,
    "caveat; upper bound 0.096201": 96_201_000,
}


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["case"] not in ELSEWHERE], ids=lambda case: case["case"]
)
def test_a_given_case_costs_what_is_right(charged, case):
    answer = charged(case["payload"])
    right = case["right"]
    if right.startswith("unknown"):
        assert answer.nanos in (None, ALLOWED[right])
        assert answer.nanos is not None or answer.marks == Mark.TOKENS_UNKNOWN
    elif right in ALLOWED:
        assert answer.nanos == ALLOWED[right]
    else:
        assert answer.nanos == Decimal(right) * 10**9
    if "upper bound" in right:
        assert answer.marks == Mark.UPPER_BOUND


EXECUTORS = {
    "claude": "ClaudeExecutor",
    "codex": "CodexExecutor",
    "gemini": "GeminiExecutor",
    "vertex": "GeminiVertexExecutor",
    "antigravity": "AntigravityExecutor",
    "kimi": "KimiExecutor",
    "xai": "XAIExecutor",
}


def payload(provider: str, model: str, tokens: tuple[int, ...], /, **fields) -> dict:
    """`tokens`: canonical input, cache reads, cache writes, output, and reasoning if any."""
    into, read, write, out, *rest = tokens
    reasoning = rest[0] if rest else 0
    return {
        "timestamp": "2026-11-24T12:00:00Z",
        "provider": provider,
        "executor_type": EXECUTORS.get(provider, "OpenAICompatExecutor"),
        "model": model,
        "alias": model,
        "auth_type": "apikey",
        "tokens": {},
        "accounting_version": 2,
        "token_breakdown": {
            "schema_version": 2,
            "quality": "complete",
            "total_tokens": into + out,
            "input": {
                "total_tokens": into,
                "uncached_tokens": into - read - write,
                "cache_read_tokens": read,
                "cache_write_tokens": write,
            },
            "output": {"total_tokens": out, "non_reasoning_tokens": out - reasoning, "reasoning_tokens": reasoning},
            "unclassified_tokens": 0,
        },
    } | fields


LOGIN = {"auth_type": "oauth"}
PRIORITY, FAST, FLEX = ({"service_tier": tier} for tier in ("priority", "fast", "flex"))
MILLION = (1_000_000, 0, 0, 0)


def said(tier: str) -> dict:
    return {"response_service_tier": tier}


@pytest.mark.parametrize(
    ("sent", "dollars", "marks"),
    [
        # Claude's fast mode, by whatever name it is asked for; the answer's tier is another thing.
        (payload("claude", "claude-opus-5", (1_000, 0, 0, 1_000), **PRIORITY), "0.06", 1),
        (payload("claude", "claude-opus-4-8", (101_000, 100_000, 0, 1_000), **PRIORITY | LOGIN), "0.16", 1),
        (payload("claude", "claude-fable-5-2", (1_000, 0, 0, 1_000), **PRIORITY | said("standard")), "0.096", 1),
        (payload("claude", "claude-haiku-5-5", (1_000, 0, 0, 1_000), **PRIORITY), "0.0006", 0),
        (payload("claude", "claude-opus-4-6", (1_000, 0, 0, 1_000), **PRIORITY), "0.03", 0),
        # Cache writes: an hour by login, five minutes by key, and nothing to assume where the price is one.
        (payload("claude", "claude-sonnet-5", (110_000, 0, 100_000, 0), **LOGIN), "0.42", 2),
        (payload("claude", "claude-sonnet-5", (110_000, 0, 100_000, 0)), "0.27", 4),
        (payload("claude", "claude-haiku-5-5", (110_000, 0, 100_000, 0), **LOGIN), "0.105", 2),
        (payload("claude", "claude-opus-5-5", (100_000, 0, 100_000, 0), **LOGIN | PRIORITY), "1.6", 3),
        (payload("codex", "gpt-5.6-sol", (100_000, 0, 100_000, 0)), "0.5", 0),
        # Codex over a ChatGPT login answers `default` whatever it does; by key the answer is what happened.
        (payload("codex", "gpt-5.4", (100_000, 0, 0, 0), **LOGIN | PRIORITY | said("default")), "0.5", 1),
        (payload("codex", "gpt-5.4", (100_000, 0, 0, 0), **LOGIN | said("priority")), "0.5", 0),
        (payload("codex", "gpt-5.4", (100_000, 0, 0, 0), **PRIORITY | said("default")), "0.25", 0),
        (payload("codex", "gpt-5.4", (100_000, 0, 0, 0), **said("flex")), "0.125", 0),
        (payload("codex", "gpt-5.1-codex", (100_000, 0, 0, 0), **LOGIN | FAST), "0.25", 1),
        # Priority is not served above a context step, where it has no price of its own there.
        (payload("codex", "gpt-5.5", (272_000, 0, 0, 0), **said("priority")), "3.4", 0),
        (payload("codex", "gpt-5.5", (272_001, 0, 0, 1_000), **said("priority")), "2.76501", 0),
        (payload("codex", "gpt-5.4", (300_000, 0, 0, 0), **LOGIN | PRIORITY), "1.5", 1),
        (payload("codex", "gpt-6-sol", (300_000, 0, 0, 0), **said("priority")), "2.4", 0),
        # Flex and priority of Gemini: half, and 1.8 times; asked for, or confirmed, or not served.
        (payload("gemini", "gemini-3.8-flash", MILLION, **FLEX), "0.375", 1),
        (payload("gemini", "gemini-3.8-flash", (1_000_000, 1_000_000, 0, 0), **said("flex")), "0.0375", 0),
        (payload("gemini", "gemini-4-argon", MILLION, **said("priority")), "3.6", 0),
        (payload("gemini", "gemini-2.5-pro", (100_000, 0, 0, 0), **PRIORITY), "0.225", 1),
        (payload("gemini", "gemini-2.5-pro", (300_000, 0, 0, 0), **said("flex")), "0.375", 0),
        (payload("gemini", "gemini-3.7-flash", MILLION, **PRIORITY | said("standard")), "0.75", 0),
        # Priority of xAI costs twice as much, above its step, too, which includes its edge.
        (payload("xai", "grok-4.6", (100_000, 50_000, 0, 0), **said("priority")), "0.25", 0),
        (payload("xai", "grok-4.5", (200_000, 0, 0, 0)), "0.8", 0),
        (payload("xai", "grok-4.3", (199_999, 0, 0, 0)), "0.24999875", 0),
        (payload("xai", "grok-4.7", (200_000, 0, 0, 0), **said("priority")), "1.6", 0),
        # Other steps: those of Google and MiniMax exclude their edge, Alibaba's four as well.
        (payload("gemini", "gemini-3.1-pro-preview", (200_000, 0, 0, 0)), "0.4", 0),
        (payload("gemini", "gemini-3.1-pro-preview", (200_001, 0, 0, 0)), "0.800004", 0),
        (payload("openai-compatible-x", "MiniMax-M3", (512_000, 0, 0, 0)), "0.1536", 0),
        (payload("openai-compatible-x", "MiniMax-M3", (600_000, 0, 0, 0)), "0.36", 0),
        (payload("openai-compatible-x", "qwen3-coder-plus", (32_000, 0, 0, 1_000)), "0.037", 0),
        (payload("openai-compatible-x", "qwen3-coder-plus", (32_001, 0, 0, 0)), "0.0576018", 0),
        (payload("openai-compatible-x", "qwen3-coder-plus", (300_000, 0, 0, 1_000)), "1.86", 0),
        (payload("openai-compatible-aliyun", "qwen3-max", (128_000, 100_000, 0, 0)), "0.1152", 0),
        (payload("openai-compatible-aliyun", "qwen3.5-plus", (300_000, 0, 0, 1_000)), "0.153", 0),
        # Peak hours of DeepSeek, on working days.
        (payload("openai-compatible-x", "deepseek-flash", MILLION, timestamp="2026-11-27T09:59:59Z"), "0.3", 0),
        (payload("openai-compatible-x", "deepseek-flash", MILLION, timestamp="2026-11-27T10:00:00Z"), "0.15", 0),
        (payload("openai-compatible-x", "deepseek-v4-pro", MILLION, timestamp="2026-11-28T02:00:00Z"), "0.66", 0),
        (payload("openai-compatible-x", "deepseek-v4-pro", MILLION, timestamp="2026-10-02T02:00:00Z"), "0.66", 0),
        (payload("openai-compatible-x", "deepseek-v4-pro", MILLION, timestamp="2026-08-22T02:00:00Z"), "1.32", 0),
        (payload("openai-compatible-x", "deepseek-v4-pro", MILLION, timestamp="2026-08-16T02:00:00Z"), "0.435", 0),
        # Introductory prices end, to the microsecond.
        (payload("gemini", "gemini-4-argon", MILLION, timestamp="2026-11-30T23:59:59.999999Z"), "2", 0),
        (payload("gemini", "gemini-4-argon", MILLION, timestamp="2026-12-01T00:00:00Z"), "4", 0),
        (payload("gemini", "gemini-3.6-flash", MILLION, timestamp="2027-01-01T00:00:00Z", **said("flex")), "0.75", 0),
        (payload("codex", "gpt-5.6-sol", MILLION, timestamp="2026-08-20T12:00:00Z"), "10", 0),
        # Images of Gemini by the sizes they have, thinking left out; a refusal is text.
        (payload("gemini", "gemini-2.5-flash-image", (100, 0, 0, 1_290)), "0.03873", 8),
        (payload("gemini", "gemini-3.1-flash-image-preview", (100, 0, 0, 1_520, 300)), "0.06845", 8),
        (payload("antigravity", "gemini-3.1-flash-image", (100, 0, 0, 1_120), **LOGIN), "0.06725", 8),
        (payload("gemini", "gemini-3-pro-image-preview", (100, 0, 0, 200)), "0.0026", 8),
        # What CPA sees only in part.
        (payload("vertex", "gemini-2.5-flash", (1_000, 0, 0, 10)), "0.000325", 32),
        (payload("kimi", "kimi-k2.6", (10_000, 0, 0, 100)), "0.0099", 16),
        (payload("kimi", "kimi-k2.6", (10_000, 9_000, 0, 100)), "0.00279", 0),
        (payload("claude", "kimi-k3", (10_000, 0, 0, 100)), "0.0315", 0),
    ],
)  # fmt: skip
def test_more_of_each_kind_cost_what_their_sellers_list(charged, sent, dollars, marks):
    answer = charged(sent)
    assert answer.nanos == Decimal(dollars) * 10**9
    assert answer.marks == marks


@pytest.mark.parametrize("alias", ["claude-opus-5-5", "gpt-5.5", "gemini-3.1-pro-preview", "grok-4.7"])
def test_no_alias_prices_a_model_that_nobody_knows(charged, alias):
    assert charged(payload("openai-compatible-x", "my-local-llama", MILLION, alias=alias)).nanos is None


@pytest.mark.parametrize(
    ("tokens", "nanos", "marks"),
    [
        ({"total_tokens": 42}, None, Mark.TOKENS_UNKNOWN),
        ({"input_tokens": 1_000, "output_tokens": 100, "total_tokens": 5_000}, 8_000_000, Mark.LOWER_BOUND),
        ({}, 0, Mark(0)),
    ],
)
def test_what_is_known_only_as_a_total_is_never_free(charged, tokens, nanos, marks):
    sent = {
        "timestamp": "2026-11-24T12:00:00Z",
        "provider": "openai-compatible-x",
        "executor_type": "OpenAICompatExecutor",
        "model": "gpt-5.5",
        "alias": "gpt-5.5",
        "tokens": tokens,
    }
    answer = charged(sent)
    assert (answer.nanos, answer.marks) == (nanos, marks)
