"""The same requests by another price: what they had cost if they had been priced by it, to the nano-dollar."""

import pytest

from ingestd import seal
from ingestd.pricebook import catalogue, catalogue_format
from queryd.endpoints import API
from tests.queryd.http.conftest import NOW, collector_of
from tests.queryd.http.test_events import request

SENT = [(1_000 + number * 7_000, 500, number * 3_000) for number in range(60)]


@pytest.fixture(autouse=True)
def stored(writer, monkeypatch):
    """Codex requests of two models; the larger ones cross a context step."""
    monkeypatch.setattr(seal, "TAIL_ROWS", 16)
    monkeypatch.setattr(seal, "CHUNK_ROWS_MAX", 32)
    catalogue.seed(writer, catalogue_format.read(), NOW)
    collector_of(writer).send(
        *(
            request(
                number,
                at_ms=number,
                provider="codex",
                executor_type="CodexExecutor",
                auth_type="apikey",
                model=("gpt-5.5", "gpt-5.3-codex-spark")[number % 2],
                alias="x",
                tokens={
                    "input_tokens": into,
                    "output_tokens": out,
                    "cache_read_tokens": read,
                    "cache_read_tokens_present": True,
                    "total_tokens": into + out,
                },
            )
            for number, (into, out, read) in enumerate(SENT)
        )
    )


def ask(client, status=200, **query):
    answer = client.simulate_get(f"{API}/what-if", params={"range": "24h", **query})
    assert answer.status_code == status, answer.text
    return answer.json


def by_hand(into: int, out: int, read: int) -> int:
    """gpt-5.4: 2.5, 0.25, 15; above 272,000 5, 0.50, 22.5."""
    if into > 272_000:
        return (into - read) * 5_000 + read * 500 + out * 22_500
    return (into - read) * 2_500 + read * 250 + out * 15_000


def test_every_request_is_priced_as_if_it_had_been_the_other_model(client):
    found = ask(client, as_model="gpt-5.4")
    assert found["price"]["seller"]["name"] == "OpenAI"
    assert found["what_if_nanos"] == sum(by_hand(*sent) for sent in SENT)
    assert found["requests"] == 60
    summary = client.simulate_get(f"{API}/summary", params={"range": "24h"}).json["metrics"]
    assert found["cost_nanos"] == summary["cost_nanos"]
    assert {row["model"]: row["requests"] for row in found["models"]} == {"gpt-5.5": 30, "gpt-5.3-codex-spark": 30}
    assert sum(row["what_if_nanos"] for row in found["models"]) == found["what_if_nanos"]


def test_its_own_price_changes_nothing(client):
    found = ask(client, as_model="gpt-5.5", model="gpt-5.5")
    assert found["requests"] == 30
    assert found["what_if_nanos"] == found["cost_nanos"] > 0
    assert ask(client, as_price=found["price"]["id"], model="gpt-5.5")["what_if_nanos"] == found["cost_nanos"]


def test_a_batch_is_half_and_a_tier_has_its_own_prices(client):
    whole = ask(client, as_model="gpt-5.4", model="gpt-5.5")["what_if_nanos"]
    assert ask(client, as_model="gpt-5.4", model="gpt-5.5", multiplier="0.5")["what_if_nanos"] == pytest.approx(
        whole / 2, abs=30
    )
    assert ask(client, as_model="gpt-5.4", as_tier="priority")["price"]["service_tier"] == "priority"


def test_cache_writes_stay_as_long_as_they_were_kept_and_dates_are_no_other_model(client, writer):
    written = {"input_tokens": 100, "output_tokens": 50, "cache_creation_tokens": 9_000, "cache_read_tokens": 40_000}
    for number, auth in enumerate(("oauth", "apikey")):
        sent = request(900 + number, at_ms=900, provider="claude", executor_type="ClaudeExecutor", auth_type=auth,
                       model="claude-opus-4-5-20251101", alias="x", tokens=written)  # fmt: skip
        collector_of(writer).send(sent)
    log = client.simulate_get(f"{API}/events", params={"range": "24h", "provider": "claude"}).json["events"]
    assert {tuple(row["cost_marks"]) for row in log} == {("cache_writes_1h",), ("cache_writes_5m",)}
    for name in ("claude-opus-4-5", "claude-opus-4-5-20251101"):
        found = ask(client, as_model=name, provider="claude")
        assert found["what_if_nanos"] == found["cost_nanos"] == sum(row["cost_nanos"] for row in log)
        for row in log:
            one = client.simulate_get(f"{API}/events/{row['id']}/what-if", params={"as_model": name}).json
            assert one["price"]["cost_nanos"] == row["cost_nanos"]


def test_one_request_is_priced_line_by_line(client):
    log = client.simulate_get(f"{API}/events", params={"range": "24h", "limit": "200", "sort": "occurred_at"})
    for row, sent in zip(log.json["events"], SENT, strict=True):
        found = client.simulate_get(f"{API}/events/{row['id']}/what-if", params={"as_model": "gpt-5.4"}).json
        assert found["price"]["cost_nanos"] == by_hand(*sent)
        assert sum(line["cost_nanos"] for line in found["price"]["lines"]) == by_hand(*sent)
        assert found["price"]["model"] == "gpt-5.4"
        assert found["cost_nanos"] == row["cost_nanos"]
    refused = client.simulate_get(f"{API}/events/{row['id']}/what-if")
    assert (refused.status_code, refused.json["error"]["parameter"]) == (400, "as_price")
    assert client.simulate_get(f"{API}/events/nothing/what-if", params={"as_model": "gpt-5.4"}).status_code == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "as_price"),
        ({"as_model": "nobody-knows"}, "as_model"),
        ({"as_price": "x"}, "as_price"),
        ({"as_model": "gpt-5.4", "multiplier": "much"}, "multiplier"),
        ({"as_model": "gpt-5.4", "multiplier": "NaN"}, "multiplier"),
        ({"as_model": "gpt-5.4", "multiplier": "1e9"}, "multiplier"),
    ],
)
def test_what_cannot_be_supposed_is_refused_by_its_field(client, query, field):
    assert ask(client, 400, **query)["error"]["parameter"] == field
