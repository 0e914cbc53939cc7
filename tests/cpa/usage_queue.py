"""CPA's in-memory usage queue: retention, diversion to subscribers, the errors channel.

Contract 1.6 and 1.7: events wait for at most the retention time; while somebody subscribes to `usage`
they go to the subscribers only; a subscriber that is 256 messages behind is dropped.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice

SUBSCRIBER_BUFFER = 256
_PATIENCE_SECONDS = 5.0
SUPPORT_REFRESH = b'{"support_refresh":true}'
REFRESH = b'{"refresh":true}'


@dataclass(slots=True)
class Counters:
    """What became of every payload, in payloads. `published` is the sum of what follows it and of what still
    waits, except that `delivered` counts one per subscriber and `lost_to_faults` repeats `popped` ones.
    """

    published: int = 0
    """Handed to the stand-in: by `publish`, by traffic, or taken from a preloaded backlog."""
    popped: int = 0
    """Taken out by LPOP, RPOP or GET usage-queue."""
    diverted: int = 0
    """Went to subscribers instead of the queue."""
    expired: int = 0
    """Older than the retention time before anybody popped them."""
    cleared: int = 0
    """Were waiting when management was turned off."""
    refused: int = 0
    """Published while statistics or management were off."""
    delivered: int = 0
    """Written to a subscriber's socket, one per subscriber, control messages left out."""
    overflowed: int = 0
    """Did not fit a slow subscriber's buffer, one per subscriber dropped."""
    abandoned: int = 0
    """Sat in a subscriber's buffer when its connection ended."""
    lost_to_faults: int = 0
    """Popped, but in a reply that a fault dropped or cut."""


