import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model_names import (
    SPELLINGS_MAX,
    Decoration,
    MatchedBy,
    edited_ways,
    matches,
    parse_clause,
    spellings,
)

steady = settings(deadline=None, derandomize=True)


def names(name: str) -> list[str]:
    return [spelling.name for group in spellings(name) for spelling in group]


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("claude-opus-4-6(high)", "claude-opus-4-6"),
        ("claude-opus-4-6 (8192)", "claude-opus-4-6"),
        ("models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("team-a/claude-opus-4-6", "claude-opus-4-6"),
        ("team-a/models/gemini-2.5-pro(low)", "gemini-2.5-pro"),
        ("deepseek/deepseek-chat-v3.1", "deepseek-chat-v3.1"),
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
        ("gpt-5.4-2026-03-05", "gpt-5.4"),
        ("gpt-5.2-20251211", "gpt-5.2-2025-12-11"),
        ("mistral-large-latest", "mistral-large"),
        ("gemini-3-pro-high", "gemini-3-pro"),
        ("gemini-3-pro-high", "gemini-3-pro-preview"),
        ("claude-opus-4-6-thinking", "claude-opus-4-6"),
        ("gemini-claude-sonnet-4-5-thinking", "claude-sonnet-4-5"),
        ("GPT-5.4", "gpt-5.4"),
        ("claude-fable-5-1[1m]", "claude-fable-5-1"),
        ("kimi-k3 [256k]", "kimi-k3"),
        ("team-a/claude-opus-5-20260724[1m](high)", "claude-opus-5"),
        ("gemini-2.5-flash-001", "gemini-2.5-flash"),
    ],
)
def test_decorated_names_are_also_sought_without_their_decoration(sent, meant):
    assert meant in names(sent)


@pytest.mark.parametrize("name", ["qwen3-max", "gpt-5.1-codex-max", "deepseek-r1:free", "o3"])
def test_what_belongs_to_a_name_stays_on_it(name):
    assert {found.replace(".", "-") for found in names(name)} == {name.replace(".", "-")}


def test_versions_are_written_with_a_dot_or_a_dash():
    assert "grok-4-1-fast" in names("grok-4.1-fast")
    assert "gemini-2.5-pro" in names("gemini-2-5-pro")
    assert names("claude-opus-4-20250514") == ["claude-opus-4-20250514", "claude-opus-4-2025-05-14", "claude-opus-4"]


def test_a_name_that_may_be_its_own_is_only_guessed_at_when_nothing_knows_it():
    plain, guesses = spellings("kimi-k2-thinking")
    assert [spelling.name for spelling in plain] == ["kimi-k2-thinking"]
    assert [(spelling.name, spelling.removed) for spelling in guesses] == [("kimi-k2", (Decoration.EFFORT,))]


def test_a_spelling_says_what_was_taken_off_and_which_prefix():
    last = spellings("deepseek/deepseek-chat(high)")[0][-1]
    assert last.name == "deepseek-chat"
    assert set(last.removed) == {Decoration.PREFIX, Decoration.THINKING_SUFFIX}
    assert last.prefix == "deepseek"


@steady
@given(st.text(max_size=400))
def test_any_name_has_a_bounded_number_of_spellings_and_each_once(name):
    for group in spellings(name):
        assert len(group) <= SPELLINGS_MAX
    found = names(name)
    assert len(found) == len(set(found))
    assert all(spelling == spelling.lower() for spelling in found)


def test_a_long_name_of_nothing_but_decoration_is_cut_short():
    assert len(names("a/" * 5_000)) <= 2 * SPELLINGS_MAX


@pytest.mark.parametrize(
    ("clause", "yes", "no"),
    [
        ('["equals","gpt-5"]', "gpt-5", "gpt-5.1"),
        ('["starts_with","gpt-5"]', "gpt-5.1", "a-gpt-5"),
        ('["ends_with","-pro"]', "gpt-5-pro", "gpt-5-pro-1"),
        ('["contains","claude"]', "my-claude-x", "gpt"),
        ('["regex","^o[134]"]', "o3-mini", "gpt-o3"),
        ('["or",["equals","a"],["equals","b"]]', "b", "c"),
        ('["and",["starts_with","a"],["ends_with","b"]]', "ab", "ac"),
    ],
)
def test_clauses_hold_for_the_names_they_describe(clause, yes, no):
    assert matches(parse_clause(clause), yes)
    assert not matches(parse_clause(clause), no)


def test_an_unknown_kind_of_clause_is_an_error():
    with pytest.raises(ValueError, match="unknown kind"):
        matches(["sounds_like", "x"], "x")


@pytest.mark.parametrize(
    ("model", "alias", "way"),
    [
        ("claude-opus-4-6", "opus", MatchedBy.AS_SENT),
        ("upstream", "claude-opus-4-6", MatchedBy.ALIAS),
        ("team/claude-opus-4-6", "opus", MatchedBy.UNDECORATED),
        ("upstream", "team/claude-opus-4-6(high)", MatchedBy.UNDECORATED_ALIAS),
    ],
)
def test_a_match_says_by_which_name_it_came_about(model, alias, way):
    found = next(match for match in edited_ways(model, alias) if match.spelling.name == "claude-opus-4-6")
    assert found.matched_by is way
