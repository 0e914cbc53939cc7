"""Every payload that was ever recorded or sampled, through CPA's port and both daemons: tokens, costs, identity."""

import hashlib
import json
from datetime import datetime
from fractions import Fraction

import pytest

from tests.system import contract
from tests.system.keeper import eventually

pytestmark = pytest.mark.system

ALL = "from=2026-01-01&to=2027-01-01"


def prices_of(models):
    """A price of its own for each model, in micro-dollars per million: input, cache read, cache write, output."""
    return {
        model: (1_250_001 + 37_011 * n, 125_003 + 3_701 * n, 1_562_507 + 41_117 * n, 10_000_009 + 97_003 * n)
        for n, model in enumerate(sorted(models))
    }


def event_id(line):
    """The id that the API gives the event of a payload: its microsecond and 48 bits of BLAKE2b."""
    at = datetime.fromisoformat(json.loads(line)["timestamp"])
    seconds = int(at.timestamp())
    return f"{seconds * 10**6 + at.microsecond:x}-{hashlib.blake2b(line, digest_size=6).hexdigest()}"


def expected(line, prices):
    event = json.loads(line)
    counted = contract.tokens(event)
    into, read, write, out = (Fraction(price, 10**6) for price in prices[event["model"]])
    return counted.as_answered() | {
        "model": event["model"],
        "result": "failed" if event["failed"] else "succeeded",
        "cost_nanos": None if counted.only_a_total else contract.cost(counted, (into, out, read, write)),
        "latency_ms": event["latency_ms"],
    }


def deliver(cpa, lines, mode):
    """As CPA would: a subscriber gets them one by one."""
    if mode == "subscribe":
        cpa.publish_paced(lines)
    else:
        cpa.publish_many(lines)


@pytest.mark.parametrize("mode", ["pop", "subscribe", "http", "auto"])
def test_every_line_is_an_event_as_the_contract_counts_it_and_a_replay_changes_nothing(cpa, keep, lines, mode):
    prices = prices_of({json.loads(line)["model"] for line in lines})
    keeper = keep(cpa, REDIS_QUEUE_MODE=mode)
    keeper.price(prices)
    older, newer = lines[: len(lines) // 2], lines[len(lines) // 2 :]
    cpa.publish_many(older)
    keeper.start()
    if mode == "subscribe":
        eventually(cpa.queue.subscribers, "a subscription")
    deliver(cpa, newer, mode)
    keeper.wait_settled(len(lines))

    found = {event["id"]: event for event in keeper.events(ALL)}
    wanted = {event_id(line): expected(line, prices) for line in lines}
    assert found.keys() == wanted.keys()
    for identity, figures in wanted.items():
        event = found[identity]
        assert {**{name: event[name] for name in figures}, "model": event["model"]["id"]} == figures

    named = "select 1 from task_run where name in ('refresh_credentials', 'refresh_keys')"
    eventually(lambda: len(keeper.sql(named)) == 2, "keys and accounts have their names")
    before = snapshot_of(keeper)
    deliver(cpa, lines, mode)
    keeper.wait_settled(2 * len(lines))
    assert snapshot_of(keeper) == before
    assert keeper.number("select count(*) from rejected") == 0
    assert cpa.strikes == 0


VOLATILE = {
    *("as_of", "revision", "head_cursor", "next_cursor", "rpm", "tpm", "elapsed_seconds", "partial"),
    *("days", "per_day", "hours"),
}
"""What tells of the moment of asking rather than of the requests."""


def steady(answer):
    if isinstance(answer, dict):
        return {name: steady(value) for name, value in answer.items() if name not in VOLATILE}
    return [steady(value) for value in answer] if isinstance(answer, list) else answer


MORE = {"/what-if": "&as_model=gpt-5.4"}
"""What some question cannot be asked without."""


def snapshot_of(keeper):
    """What every question about requests answers, by path."""
    paths = keeper.get("/openapi.json")["paths"]
    asked = {
        path: keeper.get(f"{path.removeprefix('/api/v1')}?{ALL}{MORE.get(path, '')}")
        for path, methods in paths.items()
        if {"from", "to"} <= {parameter["name"] for parameter in methods.get("get", {}).get("parameters", ())}
        and "application/json" in methods["get"]["responses"]["200"]["content"]
    }
    assert asked
    return steady(asked)


def test_the_price_of_every_line_adds_up_in_its_answer(cpa, keep, lines):
    prices = prices_of({json.loads(line)["model"] for line in lines})
    keeper = keep(cpa)
    keeper.price(prices)
    cpa.publish_many(lines)
    keeper.start()
    keeper.wait_settled(len(lines))
    for line in lines:
        event = keeper.get(f"/events/{event_id(line)}")
        if contract.tokens(json.loads(line)).only_a_total:
            assert (event["price"], event["cost_nanos"], event["cost_marks"]) == (None, None, ["tokens_unknown"])
            continue
        price = event["price"]
        assert price["model"] == event["model"]["id"]
        assert price["source"] == "manual"
        assert sum(part["cost_nanos"] for part in price["lines"]) == price["cost_nanos"] == event["cost_nanos"]
        into, read, write, out = prices[event["model"]["id"]]
        assert [(part["bucket"], part["nanos_per_million"]) for part in price["lines"]] == [
            ("uncached", into * 1000),
            ("cache_read", read * 1000),
            ("cache_write", write * 1000),
            ("output", out * 1000),
        ]
        assert event["cost_nanos"] == expected(line, prices)["cost_nanos"]
