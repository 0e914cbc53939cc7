"""Golden figures of contract C6, every captured payload against what its upstream reported, and properties."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestd.decode import decode
from ingestd.families import Family, family
from ingestd.normalize import normalize, normalize_counters, unmetered
from ingestd.usage_event import Counters, UsageEvent
from shared.normalization import (
    CAVEAT_TEXTS,
    EXPLANATIONS,
    TOKENS_MAX,
    Caveat,
    Outcome,
    Tokens,
    caveats,
)

steady = settings(deadline=None, derandomize=True)

DATA = Path(__file__).parents[1] / "data" / "cpa"


def event_of(payload: dict) -> UsageEvent:
    event = decode(json.dumps(payload).encode())
    assert isinstance(event, UsageEvent), event
    return event


def counters(**values) -> Counters:
    return Counters(**{"total_tokens": 0} | values)


def figures(tokens: Tokens) -> tuple[int, ...]:
    """Canonical input, cache read, cache write, output, reasoning, total: the order of the contract's tables."""
    return tokens.input, tokens.cache_read, tokens.cache_write, tokens.output, tokens.reasoning, tokens.total


# Contract C6: executor, provider, CPA's tokens (input, output, reasoning, cached, read, creation, total), version 2
# (quality, (uncached, read, write), (non-reasoning, reasoning), unclassified), canonical figures, outcome of C5.
CHAIN = {
    "T1": ("CodexExecutor", "codex", (12000, 800, 500, 9000, 9000, 0, 12800),
           ("complete", (3000, 9000, 0), (300, 500), 0), (12000, 9000, 0, 800, 500, 12800), Outcome.VALID),
    "T2": ("OpenAICompatExecutor", "openrouter", (5000, 400, 0, 2000, 2000, 1000, 5400),
           ("complete", (2000, 2000, 1000), (400, 0), 0), (5000, 2000, 1000, 400, 0, 5400), Outcome.VALID),
    "T3": ("ClaudeExecutor", "claude", (100, 700, 300, 9000, 9000, 500, 10300),
           ("complete", (100, 9000, 500), (400, 300), 0), (9600, 9000, 500, 700, 300, 10300), Outcome.NORMALIZED),
    "T4": ("ClaudeExecutor", "claude", (1200, 350, 0, 0, 0, 0, 1550),
           ("complete", (1200, 0, 0), (350, 0), 0), (1200, 0, 0, 350, 0, 1550), Outcome.VALID),
    "T5": ("ClaudeExecutor", "claude", (50, 20, 0, 4000, 0, 4000, 4070),
           ("complete", (50, 0, 4000), (20, 0), 0), (4050, 0, 4000, 20, 0, 4070), Outcome.NORMALIZED),
    "T6": ("GeminiExecutor", "gemini", (2000, 300, 200, 1500, 1500, 0, 2500),
           ("complete", (500, 1500, 0), (300, 200), 0), (2000, 1500, 0, 500, 200, 2500), Outcome.NORMALIZED),
    "T7": ("GeminiVertexExecutor", "vertex", (1200, 100, 50, 0, 0, 0, 1350),
           ("complete", (1200, 0, 0), (100, 50), 0), (1200, 0, 0, 150, 50, 1350), Outcome.NORMALIZED),
    "T8": ("AntigravityExecutor", "antigravity", (8000, 250, 120, 6000, 6000, 0, 8370),
           ("complete", (2000, 6000, 0), (250, 120), 0), (8000, 6000, 0, 370, 120, 8370), Outcome.NORMALIZED),
    "T9": ("GeminiExecutor", "gemini", (11, 7, 3, 0, 0, 0, 999),
           ("inconsistent", (0, 0, 0), (0, 0), 999), (11, 0, 0, 10, 3, 21), Outcome.CORRECTED),
    "T10": ("XAIExecutor", "xai", (3000, 600, 450, 1024, 1024, 0, 3600),
            ("complete", (1976, 1024, 0), (150, 450), 0), (3000, 1024, 0, 600, 450, 3600), Outcome.VALID),
    "T11": ("KimiExecutor", "kimi", (900, 120, 80, 700, 700, 0, 1020),
            ("complete", (200, 700, 0), (40, 80), 0), (900, 700, 0, 120, 80, 1020), Outcome.VALID),
    "T12": ("OpenAICompatExecutor", "openai-compatible-acme", (1000, 20, 50, 0, 0, 0, 1070),
            ("inconsistent", (0, 0, 0), (0, 0), 1070), (1000, 0, 0, 70, 50, 1070), Outcome.COMPATIBILITY),
    "T13": ("OpenAICompatExecutor", "openrouter", (0, 0, 0, 0, 0, 0, 42),
            ("unclassified", (0, 0, 0), (0, 0), 42), (0, 0, 0, 0, 0, 42), Outcome.AMBIGUOUS_TOTAL),
    "T14": ("GeminiExecutor", "gemini-interactions", (460, 90, 30, 128, 128, 0, 580),
            ("complete", (332, 128, 0), (90, 30), 0), (460, 128, 0, 120, 30, 580), Outcome.NORMALIZED),
    "T15": ("ClaudeExecutor", "claude", (10, 5, 9, 0, 0, 0, 15),
            ("inconsistent", (0, 0, 0), (0, 0), 15), (10, 0, 0, 5, 9, 15), Outcome.OUTPUT_BELOW_REASONING),
    "T16": ("CodexExecutor", "codex", (10, 0, 0, 4, 4, 0, 15),
            ("unclassified", (6, 4, 0), (0, 0), 5), (10, 4, 0, 0, 0, 10), Outcome.CORRECTED),
    "T17": ("CodexExecutor", "codex", (0, 0, 0, 0, 0, 0, 0),
            ("complete", (0, 0, 0), (0, 0), 0), (0, 0, 0, 0, 0, 0), Outcome.VALID),
    "T18": ("KimiExecutor", "kimi", (11, 7, 3, 0, 0, 0, 21),
            ("inconsistent", (0, 0, 0), (0, 0), 21), (11, 0, 0, 7, 3, 21), Outcome.VALID),
}  # fmt: skip

