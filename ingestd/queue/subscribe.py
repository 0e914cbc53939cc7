"""Subscribe: CPA sends each event as it happens. Every subscriber gets a copy, so collectors can live side by side."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from ingestd.cpa.address import Address
from ingestd.cpa.backoff import Backoff
from ingestd.cpa.errors import CpaError, ErrorKind, Interrupted, ProtocolError, Unreachable
from ingestd.queue.delivery import Consumer, Delivery, drop_control_messages
from ingestd.queue.resp_connection import RespConnection
from ingestd.queue.subscription_buffer import SubscriptionBuffer

PING_SECONDS: Final = 15.0
"""Silence after which CPA is asked whether it is still there; it never speaks unasked (contract 1.6)."""
_TICK_SECONDS: Final = 0.25
"""How soon the thread notices that it is to stop, or that the file has caught up."""
_UNSUBSCRIBE_SECONDS: Final = 2.0
_QUIET_SECONDS: Final = 0.02
"""Silence that means nothing is under way: longer than a busy machine takes between two messages."""


class SubscribeConsumer:
    """Reads a subscription in a thread of its own, which never waits for the file, into a bounded buffer.

    Nothing is lost at the seams. CPA hands nothing to a new subscriber that was queued before, so after each
    acknowledged subscription the older events are taken from `queue`, until it is empty. While there is no
    subscription, `queue` is all there is, and nothing is missed that CPA retains. When the file falls so far behind
    that the buffer fills, the subscription is given up in good order: CPA then queues the events.
    """

    def __init__(
        self,
        address: Address,
        backoff: Backoff,
        queue: Consumer,
        buffer: SubscriptionBuffer,
        *,
        ping_seconds: float = PING_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._backoff = backoff
        self._queue = queue
        self._buffer = buffer
        self._ping_seconds = ping_seconds
        self._monotonic = monotonic
        self._link: RespConnection | None = None
        self._subscribed = False
        # Subscriptions so far, and the one up to which the queue has been drained.
        self._generation = 0
        self._drained = 0
        self._popped_last = False
        self._crash: Exception | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cpa subscription", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> CpaError | None:
        return self._backoff.error or (self._queue.trouble if self._draining else None)

    @property
    def connected(self) -> bool:
        return self._subscribed or self._queue.connected

    @property
    def _draining(self) -> bool:
        return self._drained != self._generation

    def receive(self, limit: int) -> Delivery:
        """What arrived since; and what the queue holds, while it is to be drained or there is no subscription."""
        if self._crash is not None:
            raise self._crash
        alone = not self._subscribed
        # While older events are drained the new ones go on arriving: the two take turns.
        if self._buffer.waiting and (alone or not self._draining or self._popped_last):
            return self._take(limit)
        if not alone and not self._draining:
            return Delivery([], "subscribe")
        self._popped_last = True
        generation = self._generation
        try:
            delivery = self._queue.receive(limit)
        except CpaError:
            # A live subscription is not kept waiting for its past; the queue's own backoff paces the next try.
            if alone:
                raise
            return self._take(limit)
        # While somebody subscribes nothing is queued, so a reply that is not full was the last. It must have been
        # asked for after the acknowledgement, hence the generation from before.
        if not alone and not delivery.full and not delivery.lost:
            self._drained = generation
        return delivery

    @property
    def subscribed(self) -> bool:
        """Whether CPA sends events at present."""
        return self._subscribed

    def rest(self, limit: int) -> Delivery:
        """After `leave`: what had arrived and was not received yet."""
        payloads, refresh, lost = self._buffer.take(limit)
        return Delivery(payloads, "subscribe", refresh=refresh, full=self._buffer.waiting, lost=lost)

    def close(self) -> None:
        self._queue.close()
        self.leave()

    def leave(self) -> None:
        """End the subscription; the queue stays as it is."""
        self._closing.set()
        self._thread.join(2 * _TICK_SECONDS)
        # A subscription is taken leave of; a CPA that does not answer the request for one is not waited for.
        if self._subscribed:
            self._thread.join(_UNSUBSCRIBE_SECONDS)
        if (link := self._link) is not None:
            link.close()

    def _take(self, limit: int) -> Delivery:
        self._popped_last = False
        payloads, refresh, lost = self._buffer.take(limit)
        more = self._buffer.waiting or (self._subscribed and self._draining and self._queue.trouble is None)
        return Delivery(payloads, "subscribe", refresh=refresh, full=more, lost=lost)

    # The thread.

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                if self._backoff.wait > 0 or not self._buffer.drained:
                    self._closing.wait(_TICK_SECONDS)
                else:
                    self._subscribe_once()
        except Exception as error:  # noqa: BLE001  (a thread's edge: the receiver raises it)
            self._crash = error
            self._buffer.put([])

    def _subscribe_once(self) -> None:
        """One subscription, from its beginning to its end."""
        link = self._link = RespConnection(self._address)
        try:
            try:
                with self._backoff.attempt():
                    link.open()
                    link.subscribe()
                    messages = self._acknowledged(link)
            except CpaError:
                return  # `attempt` has noted it
            self._generation += 1
            self._subscribed = True
            try:
                self._accept(messages)
                self._read(link)
            except CpaError as error:
                self._backoff.failed(error)
                self._buffer.put([], lost=int(link.within_message))
        finally:
            self._subscribed = False
            link.close()

    def _acknowledged(self, link: RespConnection) -> Sequence[Any]:
        """Wait for CPA to confirm; returns what it sent right after."""
        deadline = self._monotonic() + self._address.timeout_seconds
        while not (messages := link.messages(_TICK_SECONDS)):
            if self._monotonic() > deadline or self._closing.is_set():
                raise Unreachable(ErrorKind.UNANSWERED, "no answer to SUBSCRIBE")
        if isinstance(messages[0], CpaError):
            raise messages[0]
        if messages[0] != [b"subscribe", link.channel, 1]:
            raise ProtocolError(ErrorKind.PROTOCOL, "SUBSCRIBE was not acknowledged")
        return messages[1:]

    def _read(self, link: RespConnection) -> None:
        heard, read = self._monotonic(), link.bytes_read
        pinged: float | None = None
        while not self._closing.is_set() and not self._buffer.full:
            self._accept(link.messages(_TICK_SECONDS))
            now = self._monotonic()
            if link.bytes_read != read:
                heard, read, pinged = now, link.bytes_read, None
            elif link.within_message:
                if now - heard > self._address.timeout_seconds:
                    raise Interrupted(ErrorKind.INTERRUPTED, "a message does not go on")
            elif pinged is not None:
                if now - pinged > self._address.timeout_seconds:
                    raise Unreachable(ErrorKind.UNANSWERED, "no answer to PING")
            elif now - heard > self._ping_seconds:
                link.send("PING")
                pinged = now
        self._unsubscribe(link)

    def _unsubscribe(self, link: RespConnection) -> None:
        """Unsubscribe and take in what is under way; from then on CPA queues the events again.

        CPA drops what it has buffered for a subscriber that leaves, so this waits a little for a lull. In a flood
        there is none, but then the buffer is as good as empty, because it has been read all along.
        """
        deadline = self._monotonic() + _UNSUBSCRIBE_SECONDS / 2
        while self._monotonic() < deadline and (messages := link.messages(_QUIET_SECONDS)):
            self._accept(messages)
        link.send("UNSUBSCRIBE")
        # CPA answers, then closes (contract 1.6). Its writer may be behind that answer with an event in hand: what it
        # has written is lost unless it is read to the end. Only a daemon that is to end cannot wait for a busy CPA.
        deadline = self._monotonic() + self._address.timeout_seconds
        hurried = self._monotonic() + _UNSUBSCRIBE_SECONDS / 2
        answered = False
        while self._monotonic() < (hurried if self._closing.is_set() else deadline):
            try:
                messages = link.messages(_TICK_SECONDS)
            except CpaError:
                if answered:
                    return
                raise
            self._accept(messages)
            answered = answered or any(isinstance(m, list) and m[:1] == [b"unsubscribe"] for m in messages)

    def _accept(self, messages: Sequence[Any]) -> None:
        if not messages:
            return
        events = [m[2] for m in messages if isinstance(m, list) and len(m) == 3 and m[0] == b"message"]
        payloads, refresh = drop_control_messages([e for e in events if isinstance(e, bytes)])
        self._buffer.put(payloads, refresh=refresh)
        for message in messages:
            if isinstance(message, CpaError):
                raise message
            if not isinstance(message, list) or message[:1] not in ([b"message"], [b"pong"], [b"unsubscribe"]):
                raise ProtocolError(ErrorKind.PROTOCOL, "a message of no known kind")
