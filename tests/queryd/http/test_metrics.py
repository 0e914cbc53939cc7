"""`/metrics`: true figures, bounded labels, who may read it; and that board and alerts ask for what is there."""

import json
import re
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from queryd.app import create_app
from queryd.endpoints import API
from queryd.metrics_page import PROVIDERS_MAX
from shared import backups
from shared.clock import HOUR, SECOND
from shared.heartbeat import Counters, Inbox, Queue
from tests.ingestd.conftest import DATA
from tests.queryd.http.conftest import NOW, client_of, settings_in
from tests.queryd.http.test_collection import gap
from tests.queryd.http.test_events import request
from tests.queryd.http.test_status import beat

DEPLOY = Path(__file__).parents[3] / "deploy"
NAME = re.compile(r"cpa_keeper_\w+")


def samples(client, **headers):
    answer = client.simulate_get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.headers["cache-control"] == "no-store"
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def busy(collector):
    """A collector that lives, with everything it can say."""
    beat(
        collector.writer,
        queue=Queue(mode="pop", connected=True, last_event_at=NOW - 4 * SECOND),
        inbox=Inbox(pending=3, rejected=2),
        lag_us=7 * SECOND,
        counters=Counters(received=10, stored=8, duplicates=1),
    )
    collector.writer.execute(
        "insert into task_run values ('backup', ?, 1500000, 'failed', 'no space left', null)", (NOW - HOUR,)
    )


@pytest.fixture
def backup(settings):
    """One that was made two hours ago."""
    folder = backups.folder_of(settings.database)
    folder.mkdir()
    (folder / backups.name(NOW - 2 * HOUR)).write_bytes(bytes(1_000))


@pytest.mark.usefixtures("backup")
def test_it_says_how_the_keeper_does(client, collector):
    busy(collector)
    gap(collector.writer, NOW - 3 * HOUR, NOW - 2 * HOUR, 86)
    gap(collector.writer, NOW - HOUR, NOW - HOUR + SECOND, None, because="no_counters")
    collector.send(*(DATA / "captured-usage.jsonl").read_bytes().splitlines())
    told = samples(client)
    assert told["cpa_keeper_collector_up",] == 1
    assert told["cpa_keeper_queue_connected",] == 1
    assert told["cpa_keeper_heartbeat_age_seconds",] == 1
    assert told["cpa_keeper_last_event_age_seconds",] == 4
    assert told["cpa_keeper_lag_seconds",] == 7
    assert told["cpa_keeper_inbox_pending_messages",] == 3
    assert told["cpa_keeper_rejected_messages",] == 2
    assert told["cpa_keeper_lost_requests",] == 86
    assert told["cpa_keeper_untold_gaps",] == 1
    assert told["cpa_keeper_received_messages_total",] == 10
    assert told["cpa_keeper_task_failed", ("task", "backup")] == 1
    assert told["cpa_keeper_task_age_seconds", ("task", "backup")] == 3600
    assert told["cpa_keeper_task_duration_seconds", ("task", "backup")] == 1.5
    assert told["cpa_keeper_problems", ("severity", "warning")] > 0
    assert told["cpa_keeper_database_bytes",] > 0
    assert told["cpa_keeper_backups",] == 1
    assert told["cpa_keeper_backup_age_seconds",] == 7200


def test_its_totals_are_those_of_the_api(client, collector):
    collector.send(*(DATA / "captured-usage.jsonl").read_bytes().splitlines())
    told = samples(client)
    rows = client.simulate_get(f"{API}/breakdown?range=all&by=provider&limit=500").json["rows"]
    assert rows
    for row in rows:
        provider = ("provider", row["group"]["label"])
        metrics = row["metrics"]
        assert told["cpa_keeper_requests_total", provider] == metrics["requests"]
        assert told["cpa_keeper_tokens_total", ("kind", "input"), provider] == metrics["input_tokens"]
        assert told["cpa_keeper_cost_dollars_total", provider] == pytest.approx((metrics["cost_nanos"] or 0) / 1e9)


def test_however_many_providers_there_are_the_series_are_few_and_add_up(client, collector):
    count = PROVIDERS_MAX + 15
    for number in range(count):
        message = json.loads(request(number + 1)) | {"provider": f"made-up-{number}"}
        collector.send(json.dumps(message).encode())
    series = {key: value for key, value in samples(client).items() if key[0] == "cpa_keeper_requests_total"}
    assert len(series) == PROVIDERS_MAX + 1
    assert sum(series.values()) == count
    assert series["cpa_keeper_requests_total", ("provider", "other")] == 15


