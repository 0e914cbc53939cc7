"""What the answers of a batch say of quota: noted event by event, kept at the batch's end, in its transaction."""

import sqlite3

import msgspec

from ingestd.decode import error_class
from ingestd.dimensions import Dimensions
from ingestd.quota import headers
from ingestd.quota.keep import READINGS_KEPT, Again, keep, remember, say_again
from ingestd.quota.rows import Answer
from ingestd.usage_event import UsageEvent
from shared.clock import MILLISECOND, MINUTE
from shared.error_class import ErrorClass

_KNOWN_MAX = 20_000
_PAUSE = 10 * MINUTE
"""A run of equal readings that is longer ends where it ended, also in the middle of a batch."""


class _Reading(msgspec.Struct, frozen=True, gc=False):
    credential_id: int
    answer: Answer
    observed_at: int
    fingerprint: int | None


class _Known(msgspec.Struct):
    """The last reading of an account, as far as it tells whether the next says anything new."""

    marks: headers.Marks
    observed_at: int
    fingerprint: int | None = None
    windows: int = 0  # how many stand in the file as it says; 0: the next has to be read


class AnswerQuota:
    """Of one writing connection. Most answers say the same again, which is looked into once a batch at most."""

    def __init__(self, connection: sqlite3.Connection, dimensions: Dimensions) -> None:
        self._connection = connection
        self._dimensions = dimensions
        self._known: dict[int, _Known] = {}
        self._readings: list[_Reading] = []
        self._repeated: dict[int, tuple[int, UsageEvent]] = {}
        """By credential, the newest answer that says of quota what the one before it says."""

    def forget(self) -> None:
        """After a rollback."""
        self._known.clear()
        self._readings.clear()
        self._repeated.clear()

    def note(self, event: UsageEvent, now: int) -> None:
        """Note what an answer says. An attempt without an answer shows the headers of another account's."""
        if event.auth_type != "oauth":
            return
        marks = headers.marks(event.provider, event.response_headers)
        if marks is None or error_class(event) is ErrorClass.NETWORK:
            return
        credential_id = self._dimensions.credential(event, now)
        observed_at = event.occurred_at + event.ttft_ms * MILLISECOND  # when the headers came
        known = self._known.get(credential_id)
        at = 0 if known is None else known.observed_at
        if known is not None and known.marks == marks:
            if observed_at - at >= MINUTE:
                self._repeated[credential_id] = observed_at, event
            return
        if observed_at < now - READINGS_KEPT:
            return
        repeated = self._repeated.pop(credential_id, None)
        if repeated is not None and repeated[0] - at >= _PAUSE:
            self._readings.append(_read(credential_id, *repeated))
        self._readings.append(_read(credential_id, observed_at, event))
        self._known[credential_id] = _Known(marks, observed_at)

    def keep(self) -> None:
        """Keep what was noted. Call inside the transaction."""
        again = self._again()
        if again and not say_again(self._connection, list(again.values())):
            again.clear()
        for credential_id, (observed_at, event) in self._repeated.items():
            if credential_id not in again:
                self._readings.append(_read(credential_id, observed_at, event))
            self._known[credential_id].observed_at = observed_at
        newest: dict[int, int] = {}
        for place in sorted(range(len(self._readings)), key=lambda each: self._readings[each].observed_at):
            newest[self._readings[place].credential_id] = place
        for place, reading in enumerate(self._readings):
            if newest[reading.credential_id] != place:
                remember(self._connection, reading.credential_id, reading.answer, "headers", reading.observed_at)
                continue
            kept = keep(self._connection, reading.credential_id, reading.answer, "headers", reading.observed_at)
            known = self._known[reading.credential_id]
            if known.observed_at == reading.observed_at and reading.fingerprint is not None:
                known.fingerprint, known.windows = reading.fingerprint, kept
        self._readings.clear()
        self._repeated.clear()
        if len(self._known) >= _KNOWN_MAX:
            self._known.clear()

    def _again(self) -> dict[int, Again]:
        """By credential, the answers that say what the file has of the last one already."""
        found = {}
        for credential_id, (observed_at, event) in self._repeated.items():
            known = self._known[credential_id]
            if known.windows and known.fingerprint == headers.fingerprint(event.response_headers):
                found[credential_id] = Again(credential_id, known.windows, known.observed_at, observed_at)
        return found


def _read(credential_id: int, observed_at: int, event: UsageEvent) -> _Reading:
    said = event.response_headers
    return _Reading(credential_id, headers.read(event.provider, said), observed_at, headers.fingerprint(said))
