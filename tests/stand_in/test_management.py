"""The management documents: the recorded ones as they were, the company's matching its traffic."""

import json
import time
from collections import Counter
from datetime import date, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.cpa import DEFAULT_KEY, StandIn
from tests.cpa.accounts import CLIENT_KEYS, CREDENTIALS, auth_index
from tests.cpa.company_documents import KEY_LISTS, CompanyDocuments
from tests.cpa.feed import Feed, live_attempts, nanoseconds_of
from tests.cpa.management import PREFIX
from tests.cpa.traffic.calendar import Traffic
from tests.stand_in.conversation import DATA, PAYLOADS, Client

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 24)
RECORDINGS = sorted(path.name.removesuffix(".meta.json") for path in (DATA / "management").glob("*.meta.json"))
OTHERWISE = {"latest-version-fail"}
"""A second recording of a path that answers with its success."""


@pytest.fixture
def recorded():
    with StandIn() as cpa, browser(cpa) as client:
        yield client


@pytest.fixture
def company():
    documents = CompanyDocuments(ZONE)
    with StandIn(documents=documents) as cpa:
        documents.changed = cpa.queue.refresh
        yield cpa, documents


def browser(cpa):
    return httpx.Client(base_url=cpa.url + PREFIX, headers={"X-Management-Key": DEFAULT_KEY}, trust_env=False)


def recording(name):
    meta = json.loads((DATA / "management" / f"{name}.meta.json").read_bytes())
    return meta, (DATA / "management" / f"{name}.json").read_bytes()


@pytest.mark.parametrize("name", [name for name in RECORDINGS if name not in OTHERWISE])
def test_recorded_documents_are_answered_with_their_status_headers_and_body(recorded, name):
    meta, body = recording(name)
    answer = recorded.request(meta["method"], meta["path"].removeprefix(PREFIX), json=meta["request"])
    assert answer.status_code == meta["status"]
    assert answer.content == body
    assert list(answer.headers) == list(meta["headers"])


def test_a_number_of_bytes_above_two_kilobytes_is_sent_in_chunks(recorded):
    assert "transfer-encoding" in recorded.get("config").headers
    assert recorded.get("auth-files/models").headers["content-length"]


def test_auth_files_can_be_asked_for_by_name_and_by_index(recorded):
    one = recorded.get("auth-files", params={"name": "claude-alice@example.com.json"}).json()["files"]
    assert [file["auth_index"] for file in one] == ["50b676d1b75e50dd"]
    assert recorded.get("auth-files", params={"auth_index": "50b676d1b75e50dd"}).json()["files"] == one
    assert recorded.get("auth-files", params={"name": "nope.json"}).content == b'{"files":[]}'


def test_the_statistics_switch_works_and_refuses_nonsense(recorded):
    assert recorded.put("usage-statistics-enabled", json={"value": False}).content == b'{"status":"ok"}'
    assert recorded.get("usage-statistics-enabled").content == b'{"usage-statistics-enabled":false}'
    refused = recorded.put("usage-statistics-enabled", json={"value": "no"})
    assert (refused.status_code, refused.json()) == (400, {"error": "invalid body"})


def test_the_http_queue_shows_what_is_no_json_as_a_string():
    with StandIn() as cpa, browser(cpa) as client:
        cpa.publish_many([PAYLOADS[0], b"not <json>"])
        assert client.get("usage-queue?count=2").content == b"[" + PAYLOADS[0] + b',"not \\u003cjson\\u003e"]'


def test_auth_indexes_are_derived_as_cpa_derives_them():
    assert auth_index("claude:/root/.cli-proxy-api/claude-alice@example.com.json") == "d3587855c09bac7e"
    for name in ("gemini-api-key", "interactions-api-key", "claude-api-key", "codex-api-key", "xai-api-key"):
        for entry in json.loads(recording(name)[1])[name]:
            assert auth_index(f"{name}:{entry.get('base-url', '')}+{entry['api-key']}") == entry["auth-index"]
    for provider in json.loads(recording("openai-compatibility")[1])["openai-compatibility"][:1]:
        for entry in provider["api-key-entries"]:
            seed = f"openai-compatibility:{provider['base-url']}+{entry['api-key']}"
            assert auth_index(seed) == entry["auth-index"]


