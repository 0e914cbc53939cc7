"""The management API: the usage queue over HTTP, switches, and the documents a keeper reads (contract 2 and 5)."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from tests.cpa.usage_queue import UsageQueue

PREFIX = "/v0/management/"
_COUNT = re.compile(r"\+?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: dict[str, list[str]] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    payloads: int = 0
    """How many usage payloads the body carries."""


class Documents(Protocol):
    """What CPA knows about its accounts, keys and configuration."""

    def tokens(self) -> Mapping[str, bool]:
        """The credentials there are, by `auth_index`, and whether each has a token that can be used."""

    def reply(self, request: Request) -> Reply | None:
        """Answer a request whose path is given without the management prefix, or None for an unknown path."""

    def count(self, auth_index: str, succeeded: int, failed: int) -> None:
        """Count results of a credential that no event reports, as CPA does for count_tokens."""

    def published(self, payloads: Sequence[bytes]) -> None:
        """Events were made: count the attempts that they report, unless their maker has."""

    def restart(self) -> None:
        """Counters begin at 0, as with a restart of CPA."""


def json_reply(value: object, status: int = 200) -> Reply:
    return Reply(status, go_json(value))


def go_json(value: object) -> bytes:
    """Compact JSON as Go's encoder writes it: UTF-8, with `<`, `>` and `&` escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").encode()


class Management:
    """Everything under `/v0/management/`, after the key was checked."""

    def __init__(self, queue: UsageQueue, documents: Documents, api_call: Callable[[Request], Reply]) -> None:
        self._queue = queue
        self._documents = documents
        self._api_call = api_call
        self.missing: frozenset[str] = frozenset()
        """Paths below the prefix that answer as if this CPA did not know them."""
        self._routes: dict[str, Callable[[Request], Reply]] = {
            "usage-queue": self._usage_queue,
            "usage-statistics-enabled": self._usage_statistics_enabled,
        }

    def reply(self, request: Request) -> Reply:
        name = request.path.removeprefix(PREFIX)
        if name in self.missing:
            return Reply(404, b"")
        route = self._routes.get(name)
        if route is not None:
            return route(request)
        if name == "api-call":
            return self._api_call(request)
        relative = Request(request.method, name, request.query, request.body)
        return self._documents.reply(relative) or Reply(404, b"")

    def _usage_queue(self, request: Request) -> Reply:
        if request.method != "GET":
            return Reply(404, b"")
        text = request.query.get("count", [""])[0].strip()
        if text and (not _COUNT.fullmatch(text) or int(text) == 0):
            return json_reply({"error": "count must be a positive integer"}, 400)
        payloads = self._queue.pop(int(text) if text else 1)
        body = b"[%b]" % b",".join(map(_element, payloads))
        return Reply(200, body, payloads=len(payloads))

    def _usage_statistics_enabled(self, request: Request) -> Reply:
        if request.method == "GET":
            return json_reply({"usage-statistics-enabled": self._queue.statistics})
        if request.method not in ("PUT", "PATCH"):
            return Reply(404, b"")
        try:
            self._queue.statistics = msgspec.json.decode(request.body, type=_Switch).value
        except msgspec.DecodeError:
            return json_reply({"error": "invalid body"}, 400)
        # Writing the configuration makes CPA reload it, and every reload is announced to subscribers.
        self._queue.refresh()
        return json_reply({"status": "ok"})


class _Switch(msgspec.Struct):
    value: bool


def _element(payload: bytes) -> bytes:
    """A payload as it stands in the array; what is no JSON appears as a string (contract 2)."""
    try:
        msgspec.json.decode(payload, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return go_json(payload.decode("utf-8", "replace"))
    except RecursionError:
        return payload  # Go's decoder takes 10,000 levels
    return payload
