"""What the API says of accounts: windows as of now, states, what needs attention, pools, and cycles over time."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from ingestd.quota.keep import keep, update_account
from ingestd.quota.rows import Answer, Credits, Length, Row
from queryd.figures.quota_cycles import Reading
from queryd.questions.quota_history import READINGS_MAX, thinned
from shared.clock import DAY, HOUR, MINUTE, SECOND
from tests.ingestd.conftest import payload
from tests.queryd.http.conftest import NOW

LISTED = (
    "insert into credential_metadata (credential_id, listed_in, provider, label, name, email, account_type, plan,"
    " project, note, prefix, base_url, key_mask, status, status_message, disabled, unavailable, next_retry_after,"
    " seen_at, changed_at) values (?, 'auth-files', ?, ?, '', '', 'oauth', '', '', '', '', '', '', 'active', '', ?, ?,"
    " ?, 1, 1)"
)


class World:
    """Accounts in a file, and what requests on them did."""

    def __init__(self, collector):
        self.collector = collector
        self.connection = collector.writer
        self._number = 0

    def account(self, name="a", provider="claude", *, disabled=0, unavailable=0, retry=None):
        credential = self.connection.execute(
            "insert into credential (instance_id, auth_index, provider, auth_type, account, first_seen_at)"
            " values (1, ?, ?, 'oauth', '', 1)",
            (name, provider),
        ).lastrowid
        self.connection.execute(LISTED, (credential, provider, name, disabled, unavailable, retry))
        return credential

    def request(self, at, name="a", *, failed=0, model="claude-opus-4-6", provider="claude", tokens=1_000):
        self._number += 1
        changes = {
            "timestamp": _rfc(at),
            "auth_index": name,
            "provider": provider,
            "model": model,
            "alias": model,
            "ttft_ms": 0,
            "tokens": {"input_tokens": tokens, "output_tokens": 0, "total_tokens": tokens},
        }
        if failed:
            changes |= {"failed": True, "fail": {"status_code": failed, "body": '{"error":"no"}'}}
        self.collector.send(payload(self._number, **changes))

    def read(self, credential, percent, *, key="five_hour", seconds=18_000, at=NOW, resets=None, scope="window", **row):
        rows = [
            Row(
                key=key,
                label=key,
                scope=scope,
                used_percent=percent,
                window=Length(seconds=seconds) if seconds else None,
                reset_at=_rfc(resets) if resets else "",
                **row,
            )
        ]
        keep(self.connection, credential, Answer(rows=rows), "headers", at)

    def expect(self, credential, outlook, *, key="five_hour", empty_at=None, pace=5.0):
        self.connection.execute(
            "update quota_window set outlook = ?, empty_at = ?, confidence = ?, percent_per_hour = ?"
            " where credential_id = ? and key = ?",
            (outlook, empty_at, "high" if empty_at else "", pace, credential, key),
        )
        self.connection.execute("update meta set number = number + 1 where key = 'revision'")


def _rfc(at):
    return datetime.fromtimestamp(at / SECOND, UTC).isoformat()


@pytest.fixture
def world(collector):
    collector.send(payload(0, auth_index="", timestamp=_rfc(NOW - DAY)))
    return World(collector)


@pytest.fixture
def ask(client):
    def ask(path="quota"):
        answer = client.simulate_get(f"/api/v1/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json

    return ask


def row_of(answer, name="a"):
    return next(row for row in answer["accounts"] if row["credential"]["label"] == name)


def test_a_window_says_what_is_left_until_when_and_how_it_is_known(world, ask):
    account = world.account()
    world.request(NOW - 2 * HOUR)
    world.request(NOW - 90 * MINUTE, tokens=3_000)
    world.request(NOW - 10 * MINUTE, tokens=500)  # after the reading
    world.request(NOW - 6 * HOUR, tokens=70_000)  # before the window
    world.read(account, 40, at=NOW - HOUR, resets=NOW + 2 * HOUR)
    (window,) = row_of(ask())["windows"]
    assert window["used_percent"] == 40
    assert window["remaining_percent"] == 60
    assert window["length_seconds"] == 18_000
    assert window["starts_at"] == "2026-11-24T17:00:00+08:00"
    assert window["resets_at"] == "2026-11-24T22:00:00+08:00"
    assert (window["boundary"], window["source"], window["passive"], window["stale"]) == (
        "scheduled",
        "headers",
        True,
        True,  # in use since, and read an hour ago
    )
    assert window["usage"]["requests"] == 2
    assert window["usage"]["total_tokens"] == 4_000
    assert window["per_percent"]["total_tokens"] == 100


def test_a_window_of_some_models_counts_those_alone(world, ask):
    account = world.account()
    world.request(NOW - HOUR, model="claude-sonnet-4-6", tokens=2_000)
    world.request(NOW - HOUR, model="claude-opus-4-6", tokens=9_000)
    world.read(account, 50, key="seven_day_sonnet", seconds=604_800, scope="model", resets=NOW + DAY)
    (window,) = row_of(ask())["windows"]
    assert window["model_group"] == "Sonnet"
    assert window["usage"]["total_tokens"] == 2_000


@pytest.mark.parametrize(
    ("percent", "resets", "used", "expected"),
    [
        (100, NOW + HOUR, True, ("blocked", 0)),
        (0, None, False, ("unstarted", 100)),
        (83, NOW - HOUR, False, ("unstarted", 100)),  # its reset passed, and nobody used it since
        (83, NOW - HOUR, True, ("unknown", 17)),
        (30, NOW + HOUR, True, ("unknown", 70)),
    ],
)
def test_the_outlook_of_a_window(world, ask, percent, resets, used, expected):  # noqa: PLR0917 - a table
    account = world.account()
    world.read(account, percent, resets=resets, at=NOW - 2 * HOUR)
    if used:
        world.request(NOW - 5 * MINUTE)
    (window,) = row_of(ask())["windows"]
    assert (window["outlook"], window["remaining_percent"]) == expected


def test_states_and_what_needs_attention(world, ask):
    world.account("serves")
    world.request(NOW - MINUTE, "serves")
    world.account("idle")
    world.request(NOW - 3 * HOUR, "idle")
    world.account("unused")
    world.account("off", disabled=1)
    world.account("refused")
    world.request(NOW - 3 * HOUR, "refused", failed=401)
    world.account("broken")
    for minutes in (9, 6, 3):
        world.request(NOW - minutes * MINUTE, "broken", failed=503)
    limited = world.account("limited")
    world.read(limited, 100, resets=NOW + HOUR)
    world.account("cooling", unavailable=1, retry=NOW + HOUR)
    for minutes in (9, 6, 3):
        world.request(NOW - minutes * MINUTE, "cooling", failed=429)
    dry = world.account("dry")
    world.read(dry, 60, resets=NOW + 3 * HOUR)
    world.expect(dry, "runs_dry", empty_at=NOW + HOUR)
    partly = world.account("partly", "antigravity")
    keep(
        world.connection,
        partly,
        Answer(
            rows=[
                Row(
                    key="bucket.x",
                    label="5h",
                    scope="quota_group",
                    group_label="Claude and GPT models",
                    remaining_fraction=0,
                    window=Length(seconds=18_000),
                    reset_at=_rfc(NOW + HOUR),
                )
            ]
        ),
        "lookup",
        NOW,
    )
    answer = ask()
    assert {row["credential"]["label"]: row["state"] for row in answer["accounts"]} == {
        "serves": "serving",
        "idle": "idle",
        "unused": "unused",
        "off": "disabled",
        "refused": "failing",
        "broken": "failing",
        "limited": "limited",
        "cooling": "limited",
        "dry": "runs_dry",
        "partly": "partly_limited",
    }
    in_order = [
        row["credential"]["label"] for row in sorted(answer["accounts"], key=lambda row: row["attention_order"])
    ]
    assert set(in_order[:2]) == {"limited", "cooling"}
    assert in_order[2:] == ["broken", "refused", "dry", "partly", "serves", "idle", "unused", "off"]
    needing = [row["credential"]["id"] for row in answer["accounts"] if row["needs_attention"]]
    assert answer["needs_attention"] == len(needing) == 6
    attention = ask("quota/attention")
    assert attention["needs_attention"] == 6
    assert attention["credentials"] == needing
    assert row_of(answer, "broken")["trouble"] == {
        "code": "overloaded",
        "status_code": 503,
        "requests": 3,
        "in_a_row": True,
        "first_at": "2026-11-24T19:51:00+08:00",
        "last_at": "2026-11-24T19:57:00+08:00",
    }
    assert row_of(answer, "dry")["until"] == "2026-11-24T21:00:00+08:00"
    assert row_of(answer, "cooling")["until"] == "2026-11-24T21:00:00+08:00"
    assert row_of(answer, "partly")["model_group"] == "Claude and GPT models"


def test_what_clients_did_wrong_is_no_failure_of_the_account(world, ask):
    world.account()
    world.request(NOW - HOUR)
    for minutes in range(1, 9):
        world.request(NOW - minutes * MINUTE, failed=499 if minutes % 2 else 400)
    assert row_of(ask())["state"] == "serving"


def test_a_part_that_fails_needs_attention_although_others_succeed(world, ask):
    world.account()
    for minutes in range(1, 15):
        world.request(NOW - minutes * MINUTE, failed=503 if minutes in (2, 4, 6, 8, 10) else 0)
    row = row_of(ask())
    assert (row["state"], row["trouble"]["requests"], row["trouble"]["in_a_row"]) == ("failing", 5, False)


def test_keys_of_cpa_s_configuration_have_no_look_up(world, ask):
    account = world.account()
    world.connection.execute("update credential_metadata set listed_in = 'claude-api-key'")
    row = row_of(ask())
    assert (row["kind"], row["lookup"]["supported"]) == ("provider_key", False)
    world.connection.execute("update credential_metadata set listed_in = 'auth-files', deleted_at = 5")
    world.expect(account, "unknown")
    assert ask()["accounts"] == []


def test_an_entry_of_cpa_s_configuration_is_told_as_it_is_listed(world, ask):
    """The list names a few of its models, the drawer's answer all of them."""
    key = world.account()
    models = [[f"model-{number}", f"alias-{number}"] for number in range(5)]
    world.connection.execute(
        "update credential_metadata set listed_in = 'openai-compatibility', name = 'Router', prefix = 'team',"
        " base_url = 'https://router.example/v1', key_mask = 'sk-r…9999', priority = 5, weight = 2, models = ?,"
        " excluded_models = ?",
        (json.dumps(models), json.dumps(["*-preview"])),
    )
    told = row_of(ask())["provider_key"]
    assert told == {
        "listed_in": "openai-compatibility",
        "name": "Router",
        "prefix": "team",
        "base_url": "https://router.example/v1",
        "key_mask": "sk-r…9999",
        "priority": 5,
        "weight": 2,
        "models": [{"name": name, "alias": alias} for name, alias in models[:3]],
        "models_total": 5,
        "excluded_models": ["*-preview"],
    }
    detail = ask(f"quota/{key}")["account"]["provider_key"]
    assert detail == told | {"models": [{"name": name, "alias": alias} for name, alias in models]}
    world.connection.execute("update credential_metadata set models = '', excluded_models = ''")
    told = row_of(ask())["provider_key"]
    assert (told["models"], told["models_total"], told["excluded_models"]) == ([], 0, [])
    world.connection.execute("update credential_metadata set listed_in = 'auth-files'")
    assert row_of(ask())["provider_key"] is None


