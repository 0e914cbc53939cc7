"""Is usage recorded at all, and does somebody else take the events? Asked of CPA's management API now and then."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ingestd.cpa.counters import Counters
from ingestd.cpa.errors import CpaError, ErrorKind
from ingestd.cpa.management import ManagementClient, NotOffered
from ingestd.queue import Failover
from ingestd.queue.competing_consumer import CompetingConsumerDetector, Finding
from ingestd.schedule import Outcome
from shared.clock import MINUTE, SECOND, Clock
from shared.heartbeat import Statistics

SOON = 5 * SECOND
"""While statistics are off, somebody is perhaps about to turn them on, and looks at the page."""
TRIES = 2
"""A single answer that does not come is no news."""


UNKNOWN = Statistics()


@dataclass(frozen=True, slots=True)
class Findings:
    """What the checks found; empty while nothing is known."""

    statistics: Statistics = UNKNOWN
    refused: CpaError | None = None
    """Why CPA's management API cannot be asked, after some tries."""
    competition: Literal["diverted", "shared"] | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the last check saw, when it saw anything."""

    enabled: bool
    counters: Counters | None
    """None while nothing is recorded, and from a CPA that has none."""


class Monitor:
    """`received()` gives how many events have arrived since ingestd started; `able()` whether they can arrive."""

    def __init__(
        self,
        management: ManagementClient,
        queue: Failover,
        *,
        received: Callable[[], int],
        able: Callable[[], bool],
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._management = management
        self._queue = queue
        self._received = received
        self._able = able
        self._clock = clock
        self._monotonic = monotonic
        self._competition = CompetingConsumerDetector()
        self._failures = 0
        self.findings = Findings()
        self.seen: Seen | None = None

    def check(self) -> Outcome:
        """One check. What CPA refuses here becomes a finding, so nothing is raised."""
        self.seen = None
        try:
            enabled = self._management.statistics_enabled()
            able = self._able()
            counters = self._counters() if enabled else None
        except CpaError as error:
            return self._unanswered(error)
        self._failures = 0
        self.seen = Seen(enabled, counters)
        if counters is None or self._queue.own_copy or not able:
            self._competition.forget()
            finding = None
        else:
            finding = self._compare(counters.total)
        statistics = Statistics(enabled=enabled, checked_at=self._clock())
        self.findings = Findings(statistics, None, finding)
        return Outcome("usage is recorded" if enabled else "usage is not recorded", next_in=None if enabled else SOON)

    def _counters(self) -> Counters | None:
        try:
            return self._management.counters()
        except NotOffered:
            return None

    def _compare(self, attempts: int) -> Literal["diverted", "shared"] | None:
        # Events cannot be told missing while none could be collected: a full disk, a queue that does not answer.
        if not self._able():
            self._competition.forget()
            return None
        finding: Finding | None = self._competition.observe(
            self._monotonic(), attempts=attempts, events=self._received()
        )
        if finding in ("suspected", "diverted"):
            self._queue.suspect()
        if finding == "suspected" or (finding == "diverted" and self._queue.cleared):
            return None
        return finding

    def _unanswered(self, error: CpaError) -> Outcome:
        self._failures += 1
        told = self._failures >= TRIES or error.kind in (ErrorKind.WRONG_KEY, ErrorKind.BANNED)
        before = self.findings
        if told:
            statistics = Statistics(unknown_because=error.kind, checked_at=before.statistics.checked_at)
            self.findings = Findings(statistics, error, before.competition)
        return Outcome(
            f"CPA was not to be asked: {error.kind}", next_in=min(MINUTE, max(SOON, round(error.retry_after * SECOND)))
        )
