"""The request log: every page is what a plain sort of all rows would give."""

import json
import random
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestd import seal
from queryd.app import create_app
from queryd.connections import Connections
from queryd.request_log import pages as log_pages
from queryd.request_log import search
from shared.clock import HOUR
from shared.database import open_writer
from shared.migrations import migrate
from tests.ingestd.conftest import payload
from tests.queryd.http.conftest import NOW, client_of, collector_of, settings_in

BASE = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
EVENTS = "/api/v1/events"


def request(number: int, *, at_ms: int = 0, failed: bool = False, **changes) -> bytes:
    """A made-up event that began `at_ms` after BASE."""
    moment = BASE + timedelta(milliseconds=at_ms, microseconds=number % 1000)
    if failed:
        changes.setdefault("fail", {"status_code": 429, "body": '{"error":{"message":"slow down, please"}}'})
    return payload(number, timestamp=moment.isoformat(), failed=failed, **changes)


def pages(client, **parameters):
    """All events of a question, page by page."""
    found, cursor = [], None
    for _ in range(1_000):
        asked = parameters | ({"cursor": cursor} if cursor else {})
        answer = client.simulate_get(EVENTS, query_string=urlencode(asked, doseq=True))
        assert answer.status_code == 200, answer.text
        found += answer.json["events"]
        cursor = answer.json["next_cursor"]
        if cursor is None:
            return found
    raise AssertionError("the pages never end")


SORT_VALUES = {
    "occurred_at": "occurred_at",
    "cost_nanos": "coalesce(cost_nanos, 0)",
    "latency_ms": "latency_ms",
    "ttft_ms": "ttft_ms",
    "total_tokens": "total_tokens",
    "output_tokens": "output_tokens",
}


