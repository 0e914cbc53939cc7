"""Look-ups through CPA: what each provider's answer leaves in the tables, and what each way to fail leaves standing."""

import json
import threading

import pytest

from ingestd.accounts.api_call import message
from ingestd.accounts.endpoints import FILE_NAME, InvalidOverride
from ingestd.accounts.refresh import FRESH, WATCHED, watched
from ingestd.moments import moment
from shared.clock import HOUR, MINUTE, SECOND
from tests.cpa.api_call import HELD, Said
from tests.ingestd.conftest import NOW

HTML = "<html><head><title>502</title></head></html>"


def credential(line, provider):
    row = line.connection.execute(
        "select c.id from credential c join credential_metadata m on m.credential_id = c.id"
        " where m.provider = ? and not m.disabled order by c.id",
        (provider,),
    ).fetchone()
    return row[0]


def refresh(accounts, line, *credentials):
    told = []
    items = accounts.refresh(line.connection, set(credentials) or None, lambda done, total: told.append((done, total)))
    return items, told


def windows(line, credential_id):
    return line.connection.execute(
        "select key, used_percent, source from quota_window where credential_id = ? order by position", (credential_id,)
    ).fetchall()


def account(line, credential_id):
    cursor = line.connection.execute("select * from quota_account where credential_id = ?", (credential_id,))
    row = cursor.fetchone()
    return dict(zip([column[0] for column in cursor.description], row, strict=True))


def test_everybody_is_asked_and_everything_kept(accounts, line, cpa):
    items, told = refresh(accounts, line)
    assert {item.outcome for item in items} == {"done"}
    providers = dict(line.connection.execute("select credential_id, provider from credential_metadata").fetchall())
    assert sorted(providers[int(item.credential)] for item in items) == [
        "antigravity",
        "claude",
        "claude",
        "codex",
        "codex",
        "kimi",
        "xai",
    ]
    assert all(total == 7 for _, total in told)
    codex = credential(line, "codex")
    assert [key for key, _, _ in windows(line, codex)] == [
        "rate_limit.primary_window",
        "rate_limit.secondary_window",
        "code_review_rate_limit.primary_window",
        "additional_rate_limits.GPT-5.3-Codex-Spark.primary_window",
        "additional_rate_limits.GPT-5.3-Codex-Spark.secondary_window",
    ]
    assert (account(line, codex)["plan"], account(line, codex)["reset_credits"]) == ("pro-20x", 1)
    assert account(line, codex)["reset_credits_expire_at"] == moment("2026-07-20T00:00:00Z")
    claude = credential(line, "claude")
    assert windows(line, claude) == [
        ("five_hour", 36.0, "lookup"),
        ("seven_day", 72.0, "lookup"),
        ("seven_day_sonnet", 18.0, "lookup"),
        ("extra_usage", 25.0, "lookup"),
    ]
    assert account(line, claude)["plan"] == "pro"
    antigravity = account(line, credential(line, "antigravity"))
    assert (antigravity["plan"], antigravity["tier_name"]) == ("ultra", "Google AI Ultra")
    assert len(windows(line, credential(line, "kimi"))) == 3
    assert len(windows(line, credential(line, "xai"))) == 5
    asked = [each for each in cpa.api_calls.asked if "wham/usage" in each.url]
    assert {each.headers["Chatgpt-Account-Id"] for each in asked} == {"acc-fake-1", "acc-fake-2"}
    assert "x-userid" not in next(each for each in cpa.api_calls.asked if "grok.com" in each.url).headers


@pytest.mark.parametrize(
    ("said", "trouble", "status", "detail"),
    [
        (Said(401, '{"error": {"message": "expired"}}'), "unauthorized", 401, "expired"),
        (Said(402, "payment required"), "payment_required", 402, "payment required"),
        (Said(403, '{"message": "permission denied"}'), "forbidden", 403, "permission denied"),
        (Said(429, '{"error": {"message": "rate limited"}}'), "rate_limited", 429, "rate limited"),
        (Said(500, ""), "upstream", 500, ""),
        (Said(503, HTML), "upstream", 503, ""),
        (Said(200, HTML), "invalid_answer", 200, "no JSON object"),
        (Said(200, '{"five_hour": {"utiliz'), "invalid_answer", 200, "no JSON object"),
        (Said(200, ""), "invalid_answer", 200, "empty"),
        (Said(0, ""), "unreachable", None, "request failed"),
    ],
)
def test_each_way_to_fail_has_a_code_and_keeps_the_last_good_reading(  # noqa: PLR0917 - a table
    accounts, line, providers, time, said, trouble, status, detail
):
    claude = credential(line, "claude")
    refresh(accounts, line, claude)
    before = windows(line, claude)
    providers.changed["/api/oauth/usage"] = said
    time.now += MINUTE
    (item,), _ = refresh(accounts, line, claude)
    assert (item.outcome, item.code) == ("failed", trouble)
    assert item.message
    assert windows(line, claude) == before
    found = account(line, claude)
    assert (found["trouble"], found["trouble_status"], found["trouble_detail"]) == (trouble, status, detail)
    assert (found["good_at"], found["tried_at"]) == (NOW, NOW + MINUTE)
    del providers.changed["/api/oauth/usage"]
    time.now += HOUR
    (item,), _ = refresh(accounts, line, claude)
    assert item.outcome == "done"
    assert account(line, claude)["trouble"] == ""


