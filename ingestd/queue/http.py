"""HTTP: `GET /v0/management/usage-queue`, where RESP is not to be had. The same queue, but CPA pays a bcrypt a call."""

from typing import Final

from ingestd.cpa.backoff import Backoff
from ingestd.cpa.errors import CpaError, ErrorKind, ProtocolError
from ingestd.cpa.http_client import HttpClient
from ingestd.queue.delivery import Delivery, drop_control_messages
from ingestd.queue.json_array import split
from ingestd.queue.pop_size import PopSize

PATH: Final = "v0/management/usage-queue"
BODY_BYTES: Final = 64 * 1024 * 1024
"""Longest body that is read; calls ask for a sixteenth of it."""


class HttpConsumer:
    """Pops over the management API."""

    def __init__(self, client: HttpClient, backoff: Backoff) -> None:
        self._client = client
        self._backoff = backoff
        self._pop_size = PopSize()
        self._answered = False

    @property
    def trouble(self) -> CpaError | None:
        return self._backoff.error

    @property
    def connected(self) -> bool:
        return self._answered and not self._client.closed

    def receive(self, limit: int) -> Delivery:
        if self._client.closed:
            return Delivery([], "http")
        count = self._pop_size.count(limit)
        body = bytearray()
        whole = True
        try:
            with self._backoff.attempt():
                self._answered = False
                self._client.get(PATH, body, limit=BODY_BYTES, params={"count": count})
                self._answered = True
        except CpaError:
            # What came of a body that broke off has left CPA: it is delivered, and the next call tells the trouble.
            if not body:
                raise
            whole = False
        items, valid = split(bytes(body))
        if whole and not valid:
            error = ProtocolError(ErrorKind.PROTOCOL, f"{self._client.host} answered 200, but not with a JSON array")
            self._backoff.failed(error)
            if not items:
                raise error
        self._pop_size.learn(items)
        payloads, refresh = drop_control_messages(items)
        # A body does not announce a count; of a broken one it is only known that something is missing.
        return Delivery(payloads, "http", refresh=refresh, full=whole and len(items) >= count, lost=0 if whole else 1)

    def close(self) -> None:
        self._client.close()
