"""Puts traffic into a stand-in: a history to be popped, and live requests as they complete."""

import re
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from random import Random

from tests.cpa.company_documents import CompanyDocuments
from tests.cpa.stand_in import StandIn
from tests.cpa.traffic.attempt import NANOSECONDS, Attempt, payload, rfc3339_nano
from tests.cpa.traffic.calendar import Traffic
from tests.cpa.traffic.company import STEADY
from tests.cpa.traffic.errors import error_message

_TIMESTAMP = re.compile(rb'("timestamp":")([^"]+)(")')
_MICROSECOND = timedelta(microseconds=1)


class History:
    """The events of the days before now, generated while they are popped: as they came, or the newest day first.

    `reached` is the start of the latest event taken, in nanoseconds since the epoch; `done` says that all were.
    """

    def __init__(self, days: int, now: datetime, seed: int = 1, *, newest_first: bool = False) -> None:
        zone = now.tzinfo or UTC
        self.begins = _nanoseconds(now - timedelta(days=days))
        self.ends = _nanoseconds(now)
        self.reached = self.begins
        self.taken = 0
        self.done = False
        self._zone = zone
        self._first = (now - timedelta(days=days)).date()
        self._today = now.date()
        self._seed = seed
        self._newest_first = newest_first

    def __iter__(self) -> Iterator[bytes]:
        for attempt in self._backwards() if self._newest_first else self._forwards():
            if attempt.silent or attempt.started < self.begins:
                continue
            self.taken += 1
            self.reached = attempt.started
            yield payload(attempt, self._zone)
        self.done = True

    def _forwards(self) -> Iterator[Attempt]:
        for attempt in Traffic(self._today, self._zone, self._seed).stream(self._first):
            if attempt.completed >= self.ends:
                return
            yield attempt

    def _backwards(self) -> Iterator[Attempt]:
        """Day by day; each renews its access tokens by itself, since what came before is not known yet."""
        for ago in range((self._today - self._first).days + 1):
            day = self._today - timedelta(days=ago)
            for attempt in Traffic(self._today, self._zone, self._seed).sessions_of(day):
                if attempt.completed < self.ends:
                    yield attempt

    @property
    def share(self) -> float:
        """How much of the time span was popped, from 0 to 1."""
        if self.done:
            return 1.0
        past, left = self.reached - self.begins, self.ends - self.reached
        return (left if self._newest_first and self.taken else past) / max(1, self.ends - self.begins)


def live_attempts(now: datetime, seed: int = 1) -> Iterator[Attempt]:
    """The attempts that complete after now; the same ones that a history to a later moment would hold."""
    zone = now.tzinfo or UTC
    moment = _nanoseconds(now)
    for attempt in Traffic(now.date(), zone, seed).stream(now.date() - timedelta(days=1)):
        if attempt.completed >= moment:
            yield attempt


def without_pauses(attempts: Iterable[Attempt], begins: datetime, most: timedelta, seed: int = 1) -> Iterator[Attempt]:
    """Attempts that complete after `begins`, and small ones of a bot wherever nothing would complete for long.

    `most` is the longest time between two of them.
    """
    zone = begins.tzinfo or UTC
    bot = Traffic(begins.date(), zone, seed + 1, STEADY).stream(begins.date() - timedelta(days=1))
    pauses = Random(seed)
    longest = most // _MICROSECOND * 1000
    last = _nanoseconds(begins)
    for attempt in attempts:
        while attempt.completed - last > longest:
            last += round(longest * pauses.uniform(0.5, 1.0))
            filling = next(one for one in bot if not one.silent and not one.refreshes)
            filling.started += last - filling.completed
            yield filling
        last = max(last, attempt.completed)
        yield attempt


class Feed:
    """Publishes attempts from a thread: each when it completes or, with a rate, so many a second.

    With a rate, the times of the attempts are moved to the moment they are published.
    """

    def __init__(
        self,
        stand_in: StandIn,
        documents: CompanyDocuments,
        attempts: Iterable[Attempt],
        zone: tzinfo,
        rate: float | None = None,
    ) -> None:
        self.published = 0
        self._stand_in = stand_in
        self._documents = documents
        self._attempts = attempts
        self._zone = zone
        self._rate = rate
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stand-in traffic", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self.join()

    def join(self) -> None:
        """Wait until all attempts were published, or `stop` was called."""
        self._thread.join()

    def _run(self) -> None:
        begun = time.time_ns()
        for number, attempt in enumerate(self._attempts):
            due = begun + round(number * NANOSECONDS / self._rate) if self._rate else attempt.completed
            if self._stopped.wait(max(0.0, (due - time.time_ns()) / NANOSECONDS)):
                return
            if self._rate:
                attempt.started += time.time_ns() - attempt.completed
            self.publish(attempt)

    def publish(self, attempt: Attempt) -> None:
        """What CPA does when an attempt has completed."""
        documents, stand_in = self._documents, self._stand_in
        if documents.is_disabled(attempt.credential):
            return
        documents.tally.count(attempt)
        if attempt.failure is not None and not attempt.refreshes:
            stand_in.publish_error(error_message(attempt, self._zone))
        if not attempt.silent:
            stand_in.publish(payload(attempt, self._zone))
            self.published += 1
        if attempt.refreshes:
            documents.touch(attempt.credential, attempt.completed)
            stand_in.queue.refresh()


def retimed(lines: Iterable[bytes], end: datetime) -> list[bytes]:
    """Recorded payloads moved in time as a whole, so that the latest of them begins at `end`."""
    payloads = list(lines)
    found = [_TIMESTAMP.search(line) for line in payloads]
    starts = [nanoseconds_of(match[2]) if match else None for match in found]
    shift = _nanoseconds(end) - max((start for start in starts if start is not None), default=0)
    zone = end.tzinfo or UTC
    return [
        line
        if start is None
        else _TIMESTAMP.sub(rb"\g<1>" + rfc3339_nano(start + shift, zone).encode() + rb"\g<3>", line, count=1)
        for line, start in zip(payloads, starts, strict=True)
    ]


def nanoseconds_of(text: bytes) -> int:
    """RFC 3339 with up to nine fractional digits, as nanoseconds since the epoch."""
    match = re.fullmatch(r"([^.Z+]+?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", text.decode())
    if match is None:
        raise ValueError(f"not a timestamp of CPA: {text!r}")
    whole = datetime.fromisoformat(match[1] + ("+00:00" if match[3] == "Z" else match[3]))
    return int(whole.timestamp()) * NANOSECONDS + int((match[2] or "").ljust(9, "0"))


def _nanoseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // _MICROSECOND * 1000


def days_of(text: str) -> int:
    """`30d` as a number of days. Raises ValueError for anything else."""
    match = re.fullmatch(r"([0-9]{1,4})d", text)
    if match is None:
        raise ValueError(f"not a number of days such as 30d: {text!r}")
    return int(match[1])
