"""Is somebody else taking the events? CPA's own counters against what arrives.

A subscriber diverts every event from the queue, and a second popper takes a share; CPA says neither. But it counts
the attempts of each credential. So do calls that never become an event: `count_tokens`, of which Claude Code sends
dozens at once, Codex streams that the client aborts, Claude streams without usage (contract 0). Bursts of those look
like a diversion; what tells them apart is that they end. So there are two grades: a suspicion after a minute, which
`auto` settles by subscribing, and a verdict for a person, which needs the same picture over many minutes.
"""

from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

Finding = Literal["suspected", "diverted", "shared"]

_WINDOW_SECONDS: Final = 15 * 60.0
_SUSPECTED_SECONDS: Final = 45.0
_SUSPECTED_ATTEMPTS: Final = 5
_DIVERTED_SECONDS: Final = 4 * 60.0
_DIVERTED_ATTEMPTS: Final = 20
_DIVERTED_ROUNDS: Final = 4
"""Checks in which attempts rose without an event: a burst is over in one or two."""
_SHARED_SECONDS: Final = 8 * 60.0
_SHARED_ATTEMPTS: Final = 100
_SHARED_ROUNDS: Final = 6
_SHARED_PART: Final = 0.6
"""Below this part of the attempts, events are missing that streams without usage cannot explain."""
_MARKS: Final = 256


@dataclass(frozen=True, slots=True)
class _Mark:
    at: float
    attempts: int
    events: int


class CompetingConsumerDetector:
    """Compares CPA's counters with the events received, whenever it is shown both."""

    def __init__(self) -> None:
        self._marks: deque[_Mark] = deque(maxlen=_MARKS)

    def forget(self) -> None:
        """Nothing before this counts: events could not be collected, or everybody gets a copy."""
        self._marks.clear()

    def observe(self, now: float, *, attempts: int, events: int) -> Finding | None:
        """What the counters say, or None while all is well or nothing can be said yet.

        `now` is in monotonic seconds. `attempts` is the sum of `success` and `failed` over CPA's `auth-files` and
        `api-key-usage`; `events` is how many were received since ingestd started, read after the counters, so that
        an event under way counts for CPA's side last. Meaningless for a subscription, which gets its own copy.
        """
        if self._marks and (attempts < self._marks[-1].attempts or events < self._marks[-1].events):
            self._marks.clear()  # CPA restarted, or a credential was removed: the counters began anew
        self._marks.append(_Mark(now, attempts, events))
        while len(self._marks) > 2 and now - self._marks[1].at >= _WINDOW_SECONDS:
            self._marks.popleft()
        return self._diverted() or self._shared()

    def _diverted(self) -> Finding | None:
        """Attempts rose well after the last event that came."""
        last = self._marks[-1]
        quiet = [mark for mark in self._marks if mark.events == last.events]
        seconds, attempts = last.at - quiet[0].at, last.attempts - quiet[0].attempts
        if seconds >= _DIVERTED_SECONDS and attempts >= _DIVERTED_ATTEMPTS and _rises(quiet) >= _DIVERTED_ROUNDS:
            return "diverted"
        return "suspected" if seconds >= _SUSPECTED_SECONDS and attempts >= _SUSPECTED_ATTEMPTS else None

    def _shared(self) -> Finding | None:
        first, last = self._marks[0], self._marks[-1]
        attempts, events = last.attempts - first.attempts, last.events - first.events
        if last.at - first.at < _SHARED_SECONDS or attempts < _SHARED_ATTEMPTS or events >= attempts * _SHARED_PART:
            return None
        return "shared" if _shortfalls(list(self._marks)) >= _SHARED_ROUNDS else None


def _rises(marks: list[_Mark]) -> int:
    """In how many rounds attempts were made."""
    return sum(later.attempts > earlier.attempts for earlier, later in pairwise(marks))


def _shortfalls(marks: list[_Mark]) -> int:
    """In how many rounds fewer events came than `_SHARED_PART` of the attempts."""
    return sum(
        later.events - earlier.events < (later.attempts - earlier.attempts) * _SHARED_PART
        for earlier, later in pairwise(marks)
    )
