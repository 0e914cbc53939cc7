"""`POST /api-call`: CPA asks a provider on behalf of an account, and refuses what a real one refuses (contract 5.6).

The providers behind it are `Upstream`; tests and the company put their own there.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec

from tests.cpa.management import Reply, Request, json_reply

TOKEN = "$TOKEN$"
MADE_UP = "made-up-token-of-"
_ALIASES = ("auth_index", "authIndex", "AuthIndex")


@dataclass(frozen=True, slots=True)
class Asked:
    """What reaches a provider. `auth_index`: of the account whose token is in it; empty: the token was not replaced."""

    auth_index: str
    method: str
    url: str
    headers: Mapping[str, str]
    data: str

    @property
    def has_token(self) -> bool:
        return any(MADE_UP in value for value in self.headers.values())


@dataclass(frozen=True, slots=True)
class Said:
    """What a provider answers. `status` 0: nothing, it cannot be reached."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Upstream(Protocol):
    def __call__(self, asked: Asked) -> Said | None:
        """What the provider at that address says; None: there is none."""


def refuses_tokens(asked: Asked) -> Said | None:
    """What every provider says to a text in place of a token."""
    if asked.has_token:
        return None
    return Said(401, '{"error":{"message":"invalid token","type":"authentication_error"}}')


class ApiCalls:
    """Answers `/api-call`. `tokens`: the accounts that have a token; None: every account that is named."""

    def __init__(self, known: Callable[[], Mapping[str, bool]], upstream: Upstream) -> None:
        """`known()`: the credentials that CPA has now, by `auth_index`, and whether each has a token."""
        self._known = known
        self.upstream = upstream
        self.asked: list[Asked] = []
        self.release = threading.Event()
        """Set, an answer of `HELD` is given up; else it waits as long as CPA waits for a provider."""

    def reply(self, request: Request) -> Reply:
        if request.method != "POST":
            return Reply(404, b"")
        try:
            asked = msgspec.json.decode(request.body, type=dict[str, Any])
            call = _call(asked)
        except (msgspec.MsgspecError, TypeError):
            return json_reply({"error": "invalid body"}, 400)
        if isinstance(call, str):
            return json_reply({"error": call}, 400)
        index, method, url, headers, data = call
        known = self._known()
        if index in known:
            if not known[index] and any(TOKEN in value for value in headers.values()):
                return json_reply({"error": "auth token not found"}, 400)
            headers = {name: value.replace(TOKEN, MADE_UP + index) for name, value in headers.items()}
        sent = Asked(index if index in known else "", method, url, headers, data)
        self.asked.append(sent)
        said = refuses_tokens(sent) or self.upstream(sent)
        if said is HELD:
            self.release.wait(60)
            said = None
        if said is None or not said.status:
            return json_reply({"error": "request failed"}, 502)
        names = {"Content-Type": "application/json", **said.headers}
        return json_reply(
            {"status_code": said.status, "header": {name: [value] for name, value in names.items()}, "body": said.body}
        )


HELD = Said(0, "held")
"""A provider that takes the request and does not answer."""


def _call(asked: Mapping[str, Any]) -> tuple[str, str, str, dict[str, str], str] | str:
    """The parts of a request as CPA reads it, or what it says is wrong. Raises `TypeError` for a wrong type."""
    index = next((asked[name] for name in _ALIASES if asked.get(name)), "")
    method, url, headers, data = (
        asked.get("method", ""),
        asked.get("url", ""),
        asked.get("header") or {},
        asked.get("data") or "",
    )
    if not all(isinstance(each, str) for each in (index, method, url, data, *headers.values())):
        raise TypeError
    if not method.strip():
        return "missing method"
    if not url.strip():
        return "missing url"
    target = urlsplit(url)
    if not target.scheme or not target.netloc:
        return "invalid url"
    return index.strip(), method.strip().upper(), url, dict(headers), data


def whole(value: object, status: int = HTTPStatus.OK) -> Said:
    """An answer of JSON."""
    return Said(status, json.dumps(value, separators=(",", ":")))
