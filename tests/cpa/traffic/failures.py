"""How attempts fail: each class with the text the provider or Go gives, and what CPA does next (contract 0, 3.7)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal

ALL = frozenset({"claude", "codex", "openai", "google"})
_HTML = (
    "<html><head><title>502 Bad Gateway</title></head>\r\n<body><center><h1>502 Bad Gateway</h1></center>"
    "<hr><center>nginx</center></body></html>"
)
_CHALLENGE = (
    '<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title></head>'
    "<body>cf-challenge __cf_chl_opt</body></html>"
)
_GOOGLE_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
_CLAUDE_TYPE = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    503: "overloaded_error",
    529: "overloaded_error",
}
_OPENAI_CODE = {
    400: ("invalid_request_error", "context_length_exceeded"),
    401: ("invalid_request_error", "invalid_api_key"),
    402: ("server_error", "payment_required"),
    403: ("server_error", "forbidden"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
    500: ("server_error", "server_error"),
    503: ("server_error", "overloaded"),
}
_MESSAGES = {
    400: "prompt is too long: 214377 tokens > 200000 maximum",
    401: "OAuth token has expired. Please obtain a new token or refresh your existing token.",
    402: "Insufficient credits. Add more at <https://provider.example/settings/credits> & try again.",
    403: "Your account does not have permission to use this model.",
    404: "The model does not exist or you do not have access to it.",
    429: "This request would exceed your account's rate limit. Please try again later.",
    500: "Internal server error",
    503: "The service is currently unavailable.",
    529: "Overloaded",
}


@dataclass(frozen=True, slots=True)
class FailureClass:
    """One way to fail. `weight` is its chance among 100,000 attempts of the families it happens to.

    `after` says when: before any answer, at once with an error answer, or in the middle of a stream.
    `failover` means CPA tries the next credential, under the same request id.
    """

    name: str
    status: int
    weight: int
    text: Callable[[str, str, Random], str]
    families: frozenset[str] = ALL
    kind: str = "whole"
    after: Literal["nothing", "error", "stream"] = "error"
    failover: bool = False


def provider_error(status: int) -> Callable[[str, str, Random], str]:
    """The text a provider's API sends for a status, in its own format."""

    def text(family: str, _url: str, rng: Random) -> str:
        message = _MESSAGES[status]
        if family == "claude":
            error = {"type": _CLAUDE_TYPE.get(status, "api_error"), "message": message}
            return _compact({"type": "error", "error": error, "request_id": f"req_011C{rng.getrandbits(80):020x}"})
        if family == "google":
            named = {"code": status, "message": message, "status": _GOOGLE_STATUS.get(status, "UNKNOWN")}
            return json.dumps({"error": named}, indent=2)
        kind, code = _OPENAI_CODE.get(status, ("server_error", "server_error"))
        if family == "codex" and status == 401:
            return _compact({"error": {"message": message, "type": "authentication_error", "code": "auth_unavailable"}})
        if family == "codex" and status == 429:
            seconds = rng.randrange(600, 9000)
            limit = {"type": "usage_limit_reached", "message": "The usage limit has been reached"}
            return _compact({"error": limit | {"plan_type": "team", "resets_in_seconds": seconds}})
        return _compact({"error": {"message": message, "type": kind, "param": None, "code": code}})

    return text


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _fixed(text: str) -> Callable[[str, str, Random], str]:
    return lambda _family, _url, _rng: text


def _network(_family: str, url: str, rng: Random) -> str:
    host = url.split("/")[2]
    reason = rng.choice(
        (
            "EOF",
            "net/http: TLS handshake timeout",
            f"dial tcp: lookup {host} on 127.0.0.11:53: server misbehaving",
            "read tcp 172.18.0.2:53412->104.18.32.47:443: read: connection reset by peer",
            "dial tcp 104.18.32.47:443: connect: connection refused",
        )
    )
    return f'Post "{url}": {reason}'


def _deadline(_family: str, url: str, _rng: Random) -> str:
    return f'Post "{url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)'


def _cancelled(_family: str, url: str, _rng: Random) -> str:
    return f'Post "{url}": context canceled'


UNAUTHORIZED = FailureClass("unauthorized", 401, 0, provider_error(401))
PAYMENT = FailureClass("payment required", 402, 2, provider_error(402), failover=True)
RATE_LIMITED = FailureClass("rate limited", 429, 330, provider_error(429), failover=True)
OVERLOADED = FailureClass("overloaded", 529, 90, provider_error(529), frozenset({"claude"}), failover=True)
BAD_GATEWAY = FailureClass("bad gateway", 502, 45, _fixed(_HTML), kind="html", failover=True)
NETWORK_ERROR = FailureClass("network error", 500, 90, _network, kind="none", after="nothing", failover=True)

CLASSES = (
    PAYMENT,
    RATE_LIMITED,
    OVERLOADED,
    BAD_GATEWAY,
    FailureClass("bad request", 400, 60, provider_error(400)),
    FailureClass("forbidden", 403, 12, provider_error(403), failover=True),
    FailureClass("challenge", 403, 14, _fixed(_CHALLENGE), frozenset({"claude", "codex"}), "challenge", failover=True),
    FailureClass("not found", 404, 40, provider_error(404)),
    FailureClass(
        "disconnected",
        408,
        70,
        _fixed("stream error: stream disconnected before completion: stream closed before response.completed"),
        frozenset({"codex"}),
        "stream",
        "stream",
    ),
    FailureClass(
        "aborted in mid-stream",
        499,
        420,
        _fixed("context canceled"),
        frozenset({"claude", "openai", "google"}),
        "stream",
        "stream",
    ),
    FailureClass(
        "aborted before the answer",
        499,
        80,
        _cancelled,
        frozenset({"claude", "openai", "google"}),
        "none",
        "nothing",
    ),
    FailureClass("internal error", 500, 80, provider_error(500), failover=True),
    FailureClass("unavailable", 503, 90, provider_error(503), failover=True),
    FailureClass(
        "error in the stream",
        502,
        15,
        _fixed("upstream stream returned an error payload"),
        frozenset({"openai"}),
        "stream",
        "stream",
    ),
    FailureClass("dropped", 500, 30, _fixed("unexpected EOF"), kind="stream", after="stream"),
    FailureClass(
        "dropped after status 200",
        200,
        30,
        _fixed("unexpected EOF"),
        frozenset({"openai", "google"}),
        "stream",
        "stream",
    ),
    FailureClass(
        "empty stream", 500, 10, _fixed(""), frozenset({"openai", "google"}), "stream", "stream", failover=True
    ),
    NETWORK_ERROR,
    FailureClass("deadline", 504, 12, _deadline, kind="none", after="nothing", failover=True),
)


def draw(family: str, rng: Random) -> FailureClass | None:
    """The class an ordinary attempt fails with, nearly always none."""
    dice = rng.randrange(100_000)
    for failure in CLASSES:
        if family in failure.families:
            if dice < failure.weight:
                return failure
            dice -= failure.weight
    return None