@pytest.mark.parametrize("said", [Said(500, ""), Said(200, HTML), Said(200, "{}")])
def test_reset_credits_that_cannot_be_listed_are_counted_all_the_same(accounts, line, providers, said):
    providers.changed["/rate-limit-reset-credits"] = said
    codex = credential(line, "codex")
    (item,), _ = refresh(accounts, line, codex)
    found = account(line, codex)
    assert (item.outcome, found["reset_credits"], found["reset_credits_expire_at"]) == ("done", 1, None)


def test_a_provider_that_does_not_answer_in_time(accounts, line, providers, cpa, monkeypatch):
    monkeypatch.setattr("ingestd.accounts.api_call.LOOKUP_SECONDS", 0.3)
    claude, kimi = credential(line, "claude"), credential(line, "kimi")
    providers.changed["/api/oauth/usage"] = HELD
    items, _ = refresh(accounts, line, claude, kimi)
    assert {item.credential: item.code for item in items} == {str(claude): "timeout", str(kimi): None}
    cpa.api_calls.release.set()
    # CPA was not at fault: the next call is made at once.
    del providers.changed["/api/oauth/usage"]
    (item,), _ = refresh(accounts, line, claude)
    assert item.outcome == "done"


def test_retry_after_is_honoured_by_whoever_asks(accounts, line, providers, cpa, time):
    claude = credential(line, "claude")
    providers.changed["/api/oauth/usage"] = Said(429, "{}", {"retry-after": "600"})
    refresh(accounts, line, claude)
    assert account(line, claude)["retry_at"] == NOW + 600 * SECOND
    asked = len(cpa.api_calls.asked)
    time.now += 599 * SECOND
    (item,), _ = refresh(accounts, line, claude)
    assert (item.outcome, item.code, item.message) == (
        "skipped",
        "rate_limited",
        "The provider wants to be asked in 1 s at the earliest.",
    )
    assert len(cpa.api_calls.asked) == asked
    time.now += SECOND
    refresh(accounts, line, claude)
    assert len(cpa.api_calls.asked) > asked


def test_two_who_ask_at_once_are_one_question(accounts, line, cpa, time):
    kimi = credential(line, "kimi")
    refresh(accounts, line, kimi)
    time.now += FRESH - SECOND
    (item,), _ = refresh(accounts, line, kimi)
    assert (item.outcome, item.code) == ("done", "fresh")
    assert len(cpa.api_calls.asked) == 1


def test_who_cannot_be_asked_is_told_so(accounts, line):
    vertex = credential(line, "vertex")
    (disabled,) = line.connection.execute("select credential_id from credential_metadata where disabled").fetchone()
    items, _ = refresh(accounts, line, vertex, disabled, 9_999)
    assert {item.credential: (item.outcome, item.code) for item in items} == {
        str(vertex): ("skipped", "unsupported"),
        str(disabled): ("done", None),  # asked for by name, a disabled account is looked up
        "9999": ("skipped", "unknown"),
    }


def test_an_account_without_a_project_is_not_asked_for_one(accounts, line, cpa):
    reply = cpa._documents.reply
    cpa._documents.reply = lambda request: _without_projects(reply(request))
    (item,), _ = refresh(accounts, line, credential(line, "antigravity"))
    assert item.code == "missing_project"
    assert cpa.api_calls.asked == []


def _without_projects(reply):
    body = json.loads(reply.body)
    for file in body["files"]:
        file.pop("project_id", None)
    return type(reply)(reply.status, json.dumps(body).encode())


def test_cpa_has_no_token_of_an_account(accounts, line, cpa):
    known = cpa._documents.tokens()
    cpa.api_calls._known = lambda: dict.fromkeys(known, False)
    (item,), _ = refresh(accounts, line, credential(line, "kimi"))
    assert (item.code, item.message) == ("no_token", "No token: auth token not found")


def test_an_older_cpa_cannot_ask(accounts, line, cpa):
    cpa.hide("api-call")
    (item,), _ = refresh(accounts, line, credential(line, "kimi"))
    assert (item.outcome, item.code) == ("failed", "cpa_refused")


def test_antigravity_goes_from_host_to_host_and_names_the_failure_that_matters(accounts, line, providers):
    antigravity = credential(line, "antigravity")
    providers.changed["https://daily-cloudcode-pa.googleapis.com/v1internal:retrieve"] = Said(500, "")
    providers.changed["sandbox"] = Said(200, '{"groups": []}')
    (item,), _ = refresh(accounts, line, antigravity)
    assert item.outcome == "done"
    assert len(windows(line, antigravity)) == 4
    providers.changed["https://daily-cloudcode-pa.googleapis.com/v1internal:retrieve"] = Said(401, '{"error":"no"}')
    providers.changed["sandbox"] = Said(500, "")
    providers.changed["https://cloudcode-pa"] = Said(503, "")
    line.connection.execute("update quota_account set good_at = null")
    (item,), _ = refresh(accounts, line, antigravity)
    assert item.code == "unauthorized"