TEXTS = {
    "OPUS": "model like '%opus%' or alias like '%opus%'",
    "10.1.2": "digest in (select digest from event join origin o on o.id = origin_id where client_ip like '10.1.2%')",
    "2.3": "digest in (select digest from event join origin o on o.id = origin_id where client_ip like '%2.3')",
    "slow down": "result = 'failed'",
    "nowhere": "0",
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_pages_are_the_sorted_list_for_any_order_filters_and_sealing(data, tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("events")
    (folder / "no.env").touch(0o600)
    monkeypatch.setattr(seal, "TAIL_ROWS", data.draw(st.integers(3, 40), label="tail rows"))
    monkeypatch.setattr(seal, "MERGE_CHUNKS", 3)
    own = settings_in(folder)
    writer = open_writer(own.database, "ingestd")
    migrate(writer, NOW)
    collector = collector_of(writer)
    randomness = random.Random(data.draw(st.integers(0, 10_000), label="seed"))
    sent = [
        request(
            number,
            at_ms=randomness.choice([0, 0, 1, 5, randomness.randrange(2000)]),
            failed=randomness.random() < 0.2,
            latency_ms=randomness.choice([10, 10, 20, randomness.randrange(5000)]),
            ttft_ms=randomness.choice([0, 0, 7]),
            model=randomness.choice(["claude-opus-4-6", "gpt-5.4", "no-price-for-this"]),
            alias=randomness.choice(["opus", "claude-opus-4-6"]),
            api_key=randomness.choice(["sk-made-up-key-one", "sk-made-up-key-two"]),
            auth_index=randomness.choice(["50b676d1b75e50dd", "291684891528a598"]),
            client_ip=randomness.choice(["10.1.2.3", "10.1.2.4", "172.18.0.5"]),
        )
        for number in range(data.draw(st.integers(0, 120), label="events"))
    ]
    while sent:
        batch = data.draw(st.integers(1, 50), label="batch")
        collector.send(*sent[:batch])
        sent = sent[batch:]
    sort = data.draw(st.sampled_from(sorted(SORT_VALUES)), label="sort")
    descending = data.draw(st.booleans(), label="descending")
    where, asked = "1", {"range": "24h", "sort": ("-" if descending else "") + sort}
    if data.draw(st.booleans(), label="model filter"):
        asked["model"], where = "!gpt-5.4", where + " and model <> 'gpt-5.4'"
    if data.draw(st.booleans(), label="result filter"):
        asked["result"], where = "failed", where + " and result = 'failed'"
    if data.draw(st.booleans(), label="cost bounds"):
        asked["min_cost_nanos"], where = 1, where + " and cost_nanos >= 1"
    if data.draw(st.booleans(), label="latency bounds"):
        asked["max_latency_ms"], where = 20, where + " and latency_ms <= 20"
    if data.draw(st.booleans(), label="search"):
        asked["q"], held = data.draw(st.sampled_from(list(TEXTS.items())), label="text")
        where += f" and ({held})"
        monkeypatch.setattr(search, "ROWS_MAX", data.draw(st.sampled_from([2, 30, 20_000]), label="rows remembered"))
        monkeypatch.setattr(log_pages, "CANDIDATES", 3)
        window, seconds = data.draw(
            st.sampled_from([(50_000, 60.0), (6 * HOUR, -1.0)]), label="window, time for a page"
        )
        monkeypatch.setattr(log_pages, "WINDOW", window)
        monkeypatch.setattr(log_pages, "PAGE_SECONDS", seconds)
    asked["limit"] = data.draw(st.integers(1, 60), label="limit")
    turn = "desc" if descending else "asc"
    ordered = ", ".join(f"{each} {turn}" for each in (SORT_VALUES[sort], "occurred_at", "digest"))
    expected = [
        f"{at:x}-{digest:012x}"
        for at, digest in writer.execute(f"select occurred_at, digest from request where {where} order by {ordered}")
    ]
    pool = Connections(own.database)
    client = client_of(create_app(own, pool, lambda: NOW))
    assert [event["id"] for event in pages(client, **asked)] == expected
    pool.close()
    writer.close()


def test_new_requests_are_counted_and_do_not_move_the_page(client, collector):
    collector.send(*(request(number, at_ms=number) for number in range(10)))
    first = client.simulate_get(EVENTS, query_string="range=24h&limit=4").json
    collector.send(request(20, at_ms=20), request(21, at_ms=3), request(22, at_ms=22, failed=True))
    second = client.simulate_get(EVENTS, query_string=f"range=24h&limit=4&cursor={first['next_cursor']}").json
    assert second["newer"] == 3
    assert first["newer"] == 0
    ids = [event["request_id"] for event in first["events"] + second["events"]]
    assert ids == [f"{number:08x}" for number in (9, 8, 7, 6, 5, 4, 21, 3)]
    head = client.simulate_get(EVENTS, query_string=f"range=24h&limit=1&cursor={first['head_cursor']}").json
    assert (head["newer"], head["events"][0]["request_id"]) == (3, f"{22:08x}")


def test_new_requests_are_counted_by_the_same_filters_and_text(client, collector):
    collector.send(request(1))
    for question, newer in (("result=failed", 1), ("q=SLOW+down", 1), ("q=nothing+of+the+kind", 0), ("model=x", 0)):
        first = client.simulate_get(EVENTS, query_string=f"range=24h&{question}").json
        collector.send(request(10 + len(question), failed=True), request(50 + len(question)))
        again = client.simulate_get(EVENTS, query_string=f"range=24h&{question}&cursor={first['head_cursor']}").json
        assert again["newer"] == newer


@pytest.mark.parametrize("cursor", ["x", "!!!!", "AAAA", "gqFhYQ", "k5OTkw", "ZGRkZGRkZGRk", "kwEBwAE", "lAHNAQHAwA"])
def test_a_cursor_that_is_not_ours_is_refused_by_name(client, collector, cursor):
    collector.send(request(1))
    answer = client.simulate_get(EVENTS, query_string=f"cursor={cursor}")
    assert answer.status_code == 400
    assert answer.json["error"]["parameter"] == "cursor"


def test_a_cursor_of_another_question_is_refused(client, collector):
    collector.send(*(request(number, at_ms=number) for number in range(3)))
    cursor = client.simulate_get(EVENTS, query_string="range=24h&limit=1").json["next_cursor"]
    for other in ("sort=occurred_at", "model=x", "q=x", "min_latency_ms=5"):
        answer = client.simulate_get(EVENTS, query_string=f"range=24h&limit=1&{other}&cursor={cursor}")
        assert answer.status_code == 400
        assert "another order or other filters" in answer.json["error"]["message"]


def test_text_is_found_wherever_a_request_holds_it(client, collector):
    collector.send(
        request(0x752FDDA4, alias="my-nickname", client_ip="10.1.2.3", user_agent="Special-Agent/9.9 (x; 100%_sure)"),
        request(2, at_ms=2, source="bob@example.org", auth_index="aaaaaaaaaaaaaaaa", x_forwarded_for="203.0.113.9"),
        request(3, at_ms=3, failed=True, fail={"status_code": 500, "body": "dial tcp: 中文错误"}),
        request(4, at_ms=4, request_id="odd-spelled-id", api_key="sk-other-key-entirely-0042"),
    )
    for text, ids in {
        "752fdd": ["752fdda4"],
        "752FDDA4": ["752fdda4"],
        "Nickname": ["752fdda4"],
        "10.1.2": ["752fdda4"],
        "special-agent": ["752fdda4"],
        "100%_sure": ["752fdda4"],
        "%": ["752fdda4"],
        "bob@": ["00000002"],
        "aaaaaaaaaaaa": ["00000002"],
        "203.0.113": ["00000002"],
        "中文": ["00000003"],
        "DIAL TCP": ["00000003"],
        "odd-spelled": ["odd-spelled-id"],
        "0042": ["odd-spelled-id"],
        "opus": ["odd-spelled-id", "00000003", "00000002", "752fdda4"],
        "nowhere": [],
        "  ": ["odd-spelled-id", "00000003", "00000002", "752fdda4"],
    }.items():
        for sort in ("-occurred_at", "-latency_ms"):
            question = urlencode({"range": "24h", "q": text, "sort": sort})
            answer = client.simulate_get(EVENTS, query_string=question).json
            found = [event["request_id"] for event in answer["events"]]
            assert sorted(found) == sorted(ids), text


@pytest.mark.parametrize("sort", ["-occurred_at", "occurred_at", "-cost_nanos", "latency_ms"])
def test_old_matches_behind_many_new_ones_that_a_filter_rejects_are_found(client, collector, monkeypatch, sort):
    monkeypatch.setattr(search, "ROWS_MAX", 20)
    old = (request(number, at_ms=number, failed=True, client_ip="10.1.2.3") for number in range(5))
    new = (request(100 + number, at_ms=5_000_000 + number, client_ip="10.1.2.3") for number in range(60))
    collector.send(*old, *new)
    for question, count in ((("result", "failed"), 5), (("status", "429"), 5), (("model", "!x"), 65)):
        asked = dict([question], range="24h", q="10.1.2.3", sort=sort, limit=3)
        assert len(pages(client, **asked)) == count


def test_the_id_of_a_request_finds_it(client, collector):
    collector.send(request(1), request(2, at_ms=2))
    for event in pages(client, range="24h"):
        for text in (event["id"], event["request_id"]):
            assert [each["id"] for each in pages(client, range="24h", q=text)] == [event["id"]]


def test_a_name_that_a_person_gave_is_shown_and_found(client, collector):
    collector.send(request(1), request(2, at_ms=2, api_key="sk-other-key-entirely-0042"))
    event = pages(client, range="24h")[0]
    kind = f"/api/v1/api-keys/{event['api_key']['id']}"
    assert client.simulate_patch(kind, json={"label": "Helpdesk bot"}).status_code == 200
    (found,) = pages(client, range="24h", q="helpDESK")
    assert found["api_key"]["label"] == "Helpdesk bot"
    assert client.simulate_get(f"{EVENTS}/{found['id']}").json["api_key"]["label"] == "Helpdesk bot"
    rows = client.simulate_get("/api/v1/breakdown", query_string="range=24h&by=api_key").json["rows"]
    assert "Helpdesk bot" in [row["group"]["label"] for row in rows]


def test_a_search_folds_ascii_letters_only_and_takes_no_control_characters(client, collector):
    collector.send(request(1, failed=True, fail={"status_code": 500, "body": "\u0391\u03a3 STRASSE \u0130"}))
    for text, found in (("\u03a3", 1), ("\u0391\u03a3 strasse", 1), ("\u0130", 1), ("\u03c3", 0)):
        answer = client.simulate_get(EVENTS, query_string=urlencode({"range": "24h", "q": text}))
        assert len(answer.json["events"]) == found, text
    answer = client.simulate_get(EVENTS, query_string="q=a%00b")
    assert answer.json["error"]["parameter"] == "q"


def test_a_failed_request_says_why_on_its_row_without_its_keys(client, collector):
    body = '{"error":{"message":"Incorrect API key provided: sk-proj-AbCdEfGhIjKlMnOp","type":"auth"}}'
    collector.send(request(1, failed=True, fail={"status_code": 401, "body": body}))
    row = client.simulate_get(EVENTS, query_string="range=24h").json["events"][0]
    assert (row["result"], row["status_code"], row["error_class"]) == ("failed", 401, "unauthorized")
    assert row["error_message"].startswith("Incorrect API key provided: ")
    assert "AbCdEfGhIjKlMnOp" not in row["error_message"]


def test_a_request_without_a_price_says_so_and_one_without_tokens_is_unmetered(client, collector):
    nothing = dict.fromkeys(("input_tokens", "output_tokens", "total_tokens"), 0)
    collector.send(request(1, model="no-such-model", alias="no-such-model"), request(2, at_ms=1, tokens=nothing))
    unmetered, unpriced = client.simulate_get(EVENTS, query_string="range=24h").json["events"]
    assert (unpriced["cost_state"], unpriced["cost_nanos"]) == ("unpriced", None)
    assert (unmetered["cost_state"], unmetered["total_tokens"]) == ("unmetered", 0)


def test_rows_that_retention_took_are_left_out_and_later_pages_still_come(client, collector):
    collector.send(*(request(number, at_ms=number * 1000, latency_ms=number) for number in range(20)))
    collector.writer.execute("delete from event where occurred_at < ?", ((int(BASE.timestamp()) + 15) * 1_000_000,))
    for sort in ("-occurred_at", "latency_ms", "-latency_ms"):
        assert len(pages(client, range="24h", sort=sort, limit=2)) == 5


@pytest.mark.usefixtures("writer")
def test_an_empty_file_has_an_empty_page(client):
    answer = client.simulate_get(EVENTS, query_string="range=all").json
    assert (answer["events"], answer["next_cursor"], answer["newer"]) == ([], None, 0)


def test_what_is_masked_cannot_be_searched_out(client, collector, writer):
    """Rows of an earlier version hold it in clear."""
    secret = "pplx-0123456789abcdefghijABCDEFGHIJ"
    fail = {"status_code": 401, "body": json.dumps({"error": {"message": f"Invalid key {secret}, said upstream"}})}
    collector.send(request(1, failed=True, fail=fail, user_agent=f"curl {secret}"))
    writer.execute("update event_detail set error_body = ?", (fail["body"],))
    writer.execute("update origin set user_agent = ?", (f"curl {secret}",))
    for text in ("pplx-0123", "abcdefghij", secret):
        assert pages(client, q=text, **{"from": "2026-11-24", "to": "2026-11-25"}) == []
    for text in ("Invalid key", "said upstream", "curl"):
        [found] = pages(client, q=text, **{"from": "2026-11-24", "to": "2026-11-25"})
        assert "0123456789" not in str(client.simulate_get(f"{EVENTS}/{found['id']}").json)