def test_plans_credits_and_a_look_up_that_failed(world, ask):
    account = world.account()
    keep(
        world.connection,
        account,
        Answer(
            plan="max",
            tier_name="Max 20x",
            reset_credits=1,
            reset_credits_expire_at=NOW + 3 * HOUR,
            credits=Credits(balance=3.5, unit="credits"),
        ),
        "lookup",
        NOW - HOUR,
    )
    update_account(
        world.connection,
        account,
        {
            "good_at": NOW - HOUR,
            "tried_at": NOW,
            "trouble": "rate_limited",
            "trouble_status": 429,
            "retry_at": NOW + 60,
        },
    )
    row = row_of(ask())
    assert (row["plan"], row["tier"], row["reset_credits"]) == ("max", "Max 20x", 1)
    assert row["reset_credits_expire_at"] == "2026-11-24T23:00:00+08:00"
    assert row["credits"] == {"balance": 3.5, "unit": "credits", "unlimited": False}
    trouble = row["lookup"]["trouble"]
    assert (trouble["code"], trouble["status_code"], trouble["detail"]) == ("rate_limited", 429, None)
    assert trouble["message"].endswith("(429).")


def test_a_pool_has_room_as_long_as_somebody_has(world, ask):
    for name, percent in (("a", 50), ("b", 90)):
        account = world.account(name)
        world.request(NOW - HOUR, name, tokens=100_000 if name == "a" else 180_000)
        world.read(account, percent, resets=NOW + 4 * HOUR)
        world.expect(account, "lasts", pace=10.0)
    (pool,) = ask()["pools"]
    assert (pool["provider"], pool["accounts"], pool["serving"]) == ("claude", 2, 2)
    # 2,000 tokens a percent each; 60 percent left in all, 20 used an hour.
    assert pool["outlook"] == "runs_dry"
    assert pool["room_seconds"] == pytest.approx(3 * 3_600, rel=0.01)


