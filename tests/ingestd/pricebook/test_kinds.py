"""What can go wrong with a price, by kind, with payloads beside the given ones (test_cases).

Costs are worked out by hand from the lists that test_published names. Pages of single facts stand beside them; they
were read on 2026-11-26 unless a date says otherwise.
"""

from decimal import Decimal

import pytest

from shared.prices import Mark
from tests.ingestd.pricebook.test_cases import FAST, FLEX, LOGIN, MILLION, PRIORITY, payload, said

HUNDRED = (100_000, 0, 0, 0)

NAMES = """
antigravity  gemini-pro-agent                          2       google     gemini-3.1-pro-preview
antigravity  gemini-3.1-pro-high                       2       google     gemini-3.1-pro-preview
antigravity  gemini-3-flash-agent                      1.5     google     gemini-3.5-flash
antigravity  gemini-3.8-flash-medium                   0.75    google     gemini-3.8-flash
antigravity  gemini-3-flash                            0.5     google     gemini-3-flash-preview
antigravity  claude-opus-4-6-thinking                  5       anthropic  claude-opus-4-6
antigravity  gemini-claude-sonnet-4-5-thinking         3       anthropic  claude-sonnet-4-5
antigravity  rev19-uic3-1p                             1.25    google     gemini-2.5-computer-use-preview-10-2025
kimi         kimi-k3-256k                              3       moonshotai kimi-k3
kimi         kimi-k3[1m]                               3       moonshotai kimi-k3
kimi         kimi-for-coding-highspeed                 1.9     moonshotai kimi-k2.7-code-highspeed
kimi         k2.6                                      0.95    moonshotai kimi-k2.6
claude       kimi-for-coding[256k]                     0.95    moonshotai kimi-k2.7-code
claude       claude-opus-5-5-20261001[1m]              4       anthropic  claude-opus-5-5
claude       team-a/claude-opus-5[1m](high)            5       anthropic  claude-opus-5
claude       claude-haiku-5-5[1m]                      0.1     anthropic  claude-haiku-5-5
claude       glm-5.3[1m]                               1.4     zai        GLM-5.3
claude       deepseek-v4-pro[1m]                       0.66    deepseek   deepseek-v4-pro
claude       claude-sonnet-4.5                         3       anthropic  claude-sonnet-4-5
claude       claude-opus-4-1-20250805                  15      anthropic  claude-opus-4-1
codex        gpt-5.5-2026-04-23                        5       openai     gpt-5.5
codex        gpt-5.1-codex-max(xhigh)                  1.25    openai     gpt-5.1
codex        gpt-5.6-sol-xhigh                         4       openai     gpt-5.6-sol
xai          grok-4.1-fast                             0.2     x-ai       grok-4-1-fast-reasoning
xai          grok-4-7                                  2       x-ai       grok-4.7
gemini       models/gemini-2.5-pro                     1.25    google     gemini-2.5-pro
gemini       gemini-2-5-flash                          0.3     google     gemini-2.5-flash
openai-compatible-x         zai-org/GLM-5.2            1.4     zai        GLM-5.2
openai-compatible-x         glm-5-turbo                1.2     zai        GLM-5-Turbo
openai-compatible-x         deepseek-ai/DeepSeek-V4-Pro 0.66   deepseek   deepseek-v4-pro
openai-compatible-zhipu     glm-5.2                    1.103   zhipuai    GLM-5.2
openai-compatible-bigmodel  glm-5.3                    1.103   zhipuai    GLM-5.3
openai-compatible-openrouter deepseek/deepseek-v4-pro  1.416   openrouter deepseek/deepseek-v4-pro
openai-compatible-dashscope qwen3-coder-plus-2025-09-23 3      alibaba    qwen3-coder-plus
openai-compatible-dashscope qwen3-max-preview          3       alibaba    qwen3-max-preview
openai-compatible-dashscope qwen3.5-397b-a17b          0.6     alibaba    qwen3.5-397b-a17b
openai-compatible-relay     anthropic/claude-opus-5-5  4       anthropic  claude-opus-5-5
"""
"""Who charges a name, and what a million tokens of input come to in requests of 150,000."""


@pytest.mark.parametrize("line", NAMES.strip().splitlines(), ids=lambda line: line.split()[1])
def test_a_name_finds_its_makers_price(charged, line):
    provider, model, dollars, seller, priced = line.split()
    stored = {"claude-haiku-5-5": Decimal(5)}.get(priced, 1)  # above its step all costs five times
    answer = charged(payload(provider, model, (150_000, 0, 0, 0), alias="gpt-4o"))
    assert answer.price is not None
    assert (answer.price.provider, answer.price.model) == (seller, priced)
    assert answer.nanos == Decimal(dollars) * stored * 150_000 * 1_000


UNPRICED = ["chat_20706", "tab_flash_lite_preview", "gpt-5.3-codex-spark", "codex-auto-review", "my-llama", "kimi-k2.8"]


@pytest.mark.parametrize("model", UNPRICED)
@pytest.mark.parametrize("alias", ["claude-opus-5-5", "gpt-5.5[1m]"])
def test_a_name_that_nobody_sells_stays_unpriced_whatever_it_is_called(charged, model, alias):
    assert charged(payload("openai-compatible-x", model, HUNDRED, alias=alias)).nanos is None


