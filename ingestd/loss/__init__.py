"""The loss meter: were there requests that were not collected?

CPA counts the attempts of each credential, whether anybody collects their events or not. The counters as last compared
stand in the file, so what was counted while ingestd was away shows at its return. A pause in collecting is only worth a
look where CPA cannot have kept everything: it was longer than CPA keeps events, or CPA was restarted, or there is a
subscription, for which a second subscriber leaves nothing behind. Gaps are told once in the log, and kept.
"""

import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from ingestd.cpa.counters import Counter, Counters
from ingestd.cpa.errors import CpaError
from ingestd.cpa.management import ManagementClient, NotOffered
from ingestd.loss.collecting import Collecting, Pause
from ingestd.loss.difference import Known, difference, narrowed, usual, whole_seconds
from ingestd.loss.store import Compared, Gap, auth_indexes, events_between, keep, keep_gap, last_compared
from ingestd.store import Tally
from shared.clock import MINUTE, SECOND

SETTLE: Final = 3 * SECOND
"""After a pause: what waited in CPA is collected within a moment."""

KEYS_AGAIN: Final = 5 * MINUTE
"""Counters of keys whose auth index is not known: the lists of keys are asked for again so rarely."""

_LAG: Final = 5 * MINUTE
"""A comparison that is so much older than the pause: the pause was not all of it."""

STATISTICS_DISABLED: Final = "statistics_disabled"
COMPETITION: Final = ("diverted", "shared")

log = structlog.get_logger()


