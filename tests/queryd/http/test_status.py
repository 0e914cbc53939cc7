"""What the status says, and which problems it names in words."""

import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from ingestd.cpa.errors import ErrorKind
from queryd.app import create_app, management_page
from queryd.endpoints import API
from queryd.hosts import is_loopback
from queryd.state.problems import KNOWN
from shared import backups, process_lock, updates
from shared.clock import HOUR, MINUTE, SECOND
from shared.database import transaction
from shared.heartbeat import Counters, Detail, Inbox, Queue, Trouble, Uptime, uptime
from tests.queryd.http.conftest import NOW, client_of, settings_in
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
            "parameters": {"models": "claude-opus-4-6", "more": 0},
        }
    ]
    assert found["ingestd"] | {"started_at": ""} == {
        "version": "0.1.0",
        "state": "running",
        "started_at": "",
        "heartbeat_at": "2026-11-24T19:59:59+08:00",
        "alive": True,
        "life": "running",
        "queue": {
            "mode": "pop",
            "address": "127.0.0.1:8317",
            "connected": True,
            "last_event_at": "2026-11-24T19:59:56+08:00",
            "trouble": None,
        },
        "inbox": {"pending": 0, "rejected": 0},
        "lag_seconds": 0.0,
        "statistics": {"enabled": None, "unknown_because": None, "checked_at": None},
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
        (
            {"queue": Queue(mode="pop", connected=False, trouble=Trouble(code="wrong_key", message="m", since=1))},
            "wrong_key",
        ),
        ({"troubles": (Trouble(code="diverted", message="m", since=1, severity="warning"),)}, "diverted"),
        ({"storage_trouble": Trouble(code="disk_full", message="m", since=1)}, "disk_full"),
        ({"statistics_enabled": False}, "statistics_disabled"),
        ({"lag_us": 2 * MINUTE, "inbox": Inbox(pending=5000, rejected=0)}, "behind"),
        ({"disk_free_bytes": 1024}, "disk_nearly_full"),
    ],
)
def test_each_problem_has_its_code(client, writer, changes, code):
    beat(writer, **changes)
    assert codes(client) == [code]


def test_a_collector_that_lives_with_a_clock_ahead_is_told_so(client, writer):
    beat(writer, at=NOW + 5 * MINUTE, uptime=uptime())
    assert codes(client) == ["clocks_apart"]


def test_a_collector_that_died_with_a_clock_ahead_is_not_alive_for_so_long(client, writer):
    then = uptime()
    minute_ago = Uptime(boot_id=then.boot_id, monotonic_ns=then.monotonic_ns - 60 * 10**9)
    beat(writer, at=NOW + 365 * 24 * HOUR, uptime=minute_ago)
    assert codes(client) == ["not_collecting"]


def reject(writer, *reasons):
    writer.executemany(
        "insert into rejected (arrived_at, rejected_at, transport, reason, detail, payload)"
        " values (0, 0, 'pop', ?, '', x'00')",
        [(reason,) for reason in reasons],
    )


def test_what_was_set_aside_is_counted_by_reason_and_what_is_too_old_apart(client, writer):
    beat(writer)
    reject(writer, "wrong_type", "invalid_json", "wrong_type", "older_than_retention")
    unreadable, too_old = status(client)["problems"]
    assert (unreadable["code"], unreadable["parameters"]) == (
        "rejected_messages",
        {"count": 3, "reasons": "wrong_type 2, invalid_json 1"},
    )
    assert "3 messages from CPA could not be read (wrong_type 2, invalid_json 1)" in unreadable["message"]
    assert (too_old["code"], too_old["parameters"]) == ("too_old_messages", {"count": 1})


def test_a_collector_that_lives_is_never_told_to_be_started(client, writer, settings):
    beat(writer, at=NOW - HOUR)
    assert codes(client) == ["not_collecting"]
    lock = process_lock.hold(settings.work_folder)
    assert codes(client) == ["collector_silent"]
    with transaction(writer):
        found = status(client)
    assert [problem["code"] for problem in found["problems"]] == ["storage_locked"]
    assert "another program keeps the database locked" in found["problems"][0]["message"]
    assert (found["ingestd"]["alive"], found["ingestd"]["life"]) == (True, "locked_out")
    assert codes(client) == ["collector_silent"]
    beat(writer, at=NOW - HOUR, state="stopped")
    assert codes(client) == []  # the next one has just begun
    os.close(lock)
    assert codes(client) == ["not_collecting"]


def test_a_dead_collectors_problem_names_no_time_that_another_cpa_may_not_keep(client, writer):
    beat(writer, at=NOW - HOUR)
    message = status(client)["problems"][0]["message"]
    assert "minute" not in message
    assert "redis-usage-queue-retention-seconds" in message


