"""The worked cost examples P1 to P22 of the contract (B9), from CPA's queue to the answer, to the nano-dollar."""

import json
from dataclasses import dataclass, field
from fractions import Fraction

import pytest

from shared.prices import RuleKey
from tests.ingestd.conftest import payload
from tests.system import contract

pytestmark = pytest.mark.system

ALL = "from=2026-01-01&to=2027-01-01"
GPT = ("gpt-x", "2.5 10 0.25 0")
CLAUDE = ("claude-x", "3 15 0.3 3.75")
GPT_TOKENS = (12_000, 800, 9_000, 0)
CLAUDE_TOKENS = (9_600, 700, 9_000, 500)
PRIORITY = {"service_tier": "priority"}


@dataclass(frozen=True)
class Example:
    """`tokens`: input, output, cache read, cache write. `prices`: prompt, completion, read, write, USD per million.

    `rules`: (key, value, factor, whether the contract says that it matches). Every example has models of its own, so
    that no price or rule of another one can reach it.
    """

    dollars: str | None
    tokens: tuple[int, int, int, int]
    priced: tuple[str, str]
    event: dict[str, str] = field(default_factory=dict)
    multiplier: str = "1"
    rules: tuple[tuple[str, str, str, bool], ...] = ()


EXAMPLES = {
    "p1": Example("0.017750000", GPT_TOKENS, GPT),
    "p2": Example("0.015375000", CLAUDE_TOKENS, CLAUDE),
    "p3": Example("0.015375000", CLAUDE_TOKENS, CLAUDE),
    "p4": Example("0.006090000", (2_000, 500, 1_500, 0), ("gemini-x", "1.25 10 0.31 0")),
    "p5": Example("0.014625000", (5_000, 400, 2_000, 1_000), ("gpt-y", "2.5 15 0.25 3.125")),
    "p6": Example("0.009500000", (5_000, 400, 2_000, 1_000), GPT),
    "p7": Example("32.175000000", (1_300_000, 500_000, 200_000, 100_000), ("m", "10 20 1 12.5"), multiplier="1.5"),
    "p8": Example(
        "0.000000000",
        (1_300_000, 500_000, 200_000, 100_000),
        ("m", "10 20 1 12.5"),
        PRIORITY,
        "0",
        (("service_tier", "priority", "2", False),),  # a multiplier of 0 evaluates no rule (B3)
    ),
    "p9": Example("0.035500000", GPT_TOKENS, GPT, PRIORITY, rules=(("service_tier", "priority", "2", True),)),
    "p10": Example(
        "0.063900000",
        GPT_TOKENS,
        GPT,
        PRIORITY | {"reasoning_effort": "xhigh", "endpoint": "POST /v1/responses"},
        "1.2",
        (
            ("service_tier", "priority", "2", True),
            ("reasoning_effort", "xhigh", "1.5", True),
            ("endpoint", "POST /v1/messages", "9", False),
        ),
    ),
    "p11": Example(
        "0.000000000",
        GPT_TOKENS,
        GPT,
        PRIORITY | {"auth_index": "00000000000000a1"},
        rules=(("service_tier", "priority", "2", True), ("credential", "00000000000000a1", "0", True)),
    ),
    "p12": Example(
        "0.017750000",
        GPT_TOKENS,
        GPT,
        {"service_tier": "Priority"},
        rules=(("service_tier", "priority", "2", False),),
    ),
    "p13": Example(
        "0.008875000",
        GPT_TOKENS,
        GPT,
        {"service_tier": "auto", "response_service_tier": "flex"},
        rules=(("response_service_tier", "flex", "0.5", True),),
    ),
    "p14": Example("0.017750000", GPT_TOKENS, GPT, {"model": "gpt-x-2026-08-01", "alias": "gpt-x"}),
    "p15": Example(None, GPT_TOKENS, GPT, {"model": "other", "alias": "other2"}),
    "p16": Example("0.000000000", (0, 0, 0, 0), GPT, {"model": "other", "alias": "other"}),
    "p17": Example("0.174000000", (100_000, 0, 80_000, 40_000), CLAUDE),
    "p18": Example("0.000000000", (-1, -1, -1, -1), CLAUDE),
    "p19": Example("0.585000000", (300_000, 4_000, 100_000, 0), ("gpt-5.6-terra", "2.5 15 0.25 3.125")),
    "p20": Example("0.000000750", (1, 1, 0, 0), ("m", "0.15 0.6 0.075 0")),
    "p21": Example(
        "0.017750000",
        GPT_TOKENS,
        GPT,
        {"api_key": "sk-team-made-up-key-1"},
        rules=(("api_key", "sk-team-made-up-key-1", "0.8", True), ("model", "gpt-x", "1.25", True)),
    ),
    "p22": Example("1.000000000", (1_000_000, 0, 0, 0), ("unknown", "1 1 1 1"), {"model": "  ", "alias": ""}),
}

