"""What costs are made of, through the API: for any group the parts are those of its requests, and add up."""

from collections import Counter

import pytest

from ingestd import seal
from ingestd.pricebook import catalogue, catalogue_format
from queryd.endpoints import API
from tests.queryd.http.conftest import NOW, collector_of
from tests.queryd.http.test_events import request

PARTS = ("cost_uncached_nanos", "cost_cache_read_nanos", "cost_cache_write_nanos", "cost_output_nanos")
SENT = (
    ("claude", "claude-opus-5-5", "oauth", (100, 700, 40_000, 9_000)),
    ("claude", "claude-haiku-5-5", "apikey", (1_000, 300, 120_000, 0)),
    ("codex", "gpt-5.5", "oauth", (280_000, 2_000, 0, 0)),
    ("gemini", "gemini-3-pro-image-preview", "apikey", (326, 2_340, 0, 0)),
    ("kimi", "kimi-k3", "oauth", (29_567, 500, 0, 0)),
    ("vertex", "gemini-2.5-flash", "oauth", (900, 10, 0, 0)),
    ("openai-compatible-x", "nobody-knows", "apikey", (900, 10, 0, 0)),
)
EXECUTORS = {"claude": "ClaudeExecutor", "codex": "CodexExecutor", "gemini": "GeminiExecutor", "kimi": "KimiExecutor"}


def counters(into: int, out: int, read: int, write: int) -> dict:
    return {
        "input_tokens": into,
        "output_tokens": out,
        "cache_read_tokens": read,
        "cache_creation_tokens": write,
        "cache_read_tokens_present": True,
        "total_tokens": 0,
    }


@pytest.fixture
def sent(writer, monkeypatch) -> int:
    monkeypatch.setattr(seal, "TAIL_ROWS", 16)
    monkeypatch.setattr(seal, "CHUNK_ROWS_MAX", 32)
    catalogue.seed(writer, catalogue_format.read(), NOW)
    payloads = [
        request(
            number,
            at_ms=number,
            provider=provider,
            model=model,
            alias=model,
            auth_type=auth,
            executor_type=EXECUTORS.get(provider, "OpenAICompatExecutor"),
            tokens=counters(tokens[0] + number, *tokens[1:]),
        )
        for number in range(70)
        for provider, model, auth, tokens in (SENT[number % len(SENT)],)
    ]
    collector_of(writer).send(*payloads)
    return len(payloads)


def ask(client, path: str, **query):
    answer = client.simulate_get(f"{API}/{path}", params={"range": "24h", **query})
    assert answer.status_code == 200, answer.text
    return answer.json


def by_hand(client, sent) -> dict[str, Counter]:
    """The parts of each model's cost, added up from its requests' price lines."""
    found: dict[str, Counter] = {}
    for row in ask(client, "events", limit=200)["events"]:
        price = client.simulate_get(f"{API}/events/{row['id']}").json["price"]
        parts = found.setdefault(row["model"]["id"], Counter())
        for line in price["lines"] if price else ():
            parts[f"cost_{line['bucket'].removeprefix('image_')}_nanos"] += line["cost_nanos"]
        parts["cache_saved_nanos"] += price["cache_saved_nanos"] if price else 0
        parts["requests"] += 1
    assert sum(parts["requests"] for parts in found.values()) == sent
    return found


def test_the_parts_of_every_models_cost_are_those_of_its_requests(client, sent):
    expected = by_hand(client, sent)
    answer = ask(client, "breakdown", by="model", cost_by="kind")
    assert len(answer["rows"]) == len(SENT)
    for row in answer["rows"]:
        metrics, parts = row["metrics"], expected[row["group"]["id"]]
        assert {name: metrics[name] for name in (*PARTS, "cache_saved_nanos")} == {
            name: parts[name] for name in (*PARTS, "cache_saved_nanos")
        }
        assert sum(metrics[name] for name in PARTS) == metrics["cost_nanos"]
    total = ask(client, "summary", cost_by="kind")["metrics"]
    assert total["cache_saved_nanos"] == sum(parts["cache_saved_nanos"] for parts in expected.values())
    assert sum(total[name] for name in PARTS) == total["cost_nanos"]


def test_what_reasoning_costs_is_a_part_of_what_output_costs(client, writer):
    catalogue.seed(writer, catalogue_format.read(), NOW)
    thought = {**counters(1_000, 800, 0, 0), "reasoning_tokens": 500}
    codex: dict = {"provider": "codex", "auth_type": "apikey", "executor_type": EXECUTORS["codex"]}
    collector_of(writer).send(request(1, model="gpt-5.5", alias="x", tokens=thought, **codex))
    metrics = ask(client, "summary", cost_by="kind")["metrics"]
    assert (metrics["output_tokens"], metrics["reasoning_tokens"]) == (800, 500)
    assert metrics["cost_reasoning_nanos"] == metrics["cost_output_nanos"] * 5 // 8 > 0


@pytest.mark.usefixtures("sent")
def test_they_are_metrics_of_charts_and_to_sort_by(client):
    series = ask(client, "timeseries", granularity="hour", metrics="cost_output_nanos,cache_saved_nanos")["series"][0]
    total = ask(client, "summary", cost_by="kind")["metrics"]
    for name in ("cost_output_nanos", "cache_saved_nanos"):
        assert sum(value or 0 for value in series["metrics"][name]) == total[name]
    rows = ask(client, "breakdown", by="model", sort="-cache_saved_nanos")["rows"]
    assert rows[0]["group"]["id"] == "claude-opus-5-5"


@pytest.mark.usefixtures("sent")
def test_a_sum_says_how_many_of_its_requests_are_assumed_or_bounds(client):
    metrics = ask(client, "summary")["metrics"]
    assert [metrics[f"{name}_requests"] for name in ("assumed", "upper_bound", "lower_bound")] == [20, 10, 10]
    assert metrics["unpriced_requests"] == 10
    assert "cost_output_nanos" not in metrics
    marks = {row["model"]["id"]: row["cost_marks"] for row in ask(client, "events", limit=200)["events"]}
    assert marks["claude-opus-5-5"] == ["cache_writes_1h"]
    assert marks["gemini-3-pro-image-preview"] == ["image_assumed"]
    assert marks["kimi-k3"] == ["upper_bound"]
    assert marks["gemini-2.5-flash"] == ["lower_bound"]
    assert marks["nobody-knows"] == []
