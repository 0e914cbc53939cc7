"""The providers behind the company's accounts: what they answer to a look-up, from the same windows as the headers."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from urllib.parse import urlsplit

from tests.cpa.accounts import CREDENTIALS, Credential
from tests.cpa.api_call import Asked, Said, whole
from tests.cpa.traffic.quota import FIVE_HOURS, WEEK, Filled, filled

_REFUSED = ("claude-old-intern@atlas.example.json",)
"""Signed out: its token is refused."""


class CompanyQuota:
    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._accounts = {one.auth_index: one for one in CREDENTIALS if one.file}

    def __call__(self, asked: Asked) -> Said | None:
        account = self._accounts.get(asked.auth_index)
        answer = _ANSWERS.get(urlsplit(asked.url).netloc.removeprefix("daily-"))
        if account is None or answer is None:
            return None
        if account.file in _REFUSED:
            return Said(401, '{"error":{"type":"authentication_error","message":"OAuth token has been revoked."}}')
        at = int(time.time())
        found = answer(
            account, asked.url, {length: filled(account.file, length, at, self._zone) for length in (FIVE_HOURS, WEEK)}
        )
        return None if found is None else whole(found)


Windows = dict[int, Filled]


def _codex(account: Credential, url: str, windows: Windows) -> object:
    at = time.time()
    if url.endswith("/rate-limit-reset-credits"):
        day = datetime.fromtimestamp(at, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        credit = {"id": "credit-1", "reset_type": "codex_rate_limits", "status": "available"}
        return {"available_count": 1, "credits": [credit | {"expires_at": (day + timedelta(days=9)).isoformat()}]}
    reached = any(window.used >= 1 for window in windows.values())
    parts = {
        name: {
            "used_percent": round(windows[length].used * 100),
            "limit_window_seconds": length,
            "reset_after_seconds": round((windows[length].resets or at) - at),
            "reset_at": windows[length].resets,
        }
        for name, length in (("primary_window", FIVE_HOURS), ("secondary_window", WEEK))
    }
    return {
        "email": account.email,
        "plan_type": account.plan,
        "rate_limit": {"allowed": not reached, "limit_reached": reached, **parts},
        "rate_limit_reset_credits": {"available_count": 1 if account.plan == "pro" else 0},
        "credits": {"has_credits": False, "unlimited": False, "balance": "0"},
    }


def _claude(account: Credential, url: str, windows: Windows) -> object:
    if url.endswith("/profile"):
        is_team = "team" in account.file
        return {
            "account": {"has_claude_max": is_team, "has_claude_pro": not is_team},
            "organization": {"organization_type": "claude_max" if is_team else "claude_pro"},
        }
    week = windows[WEEK]
    return {
        "five_hour": _utilization(windows[FIVE_HOURS]),
        "seven_day": _utilization(week),
        "seven_day_sonnet": _utilization(Filled(week.resets, round(week.used * 0.55, 4))),
        "extra_usage": {"is_enabled": False, "monthly_limit": None, "used_credits": None, "utilization": None},
    }


def _utilization(window: Filled) -> dict[str, object]:
    return {"utilization": round(window.used * 100, 1), "resets_at": _time(window.resets)}


def _antigravity(_account: Credential, url: str, windows: Windows) -> object | None:
    if url.endswith("loadCodeAssist"):
        return {"paidTier": {"id": "g1-ultra-tier", "name": "Google AI Ultra"}}
    if not url.endswith("retrieveUserQuotaSummary"):
        return None
    five, week = windows[FIVE_HOURS], windows[WEEK]
    return {
        "groups": [
            _group("Gemini Models", "gemini", five.used, week.used, windows),
            _group("Claude and GPT models", "3p", 1.0, min(1.0, week.used + 0.4), windows),
        ]
    }


def _group(name: str, mark: str, five: float, week: float, windows: Windows) -> dict[str, object]:
    buckets = (("5h", FIVE_HOURS, five), ("weekly", WEEK, week))
    return {
        "displayName": name,
        "description": f"Models within this group: {name}",
        "buckets": [
            {
                "bucketId": f"{mark}-{window}",
                "displayName": window,
                "window": window,
                "remainingFraction": round(1 - used, 4),
                "resetTime": _time(windows[length].resets),
            }
            for window, length, used in buckets
        ],
    }


def _kimi(_account: Credential, _url: str, windows: Windows) -> object:
    five, week = windows[FIVE_HOURS], windows[WEEK]
    return {
        "usage": {"limit": "500", "used": str(round(week.used * 500)), "resetTime": _time(week.resets)},
        "limits": [
            {
                "window": {"duration": 300, "timeUnit": "TIME_UNIT_MINUTE"},
                "detail": {
                    "limit": "100",
                    "remaining": str(100 - round(five.used * 100)),
                    "resetTime": _time(five.resets),
                },
            }
        ],
    }


def _xai(_account: Credential, url: str, windows: Windows) -> object:
    week = windows[WEEK]
    if "format=credits" in url:
        return {
            "config": {"currentPeriod": {"end": _time(week.resets)}, "creditUsagePercent": round(week.used * 100, 1)}
        }
    now = datetime.now(UTC)
    ends = now.replace(year=now.year + now.month // 12, month=now.month % 12 + 1, day=1, hour=0, minute=0, second=0)
    return {
        "config": {
            "monthlyLimit": {"val": 2_000},
            "used": {"val": 2_150},
            "onDemandCap": {"val": 500},
            "onDemandUsed": {"val": 150},
            "billingPeriodEnd": ends.isoformat(timespec="seconds"),
        }
    }


def _time(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()


_ANSWERS: dict[str, Callable[[Credential, str, Windows], object | None]] = {
    "chatgpt.com": _codex,
    "api.anthropic.com": _claude,
    "cloudcode-pa.googleapis.com": _antigravity,
    "api.kimi.com": _kimi,
    "cli-chat-proxy.grok.com": _xai,
}
