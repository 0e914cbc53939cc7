"""Is somebody else taking the events? CPA's own counters against what arrives.

A subscriber diverts every event from the queue, and a second popper takes a share; CPA says neither. But it counts
the attempts of each credential, and those sums equal the events except for some Claude streams (contract 0).
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from ingestd.source.trouble import Condition

_WINDOW_SECONDS: Final = 15 * 60.0
_DIVERTED_SECONDS: Final = 60.0
_DIVERTED_ATTEMPTS: Final = 5
_SHARED_SECONDS: Final = 5 * 60.0
_SHARED_ATTEMPTS: Final = 50
_SHARED_PART: Final = 0.6
"""Below this part of the attempts, events are missing that streams without usage cannot explain."""
_MARKS: Final = 256


@dataclass(frozen=True, slots=True)
class _Mark:
    at: float
    attempts: int
    events: int


class Diversion:
    """Compares CPA's counters with the events received, whenever it is shown both."""

    def __init__(self) -> None:
        self._marks: deque[_Mark] = deque(maxlen=_MARKS)

    def observe(self, now: float, *, attempts: int, events: int, statistics_enabled: bool) -> Condition | None:
        """What the counters say, or None while all is well or nothing can be said yet.

        `now` is in monotonic seconds. `attempts` is the sum of `success` and `failed` over CPA's `auth-files` and
        `api-key-usage`; `events` is how many were received since ingestd started, read after the counters, so that
        an event under way counts for CPA's side last. Meaningless for a subscription, which gets its own copy.
        """
        if not statistics_enabled:
            self._marks.clear()
            return Condition.STATISTICS_DISABLED
        if self._marks and (attempts < self._marks[-1].attempts or events < self._marks[-1].events):
            # CPA restarted, or a credential was removed: the counters began anew.
            self._marks.clear()
        self._marks.append(_Mark(now, attempts, events))
        while len(self._marks) > 2 and now - self._marks[1].at >= _WINDOW_SECONDS:
            self._marks.popleft()
        if self._diverted():
            return Condition.DIVERTED
        return Condition.SHARED if self._shared() else None

    def _diverted(self) -> bool:
        """Attempts rose well after the last event that came."""
        last = self._marks[-1]
        quiet = next((mark for mark in self._marks if mark.events == last.events), last)
        return last.at - quiet.at >= _DIVERTED_SECONDS and last.attempts - quiet.attempts >= _DIVERTED_ATTEMPTS

    def _shared(self) -> bool:
        first, last = self._marks[0], self._marks[-1]
        attempts, events = last.attempts - first.attempts, last.events - first.events
        return (
            last.at - first.at >= _SHARED_SECONDS and attempts >= _SHARED_ATTEMPTS and events < attempts * _SHARED_PART
        )
