"""CPA's management API, as far as the collector asks it: is usage recorded, and how many attempts were made?

Answers name raw upstream keys; nothing of them leaves this module but counts.
"""

from typing import Any

import httpx

from ingestd.source import tls
from ingestd.source.patience import Patience
from ingestd.source.trouble import Condition, Garbled, Unreachable, http_refusal, tls_trouble

BODY_BYTES = 16 * 1024 * 1024
"""Longest answer that is read: thousands of credentials with their recent requests."""


class Management:
    """A client of `{base_url}/v0/management`. Shares the key's patience with the queue: one ban, one wrong key."""

    def __init__(
        self, base_url: str, management_key: str, patience: Patience, *, skip_verify: bool, timeout_seconds: float
    ) -> None:
        self._patience = patience
        self._client = httpx.Client(
            base_url=f"{base_url}/v0/management/",
            headers={"Authorization": f"Bearer {management_key}"},
            timeout=timeout_seconds,
            verify=tls.context(skip_verify=skip_verify),
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            follow_redirects=False,
            trust_env=False,  # the key goes to CPA, not to whatever proxy the environment names
        )

    def statistics_enabled(self) -> bool:
        """CPA's `usage-statistics-enabled`: while it is false there are no events at all. Raises `SourceError`."""
        answer = self._get("usage-statistics-enabled")
        if not isinstance(answer, dict) or not isinstance(answer.get("usage-statistics-enabled"), bool):
            raise Garbled(Condition.PROTOCOL, "no usage-statistics-enabled in the answer")
        return bool(answer["usage-statistics-enabled"])

    def attempts(self) -> int:
        """Σ success + failed over all credentials since CPA started (contract 5.2, 2). Raises `SourceError`."""
        files = self._get("auth-files")
        keys = self._get("api-key-usage")
        listed = files.get("files") if isinstance(files, dict) else None
        total = sum(_count(entry) for entry in listed or [])
        for provider in keys.values() if isinstance(keys, dict) else []:
            total += sum(_count(entry) for entry in provider.values()) if isinstance(provider, dict) else 0
        return total

    def close(self) -> None:
        self._client.close()

    def _get(self, path: str) -> Any:
        with self._patience.presenting():
            try:
                with self._client.stream("GET", path) as response:
                    body = bytearray()
                    for part in response.iter_bytes():
                        body += part
                        if len(body) > BODY_BYTES:
                            raise Garbled(Condition.PROTOCOL, f"{path}: an answer of more than {BODY_BYTES} bytes")
            except (httpx.TransportError, ValueError) as error:
                raise tls_trouble(error) or Unreachable(Condition.UNREACHABLE, type(error).__name__) from error
            if response.status_code != 200:
                raise http_refusal(response.status_code, body[:4096].decode("utf-8", "replace"), response.headers)
            try:
                return httpx.Response(200, content=bytes(body)).json()
            except ValueError as error:
                raise Garbled(Condition.PROTOCOL, f"{path}: no JSON") from error


def _count(entry: Any) -> int:
    if not isinstance(entry, dict):
        return 0
    return sum(value for name in ("success", "failed") if isinstance(value := entry.get(name), int))
