"""`auto`: pop, else HTTP; and when events seem to go to somebody else, subscribe and see.

Every subscriber gets a copy, so nobody is hurt by one more. If events come that way, they were diverted, and stay
with us from then on: whether the other has gone cannot be asked, and to find out by leaving would lose what it takes
if it has not. With the other gone nothing is worse than popping, since CPA queues what comes while we are away. If
CPA counts attempts and none come, they were calls that make no event: back to popping.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from ingestd.queue.delivery import Consumer, Delivery
from ingestd.queue.failover import Failover
from ingestd.queue.subscribe import SubscribeConsumer

PROOF_SECONDS: Final = 150.0
"""How long a subscription waits for the first event before it is given up: some checks of CPA's counters."""
_AGAIN_SECONDS: Final = (10 * 60.0, 30 * 60.0, 3600.0)
"""After so long a suspicion is tried again, ever less often."""

log = structlog.get_logger()


class Auto(Failover):
    """`subscription(queue)` begins one that takes what is older from `queue`."""

    def __init__(
        self,
        consumers: Sequence[Consumer],
        subscription: Callable[[Consumer], SubscribeConsumer],
        *,
        wakeup: threading.Event,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(consumers, wakeup=wakeup)
        self._popping = list(consumers)
        self._subscribe = subscription
        self._monotonic = monotonic
        self._suspected = threading.Event()
        self._subscription: SubscribeConsumer | None = None
        self._ended: SubscribeConsumer | None = None
        self._began_at = 0.0
        self._subscribed = False
        self._proved = False
        self._in_vain = 0
        self._again_at = 0.0

    @property
    def own_copy(self) -> bool:
        return self._subscription is not None

    @property
    def cleared(self) -> bool:
        """A subscription brought nothing lately: what CPA counted were no events."""
        return self._monotonic() < self._again_at

    def suspect(self) -> None:
        """Events seem to go to somebody else. From any thread; acted on by the next `receive`."""
        self._suspected.set()

    def receive(self, limit: int) -> Delivery:
        self._settle()
        if self._ended is not None:
            rest = self._ended.rest(limit)
            if rest.payloads:
                return rest
            self._ended = None
        delivery = super().receive(limit)
        if self._subscription is not None and not self._proved and delivery.transport == "subscribe":
            self._subscribed |= self._subscription.subscribed
            if delivery.payloads:
                self._proved = True
                log.warning("queue.subscribed_for_good", reason="events came by subscription, and not to the queue")
        return delivery

    def close(self) -> None:
        super().close()
        for consumer in self._popping:
            consumer.close()

    def _settle(self) -> None:
        """Begin a subscription on suspicion; end one that brings nothing."""
        now = self._monotonic()
        if self._subscription is None:
            if self._suspected.is_set() and now >= self._again_at:
                log.info("queue.subscribing", reason="CPA counts attempts whose events do not come")
                self._began_at, self._subscribed, self._proved = now, False, False
                self._subscription = self._subscribe(Failover(self._popping))
                self._consumers = [self._subscription]
            self._suspected.clear()
        elif not self._proved and now - self._began_at >= PROOF_SECONDS:
            log.info("queue.popping_again", reason="the subscription brought nothing either")
            self._subscribed |= self._subscription.subscribed
            self._subscription.leave()
            if self._subscribed:
                self._again_at = now + _AGAIN_SECONDS[min(self._in_vain, len(_AGAIN_SECONDS) - 1)]
                self._in_vain += 1
            self._ended, self._subscription = self._subscription, None
            self._consumers = self._popping
