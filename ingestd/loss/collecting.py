"""When events were collected and when not: told by the collecting loop, read by the loss meter in another thread."""

import threading
from dataclasses import dataclass
from typing import Final

from shared.clock import SECOND, Clock

SHORT: Final = 5 * SECOND
"""A pause that is no news: a restart of CPA, a connection made anew."""

NOT_RUNNING: Final = "not_running"
UNANSWERED: Final = "unanswered"
"""One question of CPA's queue took the whole pause."""
_PAUSES_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which nothing was collected, in UTC epoch microseconds, and why: `NOT_RUNNING` or a trouble's code."""

    start: int
    end: int
    reason: str


class Collecting:
    """`went_well` and `failed` are the collecting loop's; everything may be asked from any thread."""

    def __init__(self, last: int | None, *, clock: Clock, monotonic: Clock) -> None:
        """`last`: when an earlier process collected last, if that is known."""
        self._clock = clock
        self._monotonic = monotonic
        self._last = last
        self._last_monotonic: int | None = None
        self._started = clock()
        self._reason = ""
        self._pauses: list[Pause] = []
        self._ended_monotonic: int | None = None
        self._lock = threading.Lock()

    @property
    def last(self) -> int | None:
        """When CPA was last asked with success and what it gave was filed; UTC epoch microseconds."""
        return self._last

    @property
    def pausing(self) -> bool:
        """Nothing is collected at present, for longer than a moment."""
        last = self._last_monotonic
        return last is None or self._monotonic() - last >= SHORT

    def settled(self, microseconds: int) -> bool:
        """Whether it has gone well for so long since the last pause: what waited in CPA has come."""
        ended = self._ended_monotonic
        return not self.pausing and (ended is None or self._monotonic() - ended >= microseconds)

    def went_well(self) -> None:
        now, monotonic = self._clock(), self._monotonic()
        last, before = self._last, self._last_monotonic
        # Within one process a clock that is set makes no pause; between two there is only the clock.
        passed = monotonic - before if before is not None else now - last if last is not None else 0
        if last is not None and passed >= SHORT:
            with self._lock:
                self._pauses.append(Pause(now - passed, now, self._why(before is None, now)))
                del self._pauses[:-_PAUSES_MAX]
            self._ended_monotonic = monotonic
        self._last, self._last_monotonic = now, monotonic
        self._reason = ""

    def failed(self, reason: str) -> None:
        """It did not go well; a pause is told by the latest reason."""
        self._reason = reason

    def pauses(self) -> tuple[Pause, ...]:
        """Those that are over and were not dealt with yet, oldest first."""
        with self._lock:
            return tuple(self._pauses)

    @property
    def uncompared_since(self) -> int | None:
        """When the oldest pause began that was not dealt with, for a process that comes after this one."""
        return min((pause.start for pause in self.pauses()), default=None)

    def forget(self, pauses: tuple[Pause, ...]) -> None:
        """These have been dealt with."""
        with self._lock:
            self._pauses = [each for each in self._pauses if each not in pauses]

    def _why(self, is_first: bool, now: int) -> str:
        """The first pause of a process began before it: it is told by what lasted longer."""
        last = self._started if self._last is None else self._last
        if self._reason and not (is_first and now - self._started < self._started - last):
            return self._reason
        return NOT_RUNNING if is_first else UNANSWERED