# Rows without a breakdown: executor, provider, counters, present flag, canonical figures, outcome.
LEGACY = {
    "L1": ("", "claude", {"input": 3085, "output": 253, "cache_creation": 19514, "total": 3338}, False,
           (22599, 0, 19514, 253, 0, 22852), Outcome.CORRECTED),
    "L2": ("", "claude", {"input": 100, "output": 20, "cache_creation": 10, "total": 125}, False,
           (110, 0, 10, 20, 0, 130), Outcome.AMBIGUOUS_TOTAL),  # reported 125, which is less than its parts
    "L3": ("", "gemini", {"input": 11, "output": 7, "reasoning": 3}, False,
           (11, 0, 0, 10, 3, 21), Outcome.COMPATIBILITY),
    "L4": ("", "gemini", {"input": 11, "output": 7, "reasoning": 3, "total": 99}, False,
           (11, 0, 0, 7, 3, 99), Outcome.AMBIGUOUS_TOTAL),
    "L5": ("CodexExecutor", "", {"cached": 30, "total": 30}, False,
           (30, 30, 0, 0, 0, 30), Outcome.COMPATIBILITY),
    "L6": ("CodexExecutor", "", {"input": 100, "output": 20, "cached": 30, "total": 120}, False,
           (100, 30, 0, 20, 0, 120), Outcome.COMPATIBILITY),
    "L7": ("CodexExecutor", "", {"input": 100, "output": 20, "cached": 30, "total": 120}, True,
           (100, 0, 0, 20, 0, 120), Outcome.VALID),
    "L8": ("FutureExecutor", "custom", {"input": 100, "output": 20, "reasoning": 5, "cached": 7, "total": 125}, True,
           (100, 7, 0, 20, 5, 125), Outcome.COMPATIBILITY),
    "L9": ("CodexExecutor", "", {"input": -5, "output": 7, "total": 99}, True,
           (0, 0, 0, 7, 0, 99), Outcome.AMBIGUOUS_TOTAL),
    "L10": ("CodexExecutor", "", {"input": 10, "output": 20, "cache_read": 8, "cache_creation": 5, "total": 999}, True,
            (13, 8, 5, 20, 0, 999), Outcome.INPUT_BELOW_CACHE),
    "L11": ("CodexExecutor", "", {"input": 100, "output": 20, "reasoning": 5, "cache_read": 30, "cache_creation": 10,
                                  "total": 125}, True,
            (100, 30, 10, 20, 5, 120), Outcome.CORRECTED),
    "L12": ("", "codex", {"input": 100, "output": 20, "reasoning": 5, "total": 125}, False,
            (100, 0, 0, 20, 5, 125), Outcome.AMBIGUOUS_TOTAL),
}  # fmt: skip