def test_a_pool_without_a_known_pace_says_nothing(world, ask):
    account = world.account()
    world.read(account, 50, resets=NOW + HOUR)
    (pool,) = ask()["pools"]
    assert (pool["outlook"], pool["room_seconds"]) == ("unknown", None)


def test_cycles_end_as_scheduled_or_early_and_say_what_was_left(world, ask):
    account = world.account()
    start = NOW - 20 * HOUR
    for cycle, (resets, percents) in enumerate(
        [
            (start + 5 * HOUR, [10, 40, 80]),
            (start + 10 * HOUR, [5, 30]),
            (start + 14 * HOUR, [2, 10]),  # begun before the one before was over
            (NOW + HOUR, [1, 7]),
        ]
    ):
        begun = [start, start + 5 * HOUR, start + 9 * HOUR, NOW - 4 * HOUR][cycle]
        for number, percent in enumerate(percents):
            at = begun + (number + 1) * 10 * MINUTE
            world.request(at - MINUTE, tokens=1_000)
            world.read(account, percent, at=at, resets=resets)
    world.expect(account, "lasts")
    detail = ask(f"quota/{account}")
    (window,) = detail["windows"]
    assert [(each["end"], each["used_percent"], each["unused_percent"]) for each in window["cycles"]] == [
        ("open", 7, None),
        ("scheduled", 10, 90),
        ("early", 30, 70),
        ("scheduled", 80, 20),
    ]
    assert [each["requests"] for each in window["cycles"]] == [2, 2, 2, 3]
    assert window["cycles"][3]["per_percent"]["total_tokens"] == 3_000 / 80
    assert [each["used_percent"] for each in window["readings"]] == [1, 7]
    assert [each["last_at"] == each["at"] for each in window["readings"]] == [True, True]
    assert detail["account"]["credential"]["label"] == "a"