AS_SENT_ELSEWHERE = {"p14": "alias"}


def own(name, model):
    """The model's name in this example alone; the contract's `unknown` is one that CPA never spells."""
    return model if not model.strip() or model == "unknown" else f"{name}-{model}"


def millionths(text):
    return int(Fraction(text) * 10**6)


def message(number, name, example):
    """The example as CPA would send it: version 2 where its tokens add up, else the older counters alone."""
    into, output, read, write = example.tokens
    changes = {"model": example.priced[0], "alias": example.priced[0], "request_id": f"{number:08x}"} | example.event
    changes |= {which: own(name, changes[which]) for which in ("model", "alias")}
    changes["tokens"] = {
        "input_tokens": into,
        "output_tokens": output,
        "reasoning_tokens": 0,
        "cached_tokens": read,
        "cache_read_tokens": read,
        "cache_read_tokens_present": True,
        "cache_creation_tokens": write,
        "total_tokens": into + output,
    }
    if 0 <= read + write <= into:
        changes["accounting_version"] = 2
        changes["token_breakdown"] = {
            "schema_version": 2,
            "quality": "complete",
            "total_tokens": into + output,
            "input": {
                "total_tokens": into,
                "uncached_tokens": into - read - write,
                "cache_read_tokens": read,
                "cache_write_tokens": write,
            },
            "output": {"total_tokens": output, "non_reasoning_tokens": output, "reasoning_tokens": 0},
            "unclassified_tokens": 0,
        }
    return payload(number, provider="codex", executor_type="CodexExecutor", **changes)


def test_the_worked_examples_cost_what_the_contract_says_and_the_answer_shows_why(cpa, keep):
    keeper = keep(cpa)
    for name, example in EXAMPLES.items():
        prompt, completion, read, write = map(millionths, example.priced[1].split())
        model = own(name, example.priced[0])
        keeper.price({model: (prompt, read, write, completion)}, multiplier=millionths(example.multiplier))
    keeper.start()
    # Rules name a key or a credential by its row, which its first request makes.
    cpa.publish(payload(1_000, auth_index="00000000000000a1", api_key="sk-team-made-up-key-1"))
    keeper.wait_settled(1)
    rows = {
        "credential": keeper.number("select id from credential where auth_index = '00000000000000a1'"),
        "api_key": keeper.number("select api_key_id from event"),
    }
    for name, example in EXAMPLES.items():
        for key, value, factor, _ in example.rules:
            named = str(rows.get(key, own(name, value) if key == "model" else value))
            keeper.rule(own(name, example.priced[0]), RuleKey(key), named, millionths(factor))
    cpa.publish_many(message(number, name, example) for number, (name, example) in enumerate(EXAMPLES.items()))
    keeper.wait_settled(1 + len(EXAMPLES))

    found = {int(event["request_id"], 16): event["id"] for event in keeper.events(ALL)}
    for number, (name, example) in enumerate(EXAMPLES.items()):
        event = keeper.get(f"/events/{found[number]}")
        nanos = None if example.dollars is None else int(Fraction(example.dollars) * 10**9)
        assert event["cost_nanos"] == nanos, name
        if name == "p15":
            assert (event["cost_state"], event["price"]) == ("unpriced", None)
        elif name == "p16":
            assert event["cost_state"] != "unpriced"
        else:
            check_arithmetic(name, example, event)
    assert keeper.get(f"/summary?{ALL}&model=p15-other")["metrics"]["unpriced_requests"] == 1