COUNTER_NAMES = ("input", "output", "reasoning", "cached", "cache_read", "cache_creation", "total")


def payload_of(executor, provider, values, version_2=None) -> dict:
    tokens = {f"{name}_tokens": value for name, value in zip(COUNTER_NAMES, values, strict=True)}
    payload = {
        "timestamp": "2026-08-22T12:00:00Z",
        "executor_type": executor,
        "provider": provider,
        "model": "m",
        "tokens": tokens | {"cache_read_tokens_present": True},
    }
    if version_2 is not None:
        quality, (uncached, read, write), (plain, reasoning), unclassified = version_2
        payload["accounting_version"] = 2
        payload["token_breakdown"] = {
            "schema_version": 2,
            "quality": quality,
            "total_tokens": uncached + read + write + plain + reasoning + unclassified,
            "input": {
                "total_tokens": uncached + read + write,
                "uncached_tokens": uncached,
                "cache_read_tokens": read,
                "cache_write_tokens": write,
            },
            "output": {
                "total_tokens": plain + reasoning,
                "non_reasoning_tokens": plain,
                "reasoning_tokens": reasoning,
            },
            "unclassified_tokens": unclassified,
        }
    return payload


@pytest.mark.parametrize("row", CHAIN)
def test_counters_alone_give_the_figures_of_the_contract(row):
    executor, provider, values, _, canonical, outcome = CHAIN[row]
    tokens, got = normalize(event_of(payload_of(executor, provider, values)))
    assert (figures(tokens), got) == (canonical, outcome)


@pytest.mark.parametrize("row", CHAIN)
def test_a_breakdown_gives_the_figures_of_the_contract(row):
    executor, provider, values, version_2, canonical, outcome = CHAIN[row]
    quality, (uncached, read, write), (plain, reasoning), unclassified = version_2
    tokens, got = normalize(event_of(payload_of(executor, provider, values, version_2)))
    if quality == "complete":
        assert (figures(tokens), got, tokens.unclassified) == (canonical, Outcome.DIRECT, 0)
        assert tokens.uncached == uncached
    elif quality == "unclassified":  # the known parts, and the rest in a column of its own
        known = uncached + read + write, read, write, plain + reasoning, reasoning
        assert figures(tokens) == (*known, sum((known[0], known[3], unclassified)))
        assert (tokens.unclassified, got) == (unclassified, Outcome.UNCLASSIFIED)
    else:  # contradictory: the counters are read instead
        assert (figures(tokens), got) == (canonical, outcome)


@pytest.mark.parametrize("row", LEGACY)
def test_payloads_without_a_breakdown_give_the_figures_of_the_contract(row):
    executor, provider, values, present, canonical, outcome = LEGACY[row]
    reported = Counters(**{f"{name}_tokens": n for name, n in values.items()}, cache_read_tokens_present=present)
    tokens, got = normalize_counters(reported, executor, provider)
    assert (figures(tokens), got) == (canonical, outcome)


def upstream_figures(usage: dict) -> tuple[int, ...]:
    """Canonical figures from what an upstream reported, straight from its own documentation (contract, C3 and C4)."""
    get = usage.get
    if "promptTokenCount" in usage:  # Gemini family: reasoning beside the output
        reasoning = get("thoughtsTokenCount", 0)
        into = usage["promptTokenCount"] + get("toolUsePromptTokenCount", 0)
        out = get("candidatesTokenCount", 0) + reasoning
        return into, get("cachedContentTokenCount", 0), 0, out, reasoning, into + out
    if "total_input_tokens" in usage:  # Interactions
        reasoning = get("total_thought_tokens", 0)
        into = usage["total_input_tokens"] + get("total_tool_use_tokens", 0)
        out = get("total_output_tokens", 0) + reasoning
        return into, get("total_cached_tokens", 0), 0, out, reasoning, into + out
    into_details = get("prompt_tokens_details") or get("input_tokens_details") or {}
    out_details = get("completion_tokens_details") or get("output_tokens_details") or {}
    into, out = get("prompt_tokens", get("input_tokens", 0)), get("completion_tokens", get("output_tokens", 0))
    read, write = into_details.get("cached_tokens", 0), into_details.get("cache_write_tokens", 0)
    reasoning = out_details.get("reasoning_tokens", 0)
    if "total_tokens" not in usage and "prompt_tokens" not in usage:  # Claude: cache beside the input
        read, write = get("cache_read_input_tokens", 0), get("cache_creation_input_tokens", 0)
        into += read + write
        reasoning = out_details.get("thinking_tokens", 0)
    return into, read, write, out, reasoning, max(into + out, get("total_tokens", 0))


