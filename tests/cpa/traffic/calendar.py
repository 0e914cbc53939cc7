"""The traffic of days: how many sessions begin and when, in the order CPA would publish the events."""

import heapq
import math
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from random import Random

from tests.cpa.traffic.attempt import NANOSECONDS, Attempt, Failure
from tests.cpa.traffic.company import DEAR_JOB, FAMILIES, WORKLOADS, Workload
from tests.cpa.traffic.failures import UNAUTHORIZED
from tests.cpa.traffic.headers import Answer
from tests.cpa.traffic.incidents import Troubles
from tests.cpa.traffic.session import Session

WEEKDAYS = (1.0, 1.08, 1.12, 1.05, 0.9)
"""Monday to Friday; weekends are each workload's own."""
DEAR_DAYS_AGO = (0, 9)
TOKEN_HOURS = 8
"""How long an access token lives."""
MISSED_REFRESHES = 4
"""CPA renews most tokens in time; each so many-th is noticed only by a refused request."""


class Traffic:
    """Deterministic by seed, zone and the day that counts as today."""

    def __init__(self, today: date, zone: tzinfo, seed: int = 1, workloads: tuple[Workload, ...] = WORKLOADS) -> None:
        self._workloads = workloads
        self._today = today
        self._zone = zone
        self._seed = seed
        self._troubles = Troubles(today, zone)
        self._generations: dict[str, int] = {}

    def stream(self, first: date) -> Iterator[Attempt]:
        """All attempts from a local day on, without end, in the order they complete."""
        waiting: list[tuple[int, int, Attempt]] = []
        number, day = 0, first
        while True:
            for attempt in self._with_refreshes(self._day(day)):
                number += 1
                heapq.heappush(waiting, (attempt.completed, number, attempt))
            day += timedelta(days=1)
            # Nothing of the next day completes before it begins.
            midnight = self._midnight(day)
            while waiting and waiting[0][0] < midnight:
                yield heapq.heappop(waiting)[2]

    def sessions_of(self, day: date) -> list[Attempt]:
        """All attempts of the sessions that begin on a local day, in the order they complete."""
        return sorted(self._with_refreshes(self._day(day)), key=lambda attempt: attempt.completed)

    def _day(self, day: date) -> list[Attempt]:
        """The attempts of the sessions that begin on a day, in the order they begin."""
        rng = Random(f"{self._seed}/{day.isoformat()}")
        mood = rng.uniform(0.9, 1.1) * (1 + 0.08 * math.sin(day.toordinal() / 11))
        attempts: list[Attempt] = []
        workloads = self._workloads
        if workloads is WORKLOADS and (self._today - day).days in DEAR_DAYS_AGO:
            workloads = (*workloads, DEAR_JOB)
        for workload in workloads:
            scale = mood * (WEEKDAYS[day.weekday()] if day.weekday() < 5 else workload.weekends)
            for _ in range(_rounded(workload.sessions * scale, rng)):
                start = self._midnight(day) + self._second(workload, rng)
                attempts += Session(workload, start, self._troubles, rng).attempts()
        attempts.sort(key=lambda attempt: attempt.started)
        return attempts

    def _with_refreshes(self, attempts: list[Attempt]) -> Iterator[Attempt]:
        """Add the 401 that an account's first request meets when its access token has expired."""
        for attempt in attempts:
            credential = attempt.credential
            if credential.token_sha256(0) is not None:
                phase = int(credential.auth_index[:8], 16)
                generation = (attempt.started // NANOSECONDS + phase) // (TOKEN_HOURS * 3600)
                known = self._generations.setdefault(credential.auth_index, generation)
                attempt.token_generation = max(generation, known)
                if generation > known:
                    self._generations[credential.auth_index] = generation
                    if generation % MISSED_REFRESHES == 0:
                        yield _expired(attempt, known)
            yield attempt

    def _midnight(self, day: date) -> int:
        return int(datetime.combine(day, time(), self._zone).timestamp()) * NANOSECONDS

    def _second(self, workload: Workload, rng: Random) -> int:
        """When in the day a session begins, in nanoseconds after midnight."""
        hour = rng.choices(range(24), workload.hours)[0]
        return round((hour + rng.random()) * 3600 * NANOSECONDS)


def _rounded(mean: float, rng: Random) -> int:
    whole = int(mean)
    return whole + (rng.random() < mean - whole)


def _expired(attempt: Attempt, generation: int) -> Attempt:
    """The refused attempt before `attempt`, with the token of the earlier generation."""
    credential = attempt.credential
    family = FAMILIES.get(credential.provider, "openai")
    body = UNAUTHORIZED.text(family, "", Random(attempt.started))
    return Attempt(
        attempt.started - 450_000_000,
        310,
        296,
        attempt.client,
        attempt.user_agent,
        credential,
        attempt.endpoint,
        attempt.model,
        attempt.alias,
        attempt.request_id,
        Answer(family, "whole", credential.file, attempt.started, length=len(body)),
        failure=Failure(401, body),
        effort=attempt.effort,
        tier=attempt.tier,
        token_generation=generation,
        executor=attempt.executor,
        provider=attempt.provider,
        refreshes=True,
    )
