"""Several consumers in order of preference: the first that works is used. One class for every mode."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ingestd.cpa.errors import CpaError, ErrorKind
from ingestd.queue.delivery import Consumer, Delivery, Transport
from shared.clock import Clock, now

_BATCH_WINDOW_SECONDS: Final = 0.006
"""How long a first arrival waits for company: fewer transactions, and at 500 events/s no more than three at risk."""
_RANKS: Final = {kind: rank for rank, kind in enumerate(ErrorKind)}


@dataclass(frozen=True, slots=True)
class Status:
    """How collection goes, for the heartbeat."""

    transport: Transport | None
    """How the last delivery came; None before the first."""
    connected: bool
    last_event_at: int | None
    """When an event last arrived, in UTC epoch microseconds; None when none has."""
    error: CpaError | None
    """What keeps events from coming or, while `connected`, from coming in the best way. Contains no secret."""


class Failover:
    """Uses the first of `consumers` that works, and goes back to a better one as soon as that is due and works again.

    There is at least one. A mode with a single consumer is served by this class too, for its status.
    """

    def __init__(
        self,
        consumers: Sequence[Consumer],
        *,
        wakeup: threading.Event | None = None,
        own_copy: bool = False,
        clock: Clock = now,
    ) -> None:
        self._consumers = consumers
        self._own_copy = own_copy
        self._wakeup = wakeup or threading.Event()
        self._clock = clock
        self._closing = False
        self._active: Consumer | None = None
        self._transport: Transport | None = None
        self._last_event_at: int | None = None
        self._error: CpaError | None = None

    @property
    def own_copy(self) -> bool:
        """Whether every event comes to us whoever else collects: a subscription."""
        return self._own_copy

    @property
    def cleared(self) -> bool:
        """Whether it has been proved lately that nobody takes our events."""
        return False

    def suspect(self) -> None:
        """Events seem to go to somebody else. Only `Auto` can do something about it."""

    @property
    def trouble(self) -> CpaError | None:
        """The most telling trouble of the consumers that would be better than the one in use, and of that itself."""
        end = len(self._consumers) if self._active is None else self._consumers.index(self._active) + 1
        troubles = [consumer.trouble for consumer in self._consumers[:end]]
        return min((error for error in troubles if error is not None), key=_rank, default=None)

    @property
    def connected(self) -> bool:
        return self._active is not None and self._active.connected

    def status(self) -> Status:
        """A snapshot, safe to take in any thread."""
        return Status(self._transport, self.connected, self._last_event_at, self._error)

    def receive(self, limit: int) -> Delivery:
        errors: list[CpaError] = []
        for consumer in self._consumers:
            if errors and self._closing:
                break  # the first was closed under its hands: the next must not begin a question
            try:
                delivery = consumer.receive(limit)
            except CpaError as error:
                errors.append(error)
                if error.kind is ErrorKind.WRONG_KEY:
                    break  # another consumer would present the same key: a second strike
                continue
            self._active, self._transport = consumer, delivery.transport
            if delivery.payloads:
                self._last_event_at = self._clock()
            self._error = self.trouble
            return delivery
        self._active = None
        self._error = min(errors, key=_rank)
        raise self._error.due_in(min(error.retry_after for error in errors))

    def wait(self, seconds: float) -> None:
        """Return when an event has arrived unasked, when `close` is called, or after `seconds`."""
        if self._wakeup.wait(seconds):
            self._wakeup.clear()
            time.sleep(_BATCH_WINDOW_SECONDS)

    def close(self) -> None:
        self._closing = True
        for consumer in self._consumers:
            consumer.close()
        self._wakeup.set()


def _rank(error: CpaError) -> int:
    return _RANKS[error.kind]