def captured() -> list[tuple[dict, dict]]:
    payloads = (DATA / "captured-usage.jsonl").read_text().splitlines()
    index = (DATA / "captured-usage-index.jsonl").read_text().splitlines()
    return [(json.loads(entry), json.loads(line)) for entry, line in zip(index, payloads, strict=True)]


# Captured successes that CPA itself reported otherwise than their upstream did (contract, section 0).
UNSEEN_BY_CPA = {
    30: "the image tool's extra record, whose usage is another",
    68: "an empty stream",
    91: "an error inside the stream",
    104: "a Vertex stream: only its early chunk counts",
}


def test_every_captured_payload_has_the_tokens_that_its_upstream_reported():
    checked = 0
    for entry, payload in captured():
        event = event_of(payload)
        tokens, outcome = normalize(event)
        usage = (entry["expected"] or {}).get("usage")
        if event.failed or usage is None:
            # No usage upstream, or CPA never saw it; the few with tokens all the same are upstream WebSockets.
            assert event.tokens.is_zero or event.executor_type.endswith("WebsocketsExecutor")
        elif entry["line"] not in UNSEEN_BY_CPA:
            assert figures(tokens) == upstream_figures(usage), entry["line"]
            assert (outcome is Outcome.DIRECT) == (payload["token_breakdown"]["quality"] == "complete")
            checked += 1
    assert checked == 68


def test_both_ways_agree_on_every_captured_payload_that_cpa_could_classify():
    for entry, payload in captured():
        if payload["token_breakdown"]["quality"] != "complete":
            continue
        event = event_of(payload)
        direct, _ = normalize(event)
        counted, _ = normalize_counters(event.tokens, event.executor_type, event.provider)
        assert direct == counted, entry["line"]


# Line of usage-samples.jsonl → canonical figures, by hand from contract 3.4 and 3.12.
SAMPLES = {
    1: (43260, 41200, 2048, 935, 210, 44195),
    2: (22599, 0, 19514, 253, 0, 22852),
    3: (152340, 139776, 0, 4180, 2944, 156520),
    4: (17984, 4096, 0, 3696, 1028, 21680),
    5: (2010, 1500, 0, 412, 96, 2422),
    7: (3, 0, 0, 1044, 0, 1047),
    12: (5230, 0, 0, 987, 377, 6217),
    13: (900, 0, 0, 160, 40, 1060),
    14: (8000, 6000, 0, 700, 300, 8700),
    15: (8000, 6000, 0, 500, 0, 8500),
    16: (4100, 2048, 0, 800, 512, 4900),
    18: (210, 0, 0, 4160, 0, 4370),
    19: (0, 0, 0, 0, 0, 42),
    20: (10, 4, 0, 3, 1, 20),
    21: (100, 0, 0, 20, 0, 120),
    23: (1200, 1024, 0, 300, 128, 1500),
    25: (41212, 41200, 0, 935, 0, 42147),
    26: (43260, 41200, 2048, 935, 0, 44195),
    27: (5000, 4096, 0, 900, 512, 5900),
    28: (5000, 4096, 0, 900, 512, 5900),
}


def test_every_sample_since_the_first_version_has_its_canonical_tokens():
    for number, line in enumerate((DATA / "usage-samples.jsonl").read_bytes().splitlines(), start=1):
        event = decode(line)
        assert isinstance(event, UsageEvent)
        tokens, _ = normalize(event)
        assert figures(tokens) == SAMPLES.get(number, (0,) * 6), number
        assert unmetered(event, tokens) == (number == 22)


def test_a_total_that_is_more_than_its_parts_leaves_the_excess_unclassified():
    tokens, _ = normalize_counters(
        counters(input_tokens=11, output_tokens=7, reasoning_tokens=3, total_tokens=99), "", "gemini"
    )
    assert tokens.unclassified == 81


def test_a_breakdown_that_does_not_add_up_is_not_believed():
    payload = payload_of(*CHAIN["T1"][:4])
    payload["token_breakdown"]["input"]["uncached_tokens"] += 1
    tokens, outcome = normalize(event_of(payload))
    assert (figures(tokens), outcome) == (CHAIN["T1"][4], Outcome.VALID)


