"""A thread beside the line: asks CPA now and then whether usage is recorded at all, and whether somebody else takes it.

It has a thread of its own because CPA may take as long as REQUEST_TIMEOUT to answer, and the queue must not wait.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from ingestd.management import Management
from ingestd.source import Condition, SourceError
from ingestd.source.diversion import Diversion
from ingestd.source.trouble import MESSAGES
from shared.clock import Clock
from shared.heartbeat import Trouble

PERIOD_SECONDS = 60.0
FIRST_SECONDS = 1.0
OFF_SECONDS = 5.0
"""While statistics are off, somebody is perhaps about to turn them on, and looks at the page."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Observation:
    """What the last look found; both None while nothing is known."""

    statistics_enabled: bool | None = None
    trouble: Trouble | None = None


class Watch:
    """`received()` gives how many events have arrived since ingestd started."""

    def __init__(self, management: Management, received: Callable[[], int], *, own_copy: bool, clock: Clock) -> None:
        self._management = management
        self._received = received
        self._own_copy = own_copy  # a subscription gets its own copy of every event: nobody can take them
        self._clock = clock
        self._diversion = Diversion()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self.observation = Observation()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread; a call under way is abandoned with the process."""
        self._stop.set()
        self._management.close()

    def look(self, monotonic: float) -> None:
        """One look. What CPA refuses here it refuses the queue too, which reports it; so nothing is raised."""
        try:
            enabled = self._management.statistics_enabled()
            attempts = 0 if self._own_copy or not enabled else self._management.attempts()
        except SourceError as error:
            log.debug("watch.unanswered", condition=error.condition)
            return
        condition = self._diversion.observe(
            monotonic,
            attempts=attempts,
            events=0 if self._own_copy else self._received(),
            statistics_enabled=enabled,
        )
        self._note(enabled, condition)

    def _note(self, enabled: bool, condition: Condition | None) -> None:
        before = self.observation.trouble
        if condition is None:
            trouble = None
        elif before is not None and before.code == condition:
            trouble = before
        else:
            trouble = Trouble(code=condition, message=f"{MESSAGES[condition]}.", since=self._clock())
            log.warning("watch.trouble", condition=condition, message=trouble.message)
        self.observation = Observation(enabled, trouble)

    def _run(self) -> None:
        pause = FIRST_SECONDS
        while not self._stop.wait(pause):
            try:
                self.look(time.monotonic())
            except Exception:  # a thread's edge: the watch goes on looking
                if self._stop.is_set():
                    return
                log.exception("watch.failed")
            pause = OFF_SECONDS if self.observation.statistics_enabled is False else PERIOD_SECONDS
