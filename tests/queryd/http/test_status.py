"""What the status says, and which problems it names in words."""

import falcon.testing
import msgspec
import pytest

from queryd.app import create_app, is_loopback, management_page
from queryd.endpoints import API
from shared.clock import HOUR, MINUTE, SECOND
from shared.heartbeat import Counters, Detail, Inbox, Queue, Trouble
from tests.queryd.http.conftest import NOW, settings_in
from tests.queryd.http.test_events import request


def beat(writer, *, at=NOW - SECOND, state="running", **changes):
    detail = Detail(
        **{
            "queue": Queue(mode="pop", connected=True, last_event_at=NOW - 4 * SECOND),
            "inbox": Inbox(pending=0, rejected=0),
            "lag_us": 0,
            "counters": Counters(),
            "statistics_enabled": True,
            **changes,
        }
    )
    writer.execute(
        "insert or replace into heartbeat (daemon, at, started_at, version, state, detail)"
        " values ('ingestd', ?, ?, '0.1.0', ?, ?)",
        (at, NOW - HOUR, state, msgspec.json.encode(detail).decode()),
    )


def status(client):
    answer = client.simulate_get(f"{API}/status")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    return answer.json


def codes(client):
    return [problem["code"] for problem in status(client)["problems"]]


def test_all_is_well(client, collector):
    beat(collector.writer)
    collector.send(request(1), request(2, at_ms=5000))
    found = status(client)
    assert found["problems"] == [
        {
            "code": "unpriced_models",
            "severity": "warning",
            "message": "no price is known for claude-opus-4-6: their cost is left out of sums.",
            "since": None,
        }
    ]
    assert found["ingestd"] | {"started_at": ""} == {
        "version": "0.1.0",
        "state": "running",
        "started_at": "",
        "heartbeat_at": "2026-11-24T19:59:59+08:00",
        "alive": True,
        "queue": {
            "mode": "pop",
            "connected": True,
            "last_event_at": "2026-11-24T19:59:56+08:00",
            "trouble": None,
        },
        "inbox": {"pending": 0, "rejected": 0},
        "lag_seconds": 0.0,
    }
    assert found["database"]["events"] == 2
    assert found["database"]["bytes"] > 0
    assert found["database"]["first_event_at"] == "2026-11-24T16:00:00.000+08:00"
    assert found["database"]["last_event_at"] == "2026-11-24T16:00:05.000+08:00"
    assert (found["zone"], found["cpa_url"], found["now"]) == ("Asia/Shanghai", None, "2026-11-24T20:00:00+08:00")


@pytest.mark.usefixtures("writer")
def test_before_ingestd_ever_ran_it_says_so(client):
    found = status(client)
    assert found["ingestd"] is None
    assert found["database"]["first_event_at"] is None
    assert [problem["code"] for problem in found["problems"]] == ["not_collecting"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"at": NOW - MINUTE}, "not_collecting"),
        ({"state": "stopped"}, "not_collecting"),
        ({"at": NOW + 5 * MINUTE}, "clocks_apart"),
        (
            {"queue": Queue(mode="pop", connected=False, trouble=Trouble(code="wrong_key", message="m", since=1))},
            "wrong_key",
        ),
        ({"storage_trouble": Trouble(code="disk_full", message="m", since=1)}, "disk_full"),
        ({"statistics_enabled": False}, "statistics_disabled"),
        ({"lag_us": 2 * MINUTE, "inbox": Inbox(pending=5000, rejected=0)}, "behind"),
        ({"inbox": Inbox(pending=0, rejected=3)}, "rejected_messages"),
        ({"disk_free_bytes": 1024}, "disk_nearly_full"),
    ],
)
def test_each_problem_has_its_code(client, writer, changes, code):
    beat(writer, **changes)
    assert codes(client) == [code]


def test_a_heartbeat_of_another_version_is_told_and_breaks_nothing(client, writer):
    beat(writer)
    writer.execute("update heartbeat set detail = '{\"other\": 1}'")
    assert codes(client) == ["versions_apart"]


def test_a_failed_task_is_told_with_its_reason(client, writer):
    beat(writer)
    writer.execute("insert into task_run values ('backup', ?, 1500000, 'failed', 'no space left')", (NOW - HOUR,))
    found = status(client)
    assert found["problems"][0]["message"] == "backup failed: no space left"
    assert found["tasks"] == [
        {
            "name": "backup",
            "started_at": "2026-11-24T19:00:00+08:00",
            "duration_ms": 1500.0,
            "outcome": "failed",
            "detail": "no space left",
        }
    ]


def test_errors_come_before_warnings(client, writer):
    beat(writer, inbox=Inbox(pending=0, rejected=1), statistics_enabled=False)
    assert codes(client) == ["statistics_disabled", "rejected_messages"]


def test_an_open_door_is_told(tmp_path, connections, writer):
    beat(writer)
    own = settings_in(tmp_path, APP_HOST="", CPA_PUBLIC_URL="https://cpa.example/panel/")
    client = falcon.testing.TestClient(create_app(own, connections, lambda: NOW))
    found = status(client)
    assert [problem["code"] for problem in found["problems"]] == ["open_to_network"]
    assert found["cpa_url"] == "https://cpa.example/panel/management.html"


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("", False), ("0.0.0.0", False)],  # noqa: S104 - only compared
)
def test_what_only_this_machine_reaches(host, loopback):
    assert is_loopback(host) is loopback


def test_the_way_back_to_cpa_is_its_management_page():
    assert management_page("") is None
    assert management_page("https://cpa.example/management.html") == "https://cpa.example/management.html"
    assert management_page("https://cpa.example") == "https://cpa.example/management.html"


def test_ready_does_not_depend_on_ingestd_but_tells_of_it(client, writer):
    ready = client.simulate_get("/readyz")
    assert (ready.status_code, ready.json["ready"]) == (200, True)
    assert [problem["code"] for problem in ready.json["problems"]] == ["not_collecting"]
    beat(writer)
    assert client.simulate_get(f"{API}/readyz").json == {"ready": True, "problems": []}


def test_not_ready_without_a_file_while_the_process_lives(client):
    ready = client.simulate_get("/readyz")
    assert (ready.status_code, ready.json["ready"]) == (503, False)
    assert ready.json["problems"][0]["code"] == "starting"
    assert "retry-after" in ready.headers
    assert client.simulate_get("/healthz").json == {"status": "ok"}
    assert client.simulate_get(f"{API}/version").status_code == 200


def test_columns_outlive_rows_and_so_does_the_first_moment(client, collector, monkeypatch):
    monkeypatch.setattr("ingestd.seal.TAIL_ROWS", 2)
    collector.send(request(1, at_ms=0), request(2, at_ms=60_000))
    collector.writer.execute(
        "delete from event where failed = 0 and occurred_at = (select min(occurred_at) from event)"
    )
    assert status(client)["database"]["first_event_at"] == "2026-11-24T16:00:00+08:00"