def test_requests_ahead_of_the_clock_are_named(client, collector):
    beat(collector.writer)
    collector.send(request(1, at_ms=4 * HOUR // 1000 - 30_000))
    assert "events_ahead" not in codes(client)
    collector.send(request(2, at_ms=4 * HOUR // 1000 + 180_000))
    ahead = next(each for each in status(client)["problems"] if each["code"] == "events_ahead")
    assert ahead["parameters"] == {"at": "2026-11-24T20:03:00.000+08:00", "seconds": 180}


def test_what_others_can_read_is_named(client, settings, writer):
    beat(writer)
    settings.work_folder.chmod(0o755)
    settings.database.chmod(0o644)
    env_file = settings.env_file
    env_file.write_text("CPA_MANAGEMENT_KEY=made-up")
    env_file.chmod(0o644)
    (found,) = status(client)["problems"]
    assert found["code"] == "readable_by_others"
    assert {str(settings.work_folder), str(settings.database), str(env_file)} <= set(
        found["parameters"]["paths"].split(", ")
    )
    assert "chmod" in found["parameters"]["remedy"]
    env_file.chmod(0o600)
    settings.work_folder.chmod(0o700)
    assert codes(client) == []


def test_every_kind_of_trouble_has_a_code_that_is_documented(client, writer):
    assert {str(kind) for kind in ErrorKind} <= KNOWN
    unknown = Trouble(code="of_the_future", message="m", since=1, severity="warning", parameters={"n": 1})
    beat(writer, troubles=(unknown,))
    (found,) = status(client)["problems"]
    assert (found["code"], found["severity"], found["parameters"]) == (
        "collector_trouble",
        "warning",
        {"n": 1, "code": "of_the_future"},
    )


def test_a_heartbeat_of_another_version_is_told_and_breaks_nothing(client, writer):
    beat(writer)
    writer.execute("update heartbeat set detail = '{\"other\": 1}'")
    assert codes(client) == ["versions_apart"]


def test_a_failed_task_is_told_with_its_reason(client, writer):
    beat(writer)
    writer.execute(
        "insert into task_run values ('backup', ?, 1500000, 'failed', 'no space left', ?)", (NOW - HOUR, NOW + HOUR)
    )
    found = status(client)
    assert found["problems"][0]["message"] == "backup failed: no space left"
    assert found["tasks"] == [
        {
            "name": "backup",
            "started_at": "2026-11-24T19:00:00+08:00",
            "duration_ms": 1500.0,
            "outcome": "failed",
            "detail": "no space left",
            "next_at": "2026-11-24T21:00:00+08:00",
        }
    ]


def test_errors_come_before_warnings(client, writer):
    beat(writer, statistics_enabled=False)
    reject(writer, "wrong_type")
    assert codes(client) == ["statistics_disabled", "rejected_messages"]


def test_an_open_door_is_told(tmp_path, connections, writer):
    beat(writer)
    own = settings_in(tmp_path, APP_HOST="", CPA_PUBLIC_URL="https://cpa.example/panel/")
    client = client_of(create_app(own, connections, lambda: NOW))
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
    assert ready.json["problems"][0]["code"] == "no_collector"
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


def test_backups_are_told_as_the_folder_has_them(client, collector, settings):
    beat(collector.writer)
    folder = backups.folder_of(settings.database)
    assert status(client)["backups"] == {
        "enabled": True,
        "folder": str(folder),
        "count": 0,
        "bytes": 0,
        "newest": None,
        "next_at": None,
    }
    folder.mkdir()
    for age, size in ((HOUR, 300), (2 * HOUR, 200)):
        (folder / backups.name(NOW - age)).write_bytes(b"x" * size)
    (folder / f"{backups.name(NOW)}.partial").write_bytes(b"not verified yet")
    assert status(client)["backups"] == {
        "enabled": True,
        "folder": str(folder),
        "count": 2,
        "bytes": 500,
        "newest": {"file": backups.name(NOW - HOUR), "made_at": "2026-11-24T19:00:00+08:00", "bytes": 300},
        "next_at": "2026-11-25T19:00:00+08:00",
    }


def test_an_env_file_that_is_no_file_is_nobodys_to_change(tmp_path, connections, dist, writer):
    """ENV_FILE=/dev/null, as containers have it: everybody may read it, and nothing is in there."""
    beat(writer)
    settings = replace(settings_in(tmp_path), env_file=Path("/dev/null"))
    client = client_of(create_app(settings, connections, lambda: NOW, dist))
    assert codes(client) == []
    settings.work_folder.chmod(0o755)
    settings.database.chmod(0o644)
    (found,) = status(client)["problems"]
    assert "/dev/null" not in found["message"]
    settings.work_folder.chmod(0o700)


def test_only_what_can_be_read_is_to_be_changed(client, settings, writer):
    beat(writer)
    settings.env_file.write_text("CPA_MANAGEMENT_KEY=made-up")
    settings.env_file.chmod(0o644)
    (found,) = status(client)["problems"]
    assert found["parameters"]["remedy"] == f"chmod 600 {settings.env_file}"


def test_a_newer_version_that_was_heard_of_is_told(tmp_path, connections, dist, writer):
    beat(writer)
    client = client_of(create_app(settings_in(tmp_path), connections, lambda: NOW, dist))
    assert (status(client)["versions"]["can_check"], status(client)["versions"]["newest"]) == (False, None)
    with transaction(writer):
        updates.keep(writer, updates.Newest("99.0", "https://releases.example/99", NOW - HOUR))
    asking = settings_in(tmp_path, UPDATE_URL="https://releases.example/latest")
    told = status(client_of(create_app(asking, connections, lambda: NOW, dist)))["versions"]
    assert told["can_check"] is True
    assert (told["newest"]["version"], told["newest"]["newer"]) == ("99.0", True)
    assert told["newest"]["url"] == "https://releases.example/99"


def test_a_disk_too_full_for_a_heartbeat_is_told_by_queryd(client, writer, settings, monkeypatch):
    beat(writer, at=NOW - MINUTE, uptime=Uptime(boot_id="", monotonic_ns=0))
    lock = process_lock.hold(settings.work_folder)
    try:
        assert codes(client)[0] == "collector_silent"
        monkeypatch.setattr("queryd.state.problems.shutil.disk_usage", lambda _: SimpleNamespace(free=4_096))
        (found,) = (each for each in status(client)["problems"] if each["severity"] == "error")
        assert (found["code"], str(settings.work_folder) in found["message"]) == ("disk_full", True)
    finally:
        os.close(lock)