@pytest.mark.parametrize(
    ("sent", "dollars", "marks"),
    [
        # Codex: CPA takes every tier but priority and fast out of a request (its
        # internal/translator/codex/openai/responses/codex_openai-responses_request.go).
        (payload("codex", "gpt-5.4", HUNDRED, **LOGIN | FLEX | said("default")), "0.25", 0),
        (payload("codex", "gpt-5.4", HUNDRED, **LOGIN | FLEX), "0.25", 0),
        (payload("codex", "gpt-5", HUNDRED, **FLEX), "0.125", 0),
        (payload("codex", "gpt-5", HUNDRED, **FLEX | said("flex")), "0.0625", 0),
        (payload("codex", "gpt-5.4", HUNDRED, service_tier="scale", **LOGIN), "0.25", 0),
        (payload("codex", "gpt-6-sol", HUNDRED, **LOGIN | FAST | said("default")), "0.4", 1),
        (payload("codex", "gpt-5.5", HUNDRED, **LOGIN | PRIORITY | said("auto")), "1.25", 1),
        (payload("codex", "gpt-5.4-nano", HUNDRED, **LOGIN | PRIORITY), "0.02", 0),
        # Google's Code Assist has no tiers: neither has what Antigravity serves.
        (payload("antigravity", "gemini-3.8-flash-high", MILLION, **LOGIN | FLEX), "0.75", 0),
        (payload("antigravity", "gemini-pro-agent", HUNDRED, **LOGIN | PRIORITY), "0.2", 0),
        (payload("gemini", "gemini-3.6-flash", MILLION, **PRIORITY), "1.35", 1),
        (payload("gemini", "gemini-3.5-flash-lite", MILLION, **said("flex")), "0.15", 0),
        (payload("xai", "grok-4.3", HUNDRED, **said("priority") | LOGIN), "0.25", 0),
        (payload("xai", "grok-4.5", HUNDRED, **PRIORITY | said("default")), "0.2", 0),
        (payload("xai", "grok-4.7", HUNDRED, **FLEX | said("flex")), "0.2", 0),
        # Fast mode: code.claude.com/docs/en/fast-mode names the models that have one.
        (payload("claude", "claude-opus-5[1m]", (500_000, 0, 0, 0), **PRIORITY | LOGIN), "5", 1),
        (payload("claude", "claude-fable-5-2", (100_000, 0, 100_000, 0), **LOGIN | PRIORITY), "3.2", 3),
        (payload("claude", "claude-fable-5-1", HUNDRED, **PRIORITY), "1", 0),
        (payload("claude", "claude-sonnet-5", HUNDRED, **FAST), "0.2", 0),
        (payload("claude", "claude-opus-5-5", HUNDRED, service_tier="standard_only"), "0.4", 0),
        # Images of one size that fill the output whole are all of it.
        (payload("gemini", "gemini-3-pro-image-preview", (0, 0, 0, 2_240)), "0.2688", 8),
        (payload("gemini", "gemini-3.1-flash-image-preview", (0, 0, 0, 2_241)), "0.13446", 8),
        (payload("gemini", "gemini-2.5-flash-image", (0, 0, 0, 2_610)), "0.077475", 8),
        (payload("gemini", "gemini-3-pro-image-preview", (0, 0, 0, 3_120, 0), **FLEX), "0.1872", 9),
        # Half price until 24:00 of 9 September in Singapore: docs.z.ai/guides/overview/pricing.
        (payload("claude", "glm-5.3-flash", MILLION, timestamp="2026-09-09T15:59:59.999999Z"), "0.075", 0),
        (payload("claude", "glm-5.3-flash", MILLION, timestamp="2026-09-09T16:00:00Z"), "0.15", 0),
        (payload("gemini", "gemini-3.7-flash", MILLION, timestamp="2026-12-31T23:59:59.999999Z"), "0.75", 0),
        (payload("gemini", "gemini-3.7-flash", MILLION, timestamp="2027-01-01T00:00:00Z"), "1.5", 0),
        # Peak hours, from and up to a second, on working days; a reseller has none.
        (payload("claude", "deepseek-v4-pro", MILLION, timestamp="2026-11-24T00:59:59.999999Z"), "0.66", 0),
        (payload("claude", "deepseek-v4-pro", MILLION, timestamp="2026-11-24T01:00:00Z"), "1.32", 0),
        (payload("claude", "deepseek-v4-pro", MILLION, timestamp="2026-11-24T04:00:00Z"), "0.66", 0),
        (payload("claude", "deepseek-v4-pro", MILLION, timestamp="2026-11-29T08:00:00Z"), "0.66", 0),
        (payload("openrouter", "deepseek/deepseek-v4-pro", MILLION, timestamp="2026-11-24T02:00:00Z"), "1.416", 0),
        # Steps, on their edge and above it.
        (payload("claude", "claude-sonnet-4-5", (200_000, 0, 0, 0)), "0.6", 0),
        (payload("claude", "claude-sonnet-4-5", (200_001, 0, 0, 0)), "1.200006", 0),
        (payload("xai", "grok-4.6", (200_000, 0, 0, 0)), "0.8", 0),
        (payload("antigravity", "rev19-uic3-1p", (200_001, 0, 0, 1_000), **LOGIN), "0.5150025", 0),
        (payload("openai-compatible-x", "qwen3-coder-plus", (128_000, 0, 0, 0)), "0.2304", 0),
        (payload("openai-compatible-x", "qwen3-coder-plus", (256_000, 0, 0, 0)), "0.768", 0),
        (payload("openai-compatible-x", "qwen3-coder-plus", (256_001, 0, 0, 1_000)), "1.596006", 0),
        (payload("openai-compatible-x", "qwen3-coder-480b-a35b-instruct", (32_001, 0, 0, 0)), "0.0864027", 0),
    ],
)  # fmt: skip
def test_a_kind_costs_what_is_published(charged, sent, dollars, marks):
    answer = charged(sent)
    assert answer.nanos == Decimal(dollars) * 10**9
    assert answer.marks == Mark(marks)