class LossMeter:
    """The worker's, but for `collecting`. Raises `sqlite3.DatabaseError`; what CPA refuses is asked for again."""

    def __init__(
        self,
        management: ManagementClient,
        collecting: Collecting,
        *,
        tally: Callable[[], Tally],
        pending: Callable[[], int],
        kept_by_cpa: Callable[[], bool],
        zone: ZoneInfo,
        settled_at_start: int,
        monotonic: Callable[[], int],
    ) -> None:
        """`tally()`: events stored since the start. `kept_by_cpa()`: whether events wait in CPA for whoever is away."""
        self.collecting = collecting
        self._management = management
        self._tally = tally
        self._pending = pending
        self._kept_by_cpa = kept_by_cpa
        self._zone = zone
        self._settled_at_start = settled_at_start
        self._monotonic = monotonic
        self._last: Compared | None = None
        self._before_start: dict[str, int] = {}
        self._loaded = False
        self._indexes: Mapping[bytes, str] = {}
        self._asked_keys_at: int | None = None
        self._impaired: tuple[int, str] | None = None

    def compare(
        self, connection: sqlite3.Connection, counters: Counters | None, impaired: str | None, now: int
    ) -> int | None:
        """Compare what CPA counts with what came; gives in how many microseconds it is worth looking again, or None.

        `counters`: read just now; None: CPA has none. `impaired`: why events do not come although they are collected:
        statistics are off, or somebody else seems to take them.
        """
        self._load(connection)
        if impaired is not None:
            self._impaired = self._impaired or (self._last.at if self._last else now, impaired)
            return None
        if self.collecting.pausing:
            return None  # what is counted now may wait in CPA
        if not self.collecting.settled(SETTLE) or self._pending():
            return SETTLE
        pauses = self.collecting.pauses()
        if counters is None:
            return self._tell_unknown(connection, pauses)
        by_index = counters.by_auth_index(self._resolve(counters))
        settled, events = self._events(connection)
        try:
            gap = self._gap(self._last, by_index, events, pauses, now)
        except CpaError as error:
            log.debug("loss.postponed", reason=str(error))
            return SETTLE
        undisturbed = not pauses and self._impaired is None
        compared = Compared(now, settled, self._known(by_index, events, undisturbed=undisturbed))
        keep(connection, self._last, compared, gap)
        self._last, self._impaired = compared, None
        self.collecting.forget(pauses)
        if gap is not None:
            self._tell(gap)
        return None

    def _load(self, connection: sqlite3.Connection) -> None:
        if not self._loaded:
            self._last = last_compared(connection)
            if self._last is not None:
                self._before_start = events_between(connection, self._last, self._settled_at_start)
                for index, known in self._last.known.items():
                    self._before_start[index] = self._before_start.get(index, 0) + known.events
            self._loaded = True

    def _events(self, connection: sqlite3.Connection) -> tuple[int, dict[str, int]]:
        """Up to which message, and how many events of each credential came until then, from some beginning on."""
        tally = self._tally()
        events = dict(self._before_start)
        names = auth_indexes(connection)
        for credential_id, count in tally.events.items():
            index = names.get(credential_id, "")
            events[index] = events.get(index, 0) + count
        return max(tally.settled, self._settled_at_start), events

    def _resolve(self, counters: Counters) -> Mapping[bytes, str]:
        """The auth indexes of keys; what cannot be found out is not compared."""
        monotonic, asked_at = self._monotonic(), self._asked_keys_at
        if not counters.keys.keys() <= self._indexes.keys() and (
            asked_at is None or monotonic - asked_at >= KEYS_AGAIN
        ):
            self._asked_keys_at = monotonic
            try:
                self._indexes = self._management.key_indexes()
            except CpaError as error:
                log.debug("loss.keys_unknown", reason=str(error))
        return self._indexes

    def _known(
        self, counters: Mapping[str, Counter], events: Mapping[str, int], *, undisturbed: bool
    ) -> dict[str, Known]:
        last = {} if self._last is None else self._last.known
        known: dict[str, Known] = {}
        for index, counter in counters.items():
            came, attempts = events.get(index, 0), counter.attempts
            before = last.get(index, Known(attempts, came))
            known[index] = (
                usual(before, attempts, came)
                if undisturbed and attempts >= before.attempts
                else Known(attempts, came, before.usual_attempts, before.usual_events)
            )
        return known

    def _gap(
        self,
        last: Compared | None,
        counters: Mapping[str, Counter],
        events: Mapping[str, int],
        pauses: tuple[Pause, ...],
        now: int,
    ) -> Gap | None:
        if self._impaired is not None:
            since, reason = self._impaired
            pauses = (*pauses, Pause(since, now, reason))
        if last is None or not pauses:
            return None
        found = difference(last.known, counters, events, since=last.at, now=now)
        longest = max(pauses, key=lambda pause: pause.end - pause.start)
        start, end = min(pause.start for pause in pauses), max(pause.end for pause in pauses)
        if found.restarted:
            return self._unknown(start, end, longest.reason, "cpa_restarted")
        if longest.reason in COMPETITION:
            return self._unknown(start, end, longest.reason, "competition") if found.lost else None
        if self._kept_by_cpa() and longest.reason != STATISTICS_DISABLED:
            kept = self._retention()
            if longest.end - longest.start <= kept:
                return None
            end = max(pause.end - kept for pause in pauses)
        if not found.lost:
            return None
        if last.at < start - _LAG:
            start = last.at
        start, end = whole_seconds(*narrowed(start, max(start, end), counters, now))
        return Gap(start, end, longest.reason, found.lost, "", found.by_credential())

    def _unknown(self, start: int, end: int, reason: str, because: str) -> Gap:
        return Gap(*whole_seconds(start, end), reason, None, because, {})

    def _tell_unknown(self, connection: sqlite3.Connection, pauses: tuple[Pause, ...]) -> int | None:
        """This CPA has no counters: whatever it cannot have kept may be lost."""
        try:
            kept = self._retention() if pauses and self._kept_by_cpa() else 0
        except CpaError as error:
            log.debug("loss.postponed", reason=str(error))
            return SETTLE
        for pause in pauses:
            if pause.end - pause.start > kept:
                gap = self._unknown(pause.start, pause.end - kept, pause.reason, "no_counters")
                keep_gap(connection, gap)
                self._tell(gap)
        self.collecting.forget(pauses)
        return None

    def _retention(self) -> int:
        """How long CPA keeps events: a minute where it does not let that be set. Raises `CpaError`."""
        try:
            return self._management.retention()
        except NotOffered:
            return MINUTE

    def _tell(self, gap: Gap) -> None:
        start, end = (self._clock_time(at) for at in (gap.start, gap.end))
        if gap.lost is None:
            message = f"cannot tell whether requests between {start} and {end} were missed: {gap.unknown_because}"
        else:
            message = f"about {gap.lost} requests between {start} and {end} were not collected: {gap.reason}"
        log.warning(
            "collection.gap",
            message=message,
            lost=gap.lost,
            reason=gap.reason,
            credentials=dict(gap.by_credential),
        )

    def _clock_time(self, at: int) -> str:
        return datetime.fromtimestamp(at / SECOND, self._zone).isoformat(" ", "seconds")
