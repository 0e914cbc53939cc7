"""How soon to poll again: often while events flow, seldom while they do not."""

from typing import Final

from ingestd.queue.delivery import Delivery

_BUSY_SECONDS: Final = 0.025
"""The pause while events flow."""
_BUSIEST_SECONDS: Final = 0.008
_EVENTS_A_POLL: Final = 4.0
"""What a kill can lose is what has been popped and not committed, so a poll should not bring much more."""
_ATTENTIVE_SECONDS: Final = 0.2
"""Longest pause for a while after the last event: with the time to store it, an event is in the file within 0.3 s."""
_ATTENTION_SECONDS: Final = 300.0
_GROWTH: Final = 0.04
"""The pause as a share of the time since the last event."""
_HTTP_BUSY_SECONDS: Final = 1.0
_HTTP_IDLE_SECONDS: Final = 3.0
"""Each call costs CPA a bcrypt, some 50 ms of its CPU (contract 2)."""


class PollInterval:
    """Pauses between polls, in seconds; `idle_seconds` is the longest (REDIS_QUEUE_IDLE_INTERVAL).

    Over HTTP the pauses are longer. A subscription wakes the loop itself, so its pauses are mere reassurance.
    """

    def __init__(self, idle_seconds: float) -> None:
        self._idle_seconds = idle_seconds
        self._last_poll: float | None = None
        self._last_event: float | None = None
        self._rate = 0.0

    def after(self, delivery: Delivery, now: float) -> float:
        """The pause after a delivery received at `now`, in monotonic seconds; 0 to come back at once."""
        count = len(delivery.payloads)
        since_poll = now - self._last_poll if self._last_poll is not None else 1.0
        self._last_poll = now
        # A rate over about the last four polls; the floor keeps two polls in one instant from meaning a flood.
        self._rate += (count / max(since_poll, _BUSIEST_SECONDS) - self._rate) / 4
        if count:
            self._last_event = now
        if delivery.full:
            return 0.0
        if delivery.transport == "http":
            return self._http(now)
        return min(self._idle_seconds, self._pop(now))

    def _pop(self, now: float) -> float:
        if self._last_event is None:
            return self._idle_seconds
        since = now - self._last_event
        if since > _ATTENTION_SECONDS:
            return min(self._idle_seconds, _ATTENTIVE_SECONDS * since / _ATTENTION_SECONDS)
        for_rate = max(_BUSIEST_SECONDS, _EVENTS_A_POLL / self._rate) if self._rate > 0 else _BUSY_SECONDS
        return min(_ATTENTIVE_SECONDS, max(min(_BUSY_SECONDS, for_rate), since * _GROWTH))

    def _http(self, now: float) -> float:
        idle = max(self._idle_seconds, _HTTP_IDLE_SECONDS)
        if self._last_event is None:
            return idle
        return min(idle, max(_HTTP_BUSY_SECONDS, (now - self._last_event) * _GROWTH))
