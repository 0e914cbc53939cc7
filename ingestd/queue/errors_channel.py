"""CPA's errors channel: each failed result of an account, with what CPA makes of the account (contract 4).

Nothing is kept for whoever does not listen, and nothing depends on it: it says sooner, and of more, what the list of
accounts says later. So the thread connects again for as long as the daemon lives, and a full buffer drops the oldest.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from ingestd.cpa.address import Address
from ingestd.cpa.backoff import Backoff
from ingestd.cpa.errors import CpaError, ErrorKind, Interrupted, ProtocolError, Unreachable
from ingestd.queue.delivery import drop_control_messages
from ingestd.queue.resp_connection import RespConnection

CHANNEL: Final = "errors"
BUFFER: Final = 2_000
"""Messages that wait for the file: an account that fails all the time says the same in each."""

PING_SECONDS: Final = 30.0
_TICK_SECONDS: Final = 0.5
_OLDER_SECONDS: Final = 600.0
"""A CPA without the channel (before v7.1.44) is asked again so often: it may have been updated."""


class ErrorsChannel:
    """`take` what arrived, from any thread; `heard()` is called in the channel's own thread when something did."""

    def __init__(
        self,
        address: Address,
        backoff: Backoff,
        heard: Callable[[], None],
        *,
        ping_seconds: float = PING_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._backoff = backoff
        self._heard = heard
        self._ping_seconds = ping_seconds
        self._monotonic = monotonic
        self._waiting: deque[bytes] = deque(maxlen=BUFFER)
        self._link: RespConnection | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cpa errors", daemon=True)
        self.subscribed = False

    def start(self) -> None:
        self._thread.start()

    def take(self, limit: int) -> list[bytes]:
        """The oldest messages, at most `limit`."""
        found: list[bytes] = []
        while self._waiting and len(found) < limit:
            found.append(self._waiting.popleft())
        return found

    def close(self) -> None:
        """End the subscription, for good."""
        self._closing.set()
        if (link := self._link) is not None:
            link.close()
        if self._thread.is_alive():
            self._thread.join(2 * _TICK_SECONDS)

    def _run(self) -> None:
        while not self._closing.is_set():
            if self._backoff.wait > 0:
                self._closing.wait(_TICK_SECONDS)
                continue
            try:
                self._listen()
            except CpaError as error:
                if error.kind is ErrorKind.PROTOCOL:
                    self._closing.wait(_OLDER_SECONDS)

    def _listen(self) -> None:
        link = self._link = RespConnection(self._address)
        try:
            with self._backoff.attempt():
                link.open()
                link.subscribe(CHANNEL)
                messages = self._acknowledged(link)
            self.subscribed = True
            try:
                self._accept(messages)
                self._read(link)
            except CpaError as error:
                self._backoff.failed(error)
                raise
        finally:
            self.subscribed = False
            link.close()

    def _read(self, link: RespConnection) -> None:
        heard, read, pinged = self._monotonic(), link.bytes_read, False
        while not self._closing.is_set():
            self._accept(link.messages(_TICK_SECONDS))
            now = self._monotonic()
            if link.bytes_read != read:
                heard, read, pinged = now, link.bytes_read, False
            elif now - heard > self._ping_seconds + self._address.timeout_seconds:
                raise Interrupted(ErrorKind.INTERRUPTED, "no answer to PING")
            elif not pinged and now - heard > self._ping_seconds:
                link.send("PING")
                pinged = True

    def _acknowledged(self, link: RespConnection) -> Sequence[Any]:
        deadline = self._monotonic() + self._address.timeout_seconds
        while not (messages := link.messages(_TICK_SECONDS)):
            if self._monotonic() > deadline or self._closing.is_set():
                raise Unreachable(ErrorKind.UNANSWERED, "no answer to SUBSCRIBE")
        if isinstance(messages[0], CpaError):
            raise messages[0]
        if messages[0] != [b"subscribe", link.channel, 1]:
            raise ProtocolError(ErrorKind.PROTOCOL, "SUBSCRIBE was not acknowledged")
        return messages[1:]

    def _accept(self, messages: Sequence[Any]) -> None:
        events = [m[2] for m in messages if isinstance(m, list) and len(m) == 3 and m[0] == b"message"]
        payloads, _ = drop_control_messages([each for each in events if isinstance(each, bytes)])
        if payloads:
            self._waiting.extend(payloads)
            self._heard()
        for message in messages:
            if isinstance(message, CpaError):
                raise message