def test_a_breakdown_with_a_negative_part_is_not_believed():
    payload = payload_of("CodexExecutor", "codex", (10, 5, 0, 0, 0, 0, 15), ("complete", (12, -2, 0), (5, 0), 0))
    assert normalize(event_of(payload)) == (Tokens(10, 0, 0, 5, 0, 0), Outcome.VALID)


def test_a_breakdown_of_an_older_accounting_version_is_not_read():
    payload = payload_of(*CHAIN["T16"][:4]) | {"accounting_version": 1}
    assert normalize(event_of(payload))[1] is Outcome.CORRECTED


def test_a_cached_only_codex_event_is_left_as_it_is_whether_or_not_the_read_is_explicit():
    shape = counters(cached_tokens=30, total_tokens=30, cache_read_tokens_present=True)
    tokens, outcome = normalize_counters(shape, "CodexExecutor", "codex")
    assert (figures(tokens), outcome) == ((0, 0, 0, 0, 0, 30), Outcome.VALID)
    tokens, _ = normalize_counters(counters(cached_tokens=30, total_tokens=30), "XAIExecutor", "xai")
    assert figures(tokens) == (30, 30, 0, 0, 0, 30)


def test_a_cache_read_that_was_negative_is_not_replaced_by_cached_tokens():
    damaged = counters(input_tokens=100, output_tokens=20, cached_tokens=30, cache_read_tokens=-1, total_tokens=120)
    tokens, outcome = normalize_counters(damaged, "CodexExecutor", "codex")
    assert tokens.cache_read == 0
    assert outcome.is_ambiguous


def test_a_negative_total_is_no_missing_total():
    damaged = counters(input_tokens=10, output_tokens=5, total_tokens=-1)
    tokens, outcome = normalize_counters(damaged, "CodexExecutor", "codex")
    assert (tokens.total, outcome) == (15, Outcome.AMBIGUOUS_TOTAL)


def test_a_missing_total_is_the_sum_of_the_parts():
    tokens, outcome = normalize_counters(counters(input_tokens=100, output_tokens=20), "CodexExecutor", "codex")
    assert (tokens.total, tokens.unclassified, outcome) == (120, 0, Outcome.COMPATIBILITY)


def test_claude_with_two_different_figures_for_cache_reads_is_ambiguous():
    reported = counters(input_tokens=1, output_tokens=1, cached_tokens=5, cache_read_tokens=6, total_tokens=8)
    assert normalize_counters(reported, "ClaudeExecutor", "claude")[1] is Outcome.AMBIGUOUS_CACHE


def test_figures_beyond_any_request_are_not_counted():
    for reported in (
        counters(input_tokens=2**63 - 1, output_tokens=1, total_tokens=42),
        counters(total_tokens=TOKENS_MAX + 1),
        counters(reasoning_tokens=TOKENS_MAX + 1),
    ):
        assert normalize_counters(reported, "OpenAICompatExecutor", "x") == (Tokens(), Outcome.OVERFLOW)
    huge = payload_of("CodexExecutor", "codex", (0,) * 7, ("complete", (TOKENS_MAX, 1, 0), (0, 0), 0))
    assert normalize(event_of(huge)) == (Tokens(), Outcome.OVERFLOW)


def test_an_executor_outweighs_the_provider_and_its_spelling_does_not_matter():
    assert family(" claudeexecutor ", "kimi") == (Family.CLAUDE, True)
    assert family("", "OpenAI-Compatible-Acme") == (Family.OPENAI_COMPATIBLE, False)
    assert family("FutureExecutor", "custom") == (Family.STRICT, False)


def test_a_success_without_tokens_is_unmetered_unless_it_was_a_warm_up_or_failed():
    silent = payload_of("GeminiExecutor", "gemini", (0,) * 7)
    assert unmetered(event_of(silent), Tokens())
    assert not unmetered(event_of(silent | {"generate": False}), Tokens())
    assert not unmetered(event_of(silent | {"failed": True}), Tokens())
    assert not unmetered(event_of(silent), Tokens(unclassified=42))


def test_vertex_figures_carry_their_caveat():
    assert caveats("vertex") == (Caveat.VERTEX_STREAMS,)
    assert caveats("gemini") == ()
    assert set(CAVEAT_TEXTS) == set(Caveat)