def test_of_xai_s_two_answers_one_is_enough(accounts, line, providers):
    xai = credential(line, "xai")
    providers.changed["format=credits"] = Said(500, "")
    (item,), _ = refresh(accounts, line, xai)
    assert item.outcome == "done"
    assert [key for key, _, _ in windows(line, xai)] == ["billing.monthly", "billing.on_demand"]
    providers.changed["/v1/billing"] = Said(401, '{"error":"token expired"}')
    line.connection.execute("update quota_account set good_at = null")
    (item,), _ = refresh(accounts, line, xai)
    assert (item.code, item.message) == ("unauthorized", "Unauthorized (HTTP 401): token expired")


def test_no_more_are_asked_at_once_than_the_setting_says(accounts, line, cpa, providers):
    gate, seen, most = threading.Lock(), [0], [0]

    def counted(asked):
        with gate:
            seen[0] += 1
            most[0] = max(most[0], seen[0])
        threading.Event().wait(0.02)
        with gate:
            seen[0] -= 1
        return providers(asked)

    cpa.api_calls.upstream = counted
    refresh(accounts, line)
    assert 1 < most[0] <= 4


def test_whoever_asked_may_take_it_back(accounts, line, cpa, providers):
    providers.changed["/"] = HELD

    def stop(_done, _total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        accounts.refresh(line.connection, None, stop)
    cpa.api_calls.release.set()
    assert len(cpa.api_calls.asked) <= 4


def test_addresses_and_client_names_can_be_overridden(accounts, line, cpa, tmp_path):
    kimi = credential(line, "kimi")
    (tmp_path / FILE_NAME).write_text(
        json.dumps({"kimi.usages": {"url": "https://kimi.example/usages", "headers": {"User-Agent": "mine/1"}}})
    )
    (item,), _ = refresh(accounts, line, kimi)
    (asked,) = cpa.api_calls.asked
    assert (asked.url, asked.headers["User-Agent"]) == ("https://kimi.example/usages", "mine/1")
    assert item.code == "unreachable"


@pytest.mark.parametrize(
    "text", ["{", '{"nobody.usage": {}}', '{"kimi.usages": {"url": 5}}', '{"kimi.usages": {"url": "x"}}']
)
def test_an_override_that_cannot_be_used_is_refused_by_name(accounts, line, tmp_path, text):
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(InvalidOverride, match=FILE_NAME):
        refresh(accounts, line, credential(line, "kimi"))


def test_by_itself_those_are_asked_that_are_due(accounts, line, cpa, providers, time):
    providers.changed["chatgpt.com"] = Said(401, "{}")
    assert accounts.refresh_due(line.connection, 5 * MINUTE) == (4, 3)
    assert accounts.refresh_due(line.connection, 5 * MINUTE) == (3, 0)
    assert accounts.refresh_due(line.connection, 5 * MINUTE) == (0, 0)
    claude = credential(line, "claude")
    line.connection.execute("update quota_window set source = 'headers' where credential_id = ?", (claude,))
    time.now += 5 * MINUTE
    asked = len(cpa.api_calls.asked)
    accounts.refresh_due(line.connection, 5 * MINUTE)
    # Whoever must sign in again is left alone for hours, and whoever's answers tell it is asked more rarely.
    assert {each.url.split("/")[2] for each in cpa.api_calls.asked[asked:]} == {
        "api.anthropic.com",
        "daily-cloudcode-pa.googleapis.com",
        "api.kimi.com",
        "cli-chat-proxy.grok.com",
    }
    assert sum("oauth/usage" in each.url for each in cpa.api_calls.asked[asked:]) == 1


def test_a_page_is_looked_at_for_a_while(line):
    assert not watched(line.connection, NOW)
    with_row = "insert or replace into edit_state values ('quota_watched_at', ?)"
    line.connection.set_authorizer(None)  # queryd's table
    line.connection.execute(with_row, (NOW,))
    assert watched(line.connection, NOW + WATCHED - 1)
    assert not watched(line.connection, NOW + WATCHED)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('{"error": {"detail": "no"}}', "no"),
        ('{"error": "plain"}', "plain"),
        ('{"error_description": "gone"}', "gone"),
        ("a\n  b", "a b"),
        ('{"x": 1}', '{"x": 1}'),
        ('{"message": "key sk-ant-api03-0123456789abcdefghij is bad"}', "key sk-ant-a…ghij is bad"),
        (HTML, ""),
        (None, ""),
    ],
)
def test_a_provider_s_own_words(body, text):
    assert message(body) == text
