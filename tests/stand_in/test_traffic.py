"""Generated traffic cannot be told from captured traffic by its form, and looks like a company by its content."""

import json
import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from genai_prices import Usage, calc_price

from tests.cpa import accounts
from tests.cpa.feed import History, live_attempts, retimed
from tests.cpa.management import go_json
from tests.cpa.traffic.attempt import NANOSECONDS, payload
from tests.cpa.traffic.calendar import Traffic
from tests.cpa.traffic.company import DEAR_JOB, IMAGE_MODEL, UNPRICED, WORKLOADS
from tests.cpa.traffic.errors import error_message
from tests.cpa.traffic.failures import CLASSES
from tests.stand_in.conversation import DATA, PAYLOADS

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 24)
CAPTURED = [json.loads(line) for line in PAYLOADS]
OPTIONAL = {"access_token_sha256", "response_headers", "response_service_tier"}
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}\+08:00")


@pytest.fixture(scope="module")
def month():
    """The attempts that begin on the thirty days up to and with today."""
    first = TODAY - timedelta(days=29)
    return list(takewhile(lambda one: day_of(one) <= TODAY, Traffic(TODAY, ZONE).stream(first)))


@pytest.fixture(scope="module")
def events(month):
    return [json.loads(payload(one, ZONE)) for one in month]


