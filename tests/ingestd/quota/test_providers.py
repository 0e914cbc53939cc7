"""Every sample of what providers answer gives the documented rows (contract A6 to A16)."""

import json
from pathlib import Path

import msgspec
import pytest

from ingestd.moments import moment
from ingestd.quota import claude, codex, google, headers, kimi, xai
from ingestd.quota.fields import Fields, answered
from ingestd.quota.rows import InvalidAnswer
from ingestd.quota.windows import windows

SAMPLES = json.loads((Path(__file__).parents[2] / "data" / "quota" / "samples.json").read_bytes())
AT = 1_782_097_844_500_000  # 2026-06-22T03:10:44.5Z


def said(provider, name):
    """A sample as it comes through CPA: a JSON text."""
    return answered(json.dumps(SAMPLES[provider][name]))


def told(rows):
    return msgspec.to_builtins(list(rows))


def test_codex():
    answer = codex.usage(said("codex", "usage"))
    assert told(answer.rows) == SAMPLES["codex"]["rows"]
    assert (answer.plan, answer.reset_credits, answer.credits) == ("pro-20x", 1, None)
    assert codex.reset_credits(said("codex", "reset_credits")) == (2, (moment("2026-07-20T00:00:00Z"),))


def test_codex_of_lengths_without_a_name():
    rows = codex.usage(
        Fields(
            {
                "rate_limit": {
                    "primary_window": {"used_percent": 10, "limit_window_seconds": 3600},
                    "secondary_window": {"usedPercent": 20, "limitWindowSeconds": "2628000"},
                }
            }
        )
    ).rows
    assert told(rows) == [
        {
            "key": "rate_limit.primary_window",
            "label": "Primary",
            "scope": "window",
            "usedPercent": 10,
            "window": {"seconds": 3600},
        },
        {
            "key": "rate_limit.secondary_window",
            "label": "Monthly",
            "scope": "window",
            "usedPercent": 20,
            "window": {"seconds": 2628000},
        },
    ]


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("pro", "pro-20x"),
        ("ProLite", "pro-5x"),
        ("pro_lite", "pro-5x"),
        ("TEAM", "team"),
        ("pro-20x", "pro-20x"),
        (" Business ", "Business"),
        ("", ""),
    ],
)
def test_codex_plans(text, plan):
    assert codex.usage(Fields({"plan_type": text})).plan == plan
    assert codex.usage(Fields({}), text).plan == plan


def test_codex_credits():
    answer = codex.usage(Fields({"credits": {"has_credits": True, "unlimited": False, "balance": "12.5"}}))
    assert answer.credits is not None
    assert (answer.credits.balance, answer.credits.unlimited) == (12.5, False)


def test_claude():
    assert told(claude.usage(said("claude", "usage")).rows) == SAMPLES["claude"]["rows"]
    assert claude.profile(said("claude", "profile")) == "pro"


def test_claude_of_an_account_that_was_not_used():
    answer = claude.usage(
        Fields(
            {
                "five_hour": {"utilization": 0, "resets_at": None},
                "seven_day": None,
                "extra_usage": {
                    "is_enabled": False,
                    "monthly_limit": None,
                    "used_credits": None,
                    "utilization": None,
                },
            }
        )
    )
    assert told(answer.rows) == [
        {"key": "five_hour", "label": "5h", "scope": "window", "usedPercent": 0, "window": {"seconds": 18000}},
        {
            "key": "extra_usage",
            "label": "Extra Usage",
            "scope": "extra_usage",
            "used": 0,
            "limit": 0,
            "allowed": False,
        },
    ]


def test_claude_windows_of_code_names_and_the_newer_list():
    answer = claude.usage(
        Fields(
            {
                "seven_day_omelette": {"utilization": 7, "resets_at": "2026-05-10T08:00:00Z"},
                "spend": {"used": 3},
                "limits": [
                    {"kind": "session", "percent": 12, "resets_at": "2026-05-09T12:00:00Z"},
                    {"kind": "weekly_scoped", "percent": 9, "scope": {"model": {"display_name": "Opus"}}},
                ],
            }
        )
    )
    assert [(row.key, row.used_percent, row.window.seconds if row.window else None) for row in answer.rows] == [
        ("five_hour", 12, 18_000),
        ("limits.weekly_scoped.Opus", 9, 604_800),
        ("seven_day_omelette", 7, 604_800),
    ]


