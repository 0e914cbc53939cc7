"""HTTP: `GET /v0/management/usage-queue`, where RESP is not to be had. The same queue, but CPA pays a bcrypt a call."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any, Final

import httpx

from ingestd.source import tls
from ingestd.source.appetite import Appetite
from ingestd.source.delivery import Delivery, sift
from ingestd.source.json_array import split
from ingestd.source.patience import Patience
from ingestd.source.trouble import Condition, Garbled, Interrupted, SourceError, Unreachable, http_refusal, tls_trouble

PATH: Final = "v0/management/usage-queue"
BODY_BYTES: Final = 64 * 1024 * 1024
"""Longest body that is read; calls ask for a sixteenth of it ."""
_ERROR_BYTES: Final = 4096
_CONNECT_SECONDS: Final = 5.0
_PROBE_SECONDS: Final = 2.0


class HttpSource:
    """Pops over the management API. `base_url` may carry the path of a reverse proxy."""

    def __init__(
        self, base_url: str, management_key: str, patience: Patience, *, skip_verify: bool, timeout_seconds: float
    ) -> None:
        self._url = httpx.URL(base_url)
        self._key = management_key
        self._patience = patience
        self._appetite = Appetite()
        self._answered = False
        self._closed = False
        self._receiving = threading.Lock()
        self._socket: socket.socket | None = None
        self._client = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {management_key}", "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(timeout_seconds, connect=min(_CONNECT_SECONDS, timeout_seconds)),
            verify=tls.context(skip_verify=skip_verify),
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            follow_redirects=False,
            # The key goes to CPA, not to whatever proxy the environment names.
            trust_env=False,
        )

    @property
    def trouble(self) -> SourceError | None:
        return self._patience.error

    @property
    def connected(self) -> bool:
        return self._answered and not self._closed

    def receive(self, limit: int) -> Delivery:
        with self._receiving:
            if self._closed:
                return Delivery([], "http")
            try:
                return self._receive(limit)
            finally:
                if self._closed:
                    self._client.close()

    def _receive(self, limit: int) -> Delivery:
        count = self._appetite.count(limit)
        body = bytearray()
        whole = True
        try:
            with self._patience.presenting():
                self._answered = False
                self._fetch(count, body)
                self._answered = True
        except SourceError:
            # What came of a body that broke off has left CPA: it is delivered, and the next call tells the trouble.
            if not body:
                raise
            whole = False
        items, valid = split(bytes(body))
        if whole and not valid:
            error = Garbled(Condition.PROTOCOL, f"{self._url.host} answered 200, but not with a JSON array")
            self._patience.failed(error)
            if not items:
                raise error
        self._appetite.ate(items)
        payloads, refresh = sift(items)
        # A body does not announce a count; of a broken one it is only known that something is missing.
        return Delivery(payloads, "http", refresh=refresh, full=whole and len(items) >= count, lost=0 if whole else 1)

    def close(self) -> None:
        self._closed = True
        sock = self._socket
        if sock is not None:
            # Wakes a thread that waits for an answer; closing alone would not.
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        if self._receiving.acquire(blocking=False):
            with contextlib.closing(self._client):
                self._receiving.release()

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        """httpx tells of each connection it makes; the last one is kept for `close`."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = sock = info["return_value"].get_extra_info("socket")
            if self._closed:  # while it was being made: `close` saw none to wake
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def _fetch(self, count: int, body: bytearray) -> None:
        with self._translated(body), self._request(count) as response:
            if response.status_code != 200:
                raise self._refusal(response)
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > BODY_BYTES:
                    raise Interrupted(Condition.INTERRUPTED, "the body does not end")

    def _request(self, count: int) -> contextlib.AbstractContextManager[httpx.Response]:
        return self._client.stream("GET", PATH, params={"count": count}, extensions={"trace": self._trace})

    def _refusal(self, response: httpx.Response) -> SourceError:
        body = b""
        for chunk in response.iter_bytes(_ERROR_BYTES):
            body = chunk
            break
        text = body.decode("utf-8", "replace").replace(self._key, "***")
        return http_refusal(response.status_code, text, response.headers)

    @contextlib.contextmanager
    def _translated(self, received: bytearray) -> Iterator[None]:
        where = self._url.host
        try:
            yield
        except httpx.HTTPError as error:
            if (trouble := tls_trouble(error)) is not None:
                raise trouble from None
            text = str(error).replace(self._key, "***")
            if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
                raise Unreachable(Condition.UNREACHABLE, f"{where}: {text}") from None
            if isinstance(error, httpx.TimeoutException):
                raise Unreachable(Condition.UNANSWERED, where) from None
            if not received and self._expects_tls():
                raise Unreachable(Condition.TLS_MISMATCH, f"{where} speaks TLS") from None
            raise Interrupted(Condition.INTERRUPTED, f"{where}: {text}") from None

    def _expects_tls(self) -> bool:
        return (
            not self._closed
            and self._url.scheme == "http"
            and tls.spoken_at(self._url.host, self._url.port or 80, seconds=_PROBE_SECONDS)
        )
