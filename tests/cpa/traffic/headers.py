"""The upstream's response headers as CPA keeps them: every header, canonical names, sorted (contract 3.8).

The sets are those of events captured from a real CPA (v7.2.140), whose upstreams were faked with the
headers the providers document.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from tests.cpa.traffic.quota import FIVE_HOURS, WEEK, filled


@dataclass(frozen=True, slots=True)
class Answer:
    """Which headers an attempt shows: those of its provider's family, for a kind of answer.

    `kind` is `stream`, `whole`, `websocket`, `html` (a proxy in front of the provider), `challenge`
    (Cloudflare) or `none`. `account` seeds what is constant for an account; `exhausted` shows a spent quota.
    """

    family: str
    kind: str
    account: str
    serial: int = 0
    retry_after: int | None = None
    exhausted: bool = False
    length: int = 0


NO_ANSWER = Answer("", "none", "")


def response_headers(answer: Answer, at: int, zone: tzinfo = UTC) -> dict[str, list[str]]:
    """The headers of an answer that began at `at`, in seconds since the epoch; people work by `zone`."""
    if answer.kind == "none":
        return {}
    moment = datetime.fromtimestamp(at, UTC)
    headers = {"Date": moment.strftime("%a, %d %b %Y %H:%M:%S GMT")}
    if answer.kind == "websocket":
        headers |= _websocket(answer, at, zone)
        return {name: [headers[name]] for name in sorted(headers)}
    if answer.kind == "stream":
        headers["Content-Type"] = "text/event-stream; charset=utf-8"
        headers["Set-Cookie"] = f"__cf_bm={_mark(answer, 'cookie', 32)}; path=/; HttpOnly; Secure"
    else:
        page = answer.kind in ("html", "challenge")
        headers["Content-Type"] = "text/html; charset=UTF-8" if page else "application/json"
        headers["Content-Length"] = str(answer.length)
    if answer.kind == "challenge":
        headers["Cf-Mitigated"] = "challenge"
    elif answer.kind != "html":
        headers |= _FAMILIES[answer.family](answer, at, zone)
        if answer.retry_after is not None:
            headers["Retry-After"] = str(answer.retry_after)
    return {name: [headers[name]] for name in sorted(headers)}


def _claude(answer: Answer, at: int, zone: tzinfo) -> dict[str, str]:
    five, week = (filled(answer.account, length, at, zone) for length in (FIVE_HOURS, WEEK))
    unified = "Anthropic-Ratelimit-Unified-"
    return {
        f"{unified}5h-Reset": str(five.resets),
        f"{unified}5h-Status": "allowed",
        f"{unified}5h-Utilization": f"{five.used:.2f}",
        f"{unified}7d-Reset": str(week.resets),
        f"{unified}7d-Status": "allowed",
        f"{unified}7d-Utilization": f"{week.used:.2f}",
        f"{unified}Fallback-Percentage": "0.5",
        f"{unified}Representative-Claim": "five_hour",
        f"{unified}Status": "allowed",
        "Request-Id": "req_011C" + _mark(answer, "request", 20),
    }


def _codex(answer: Answer, at: int, zone: tzinfo) -> dict[str, str]:
    five, week = (filled(answer.account, length, at, zone) for length in (FIVE_HOURS, WEEK))
    mark = _mark(answer, "request", 32)
    return {
        "X-Codex-Plan-Type": "team" if "team" in answer.account else "pro" if "pro" in answer.account else "plus",
        "X-Codex-Primary-Reset-After-Seconds": str((five.resets or at) - at),
        "X-Codex-Primary-Used-Percent": str(round(five.used * 100)),
        "X-Codex-Primary-Window-Minutes": "300",
        "X-Codex-Secondary-Reset-After-Seconds": str((week.resets or at) - at),
        "X-Codex-Secondary-Used-Percent": str(round(week.used * 100)),
        "X-Codex-Secondary-Window-Minutes": "10080",
        "X-Request-Id": f"{mark[:8]}-{mark[8:12]}-4{mark[13:16]}-a{mark[17:20]}-{mark[20:]}",
    }


def _openai(answer: Answer, at: int, _zone: tzinfo) -> dict[str, str]:
    left = 0 if answer.exhausted else 10_000 - 1 - (at // 7) % 400
    return {
        "X-Ratelimit-Limit-Requests": "10000",
        "X-Ratelimit-Remaining-Requests": str(left),
        "X-Ratelimit-Reset-Requests": "6s",
        "X-Request-Id": "req_" + _mark(answer, "request", 32),
    }


def _google(answer: Answer, _at: int, _zone: tzinfo) -> dict[str, str]:
    return {"Server-Timing": f"gfet4t7; dur={80 + int(_mark(answer, 'timing', 3), 16)}"}


def _websocket(answer: Answer, at: int, zone: tzinfo) -> dict[str, str]:
    return {
        "Connection": "Upgrade",
        "Sec-Websocket-Accept": _mark(answer, "accept", 27) + "=",
        "Sec-Websocket-Extensions": "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        "Server": "cloudflare",
        "Upgrade": "websocket",
        "X-Codex-Primary-Used-Percent": str(round(filled(answer.account, FIVE_HOURS, at, zone).used * 100)),
    }


def _mark(answer: Answer, what: str, length: int) -> str:
    return hashlib.sha256(f"{answer.account}/{answer.serial}/{what}".encode()).hexdigest()[:length]


_FAMILIES = {
    "claude": _claude,
    "codex": _codex,
    "openai": _openai,
    "google": _google,
}