def test_answers_are_timed_by_route_and_made_up_paths_make_no_series(client, collector):
    collector.send(request(1))
    for path in ("summary?range=all", "status", "events/none", "no/such/thing", "summary/made/up"):
        client.simulate_get(f"{API}/{path}")
    client.simulate_delete(f"{API}/status")
    counted = {key for key in samples(client) if key[0] == "cpa_keeper_query_duration_seconds_count"}
    assert {dict(key[1:])["route"] for key in counted} == {f"{API}/summary", f"{API}/status", f"{API}/events/{{id}}"}
    assert {dict(key[1:])["method"] for key in counted} <= {"GET", "other"}


@pytest.mark.usefixtures("writer")
def test_before_anything_was_collected_it_answers(client):
    told = samples(client)
    assert told["cpa_keeper_collector_up",] == 0
    assert told["cpa_keeper_events",] == 0
    assert not [key for key in told if key[0] == "cpa_keeper_requests_total"]


def test_without_a_file_it_says_why_not(client):
    answer = client.simulate_get("/metrics")
    assert answer.status_code == 503
    assert answer.json["error"]["code"] in ("starting", "no_collector")


TOKEN = "made-up-metrics-token"


@pytest.mark.usefixtures("writer")
@pytest.mark.parametrize(
    ("chosen", "headers", "status"),
    [
        ({}, {}, 200),
        ({"LOGIN_PASSWORD": "made-up-password-1"}, {}, 401),
        ({"LOGIN_PASSWORD": "made-up-password-1"}, {"Authorization": "Bearer "}, 401),
        ({"METRICS_TOKEN": TOKEN}, {}, 401),
        ({"METRICS_TOKEN": TOKEN}, {"Authorization": "Bearer made-up-other"}, 401),
        ({"METRICS_TOKEN": TOKEN}, {"Authorization": TOKEN}, 401),
        ({"METRICS_TOKEN": TOKEN}, {"Authorization": f"Bearer {TOKEN}"}, 200),
        ({"METRICS_TOKEN": TOKEN, "LOGIN_PASSWORD": "made-up-password-1"}, {"Authorization": f"bearer {TOKEN}"}, 200),
        ({"LOGIN_PASSWORD": "made-up-password-1"}, {"X-Forwarded-For": "127.0.0.1"}, 401),
    ],
)
def test_who_may_read_it(tmp_path, connections, chosen, headers, status):
    client = client_of(create_app(settings_in(tmp_path, **chosen), connections, lambda: NOW))
    answer = client.simulate_get("/metrics", headers=headers)
    assert answer.status_code == status
    assert TOKEN not in answer.text


@pytest.mark.usefixtures("writer")
def test_a_session_may_read_it(tmp_path, connections, dist):
    client = client_of(
        create_app(settings_in(tmp_path, LOGIN_PASSWORD="made-up-password-1"), connections, lambda: NOW, dist)
    )
    signed_in = client.simulate_post(f"{API}/session", json={"password": "made-up-password-1"})
    (cookie,) = signed_in.cookies.values()
    answer = client.simulate_get("/metrics", cookies={cookie.name: cookie.value})
    assert answer.status_code == 200


@pytest.mark.usefixtures("backup")
@pytest.mark.parametrize("name", ["grafana.json", "alerts.yaml"])
def test_board_and_alerts_ask_for_metrics_that_exist(client, collector, name):
    busy(collector)
    collector.send(request(1))
    client.simulate_get(f"{API}/status")
    known = {key[0] for key in samples(client)}
    asked = set(NAME.findall((DEPLOY / name).read_text("utf-8")))
    assert asked
    assert asked - known == set()


def test_the_board_is_one_that_grafana_can_import():
    board = json.loads((DEPLOY / "grafana.json").read_text("utf-8"))
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    (source,) = board["templating"]["list"]
    assert all(panel["datasource"]["uid"] == f"${{{source['name']}}}" for panel in board["panels"])
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        assert all(target["expr"].count("(") == target["expr"].count(")") for target in panel["targets"])