def test_the_company_documents_have_the_names_and_order_of_recorded_ones(company):
    with browser(company[0]) as client:
        files = client.get("auth-files").json()["files"]
        known = {name for file in json.loads(recording("auth-files")[1])["files"] for name in file}
        assert {name for file in files for name in file} <= known
        assert all(list(file) == sorted(file) for file in files)
        for name in (*KEY_LISTS, "openai-compatibility"):
            order = ["name", "disabled", "prefix", "api-key", "base-url", "api-key-entries", "proxy-url", "models"]
            for entry in client.get(name).json()[name]:
                assert list(entry) == [field for field in (*order, "auth-index") if field in entry]
        assert list(client.get("config").json()) == list(json.loads(recording("config")[1]))
        usage = client.get("api-key-usage").json()
        assert list(usage) == sorted(usage)
        assert all(len(one["recent_requests"]) == 20 for entries in usage.values() for one in entries.values())


def test_every_credential_and_key_of_the_traffic_is_in_the_documents(company):
    with browser(company[0]) as client:
        listed = {file["auth_index"] for file in client.get("auth-files").json()["files"]}
        for name in KEY_LISTS:
            listed |= {entry["auth-index"] for entry in client.get(name).json()[name]}
        for provider in client.get("openai-compatibility").json()["openai-compatibility"]:
            entries = provider.get("api-key-entries", [provider])
            listed |= {entry["auth-index"] for entry in entries}
        assert listed == {one.auth_index for one in CREDENTIALS}
        assert client.get("api-keys").json()["api-keys"] == [one.key for one in CLIENT_KEYS]
    used = {(one.credential.auth_index, one.client.key) for one in islice(Traffic(TODAY, ZONE).stream(TODAY), 2000)}
    assert {index for index, _ in used} <= listed
    assert {key for _, key in used} <= {one.key for one in CLIENT_KEYS}


def test_counters_agree_with_published_events_per_credential(company):
    cpa, documents = company
    feed = Feed(cpa, documents, (), ZONE)
    attempts = list(islice(Traffic(TODAY, ZONE).stream(TODAY), 1500))
    for attempt in attempts:
        feed.publish(attempt)
    counted = Counter[str]()
    with browser(cpa) as client:
        for file in client.get("auth-files").json()["files"]:
            counted[file["auth_index"]] = file["success"] + file["failed"]
    expected = Counter(one.credential.auth_index for one in attempts if one.credential.file and not one.refreshes)
    assert +counted == expected
    assert cpa.queue.waiting() == sum(not one.silent for one in attempts)


def test_a_refreshed_token_is_announced_and_errors_go_to_their_channel(company):
    cpa, documents = company
    with Client(cpa.address) as errors, Client(cpa.address) as usage:
        errors.subscribe("errors")
        usage.subscribe()
        feed = Feed(cpa, documents, (), ZONE)
        stream = Traffic(TODAY, ZONE).stream(TODAY)
        feed.publish(next(one for one in stream if one.refreshes))
        feed.publish(next(one for one in stream if one.failure and not one.refreshes))
        assert json.loads(usage.message())["fail"]["status_code"] == 401
        assert usage.message() == b'{"refresh":true}'
        assert json.loads(errors.message())["auth_status"]


def test_an_account_can_be_disabled_and_then_serves_nothing(company):
    cpa, documents = company
    attempt = next(one for one in Traffic(TODAY, ZONE).stream(TODAY) if one.credential.file)
    name = attempt.credential.file
    with browser(cpa) as client:
        answer = client.patch("auth-files/status", json={"name": name, "disabled": True})
        assert answer.json() == {"status": "ok", "disabled": True}
        assert client.get("auth-files", params={"name": name}).json()["files"][0]["status"] == "disabled"
        assert client.patch("auth-files/status", json={"name": "x", "disabled": True}).status_code == 404
        Feed(cpa, documents, (), ZONE).publish(attempt)
        assert cpa.queue.waiting() == 0


def test_client_keys_can_be_changed(company):
    with browser(company[0]) as client:
        old = CLIENT_KEYS[0].key
        assert client.patch("api-keys", json={"old": old, "new": "sk-new"}).json() == {"status": "ok"}
        assert client.get("api-keys").json()["api-keys"][0] == "sk-new"
        client.delete("api-keys", params={"value": "sk-new"})
        assert "sk-new" not in client.get("api-keys").json()["api-keys"]
        client.put("api-keys", json=[])
        assert client.get("api-keys").content == b'{"api-keys":null}'


def test_a_feed_at_a_constant_rate_moves_its_events_to_now(company):
    cpa, documents = company
    noon = datetime(2026, 11, 24, 12, tzinfo=ZONE)
    before = time.time_ns()
    feed = Feed(cpa, documents, islice(live_attempts(noon), 50), ZONE, rate=2000)
    feed.start()
    feed.join()
    events = [json.loads(one) for one in cpa.queue.pop(100)]
    ends = [nanoseconds_of(event["timestamp"].encode()) + event["latency_ms"] * 10**6 for event in events]
    assert len(events) == feed.published
    assert all(before <= end <= time.time_ns() for end in ends)