def test_every_outcome_explains_itself_and_keeps_its_number():
    assert set(EXPLANATIONS) == set(Outcome)
    assert [outcome.label for outcome in Outcome] == [
        "direct", "unclassified", "valid", "normalized", "compatibility", "corrected", "ambiguous_total",
        "ambiguous_cache", "input_below_cache", "output_below_reasoning", "overflow", "imported",
    ]  # fmt: skip
    assert list(Outcome) == list(range(len(Outcome)))


EXECUTORS = ["ClaudeExecutor", "GeminiExecutor", "CodexExecutor", "XAIExecutor", "KimiExecutor",
             "OpenAICompatExecutor", "unknown", ""]  # fmt: skip
PROVIDERS = ["claude", "gemini", "vertex", "codex", "kimi", "openai-compatible-x", "plugin", ""]
NUMBERS = st.one_of(st.integers(-5, 50), st.integers(-(2**63), 2**63 - 1))


@steady
@given(
    numbers=st.tuples(*[NUMBERS] * 7),
    present=st.booleans(),
    executor=st.sampled_from(EXECUTORS),
    provider=st.sampled_from(PROVIDERS),
)
def test_any_counters_give_bounded_tokens_whose_total_covers_what_was_reported(numbers, present, executor, provider):
    reported = Counters(*(*numbers, present))
    tokens, outcome = normalize_counters(reported, executor, provider)
    assert all(0 <= value <= TOKENS_MAX for value in msgspec.structs.astuple(tokens))
    assert 0 <= tokens.total <= TOKENS_MAX
    assert tokens.cache_read + tokens.cache_write <= tokens.input
    if outcome is Outcome.OVERFLOW:
        assert tokens == Tokens()
    elif outcome is not Outcome.CORRECTED and not (executor == "ClaudeExecutor" and outcome is Outcome.AMBIGUOUS_CACHE):
        # Claude's total is its parts, whatever was reported; that the cache is in doubt is said before that.
        assert tokens.total >= reported.total_tokens


@steady
@given(
    parts=st.tuples(*[st.integers(0, 10**7)] * 5),
    style=st.sampled_from(["ClaudeExecutor", "GeminiExecutor", "CodexExecutor", "XAIExecutor"]),
)
def test_a_consistent_payload_gives_its_own_parts_back_whatever_the_family(parts, style):
    uncached, read, write, plain, reasoning = parts
    into, out = uncached + read + write, plain + reasoning
    reported = Counters(
        input_tokens=uncached if style == "ClaudeExecutor" else into,
        output_tokens=plain if style == "GeminiExecutor" else out,
        reasoning_tokens=reasoning,
        cached_tokens=read,
        cache_read_tokens=read,
        cache_creation_tokens=write,
        total_tokens=into + out,
        cache_read_tokens_present=True,
    )
    tokens, outcome = normalize_counters(reported, style, "")
    assert tokens == Tokens(into, read, write, out, reasoning, 0)
    assert tokens.uncached == uncached
    assert outcome in (Outcome.VALID, Outcome.NORMALIZED, Outcome.COMPATIBILITY)


@pytest.mark.parametrize(
    ("given", "executor", "provider", "canonical", "outcome"),
    [
        # Reads inside the input, writes beside it: the total says so.
        ((1000, 50, 900, 900, 500, 1550), "DevinExecutor", "devin", (1500, 900, 500, 50, 0, 1550), Outcome.NORMALIZED),
        # Everything of the cache beside the input, as Claude counts, by somebody nobody knows.
        (
            (12, 935, 41200, 41200, 2048, 44195),
            "unknown",
            "kiro",
            (43260, 41200, 2048, 935, 0, 44195),
            Outcome.NORMALIZED,
        ),
        # The cache is in neither input nor total.
        ((12, 935, 41200, 0, 0, 947), "", "kiro", (41212, 41200, 0, 935, 0, 42147), Outcome.INPUT_BELOW_CACHE),
        (
            (12, 935, 41200, 41200, 0, 947),
            "CodexExecutor",
            "codex",
            (41200, 41200, 0, 935, 0, 42135),
            Outcome.INPUT_BELOW_CACHE,
        ),
    ],
)
def test_no_part_is_larger_than_the_input(given, executor, provider, canonical, outcome):
    names = (
        "input_tokens",
        "output_tokens",
        "cached_tokens",
        "cache_read_tokens",
        "cache_creation_tokens",
        "total_tokens",
    )
    tokens, got = normalize_counters(counters(**dict(zip(names, given, strict=True))), executor, provider)
    assert (figures(tokens), got) == (canonical, outcome)
