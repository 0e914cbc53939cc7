"""Whole requests, all kinds of tokens at once, worked out from the published lists that test_published names.

Each is a sum of tokens times dollars for a million of them, written as a person would on paper.
"""

from decimal import Decimal

import pytest

from tests.ingestd.pricebook.test_cases import FAST, FLEX, LOGIN, PRIORITY, payload, said

JUST_BEFORE, FROM_THEN = ({"timestamp": f"2026-{moment}Z"} for moment in ("11-30T23:59:59", "12-01T00:00:00"))
PEAK, WEEKEND = ({"timestamp": f"2026-11-{moment}Z"} for moment in ("24T07:00:00", "28T07:00:00"))


@pytest.mark.parametrize(
    ("sent", "sum_", "marks"),
    [
        # Claude: writes by login and by key; fast mode, the step of Haiku and reads at a fortieth on top.
        (payload("claude", "claude-sonnet-4-6", (31_000, 10_000, 20_000, 500), **LOGIN),
         "1000*3 10000*0.3 20000*6 500*15", 2),
        (payload("claude", "claude-opus-4-5-20251101", (31_000, 10_000, 20_000, 500)),
         "1000*5 10000*0.5 20000*6.25 500*25", 4),
        (payload("claude", "claude-fable-5-1", (20_000, 10_000, 10_000, 100), **LOGIN),
         "10000*0.25 10000*20 100*50", 2),
        (payload("claude", "claude-opus-5-5[1m]", (300_000, 200_000, 50_000, 1_000), **LOGIN | PRIORITY),
         "50000*8 200000*0.4 50000*16 1000*40", 3),
        (payload("claude", "claude-haiku-5-5-20261001", (120_000, 60_000, 50_000, 1_000), **LOGIN),
         "10000*0.5 60000*0.05 50000*1 1000*2.5", 2),
        (payload("antigravity", "claude-sonnet-4-6", (10_000, 0, 0, 100), **LOGIN), "10000*3 100*15", 0),
        (payload("claude", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", (10_000, 0, 0, 100)),
         "10000*3 100*15", 0),
        # OpenAI: steps with reads, fast over a login, an effort behind the name, a prefix before it.
        (payload("codex", "gpt-5.6-terra", (300_000, 100_000, 0, 1_000), **LOGIN),
         "200000*4 100000*0.4 1000*18", 0),
        (payload("codex", "gpt-5.6-luna", (100_000, 0, 0, 1_000), **LOGIN | FAST | said("default")),
         "100000*0.4 1000*2.4", 1),
        (payload("codex", "gpt-6.1-sol", (100_000, 50_000, 0, 1_000)), "50000*2 50000*0.1 1000*10", 0),
        (payload("codex", "gpt-6-astra", (300_000, 0, 0, 1_000), **LOGIN), "300000*20 1000*75", 0),
        (payload("codex", "gpt-6.1-terra", (100_000, 0, 10_000, 1_000)), "90000*1 10000*1.25 1000*5", 0),
        (payload("codex", "gpt-5.3-codex(high)", (100_000, 90_000, 0, 1_000), **LOGIN | PRIORITY),
         "10000*3.5 90000*0.35 1000*28", 1),
        (payload("openai-compatible-relay", "openai/gpt-5.5", (10_000, 0, 0, 100), **said("flex")),
         "10000*2.5 100*15", 0),
        # Google: half with reads and thinking, 1.8 times what has doubled, Vertex above its step.
        (payload("gemini-interactions", "gemini-3.8-flash", (1_000_000, 500_000, 0, 1_000, 200), **FLEX),
         "500000*0.375 500000*0.0375 1000*1.875", 1),
        (payload("gemini", "gemini-4-argon", (1_000, 0, 0, 0), **FROM_THEN | said("priority")), "1000*7.2", 0),
        (payload("gemini", "gemini-4-argon", (1_000, 0, 0, 0), **JUST_BEFORE | said("priority")), "1000*3.6", 0),
        (payload("vertex", "gemini-2.5-pro", (250_000, 50_000, 0, 1_000)),
         "200000*2.5 50000*0.25 1000*15", 32),
        # The others: a step that includes its edge, a plan's name, two lengths of cache writes, peak hours.
        (payload("xai", "grok-4.7", (250_000, 100_000, 0, 1_000)), "150000*4 100000*1 1000*12", 0),
        (payload("kimi", "kimi-for-coding-highspeed", (10_000, 5_000, 0, 100)), "5000*1.9 5000*0.38 100*8", 0),
        (payload("claude", "kimi-k3[1m]", (10_000, 5_000, 1_000, 100)), "4000*3 5000*0.3 1000*3 100*15", 4),
        (payload("openai-compatible-deepseek", "deepseek-v4-flash", (10_000, 5_000, 0, 100), **PEAK),
         "5000*0.3 5000*0.006 100*1.2", 0),
        (payload("claude", "deepseek-flash[1m]", (10_000, 5_000, 0, 100), **WEEKEND),
         "5000*0.15 5000*0.003 100*0.6", 0),
        (payload("openai-compatible-minimax", "MiniMax-M2.7", (10_000, 5_000, 1_000, 100)),
         "4000*0.3 5000*0.06 1000*0.375 100*1.2", 0),
        (payload("claude", "MiniMax-M3", (600_000, 500_000, 0, 100)), "100000*0.6 500000*0.12 100*2.4", 0),
        (payload("openai-compatible-bailian", "qwen3-coder-plus", (200_000, 100_000, 0, 1_000)),
         "100000*3 100000*0.6 1000*15", 0),
        (payload("openai-compatible-dashscope", "qwen3.5-plus", (100_000, 50_000, 10_000, 1_000)),
         "40000*0.4 50000*0.04 10000*0.5 1000*2.4", 0),
    ],
)  # fmt: skip
def test_a_request_costs_the_sum_of_what_is_published(charged, sent, sum_, marks):
    products = [line.split("*") for line in sum_.split()]
    micros = sum(int(tokens) * Decimal(dollars) for tokens, dollars in products)
    answer = charged(sent)
    assert (answer.nanos, answer.marks) == (micros * 1_000, marks)