def check_arithmetic(name, example, event):
    """The lines add up exactly, each is its tokens at its price within a rounding, and the factors are the rules'."""
    price, factors = event["price"], [Fraction(factor) for *_, factor, matches in example.rules if matches]
    assert sum(line["cost_nanos"] for line in price["lines"]) == price["cost_nanos"] == event["cost_nanos"], name
    assert sorted(Fraction(str(rule["multiplier"])) for rule in price["rules"]) == sorted(factors), name
    assert Fraction(str(price["multiplier"])) == Fraction(example.multiplier), name
    assert price["matched_by"] == AS_SENT_ELSEWHERE.get(name, "as_sent"), name
    assert price["context_tier_above"] is None, name
    into, output, read, write = (max(0, count) for count in example.tokens)
    prompt, completion, cache_read, cache_write = (Fraction(text) for text in example.priced[1].split())
    wanted = {
        "uncached": (max(0, into - read - write), prompt),
        "cache_read": (read, cache_read),
        "cache_write": (write, cache_write),
        "output": (output, completion),
    }
    assert [line["bucket"] for line in price["lines"]] == list(wanted), name
    whole = Fraction(example.multiplier)
    for factor in factors:
        whole *= factor
    for line in price["lines"]:
        count, per_million = wanted[line["bucket"]]
        assert (line["tokens"], Fraction(line["nanos_per_million"], 10**9)) == (count, per_million), name
        assert abs(line["cost_nanos"] - count * per_million * 1_000 * whole) <= 1, name


@pytest.mark.parametrize(("name", "dollars"), [(name, each.dollars) for name, each in EXAMPLES.items() if each.dollars])
def test_the_contracts_arithmetic_written_twice_agrees_with_its_examples(name, dollars):
    example = EXAMPLES[name]
    into, output, read, write = (max(0, count) for count in example.tokens)
    factors = [factor for *_, factor, matches in example.rules if matches]
    counted = contract.Tokens(into, read, write, output)
    assert contract.cost(counted, example.priced[1].split(), example.multiplier, factors) == int(
        Fraction(dollars) * 10**9
    )


def test_a_new_price_or_rule_counts_for_the_next_request_and_leaves_the_stored_ones(cpa, keep):
    keeper = keep(cpa)
    keeper.price({"m": (1_000_000, 0, 0, 0)})
    keeper.start()
    first, second, third = (message(n, "", Example(None, (1_000_000, 0, 0, 0), ("m", ""))) for n in range(3))
    first, second, third = (json.dumps(json.loads(text) | {"model": "m"}).encode() for text in (first, second, third))
    cpa.publish(first)
    keeper.wait_settled(1)
    keeper.price({"m": (2_000_000, 0, 0, 0)})
    cpa.publish(second)
    keeper.wait_settled(2)
    keeper.rule("m", RuleKey.MODEL, "m", 3_000_000)
    cpa.publish(third)
    keeper.wait_settled(3)
    events = sorted(keeper.events(ALL), key=lambda event: event["request_id"])
    assert [event["cost_nanos"] for event in events] == [1_000_000_000, 2_000_000_000, 6_000_000_000]
    for event in events:
        price = keeper.get(f"/events/{event['id']}")["price"]
        assert sum(line["cost_nanos"] for line in price["lines"]) == price["cost_nanos"] == event["cost_nanos"]
