"""The source the daemon uses: several ways in order of preference, and what is to be said about them."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ingestd.source.delivery import Delivery, Source, Transport
from ingestd.source.trouble import KEY_CONDITIONS, Condition, SourceError
from shared.clock import Clock, now

_LINGER_SECONDS: Final = 0.006
"""How long a first arrival waits for company: fewer transactions, and at 500 events/s no more than three at risk."""
_RANKS: Final = {condition: rank for rank, condition in enumerate(Condition)}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A condition that lasts."""

    condition: Condition
    message: str
    since: int
    """UTC epoch microseconds."""


@dataclass(frozen=True, slots=True)
class Status:
    """How collection goes, for the heartbeat."""

    transport: Transport | None
    """How the last delivery came; None before the first."""
    connected: bool
    last_event_at: int | None
    """When an event last arrived, in UTC epoch microseconds; None when none has."""
    trouble: Trouble | None
    """What keeps events from coming, or from coming in the best way; messages contain no secret."""


class Auto:
    """Uses the first of `routes` that works, and goes back to a better one as soon as that is due and works again.

    There is at least one. A mode with a single way is served by this class too, for its status.
    """

    def __init__(self, routes: Sequence[Source], *, bell: threading.Event | None = None, clock: Clock = now) -> None:
        self._routes = routes
        self._bell = bell or threading.Event()
        self._clock = clock
        self._closing = False
        self._active: Source | None = None
        self._transport: Transport | None = None
        self._last_event_at: int | None = None
        self._trouble: Trouble | None = None

    @property
    def trouble(self) -> SourceError | None:
        """The most telling trouble of the ways that would be better than the one in use, and of that itself."""
        end = len(self._routes) if self._active is None else self._routes.index(self._active) + 1
        troubles = [route.trouble for route in self._routes[:end]]
        return min((error for error in troubles if error is not None), key=_rank, default=None)

    @property
    def connected(self) -> bool:
        return self._active is not None and self._active.connected

    def status(self) -> Status:
        """A snapshot, safe to take in any thread."""
        return Status(self._transport, self.connected, self._last_event_at, self._trouble)

    def receive(self, limit: int) -> Delivery:
        errors: list[SourceError] = []
        for route in self._routes:
            if errors and self._closing:
                break  # the first way was closed under its hands: the next must not begin a question
            try:
                delivery = route.receive(limit)
            except SourceError as error:
                errors.append(error)
                if error.condition in KEY_CONDITIONS:
                    # Another way presents the same key from the same address: a second strike, or nothing.
                    break
                continue
            self._active, self._transport = route, delivery.transport
            if delivery.payloads:
                self._last_event_at = self._clock()
            self._note(self.trouble)
            return delivery
        self._active = None
        told = min(errors, key=_rank)
        self._note(told)
        raise told.due_in(min(error.retry_after for error in errors))

    def wait(self, seconds: float) -> None:
        """Return when an event has arrived unasked, when `close` is called, or after `seconds`."""
        if self._bell.wait(seconds):
            self._bell.clear()
            time.sleep(_LINGER_SECONDS)

    def close(self) -> None:
        self._closing = True
        for route in self._routes:
            route.close()
        self._bell.set()

    def _note(self, error: SourceError | None) -> None:
        if error is None:
            self._trouble = None
        elif self._trouble is None or self._trouble.condition is not error.condition:
            self._trouble = Trouble(error.condition, str(error), self._clock())


def _rank(error: SourceError) -> int:
    return _RANKS[error.condition]