@pytest.mark.parametrize(
    ("account", "organization", "plan"),
    [
        ({"has_claude_max": True, "has_claude_pro": True}, {}, "max"),
        ({}, {"organization_type": "claude_team", "subscription_status": "active"}, "team"),
        (
            {"has_claude_max": False, "has_claude_pro": False},
            {"organization_type": "claude_team", "subscription_status": "canceled"},
            "",
        ),
        ({"has_claude_max": False, "has_claude_pro": False}, {"organization_type": "claude_free"}, "free"),
        ({"has_claude_max": False}, {}, ""),
    ],
)
def test_claude_plans(account, organization, plan):
    assert claude.profile(Fields({"account": account, "organization": organization})) == plan


def test_gemini_cli():
    """The contract's second row says `remaining` 0 for a bucket that has all of its room: missing stays missing."""
    rows = [
        *google.gemini_cli(said("gemini-cli", "quota")),
        *google.code_assist_credits(said("gemini-cli", "code_assist")),
    ]
    documented = [dict(row) for row in SAMPLES["gemini-cli"]["rows"]]
    assert documented[1].pop("remaining") == 0
    assert told(rows) == documented


def test_antigravity():
    assert told(google.antigravity(said("antigravity", "summary"))) == SAMPLES["antigravity"]["rows"]
    tier = google.tier(said("antigravity", "tier"))
    assert tier is not None
    assert (tier.plan, tier.tier_id, tier.tier_name) == ("ultra", "g1-ultra-tier", "Google AI Ultra")


def test_antigravity_without_names():
    bucket = {"remainingFraction": "0.25"}
    rows = google.antigravity(Fields({"body": {"groups": [{"buckets": [{}]}, {"buckets": [bucket]}]}}))
    assert told(rows) == [
        {
            "key": "bucket.antigravity-group-1.group-1-bucket-1",
            "label": "Quota",
            "scope": "quota_group",
            "groupKey": "antigravity-group-1",
            "groupLabel": "Quota Group 1",
            "remainingFraction": 0.25,
        }
    ]
    assert google.antigravity(Fields({"groups": []})) == []


def test_kimi():
    assert told(kimi.usages(said("kimi", "usages")).rows) == SAMPLES["kimi"]["rows"]


def test_xai():
    rows = xai.in_order(xai.weekly(said("xai", "weekly")), xai.monthly(said("xai", "monthly")))
    assert told(rows) == SAMPLES["xai"]["rows"]


def test_xai_on_demand_follows_from_the_total():
    rows = xai.monthly(Fields({"config": {"monthlyLimit": 1000, "used": "1300", "onDemandCap": {"val": 500}}}))
    assert [(row.key, row.used, row.remaining, row.used_percent) for row in rows] == [
        ("billing.monthly", 1000, 0, 100),
        ("billing.on_demand", 300, 200, 60),
    ]


def test_xai_of_a_week_that_was_not_used():
    (row,) = xai.weekly(Fields({"config": {"currentPeriod": {"end": "2026-07-13T00:00:00Z"}}}))
    assert (row.used_percent, row.limit_reached, row.reset_at) == (0, False, "2026-07-13T00:00:00Z")


@pytest.mark.parametrize("body", ["", "<html>nginx</html>", '{"rate_limit": {"primary_wi', "[]", "null", "\udcff", 5])
def test_what_is_no_object_is_no_answer(body):
    with pytest.raises(InvalidAnswer):
        answered(body)


@pytest.mark.parametrize("read", [google.gemini_cli, google.antigravity, xai.weekly, xai.monthly, codex.reset_credits])
def test_an_object_of_something_else_is_no_answer(read):
    with pytest.raises(InvalidAnswer):
        read(Fields({"message": "hello"}))


