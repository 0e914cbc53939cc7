"""HTTP to CPA: the key in a header, nothing from the environment, and an end to every answer.

httpx bounds each read, and so nothing: a body of one byte every other second would never time out. Here a whole
exchange has a deadline, after which its connection is cut.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx

from ingestd.cpa import tls
from ingestd.cpa.errors import (
    CpaError,
    ErrorKind,
    Interrupted,
    ProtocolError,
    Unreachable,
    http_refusal,
    tls_trouble,
)

_ERROR_BYTES: Final = 4096
_CONNECT_SECONDS: Final = 5.0
_PROBE_SECONDS: Final = 2.0
_VERSION_CHARACTERS: Final = 64
_REFUSES_CALLER: Final = frozenset({401, 403})
_ANSWER_TIMEOUTS: Final = 2
"""An answer whose bytes keep trickling in is given up after so many request timeouts."""


class HttpClient:
    """One connection at a time, used by one thread; `close` may be called from any.

    `base_url` may carry the path of a reverse proxy. Error texts never contain the key.
    """

    def __init__(self, base_url: str, management_key: str, *, skip_verify: bool, timeout_seconds: float) -> None:
        self._url = httpx.URL(base_url)
        self._key = management_key
        self._deadline_seconds = timeout_seconds * _ANSWER_TIMEOUTS
        self._closed = False
        self._in_use = threading.Lock()
        self._socket: socket.socket | None = None
        self.cpa_version: str | None = None
        """As the newest answer of CPA said it; None when none did, such as a proxy's."""
        self._client = httpx.Client(
            base_url=base_url,
            # CPA compares bytes: a key in any script is UTF-8.
            headers={b"Authorization": b"Bearer " + management_key.encode(), b"Accept-Encoding": b"identity"},
            timeout=httpx.Timeout(timeout_seconds, connect=min(_CONNECT_SECONDS, timeout_seconds)),
            verify=tls.http_context(skip_verify=skip_verify),
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            follow_redirects=False,
            trust_env=False,  # the key goes to CPA, not to whatever proxy the environment names
        )

    @property
    def host(self) -> str:
        return self._url.host

    @property
    def closed(self) -> bool:
        return self._closed

    def get(self, path: str, body: bytearray, *, limit: int, params: Mapping[str, int] | None = None) -> None:
        """GET `path` and append the body to `body`, at most about `limit` bytes; raises `CpaError` for all but 200.

        What had arrived of a body that breaks off is in `body` when this raises.
        """
        with self._in_use:
            try:
                with self._translated_errors(body), self._bounded() as started:
                    self._exchange(path, body, limit, params, started)
            finally:
                if self._closed:
                    self._client.close()

    def send(self, method: str, path: str, content: bytes, body: bytearray, *, limit: int, seconds: float) -> int:
        """Send JSON and append what CPA answers to `body`; its status, whatever CPA makes of what was sent.

        Raises `CpaError` where it is not CPA that answers, or where it refuses the caller, and when `seconds` are over.
        """
        with self._in_use:
            try:
                with self._translated_errors(body, seconds), self._bounded(seconds) as started:
                    return self._exchange(path, body, limit, None, started, method=method, content=content)
            finally:
                if self._closed:
                    self._client.close()

    def close(self) -> None:
        """Close for good; a thread that waits for an answer is woken."""
        self._closed = True
        self._cut()
        if self._in_use.acquire(blocking=False):
            with contextlib.closing(self._client):
                self._in_use.release()

    def _exchange(
        self,
        path: str,
        body: bytearray,
        limit: int,
        params: Mapping[str, int] | None,
        started: float,
        *,
        method: str = "GET",
        content: bytes | None = None,
    ) -> int:
        if self._closed:
            raise Interrupted(ErrorKind.INTERRUPTED, "closed")
        headers = {} if content is None else {"Content-Type": "application/json"}
        with self._client.stream(
            method, path, params=params, content=content, headers=headers, extensions={"trace": self._trace}
        ) as response:
            if said := response.headers.get("X-CPA-VERSION"):  # contract 5.1, on every answer to the key
                self.cpa_version = said[:_VERSION_CHARACTERS]
            status = response.status_code
            if status != 200 and (content is None or not said or status in _REFUSES_CALLER):
                raise self._refusal(response)
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > limit:
                    raise Interrupted(ErrorKind.INTERRUPTED, f"an answer of more than {limit} bytes")
                if time.monotonic() - started > self._deadline_seconds:
                    raise Interrupted(ErrorKind.INTERRUPTED, f"{self.host}: the answer does not end")
            return status

    @contextlib.contextmanager
    def _bounded(self, seconds: float | None = None) -> Iterator[float]:
        """Cut the connection when the exchange takes too long: headers may trickle as well as a body."""
        watchdog = threading.Timer(self._deadline_seconds if seconds is None else seconds, self._cut)
        watchdog.daemon = True
        watchdog.start()
        try:
            yield time.monotonic()
        finally:
            watchdog.cancel()

    def _cut(self) -> None:
        if (sock := self._socket) is not None:
            # Wakes a thread that waits for an answer; closing alone would not.
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _trace(self, event: str, info: dict[str, Any]) -> None:
        """httpx tells of each connection it makes; the last one is kept, to be cut."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")
            if self._closed:  # while it was being made: `close` saw none to wake
                self._cut()

    def _refusal(self, response: httpx.Response) -> CpaError:
        body = b""
        for chunk in response.iter_bytes(_ERROR_BYTES):
            body = chunk
            break
        return http_refusal(response.status_code, self._without_key(body.decode("utf-8", "replace")), response.headers)

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "***")

    @contextlib.contextmanager
    def _translated_errors(self, received: bytearray, seconds: float | None = None) -> Iterator[None]:
        started = time.monotonic()
        deadline = self._deadline_seconds if seconds is None else seconds
        try:
            yield
        except httpx.HTTPError as error:
            if (trouble := tls_trouble(error)) is not None:
                raise trouble from None
            text = self._without_key(str(error))
            if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
                raise Unreachable(ErrorKind.UNREACHABLE, f"{self.host}: {text}") from None
            late = not self._closed and time.monotonic() - started >= deadline
            if not received and (late or isinstance(error, httpx.TimeoutException)):
                raise Unreachable(ErrorKind.UNANSWERED, self.host) from None
            if not received and self._expects_tls():
                raise Unreachable(ErrorKind.TLS_MISMATCH, f"{self.host} speaks TLS") from None
            if isinstance(error, httpx.DecodingError | httpx.TooManyRedirects):
                raise ProtocolError(ErrorKind.PROTOCOL, f"{self.host}: {text}") from None
            raise Interrupted(ErrorKind.INTERRUPTED, f"{self.host}: {text}") from None

    def _expects_tls(self) -> bool:
        return (
            not self._closed
            and self._url.scheme == "http"
            and tls.spoken_at(self._url.host, self._url.port or 80, seconds=_PROBE_SECONDS)
        )
