"""The settings as read, the messages that were set aside, and what the file is made of."""

import json

import pytest

from queryd.app import create_app
from queryd.endpoints import API
from queryd.state.sizes import file_sizes, growth_per_day
from shared.clock import SECOND
from tests.ingestd.conftest import DATA
from tests.queryd.http.conftest import NOW, client_of, settings_in
from tests.queryd.http.test_events import request

CLIENT_KEY = "sk-made-up-client-key-77777777"
UPSTREAM_KEY = "sk-ant-api03-made-up-upstream-key-88888888"


def ask(client, path, status=200):
    answer = client.simulate_get(API + path)
    assert answer.status_code == status, answer.text
    return answer.json


def reject(writer, number, payload, *, reason="wrong_type", detail="tokens.input_tokens is text"):
    writer.execute(
        "insert into rejected (id, arrived_at, rejected_at, transport, reason, detail, payload)"
        " values (?, ?, ?, 'pop', ?, ?, ?)",
        (number, NOW - SECOND, NOW, reason, detail, payload),
    )


def test_settings_are_told_with_where_they_came_from_and_secrets_only_as_being_set(tmp_path, connections, dist):
    (tmp_path / "no.env").write_text("APP_PORT=9000\nMETRICS_TOKEN=made-up-token\n")
    own = settings_in(tmp_path)
    answer = client_of(create_app(own, connections, lambda: NOW, dist)).simulate_get(f"{API}/settings")
    assert answer.headers["cache-control"] == "no-store"
    assert "made-up" not in answer.text
    assert answer.json["read_at"] == "2026-11-24T20:00:00+08:00"
    told = {each.pop("name"): each for each in answer.json["settings"]}
    env_file = str(tmp_path / "no.env")
    assert told["APP_PORT"] == {"value": "9000", "source": "env_file", "path": env_file}
    assert told["CPA_MANAGEMENT_KEY"] == {"value": None, "source": "environment", "path": None}
    assert told["METRICS_TOKEN"] == {"value": None, "source": "env_file", "path": env_file}
    assert told["TZ"] == {"value": "Asia/Shanghai", "source": "default", "path": None}


def test_a_rejected_message_is_shown_without_its_secrets(client, writer):
    message = {"api_key": CLIENT_KEY, "tokens": {"input_tokens": "many"}, "source": UPSTREAM_KEY, "model": "gpt-5"}
    reject(writer, 1, json.dumps(message).encode())
    reject(writer, 2, json.dumps(message).encode()[:-1], reason="invalid_json", detail=f"it ends at {UPSTREAM_KEY}")
    reject(writer, 3, b"\xff\x00 Bearer " + UPSTREAM_KEY.encode(), reason="invalid_json")
    answer = client.simulate_get(f"{API}/rejected")
    assert CLIENT_KEY not in answer.text
    assert UPSTREAM_KEY not in answer.text
    told = answer.json
    assert told["reasons"] == [{"reason": "invalid_json", "messages": 2}, {"reason": "wrong_type", "messages": 1}]
    assert [each["id"] for each in told["messages"]] == ["3", "2", "1"]
    assert (told["next"], told["up_to"], told["kept_days"]) == (None, "3", 7)
    whole = told["messages"][2]
    assert json.loads(whole["payload"])["tokens"] == {"input_tokens": "many"}
    assert (whole["bytes"], whole["arrived_at"]) == (len(json.dumps(message)), "2026-11-24T19:59:59+08:00")
    assert "\x00" not in told["messages"][0]["payload"]


def test_rejected_messages_come_in_pages_and_by_reason(client, writer):
    for number in range(1, 8):
        reject(writer, number, b"{}", reason="wrong_type" if number % 2 else "missing")
    first = ask(client, "/rejected?limit=3")
    assert ([each["id"] for each in first["messages"]], first["next"]) == (["7", "6", "5"], "5")
    last = ask(client, f"/rejected?limit=4&before={first['next']}")
    assert ([each["id"] for each in last["messages"]], last["next"]) == (["4", "3", "2", "1"], None)
    missing = ask(client, "/rejected?reason=missing")
    assert [each["id"] for each in missing["messages"]] == ["6", "4", "2"]
    assert ask(client, "/rejected?limit=0", 400)["error"]["parameter"] == "limit"


@pytest.mark.usefixtures("writer")
def test_where_nothing_was_rejected_the_list_is_empty(client):
    assert ask(client, "/rejected") == {
        "reasons": [],
        "messages": [],
        "next": None,
        "up_to": "0",
        "kept_days": 7,
    }


def pages_of(writer, *tables):
    marks = ",".join("?" * len(tables))
    return writer.execute(f"select sum(pgsize) from dbstat where name in ({marks})", tables).fetchone()[0]


def test_the_estimate_of_what_the_file_is_made_of_is_near_what_its_pages_say(collector):
    lines = (DATA / "captured-usage.jsonl").read_bytes().splitlines()
    for second in range(60):
        stamp = f"2026-11-24T11:{second:02}".encode()
        collector.send(*(line.replace(line[line.find(b"2026-") :][:16], stamp) for line in lines))
    sizes = file_sizes(collector.writer)
    raw = pages_of(collector.writer, "inbox")
    assert abs(sizes.raw_messages - raw) / raw < 0.02
    columns = pages_of(collector.writer, "chunk_column", "tail")
    assert abs(sizes.columns - columns) / columns < 0.15
    pages, size = (collector.writer.execute(f"pragma {name}").fetchone()[0] for name in ("page_count", "page_size"))
    rows = collector.writer.execute("select sum(pgsize) from dbstat").fetchone()[0] - raw - columns
    assert abs(sizes.rows - rows) / rows < 0.15
    assert sizes.raw_messages + sizes.columns + sizes.rows + sizes.free == pages * size
    events = collector.writer.execute("select number from meta where key = 'events'").fetchone()[0]
    a_day = growth_per_day(collector.writer, sizes, events)
    assert a_day == sizes.rows + sizes.columns


def test_an_empty_file_has_parts_too_and_no_growth(writer):
    sizes = file_sizes(writer)
    assert (sizes.raw_messages, sizes.columns) == (0, 0)
    assert growth_per_day(writer, sizes, 0.0) is None


def test_status_tells_sizes_versions_and_where_the_queue_is(client, collector):
    collector.send(request(1))
    found = ask(client, "/status")
    assert sum(found["database"]["sizes"].values()) > 0
    assert found["database"]["disk_free_bytes"] > 0
    assert found["database"]["growth_bytes_per_day"] > 0
    assert set(found["versions"]) == {
        *("python", "sqlite", "cpa", "prices_read_on", "priced_models", "newest", "can_check"),
    }
