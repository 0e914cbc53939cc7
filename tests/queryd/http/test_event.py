"""One request: everything that is known of it, and none of its secrets."""

import json
from typing import Any

import pytest

from ingestd.pricebook import catalogue, catalogue_format
from queryd.endpoints import API
from shared.database import open_writer
from shared.price_versions import add_rule, add_version
from shared.prices import Price, Rates, Rule, RuleKey, Source
from tests.ingestd.conftest import DATA
from tests.queryd.http.conftest import NOW, collector_of
from tests.queryd.http.test_events import request

KEY = "sk-made-up-client-key-1"


def tokens(into, out):
    return {"input_tokens": into, "output_tokens": out, "total_tokens": into + out}


def newest(client):
    return client.simulate_get(f"{API}/events", query_string="range=24h&limit=1").json["events"][0]["id"]


def detail(client, event_id=None):
    answer = client.simulate_get(f"{API}/events/{event_id or newest(client)}")
    assert answer.status_code == 200, answer.text
    return answer.json


def test_a_request_answers_with_its_row_and_more(client, collector):
    collector.send(request(1, x_forwarded_for="203.0.113.9"))
    row = client.simulate_get(f"{API}/events", query_string="range=24h").json["events"][0]
    found = detail(client, row["id"])
    assert {name: found[name] for name in row} == row
    assert found["client_ip"] == "127.0.0.1"
    assert found["x_forwarded_for"] == "203.0.113.9"
    assert found["user_agent"] == "claude-cli/2.1.220 (external, cli)"
    assert found["executor_type"] == "ClaudeExecutor"
    assert found["error"] is None


def test_the_attempts_of_one_request_come_together_oldest_first(client, collector):
    refused = {"status_code": 429, "body": "slow down"}
    collector.send(
        request(1, at_ms=0, request_id="aaaa0001", failed=True, fail=refused),
        request(2, at_ms=900, request_id="aaaa0001", auth_index="291684891528a598"),
        request(3, at_ms=901, request_id="aaaa0002"),
        request(4, at_ms=901, request_id=""),
        request(5, at_ms=902, request_id=""),
    )
    by_id = client.simulate_get(f"{API}/events", query_string="range=24h&q=aaaa0001").json["events"]
    for row in by_id:
        found = detail(client, row["id"])
        assert [each["result"] for each in found["attempts"]] == ["failed", "succeeded"]
        assert found["attempts_total"] == 2
    without = detail(client)
    assert without["request_id"] is None
    assert [each["id"] for each in without["attempts"]] == [without["id"]]


def test_what_an_image_tool_used_for_the_same_answer_is_no_attempt(client, collector):
    said: dict[str, Any] = {"endpoint": "POST /v1/responses", "alias": "gpt-5.5", "auth_index": "b0650000000000aa"}
    collector.send(
        request(1, at_ms=0, request_id="b0650014", model="gpt-5.5", failed=True, fail={"status_code": 429}, **said),
        request(2, at_ms=100, request_id="b0650014", model="gpt-5.5", **said),
        request(3, at_ms=200, request_id="b0650014", model="gpt-image-2", **said),
    )
    rows = client.simulate_get(f"{API}/events", query_string="range=24h").json["events"][::-1]
    assert [detail(client, row["id"])["attempt_number"] for row in rows] == [1, 2, None]
    for row in rows:
        found = detail(client, row["id"])
        assert found["attempts_total"] == len(found["attempts"]) == 2
        assert [each["model"]["id"] for each in found["additions"]] == ["gpt-image-2"]
    told = client.simulate_get(f"{API}/summary", query_string="range=24h&clients=count").json["clients"]
    assert (told["client_requests"], told["client_succeeded"], told["retries"]) == (1, 1, 1)


def test_an_id_of_zeros_is_no_id_that_requests_share(client, collector):
    collector.send(
        request(1, request_id="00000000"),
        request(2, at_ms=2, request_id="00000000"),
        request(3, at_ms=3, request_id=""),
    )
    for event in client.simulate_get(f"{API}/events", query_string="range=24h").json["events"]:
        assert detail(client, event["id"])["attempts_total"] == 1


def test_attempts_are_found_in_sealed_chunks_and_by_odd_ids(client, collector, monkeypatch):
    monkeypatch.setattr("ingestd.seal.TAIL_ROWS", 3)
    collector.send(*(request(number, at_ms=number, request_id="not hex at all") for number in range(5)))
    found = detail(client)
    assert len(found["attempts"]) == found["attempts_total"] == 5


