"""CPA's management API, as far as ingestd asks it (contract 2 and 5): switches, counters, accounts, keys.

The lists name raw keys: whoever asks for one keeps nothing of it but an HMAC or a mask.
"""

from contextlib import suppress
from typing import Any, Final

import msgspec

from ingestd.cpa.backoff import Backoff
from ingestd.cpa.counters import Counters, counters, key_indexes
from ingestd.cpa.errors import CpaError, ErrorKind, ProtocolError, Refused
from ingestd.cpa.http_client import HttpClient
from shared.clock import SECOND

BODY_BYTES: Final = 16 * 1024 * 1024
"""Longest answer that is read: thousands of credentials with their recent requests."""

PROVIDER_LISTS: Final = {
    "gemini-api-key": "gemini",
    "interactions-api-key": "gemini-interactions",
    "claude-api-key": "claude",
    "codex-api-key": "codex",
    "xai-api-key": "xai",
    "vertex-api-key": "vertex",
    "openai-compatibility": "openai-compatibility",
}
"""The lists of upstream keys, and the provider their events name (contract 5.3). Older CPAs lack some: 404.

`ampcode` (until v7.1.76) names no credential, so there is nothing in it to show.
"""


class NotOffered(Refused):
    """This CPA has no such path: it is older, or newer."""


class ManagementClient:
    """A client of `{base_url}/v0/management`. Shares the key's backoff with the queue: one wrong key.

    Every method raises `CpaError`. `close` may be called from any thread.
    """

    def __init__(self, client: HttpClient, backoff: Backoff) -> None:
        self._client = client
        self._backoff = backoff

    def statistics_enabled(self) -> bool:
        """CPA's `usage-statistics-enabled`: while it is false there are no events at all."""
        answer = self.get("usage-statistics-enabled")
        if not isinstance(answer, dict) or not isinstance(answer.get("usage-statistics-enabled"), bool):
            raise ProtocolError(ErrorKind.PROTOCOL, "no usage-statistics-enabled in the answer")
        return bool(answer["usage-statistics-enabled"])

    def counters(self) -> Counters:
        """What CPA has counted of each credential since it started."""
        return counters(self.auth_files(), self.get("api-key-usage"))

    def key_indexes(self) -> dict[bytes, str]:
        """Which auth index the counters of upstream keys are of; lists that this CPA does not have are left out."""
        found: dict[bytes, str] = {}
        for name, provider in PROVIDER_LISTS.items():
            with suppress(NotOffered):
                found |= key_indexes(provider, self.provider_keys(name))
        return found

    def retention(self) -> int:
        """For how long CPA keeps events that nobody takes, in microseconds (contract 1.7)."""
        config = self.get("config")
        seconds = config.get("redis-usage-queue-retention-seconds") if isinstance(config, dict) else None
        known = seconds if isinstance(seconds, int) and not isinstance(seconds, bool) and seconds > 0 else 60
        return min(known, 3_600) * SECOND

    def auth_files(self) -> list[dict[str, Any]]:
        """The credentials that have a file, as CPA lists them (contract 5.2). They may carry raw keys."""
        return self._entries("auth-files", "files")

    def client_keys(self) -> list[str]:
        """The keys that clients may use, in clear."""
        answer = self.get("api-keys")
        listed = answer.get("api-keys") if isinstance(answer, dict) else None
        if not isinstance(listed, list | None):
            raise ProtocolError(ErrorKind.PROTOCOL, "api-keys: no list")
        return [key for key in listed or [] if isinstance(key, str)]

    def provider_keys(self, name: str) -> list[dict[str, Any]]:
        """The entries of one of `PROVIDER_LISTS`. They carry raw keys."""
        return self._entries(name, name)

    def get(self, path: str) -> Any:
        """The JSON that CPA answers to GET `path`."""
        body = bytearray()
        missing: CpaError | None = None
        with self._backoff.attempt():
            try:
                self._client.get(f"v0/management/{path}", body, limit=BODY_BYTES)
            except CpaError as error:
                if error.kind is not ErrorKind.QUEUE_MISSING:
                    raise
                missing = error  # CPA answered, and took the key: nothing to wait for
        if missing is not None:
            raise NotOffered(missing.kind, f"{path}: {missing.detail}")
        try:
            return msgspec.json.decode(bytes(body))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ProtocolError(ErrorKind.PROTOCOL, f"{path}: no JSON") from error

    def send(self, method: str, path: str, payload: Any, *, seconds: float) -> tuple[int, Any]:
        """Send `payload` as JSON; CPA's status, and the JSON that it answers (None where there is none).

        An answer that is late says nothing of CPA, which waits for somebody else: it puts off no other call.
        """
        body = bytearray()
        late: CpaError | None = None
        status = 0
        with self._backoff.attempt():
            try:
                status = self._client.send(
                    method,
                    f"v0/management/{path}",
                    msgspec.json.encode(payload),
                    body,
                    limit=BODY_BYTES,
                    seconds=seconds,
                )
            except CpaError as error:
                if error.kind not in (ErrorKind.UNANSWERED, ErrorKind.INTERRUPTED) or self._client.closed:
                    raise
                late = error
        if late is not None:
            raise late
        try:
            return status, msgspec.json.decode(bytes(body)) if body else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return status, None

    def close(self) -> None:
        self._client.close()

    def _entries(self, path: str, name: str) -> list[dict[str, Any]]:
        answer = self.get(path)
        listed = answer.get(name) if isinstance(answer, dict) else None
        if not isinstance(answer, dict) or name not in answer or not isinstance(listed, list | None):
            raise ProtocolError(ErrorKind.PROTOCOL, f"{path}: no list {name}")
        return [entry for entry in listed or [] if isinstance(entry, dict)]  # CPA writes null for an empty list
