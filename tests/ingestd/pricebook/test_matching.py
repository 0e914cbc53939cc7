"""Current names of every family find their price offline, and the right one."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from genai_prices import data
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.decode import decode
from ingestd.normalize import normalize
from ingestd.pricebook import catalogue as catalogue_rows
from ingestd.pricebook import catalogue_format
from ingestd.pricebook.book import PriceBook
from ingestd.pricebook.matching import ANY_SELLER, SELLERS, Catalogue
from ingestd.usage_event import UsageEvent
from shared.database import open_writer
from shared.migrations import migrate
from shared.model_names import MatchedBy
from shared.price_versions import charge_of
from tools.catalogue import genai

steady = settings(deadline=None, derandomize=True)

DATA = Path(__file__).parents[2] / "data" / "cpa"
NOW = 1_795_000_000_000_000


@pytest.fixture(scope="module")
def connection(tmp_path_factory) -> Iterator:
    opened = open_writer(tmp_path_factory.mktemp("prices") / "app.db", "ingestd")
    migrate(opened, NOW)
    catalogue_rows.seed(opened, catalogue_format.read(), NOW)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def book(connection) -> PriceBook:
    return PriceBook(connection)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(catalogue_format.read())


SENT, UNDECORATED = MatchedBy.AS_SENT, MatchedBy.UNDECORATED


@pytest.mark.parametrize(
    ("provider", "model", "wanted"),
    [
        ("claude", "claude-opus-4-6", ("anthropic", "claude-opus-4-6", SENT)),
        ("claude", "claude-sonnet-4-5-20250929", ("anthropic", "claude-sonnet-4-5", SENT)),
        ("claude", "claude-haiku-4-5", ("anthropic", "claude-haiku-4-5", SENT)),
        ("codex", "gpt-5.4(high)", ("openai", "gpt-5.4", UNDECORATED)),
        ("claude", "team-a/claude-opus-4-6", ("anthropic", "claude-opus-4-6", UNDECORATED)),
        ("codex", "gpt-5.4", ("openai", "gpt-5.4", SENT)),
        ("codex", "gpt-5.4-mini", ("openai", "gpt-5.4-mini", SENT)),
        ("codex", "gpt-5.3-codex", ("openai", "gpt-5.3-codex", SENT)),
        ("codex", "gpt-5.1-codex-max", ("openai", "gpt-5.1", SENT)),
        ("codex", "gpt-5-codex-high", ("openai", "gpt-5", UNDECORATED)),
        ("codex", "gpt-image-2", ("openai", "gpt-image-2", SENT)),
        ("gemini", "gemini-2.5-pro", ("google", "gemini-2.5-pro", SENT)),
        ("gemini", "models/gemini-2.5-pro", ("google", "gemini-2.5-pro", UNDECORATED)),
        ("gemini-interactions", "gemini-2.5-flash", ("google", "gemini-2.5-flash", SENT)),
        ("aistudio", "gemini-3-pro-preview", ("google", "gemini-3-pro-preview", SENT)),
        ("antigravity", "gemini-3-pro", ("google", "gemini-3-pro-preview", UNDECORATED)),
        ("antigravity", "gemini-3-pro-high", ("google", "gemini-3-pro-preview", UNDECORATED)),
        ("antigravity", "gemini-3-flash", ("google", "gemini-3-flash-preview", SENT)),
        ("antigravity", "gemini-claude-sonnet-4-5-thinking", ("anthropic", "claude-sonnet-4-5", UNDECORATED)),
        ("antigravity", "claude-opus-4-6-thinking", ("anthropic", "claude-opus-4-6", SENT)),
        ("antigravity", "gemini-pro-agent", ("google", "gemini-3.1-pro-preview", SENT)),
        ("antigravity", "gemini-3.1-pro-high", ("google", "gemini-3.1-pro-preview", UNDECORATED)),
        ("antigravity", "gemini-3-flash-agent", ("google", "gemini-3.5-flash", SENT)),
        ("antigravity", "gemini-3.5-flash-extra-low", ("google", "gemini-3.5-flash", SENT)),
        ("antigravity", "gemini-3.8-flash-medium", ("google", "gemini-3.8-flash", SENT)),
        ("antigravity", "gemini-3.1-flash-image", ("google", "gemini-3.1-flash-image-preview", SENT)),
        ("antigravity", "gpt-oss-120b-medium", ("openai", "gpt-oss-120b", UNDECORATED)),
        ("vertex", "claude-sonnet-4-5@20250929", ("google", "claude-sonnet-4-5", SENT)),
        ("xai", "grok-4", ("x-ai", "grok-4-0709", SENT)),
        ("xai", "grok-4.5", ("x-ai", "grok-4.5", SENT)),
        ("xai", "grok-code-fast-1", ("x-ai", "grok-code-fast-1", SENT)),
        ("kimi", "kimi-k2-thinking", ("moonshotai", "kimi-k2-thinking", SENT)),
        ("kimi", "kimi-k2-0905-preview", ("moonshotai", "kimi-k2-0905-preview", SENT)),
        ("claude", "kimi-k2-thinking", ("moonshotai", "kimi-k2-thinking", SENT)),
        ("openai-compatible-deepseek", "deepseek-chat", ("deepseek", "deepseek-chat", SENT)),
        ("openai-compatible-anything", "deepseek-v3.2", ("deepseek", "deepseek-v3.2", SENT)),
        ("openai-compatible-anything", "deepseek/deepseek-v3.2", ("deepseek", "deepseek-v3.2", UNDECORATED)),
        ("openai-compatible-openrouter", "deepseek/deepseek-v3.2", ("openrouter", "deepseek/deepseek-v3.2", SENT)),
        ("openai-compatible-openrouter", "qwen/qwen3-coder-plus", ("openrouter", "qwen/qwen3-coder-plus", SENT)),
        ("openai-compatible-anything", "qwen3-coder-plus", ("alibaba", "qwen3-coder-plus", SENT)),
        ("openai-compatible-dashscope", "qwen3-max-2026-01-23", ("alibaba", "qwen3-max", UNDECORATED)),
        ("openai-compatible-anything", "qwen/qwen3.5-plus", ("alibaba", "qwen3.5-plus", UNDECORATED)),
        ("qwen", "qwen3-max", ("alibaba", "qwen3-max", SENT)),
        ("kimi", "kimi-for-coding", ("moonshotai", "kimi-k2.7-code", SENT)),
        ("kimi", "kimi-for-coding-highspeed", ("moonshotai", "kimi-k2.7-code-highspeed", SENT)),
        ("kimi", "k3-256k", ("moonshotai", "kimi-k3", SENT)),
        ("kimi", "kimi-k3[1m]", ("moonshotai", "kimi-k3", UNDECORATED)),
        ("claude", "kimi-for-coding[256k]", ("moonshotai", "kimi-k2.7-code", UNDECORATED)),
        ("claude", "claude-fable-5-2[1m]", ("anthropic", "claude-fable-5-2", UNDECORATED)),
        ("claude", "team-a/claude-opus-5-20260724[1m](high)", ("anthropic", "claude-opus-5", UNDECORATED)),
        ("codex", "gpt-5.5[1m]", ("openai", "gpt-5.5", UNDECORATED)),
        ("claude", "glm-5.3", ("zai", "GLM-5.3", SENT)),
        ("claude", "zai-org/GLM-5.2[1m]", ("zai", "GLM-5.2", UNDECORATED)),
        ("openai-compatible-z.ai", "glm-5.2", ("zai", "GLM-5.2", SENT)),
        ("openai-compatible-bigmodel", "glm-5.2", ("zhipuai", "GLM-5.2", SENT)),
        ("openai-compatible-my-deepseek", "deepseek-flash", ("deepseek", "deepseek-flash", SENT)),
        ("vertex", "gemini-2.5-flash-001", ("google", "gemini-2.5-flash", UNDECORATED)),
        ("openai-compatible-groq", "llama-3.3-70b-versatile", ("groq", "llama-3.3-70b-versatile", SENT)),
        ("openai-compatible-anything", "anthropic/claude-opus-4.6", ("anthropic", "claude-opus-4-6", UNDECORATED)),
        ("openai-compatible-anything", "glm-4.6", ("zai", "GLM-4.6", SENT)),
        ("openai-compatible-anything", "minimax-m2", ("minimax", "MiniMax-M2", SENT)),
    ],
)  # fmt: skip
def test_a_current_model_is_priced_offline_by_whom_it_was_bought_from(catalogue, provider, model, wanted):
    found = catalogue.find(provider, model)
    assert found is not None
    assert (found.seller, found.model, found.match.matched_by) == wanted


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("claude", "claude-demo"),
        ("codex", "gpt-demo"),
        ("codex", "codex-auto-review"),
        ("codex", "gpt-5.3-codex-spark"),
        ("kimi", "kimi-k2.8"),
        ("antigravity", "tab_flash_lite_preview"),
        ("devin", "swe-2-high"),
        ("x", "[1m]"),
        ("my-plugin", "plugin-model"),
        ("openai-compatible-openrouter", "some/model"),
        ("openai-compatible-openrouter", "deepseek/deepseek-v3.2:free-of-charge"),
        ("openai-compatible-openrouter", "deepseek/deepseek-v4-flash:free"),
        ("openai-compatible-relay", "google/gemini-3.7-flash:Free"),
        ("", ""),
    ],
)
def test_a_name_that_nobody_sells_is_unpriced(catalogue, provider, model):
    assert catalogue.find(provider, model) is None


def test_every_seller_that_the_search_names_is_in_the_catalogue(catalogue):
    assert set(SELLERS.values()) | set(ANY_SELLER) <= set(catalogue._sellers)


def test_each_seller_answers_to_a_name_with_the_model_that_the_library_itself_finds(catalogue):
    sold = {(seller.id, line.model) for seller, lines in genai.sellers() for line in lines}
    for provider in data.providers:
        known = [model for model in provider.models if (provider.id, model.id) in sold]
        for name in sorted({name for model in known for name in _names(model.match)} | {m.id.lower() for m in known}):
            expected = next((model.id for model in known if model.is_match(name)), None)
            if expected is not None:
                assert catalogue.shelf(provider.id).look(name) == expected, (provider.id, name)


def _names(clause) -> Iterator[str]:
    """The texts in a rule, as names to ask for."""
    for value in vars(clause).values():
        if isinstance(value, str):
            yield value.lower()
        else:
            for part in value:
                yield from _names(part)


@steady
@given(model=st.text(max_size=40), alias=st.text(max_size=40), provider=st.sampled_from([*SELLERS, "x", ""]))
def test_any_names_find_a_price_or_none(book, model, alias, provider):
    payload = {"timestamp": "2026-11-24T00:00:00Z", "tokens": {"input_tokens": 5, "total_tokens": 5}}
    event = decode(json.dumps(payload | {"model": model, "alias": alias, "provider": provider}).encode())
    assert isinstance(event, UsageEvent)
    priced = book.price(event, normalize(event)[0])
    assert (priced.cost_nanos is None) == (priced.charge_id is None)


@pytest.mark.parametrize(
    ("provider", "seller"),
    [
        ("claude", "anthropic"),
        (" Vertex ", "google"),
        ("openai-compatible-openrouter", "openrouter"),
        ("openai-compatible-my-anthropic-proxy", "anthropic"),
        ("github-copilot", "github-copilot"),
        ("openai-compatible-acme", None),
        ("", None),
    ],
)
def test_a_provider_leads_to_the_prices_it_charges(catalogue, provider, seller):
    assert catalogue.seller_of(provider) == seller


def test_the_samples_are_priced_as_their_vendors_list_them(connection, book):
    """usage-samples.jsonl, by hand: line → nano-dollars."""
    expected = {
        1: 12 * 3_000 + 41_200 * 300 + 2_048 * 6_000 + 935 * 15_000,  # claude-sonnet-4-5 by login: 3, 0.3, 6 (1 h), 15
        7: 3 * 5_000 + 1_044 * 25_000,  # claude-opus-4-6: 5 and 25
        13: 900 * 1_250 + 160 * 10_000,  # gemini-2.5-pro
        22: 0,
    }
    for number, line in enumerate((DATA / "usage-samples.jsonl").read_bytes().splitlines(), start=1):
        event = decode(line)
        assert isinstance(event, UsageEvent)
        tokens, _ = normalize(event)
        priced = book.price(event, tokens)
        if number in expected:
            assert priced.cost_nanos == expected[number], number
        if priced.charge_id is not None:
            found = charge_of(connection, priced.charge_id)
            assert found is not None
            assert found[0].price is not None
            assert MatchedBy(found[1])