def test_a_connection_with_very_many_turns_shows_the_nearest_and_counts_all(client, collector):
    collector.send(*(request(number, at_ms=number * 10, request_id="beefbeef") for number in range(120)))
    found = detail(client)
    assert (len(found["attempts"]), found["attempts_total"]) == (50, 120)
    assert found["id"] in {each["id"] for each in found["attempts"]}


def test_the_cost_is_explained_line_by_line_and_adds_up(client, settings, writer):
    editor = open_writer(settings.database, "queryd")
    rates = Rates(5_000_000, 500_000, 6_250_000, 25_000_000)
    add_version(editor, Price(0, Source.MANUAL, "", "claude-opus-4-6", "", 0, rates, multiplier=1_500_000), 0)
    for endpoint, factor in (("POST /v1/messages", 2_000_000), ("elsewhere", 9_000_000)):
        add_rule(editor, Rule(0, "", RuleKey.ENDPOINT, endpoint, factor, 0), 0)
    editor.close()
    breakdown = {
        "schema_version": 2,
        "quality": "complete",
        "total_tokens": 44_195,
        "input": {
            "total_tokens": 43_260,
            "uncached_tokens": 12,
            "cache_read_tokens": 41_200,
            "cache_write_tokens": 2_048,
        },
        "output": {"total_tokens": 935, "non_reasoning_tokens": 725, "reasoning_tokens": 210},
        "unclassified_tokens": 0,
    }
    collector_of(writer).send(
        request(1, model="claude-opus-4-6(high)", accounting_version=2, token_breakdown=breakdown)
    )
    found = detail(client)
    price = found["price"]
    assert found["normalization"] == {
        "outcome": "direct",
        "explanation": "CPA classified every token.",
        "caveats": [],
    }
    assert found["cost_nanos"] == price["cost_nanos"] == 170_505_000
    assert (price["source"], price["model"], price["matched_by"]) == ("manual", "claude-opus-4-6", "alias")
    assert (price["multiplier"], price["effective_from"], price["context_tier_above"]) == (1.5, None, None)
    assert price["rules"] == [{"label": "endpoint is POST /v1/messages", "multiplier": 2.0}]
    assert price["lines"] == [
        {"bucket": "uncached", "tokens": 12, "nanos_per_million": 5_000_000_000, "cost_nanos": 180_000},
        {"bucket": "cache_read", "tokens": 41_200, "nanos_per_million": 500_000_000, "cost_nanos": 61_800_000},
        {"bucket": "cache_write", "tokens": 2_048, "nanos_per_million": 6_250_000_000, "cost_nanos": 38_400_000},
        {"bucket": "output", "tokens": 935, "nanos_per_million": 25_000_000_000, "cost_nanos": 70_125_000},
    ]


def test_a_price_of_the_catalogue_explains_exactly_the_cost_that_was_stored(client, writer):
    catalogue.seed(writer, catalogue_format.read(), NOW)
    sent = [
        request(
            number, at_ms=number, provider=provider, model=model, alias=alias, tokens=tokens(400_000 + number, 3_000)
        )
        for number, (provider, model, alias) in enumerate(
            [
                ("claude", "claude-opus-4-6", "opus"),
                ("codex", "gpt-5.4", "gpt-5.4"),
                ("codex", "gpt-5.4(high)", "gpt-5.4(high)"),
                ("gemini", "models/gemini-2.5-pro", "gemini-2.5-pro"),
                ("openai-compatible-openrouter", "anthropic/claude-sonnet-4.5", "sonnet"),
            ]
        )
    ]
    collector_of(writer).send(*sent)
    rows = client.simulate_get(f"{API}/events", query_string="range=24h").json["events"]
    found = [detail(client, row["id"]) for row in rows]
    assert len(found) == len(sent)
    for each in found:
        assert each["cost_nanos"] == each["price"]["cost_nanos"] > 0
        assert each["cost_nanos"] == sum(line["cost_nanos"] for line in each["price"]["lines"])
        assert each["price"]["source"] == "bundled"
        assert each["price"]["matched_by"] is not None
    assert any(each["price"]["context_tier_above"] for each in found)