def test_codex_headers():
    answer = headers.read("codex", SAMPLES["codex-headers"]["headers"])
    assert told(answer.rows) == SAMPLES["codex-headers"]["rows"]
    assert answer.plan == "pro-20x"


def test_codex_headers_that_say_too_little_are_no_window():
    one = {"X-Codex-Primary-Used-Percent": ["37"]}  # a websocket's greeting
    assert headers.read("codex", one).rows == []
    assert headers.read("codex", one | {"X-Codex-Primary-Window-Minutes": ["300"]}).rows == []
    whole = one | {"X-Codex-Primary-Window-Minutes": ["720"], "X-Codex-Primary-Reset-After-Seconds": ["60"]}
    (row,) = headers.read("codex", whole).rows
    assert (row.label, row.window and row.window.seconds) == ("Primary", 43_200)
    assert headers.read("codex", whole | {"X-Codex-Primary-Used-Percent": ["NaN"]}).rows == []
    assert headers.read("gemini", whole).rows == ()


def test_claude_headers():
    unified = "Anthropic-Ratelimit-Unified-"
    rows = headers.read(
        "claude",
        {
            f"{unified}5h-Utilization": ["0.31"],
            f"{unified}5h-Status": ["rejected"],
            f"{unified}5h-Reset": ["1782105247"],
            f"{unified}7d-Utilization": "1.02",
            f"{unified}7d-Reset": "Mon, 22 Jun 2026 05:14:07 GMT",
            f"{unified}7d_oi-Utilization": "0",
            f"{unified}Fallback-Percentage": "0.5",
        },
    ).rows
    assert [(row.key, row.used_percent, row.limit_reached, row.reset_at) for row in rows] == [
        ("five_hour", 31, True, "2026-06-22T05:14:07Z"),
        ("seven_day", 102, False, "2026-06-22T05:14:07+00:00"),
        ("seven_day_oi", 0, False, ""),
    ]


def test_marks_tell_readings_apart_without_reading_them():
    one = {"X-Codex-Primary-Used-Percent": ["37"], "Date": ["now"]}
    assert headers.marks("codex", one) == headers.marks("codex", one | {"Date": ["later"]})
    assert headers.marks("codex", one) != headers.marks("codex", one | {"X-Codex-Secondary-Used-Percent": ["1"]})
    assert headers.marks("claude", one) is None
    assert headers.marks("gemini", one) is None


def test_windows_have_one_scale_and_one_clock():
    (five, week, extra) = windows(headers.read("codex", SAMPLES["codex-headers"]["headers"]).rows, AT)
    assert (five.used_percent, five.resets_at, five.boundary) == (4, 1_782_105_247_000_000, "scheduled")
    assert (week.resets_at, week.boundary) == (AT + 303_127_000_000, "provisional")
    assert (extra.model_group, extra.models, extra.length_seconds) == (
        "GPT-5.3-Codex-Spark",
        "gpt-5.3-codex-spark",
        18_000,
    )
    groups = windows(google.antigravity(said("antigravity", "summary")), AT)
    assert [(each.model_group, each.models, each.used_percent, each.limit_reached) for each in groups] == [
        ("Gemini Models", "gemini", 28, 0),
        ("Gemini Models", "gemini", 10, 0),
        ("Claude and GPT models", "claude gpt", 100, 1),
        ("Claude and GPT models", "claude gpt", 50, 0),
    ]
    of_claude = windows(claude.usage(said("claude", "usage")).rows, AT)
    assert [(each.key, each.models, each.unit) for each in of_claude] == [
        ("five_hour", "", ""),
        ("seven_day", "", ""),
        ("seven_day_sonnet", "sonnet", ""),
        ("extra_usage", None, "credits"),
    ]
    of_xai = windows(xai.monthly(said("xai", "monthly")), AT)
    assert [(each.unit, each.limit_reached, each.used_percent) for each in of_xai] == [
        ("usd_cents", 0, 100),
        ("usd_cents", 0, 40),
    ]