def test_a_percentage_that_stays_is_one_reading_with_its_end(world, ask):
    account = world.account()
    for minutes, percent in ((60, 10), (50, 10), (40, 10), (30, 12)):
        world.read(account, percent, at=NOW - minutes * MINUTE, resets=NOW + HOUR)
    (window,) = ask(f"quota/{account}")["windows"]
    first, second = window["readings"]
    assert (first["used_percent"], second["used_percent"]) == (10, 12)
    lasted = datetime.fromisoformat(first["last_at"]) - datetime.fromisoformat(first["at"])
    assert lasted.total_seconds() == 20 * 60


def test_of_very_many_readings_some_are_shown_from_the_first_to_the_last():
    readings = [Reading(number, number, 1.0, None, None, "", "headers") for number in range(READINGS_MAX * 3 + 1)]
    shown = thinned(readings)
    assert len(set(shown)) == READINGS_MAX
    assert (shown[0], shown[-1]) == (readings[0], readings[-1])
    assert thinned(readings[:READINGS_MAX]) == readings[:READINGS_MAX]


def test_what_a_percent_is_worth_changed(world, ask):
    account = world.account()
    for cycle in range(14):
        begun = NOW - (15 - cycle) * 6 * HOUR
        tokens = 100_000 if cycle < 10 else 60_000
        world.request(begun + MINUTE, tokens=tokens + 500 * cycle)
        world.read(account, 50, at=begun + HOUR, resets=begun + 5 * HOUR)
    world.expect(account, "unknown")
    (window,) = ask(f"quota/{account}")["windows"]
    assert window["worth_change"]["factor"] == pytest.approx(0.64, abs=0.03)