class Subscription:
    """One subscriber's 256 message buffer, filled by publishers and emptied by its connection's writer."""

    def __init__(self, first: bytes | None) -> None:
        self._messages: deque[bytes] = deque([first] if first is not None else [])
        self._changed = threading.Condition()
        self._ended = False
        self.abandoned = False
        """The connection ended first, and closes itself."""

    def offer(self, message: bytes) -> bool:
        """Buffer a message; when there is no room, end the subscription and say so with False."""
        with self._changed:
            if self._ended:
                return False
            if len(self._messages) >= SUBSCRIBER_BUFFER:
                self._ended = True
                self._changed.notify_all()
                return False
            self._messages.append(message)
            self._changed.notify_all()
            return True

    def wait_for_room(self, seconds: float) -> None:
        """Wait, at most so long, until half the buffer is free or the subscription has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or len(self._messages) < SUBSCRIBER_BUFFER // 2, seconds)

    def take(self) -> list[bytes]:
        """Wait for messages and return one of them; nothing means the subscription ended and was drained.

        One at a time, because CPA's buffer has a slot free as soon as the writer picks a message up.
        """
        with self._changed:
            while not self._messages and not self._ended:
                self._changed.wait()
            if not self._messages:
                return []
            if len(self._messages) == SUBSCRIBER_BUFFER // 2:
                self._changed.notify_all()
            return [self._messages.popleft()]

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def abandon(self) -> int:
        """End it and give up what is buffered; returns how many events that were."""
        with self._changed:
            self._ended = self.abandoned = True
            events = sum(message not in (SUPPORT_REFRESH, REFRESH) for message in self._messages)
            self._messages.clear()
            self._changed.notify_all()
            return events


class UsageQueue:
    """The queue and its subscribers; every method may be called from any thread.

    `now` gives monotonic seconds; a test moves it to let payloads expire.
    """

    def __init__(self, now: Callable[[], float], retention_seconds: float) -> None:
        self.counters = Counters()
        self.retention_seconds = retention_seconds
        self.enabled = True
        self.statistics = True
        self._now = now
        self._lock = threading.Lock()
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._backlog: Iterator[bytes] = iter(())
        self._live_first = False
        self._usage: list[Subscription] = []
        self._errors: list[Subscription] = []

    def preload(self, payloads: Iterable[bytes], *, after_live: bool = False) -> None:
        """Put payloads before everything else, or behind whatever waits, free of retention until popped.

        CPA has no such thing: it stands for the months a keeper has seen before. The payloads are taken from
        the iterable as they are popped, so a history of any size costs no memory.
        """
        with self._lock:
            self._backlog = iter(payloads)
            self._live_first = after_live

    def publish(self, payloads: Iterable[bytes]) -> None:
        with self._lock:
            batch = list(payloads)
            self.counters.published += len(batch)
            if not (self.enabled and self.statistics):
                self.counters.refused += len(batch)
                return
            self._expire()
            for payload in batch:
                if self._usage:
                    self.counters.diverted += 1
                    self.counters.overflowed += self._spread(self._usage, payload)
                else:
                    self._waiting.append((self._now(), payload))

    def publish_paced(self, payloads: Iterable[bytes]) -> None:
        """Publish one by one, waiting for subscribers that read but are half a buffer behind.

        CPA publishes each event as a request completes; a thousand at once would overflow any subscriber.
        """
        for payload in payloads:
            with self._lock:
                subscriptions = list(self._usage)
            for subscription in subscriptions:
                subscription.wait_for_room(_PATIENCE_SECONDS)
            self.publish((payload,))

    def publish_error(self, payload: bytes) -> None:
        """Send to the `errors` subscribers; without one the payload is dropped (contract 4)."""
        with self._lock:
            if self.enabled:
                self._spread(self._errors, payload)

    def refresh(self) -> None:
        """Broadcast the control message that says credentials or configuration changed."""
        with self._lock:
            self._spread(self._usage, REFRESH)

    def pop(self, count: int) -> list[bytes]:
        """Remove and return up to `count` of the oldest payloads."""
        with self._lock:
            if not self.enabled:
                return []
            self._expire()
            parts = (self._from_waiting, self._from_backlog)
            batch: list[bytes] = []
            for part in parts if self._live_first else reversed(parts):
                batch += part(count - len(batch))
            self.counters.popped += len(batch)
            return batch

    def _from_waiting(self, count: int) -> list[bytes]:
        return [self._waiting.popleft()[1] for _ in range(min(count, len(self._waiting)))]

    def _from_backlog(self, count: int) -> list[bytes]:
        taken = list(islice(self._backlog, count))
        self.counters.published += len(taken)
        return taken

    def subscribe(self, channel: str) -> Subscription:
        with self._lock:
            usage = channel == "usage"
            subscription = Subscription(SUPPORT_REFRESH if usage else None)
            (self._usage if usage else self._errors).append(subscription)
            return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        with self._lock:
            for subscribers in (self._usage, self._errors):
                if subscription in subscribers:
                    subscribers.remove(subscription)
        self.count("abandoned", subscription.abandon())

    def switch(self, enabled: bool) -> None:
        """Turning it off clears the queue and ends every subscription (contract 1.3)."""
        with self._lock:
            self.enabled = enabled
            if not enabled:
                self.counters.cleared += len(self._waiting)
                self._waiting.clear()
                for subscription in (*self._usage, *self._errors):
                    subscription.end()
                self._usage.clear()
                self._errors.clear()

    def waiting(self) -> int:
        """Payloads in the queue; a preloaded backlog is not counted."""
        with self._lock:
            return len(self._waiting)

    def subscribers(self) -> int:
        """Subscribers of `usage`."""
        with self._lock:
            return len(self._usage)

    def count(self, counter: str, events: int) -> None:
        """Add to one of the counters that connections know about."""
        with self._lock:
            setattr(self.counters, counter, getattr(self.counters, counter) + events)

    def snapshot(self) -> dict[str, int]:
        with self._lock:
            return asdict(self.counters)

    def _spread(self, subscribers: list[Subscription], message: bytes) -> int:
        dropped = [subscription for subscription in subscribers if not subscription.offer(message)]
        for subscription in dropped:
            subscribers.remove(subscription)
        return len(dropped)

    def _expire(self) -> None:
        oldest = self._now() - self.retention_seconds
        while self._waiting and self._waiting[0][0] < oldest:
            self._waiting.popleft()
            self.counters.expired += 1
