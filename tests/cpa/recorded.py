"""Management documents recorded from a real CPA, replayed body and status as they were."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tests.cpa.management import PREFIX, Reply, Request, json_reply
from tests.cpa.tally import BUCKET_SECONDS, BUCKETS

RECORDINGS = Path(__file__).parent.parent / "data" / "cpa" / "management"


_KEY_LISTS = {
    "gemini-api-key": "gemini",
    "interactions-api-key": "gemini-interactions",
    "claude-api-key": "claude",
    "codex-api-key": "codex",
    "xai-api-key": "xai",
    "vertex-api-key": "vertex",
    "openai-compatibility": "",
}


class _Attempt(msgspec.Struct):
    auth_index: str = ""
    failed: bool = False


class RecordedDocuments:
    """Bodies of `management/NAME.json`, by method and path; `auth-files` answers its filters too.

    Where one path was recorded more than once, the successful recording answers.
    """

    def __init__(self, directory: Path = RECORDINGS, *, now: Callable[[], float] = time.time) -> None:
        """`now()`: seconds since the epoch, by which CPA counts in spans of ten minutes."""
        self._now = now
        self._replies: dict[tuple[str, str], Reply] = {}
        for meta_path in sorted(directory.glob("*.meta.json")):
            meta = json.loads(meta_path.read_bytes())
            target = urlsplit(meta["path"])
            if target.query.startswith("name=") and target.path == PREFIX + "auth-files":
                continue
            body = meta_path.with_name(meta_path.name.replace(".meta.json", ".json")).read_bytes()
            key = (meta["method"], target.path.removeprefix(PREFIX))
            reply = Reply(meta["status"], body)
            if key not in self._replies or reply.status == 200:
                self._replies[key] = reply
        self._counted: dict[str, dict[int, tuple[int, int]]] = {}
        self._restarted = False
        self._lock = threading.Lock()

    def count(self, auth_index: str, succeeded: int, failed: int) -> None:
        spans = self._counted.setdefault(auth_index, {})
        before = spans.get(self._span(), (0, 0))
        spans[self._span()] = before[0] + succeeded, before[1] + failed

    def published(self, payloads: Sequence[bytes]) -> None:
        with self._lock:
            for payload in payloads:
                try:
                    attempt = msgspec.json.decode(payload, type=_Attempt)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                    continue  # no event, so no attempt
                self.count(attempt.auth_index, not attempt.failed, attempt.failed)

    def restart(self) -> None:
        self._counted.clear()
        self._restarted = True

    def tokens(self) -> dict[str, bool]:
        """By `auth_index`, whether an account has a token; a service account has none."""
        reply = self.reply(Request("GET", "auth-files"))
        files = json.loads(reply.body)["files"] if reply else []
        return {file["auth_index"]: file["type"] != "vertex" for file in files}

    def reply(self, request: Request) -> Reply | None:
        reply = self._replies.get((request.method, request.path))
        if reply is not None and (self._counted or self._restarted):
            if request.path == "auth-files":
                reply = self._with_counters(reply)
            elif request.path == "api-key-usage":
                reply = self._with_key_counters(reply)
        wanted = {key: values[0] for key, values in request.query.items() if key in ("name", "auth_index")}
        if reply is None or request.path != "auth-files" or not wanted:
            return reply
        return json_reply({"files": [file for file in json.loads(reply.body)["files"] if _matches(file, wanted)]})

    def _with_counters(self, reply: Reply) -> Reply:
        """The recorded files with what was counted since; after a restart that alone."""
        files = json.loads(reply.body)["files"]
        for file in files:
            self._add(file, file["auth_index"])
        return json_reply({"files": files})

    def _with_key_counters(self, reply: Reply) -> Reply:
        usage = json.loads(reply.body)
        for provider, index, key in self._keys():
            if counters := usage.get(provider, {}).get(key):
                self._add(counters, index)
        return json_reply(usage)

    def _keys(self) -> Iterator[tuple[str, str, str]]:
        """Provider, auth index and counter of each upstream key, as the lists of keys say."""
        for path, provider in _KEY_LISTS.items():
            reply = self._replies.get(("GET", path))
            for entry in json.loads(reply.body)[path] or [] if reply else []:
                for key in entry.get("api-key-entries", [entry]):
                    name = entry.get("name", provider).lower()
                    yield name, key.get("auth-index", ""), f"{entry.get('base-url', '')}|{key.get('api-key', '')}"

    def _add(self, counters: dict[str, Any], auth_index: str) -> None:
        """What was recorded is long ago; what was counted since stands in its ten minutes."""
        spans = self._counted.get(auth_index, {})
        for place, name in enumerate(("success", "failed")):
            before = 0 if self._restarted else counters[name]
            counters[name] = before + sum(counts[place] for counts in spans.values())
        last = self._span()
        for number, recent in enumerate(counters["recent_requests"], start=last - BUCKETS + 1):
            recent["success"], recent["failed"] = spans.get(number, (0, 0))

    def _span(self) -> int:
        return int(self._now() // BUCKET_SECONDS)


def _matches(file: dict[str, object], wanted: dict[str, str]) -> bool:
    if "name" in wanted and wanted["name"] not in (file["name"], file["id"]):
        return False
    return "auth_index" not in wanted or wanted["auth_index"] == file["auth_index"]