def test_a_worth_that_varies_did_not_change(world, ask):
    account = world.account()
    for cycle in range(14):
        begun = NOW - (15 - cycle) * 6 * HOUR
        world.request(begun + MINUTE, tokens=60_000 + 80_000 * (cycle * 7 % 5))
        world.read(account, 50, at=begun + HOUR, resets=begun + 5 * HOUR)
    world.expect(account, "unknown")
    (window,) = ask(f"quota/{account}")["windows"]
    assert window["worth_change"] is None


def test_errors_and_actions_of_an_account(world, ask):
    account = world.account()
    for number in range(3):
        world.connection.execute(
            "insert into credential_error (credential_id, occurred_at, model, status_code, code, message, retryable,"
            " retry_at) values (?, ?, '', 429, 'slow_down', 'no', 1, ?)",
            (account, NOW + number, NOW + HOUR),
        )
    world.connection.execute(
        "insert into credential_action (credential_id, at, action, cause, outcome, message, restore_at)"
        " values (?, ?, 'disable', 'person', 'done', '', ?)",
        (account, NOW, NOW + HOUR),
    )
    world.expect(account, "unknown")
    answer = ask(f"credentials/{account}/errors?limit=2")
    assert (len(answer["errors"]), answer["errors_total"]) == (2, 3)
    assert answer["errors"][0]["retry_at"] == "2026-11-24T21:00:00+08:00"
    assert ask(f"quota/{account}")["actions"] == [
        {
            "at": "2026-11-24T20:00:00+08:00",
            "action": "disable",
            "by": "person",
            "outcome": "done",
            "message": "",
            "restore_at": "2026-11-24T21:00:00+08:00",
        }
    ]
    world.connection.execute("update credential_metadata set disabled = 1")
    world.expect(account, "unknown")
    assert row_of(ask())["disabled"] == {
        "at": "2026-11-24T20:00:00+08:00",
        "by_us": True,
        "restore_at": "2026-11-24T21:00:00+08:00",
    }


@pytest.mark.parametrize("path", ["quota/77", "quota/x", "credentials/77/errors", "credentials/00/errors"])
@pytest.mark.usefixtures("world")
def test_an_unknown_account_is_404(client, path):
    assert client.simulate_get(f"/api/v1/{path}").status_code == 404


def test_an_answer_that_did_not_change_is_304(world, client):
    world.account()
    tag = client.simulate_get("/api/v1/quota").headers["etag"]
    assert client.simulate_get("/api/v1/quota", headers={"If-None-Match": tag}).status_code == 304


def test_a_refresh_under_way_is_told_with_its_progress(world, settings, ask):
    first, second = world.account("a"), world.account("b")
    world.account("off", disabled=1)
    world.account("key", "vertex")
    with closing(sqlite3.connect(settings.database)) as asking, asking:
        asking.execute("insert into command values (5, 'refresh_quota', '{}', 1, '', null)")
    assert ask()["refresh"] == {"command": "5", "done": 0, "total": 2}
    world.connection.execute("insert into command_run values (5, 'running', ?, null, 0, '', '')", (NOW,))
    update_account(world.connection, first, {"begun_at": NOW + 1, "tried_at": NOW + 2})
    update_account(world.connection, second, {"begun_at": NOW + 3, "tried_at": NOW - 9})
    world.expect(first, "unknown")
    answer = ask()
    assert answer["refresh"]["done"] == 1
    assert [row_of(answer, name)["lookup"]["refreshing"] for name in ("a", "b", "off", "key")] == [
        None,
        "running",
        None,
        None,
    ]
    world.connection.execute("update command_run set state = 'done', finished_at = ?", (NOW + 5,))
    assert ask()["refresh"] is None


def test_a_page_that_is_looked_at_says_so(world, client):
    answer = client.simulate_post("/api/v1/quota/watch")
    assert answer.json == {"enabled": False, "interval_seconds": 300}
    kept = world.connection.execute("select number from edit_state where name = 'quota_watched_at'").fetchone()
    assert kept == (NOW,)