def test_an_error_is_shown_whole_but_for_its_keys(client, collector):
    body = json.dumps({"error": {"message": f"bad key {KEY} and Bearer abcdefghijklmnopqrst"}, "hint": "x" * 500})
    collector.send(
        request(
            1,
            failed=True,
            fail={"status_code": 401, "body": body},
            response_headers={"Retry-After": ["20"], "Set-Cookie": ["session=secret-cookie"], "X-Codex-Plan": ["team"]},
        )
    )
    found = detail(client)
    assert found["error"]["error_class"] == "unauthorized"
    assert "x" * 500 in found["error"]["body"]
    assert found["error"]["message"].startswith("bad key ")
    assert found["response_headers"] == {"Retry-After": "20", "X-Codex-Plan": "team"}
    whole = json.dumps(found)
    assert KEY not in whole
    assert "abcdefghijklmnopqrst" not in whole
    assert "secret-cookie" not in whole


def test_the_raw_payload_is_shown_masked_while_it_is_kept(client, collector):
    collector.send(request(1))
    raw = detail(client)["raw"]
    assert raw["transport"] == "pop"
    assert raw["payload"]["endpoint"] == "POST /v1/messages"
    assert raw["payload"]["source"] == "alice@example.com"
    assert raw["payload"]["api_key"] not in ("", KEY)
    collector.writer.execute("delete from inbox")
    assert detail(client)["raw"] is None


def test_a_payload_too_large_to_show_is_told_by_its_size(client, collector):
    collector.send(request(1, failed=True, fail={"status_code": 500, "body": "y" * 100_000}))
    raw = detail(client)["raw"]
    assert raw["payload"] is None
    assert raw["bytes"] > 100_000


@pytest.mark.parametrize("odd", [b'"x":1e400', b'"x":"\xff"'])
def test_a_payload_that_no_json_can_repeat_is_told_by_its_size(client, collector, odd):
    collector.send(request(1).replace(b"{", b"{" + odd + b",", 1))
    raw = detail(client)["raw"]
    assert raw["payload"] is None
    assert raw["bytes"] > 100


def test_what_cpa_itself_reports_wrong_is_said_beside_the_figures(client, collector):
    collector.send(request(1, provider="vertex", executor_type="GeminiVertexExecutor"))
    caveats = detail(client)["normalization"]["caveats"]
    assert [caveat["code"] for caveat in caveats] == ["vertex_streams"]


@pytest.mark.parametrize("event_id", ["x", "1-2", "zz-000000000001", "fffffffffffffffff-000000000001", "%00", "1-1/2"])
@pytest.mark.usefixtures("writer")
def test_an_id_that_is_none_of_ours_is_a_404(client, event_id):
    answer = client.simulate_get(f"{API}/events/{event_id}")
    assert answer.status_code == 404
    assert answer.json["error"]["code"] == "not_found"


@pytest.mark.usefixtures("writer")
def test_a_request_that_is_gone_is_a_404(client):
    answer = client.simulate_get(f"{API}/events/65c9bdf63d6ed-ae5ae8b2dc3a")
    assert "cleared away" in answer.json["error"]["message"]


def test_no_secret_of_any_captured_payload_is_ever_answered(client, collector):
    payloads = [json.loads(line) for line in (DATA / "captured-usage.jsonl").read_bytes().splitlines()]
    collector.send(*(json.dumps(each, separators=(",", ":")).encode() for each in payloads))
    secrets = {each["api_key"] for each in payloads} | {each.get("access_token_sha256", "") for each in payloads}
    secrets |= {each["source"] for each in payloads if each["source"].startswith("sk-")}
    secrets = {secret for secret in secrets if len(secret) > 10}
    log = client.simulate_get(f"{API}/events", query_string="range=all&limit=200")
    answers = [log.text]
    answers += [
        client.simulate_get(f"{API}/breakdown", query_string=f"range=all&by={dimension}").text
        for dimension in ("credential", "api_key")
    ]
    answers += [client.simulate_get(f"{API}/events/{event['id']}").text for event in log.json["events"]]
    for text in answers:
        assert not [secret for secret in secrets if secret in text]


def test_each_attempt_knows_its_number_however_many_there_are(client, collector):
    collector.send(*(request(number, at_ms=number // 2, request_id="0a1b2c3d") for number in range(80)))
    events = client.simulate_get(f"{API}/events", query_string="range=24h&sort=occurred_at&limit=200").json["events"]
    for number, event in enumerate(events, 1):
        detail = client.simulate_get(f"{API}/events/{event['id']}").json
        assert (detail["attempt_number"], detail["attempts_total"]) == (number, 80)
        assert event["id"] in [each["id"] for each in detail["attempts"]]