def day_of(attempt):
    return datetime.fromtimestamp(attempt.started // NANOSECONDS, ZONE).date()


def shape(value):
    """Names in their order and types, all the way down; header values by their type only."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items() if name != "response_headers"}
    return type(value)


def header_names(event):
    return frozenset(event.get("response_headers", {})) - {"X-Fake-Id"}


def test_payloads_are_encoded_as_go_encodes_them(month):
    for line in (*PAYLOADS, *(payload(one, ZONE) for one in month[:3000])):
        assert go_json(json.loads(line)) == line


def test_fields_come_in_the_captured_order_with_the_captured_types(events):
    whole: dict[str, object] = {}
    for event in CAPTURED:
        whole |= shape(event)
    order = list(CAPTURED[0])
    order.insert(order.index("auth_index") + 1, "access_token_sha256")
    order.append("response_service_tier")
    for event in events:
        assert list(event) == [name for name in order if name in event]
        assert set(order) - set(event) <= OPTIONAL
        assert shape(event) == {name: whole[name] for name in event if name != "response_headers"}
        for name in ("tokens", "token_breakdown", "fail"):
            assert list(event[name]) == list(CAPTURED[0][name])


def test_header_sets_are_the_captured_ones(events):
    captured = {header_names(event) for event in CAPTURED}
    by_provider = defaultdict(set)
    for event in events:
        by_provider[event["provider"]].add(header_names(event))
        assert list(event.get("response_headers", {})) == sorted(event.get("response_headers", {}))
    for provider, found in by_provider.items():
        assert found <= captured, provider


def test_timestamps_have_nanoseconds_and_the_zone_of_cpa(events):
    stamps = [event["timestamp"] for event in events]
    assert all(map(STAMP.fullmatch, stamps))
    short = sum(len(stamp) < len("2026-11-24T00:00:00.1234567+08:00") for stamp in stamps)
    assert short < len(stamps) / 100


def test_executors_and_identities_are_those_of_captured_events(events):
    def identities(some):
        return {(one["provider"], one["executor_type"], one["auth_type"]) for one in some}

    assert identities(events) - identities(CAPTURED) == {
        ("openai-compatible-deepseek", "OpenAICompatExecutor", "apikey"),
    }


def test_token_breakdowns_hold_their_invariants(events):
    for event in events:
        broken = event["token_breakdown"]
        given, made = broken["input"], broken["output"]
        parts = (*given.values(), *made.values(), broken["unclassified_tokens"], *event["tokens"].values())
        assert min(parts) >= 0
        assert given["total_tokens"] == sum(list(given.values())[1:])
        assert made["total_tokens"] == sum(list(made.values())[1:])
        total = given["total_tokens"] + made["total_tokens"] + broken["unclassified_tokens"]
        assert broken["total_tokens"] == event["tokens"]["total_tokens"] == total


def test_everything_is_the_same_for_the_same_seed_and_another_for_another():
    def start(seed):
        return [payload(one, ZONE) for one in islice(Traffic(TODAY, ZONE, seed).stream(TODAY), 500)]

    assert start(1) == start(1)
    assert not set(start(1)) & set(start(2))


def test_events_come_in_the_order_they_complete(month):
    completed = [one.completed for one in month]
    assert completed == sorted(completed)


def test_live_traffic_goes_on_where_the_history_ends():
    now = datetime(2026, 11, 24, 15, 30, tzinfo=ZONE)
    later = now + timedelta(hours=2)
    end = later.timestamp() * NANOSECONDS
    live = [one for one in takewhile(lambda one: one.completed < end, live_attempts(now)) if not one.silent]
    whole = list(History(2, later))
    assert len(live) > 100
    assert whole[-len(live) :] == [payload(one, ZONE) for one in live]
    assert list(History(2, now))[-500:] == whole[-len(live) - 500 : -len(live)]


def test_a_working_day_has_one_and_a_half_to_three_thousand_requests_and_weekends_fewer(events):
    days = Counter(event["timestamp"][:10] for event in events)
    working = {day: count for day, count in days.items() if date.fromisoformat(day).weekday() < 5}
    weekend = {day: count for day, count in days.items() if day not in working}
    assert all(1400 <= count <= 3000 for count in working.values()), working
    assert all(500 <= count <= 1200 for count in weekend.values()), weekend


def test_teams_work_by_day_and_the_bot_at_night_too(events):
    def at_night(client):
        hours = [event["timestamp"][11:13] for event in events if event["api_key"] == client.key]
        return sum(hour < "07" for hour in hours) / len(hours)

    assert at_night(accounts.WEB) < 0.01
    assert 0.05 < at_night(accounts.HELPDESK) < 0.25
    assert at_night(accounts.NIGHTLY) > 0.95


def test_every_way_to_fail_occurs(events):
    statuses = {(event["fail"]["status_code"]) for event in events if event["failed"]}
    assert statuses >= {failure.status for failure in CLASSES} | {401}
    assert 0.01 < sum(event["failed"] for event in events) / len(events) < 0.05


def test_the_special_cases_of_the_contract_occur(events):
    assert any(event["failed"] and event["fail"]["body"] == "" for event in events)
    assert any(not event["generate"] and event["executor_type"] == "CodexWebsocketsExecutor" for event in events)
    assert any(event["model"] == IMAGE_MODEL and event["alias"] != IMAGE_MODEL for event in events)
    qualities = {event["token_breakdown"]["quality"] for event in events}
    assert qualities == {"complete", "unclassified", "inconsistent"}
    unmetered = [one for one in events if not one["failed"] and one["generate"] and not one["tokens"]["total_tokens"]]
    assert unmetered
    vertex = [event for event in events if event["provider"] == "vertex" and not event["failed"]]
    assert sum(not event["tokens"]["output_tokens"] for event in vertex) > len(vertex) / 3
    assert any("/" in event["alias"] or "(" in event["alias"] for event in events)
    assert {"auto", "priority", "fast", "flex"} <= {event["service_tier"] for event in events}


def test_failovers_keep_the_request_id_and_may_show_stale_headers(events):
    attempts = defaultdict(list)
    for event in events:
        if event["endpoint"] != "GET /v1/responses":
            attempts[event["request_id"]].append(event)
    rescued = [some for some in attempts.values() if some[0]["failed"] and not some[-1]["failed"]]
    assert len(rescued) > 100
    assert any(some[0]["auth_index"] != some[-1]["auth_index"] for some in rescued)
    stale = [one for one in events if one["failed"] and one["fail"]["body"].startswith("Post ") and header_names(one)]
    assert stale


def test_a_refused_token_is_renewed_under_the_same_request_id(events):
    refused = [event for event in events if event["failed"] and event["fail"]["status_code"] == 401]
    assert refused
    by_request = defaultdict(list)
    for event in events:
        by_request[event["request_id"], event["auth_index"]].append(event)
    first, *rest = by_request[refused[0]["request_id"], refused[0]["auth_index"]]
    assert first["fail"]["status_code"] == 401
    assert rest[0]["access_token_sha256"] != first["access_token_sha256"]


def test_yesterday_one_account_was_out_of_quota_for_hours_and_others_stepped_in(events):
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    limited = [
        event
        for event in events
        if event["auth_index"] == accounts.CLAUDE_TEAM.auth_index
        and event["timestamp"].startswith(yesterday)
        and event["fail"]["status_code"] == 429
    ]
    hours = {event["timestamp"][11:13] for event in limited}
    assert len(limited) > 30
    assert hours >= {"14", "15", "16"}
    rescued = {event["request_id"] for event in events if not event["failed"]}
    assert sum(event["request_id"] in rescued for event in limited) > len(limited) * 0.9


PRICED_AS = {
    "claude": "anthropic",
    "codex": "openai",
    "xai": "x-ai",
    "kimi": "moonshotai",
    "openai-compatible-openrouter": "openrouter",
    "openai-compatible-deepseek": "deepseek",
}


def dollars(event):
    if event["model"] == UNPRICED.name:
        return 0.0
    provider = "moonshotai" if event["model"].startswith("kimi") else PRICED_AS.get(event["provider"], "google")
    given, made = event["token_breakdown"]["input"], event["token_breakdown"]["output"]
    usage = Usage(
        input_tokens=given["total_tokens"],
        cache_read_tokens=given["cache_read_tokens"],
        cache_write_tokens=given["cache_write_tokens"],
        output_tokens=made["total_tokens"],
    )
    return float(calc_price(usage, event["model"], provider_id=provider).total_price)


def test_today_is_clearly_dearer_than_yesterday_because_of_one_model_on_one_key(events):
    spent: Counter[tuple[str, str, str]] = Counter()
    for event in events[-6000:]:
        spent[event["timestamp"][:10], event["model"], event["api_key"]] += dollars(event)
    today, yesterday = (
        Counter({key[1:]: cost for key, cost in spent.items() if key[0] == day.isoformat()})
        for day in (TODAY, TODAY - timedelta(days=1))
    )
    assert today.total() > 2 * yesterday.total()
    assert 30 < yesterday.total() < 150
    (what, more), *_ = (today - yesterday).most_common(1)
    assert what == (DEAR_JOB.models[0][0].name, DEAR_JOB.client.key)
    assert more > 0.6 * (today.total() - yesterday.total())


def test_every_model_but_one_has_a_price():
    for workload in WORKLOADS:
        for model, _ in workload.models:
            if model is UNPRICED:
                continue
            provider = model.pool[0].provider
            maker = "moonshotai" if provider == "kimi" else PRICED_AS.get(provider, "google")
            assert calc_price(Usage(input_tokens=1000), model.name, provider_id=maker).total_price > 0
    with pytest.raises(LookupError):
        calc_price(Usage(input_tokens=1000), UNPRICED.name)


def test_error_messages_have_the_captured_fields_in_their_order(month):
    captured = [json.loads(line) for line in (DATA / "captured-errors.jsonl").read_bytes().splitlines()]
    forms = {tuple(message) for message in captured}
    states = {name for message in captured for name in message["auth_status"]}
    codes = {message.get("code") for message in captured}
    for attempt in month:
        if attempt.failure is None:
            continue
        message = json.loads(error_message(attempt, ZONE))
        assert tuple(message) in forms
        assert set(message["auth_status"]) <= states
        assert message.get("code") in codes


def test_a_replay_can_be_moved_in_time_as_a_whole():
    end = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    moved = [json.loads(line) for line in retimed(PAYLOADS, end)]
    stamps = [event["timestamp"] for event in moved]
    assert max(stamps) == "2030-01-02T03:04:05Z"
    for before, after in zip(CAPTURED, moved, strict=True):
        assert {**after, "timestamp": before["timestamp"]} == before
