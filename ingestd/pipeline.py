"""The composition: what a source delivered is filed, read, priced and stored.

`file` commits raw payloads to the inbox. `drain` turns pending messages into events, one bounded batch at a time.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from ingestd.decode import Reason, Rejected, decode
from ingestd.inbox import Inbox, Message
from ingestd.normalize import normalize
from ingestd.store import Reading, Refusal, Store, Stored, Tally, internal_error
from shared.clock import DAY, HOUR, MINUTE, SECOND
from shared.heartbeat import Ahead, Counters
from shared.normalization import TOKENS_MAX, Outcome

BATCH_ROWS = 2_000
BATCH_BYTES = 4 * 1024 * 1024
"""Most messages, and about the most payload bytes, in one transaction."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

EARLIEST = 1_577_836_800_000_000
"""2020-01-01, UTC epoch microseconds: before there was anything like CPA."""

AHEAD_MAX = 2 * HOUR
"""An event may be so far ahead of this machine's clock and is kept, since a clock that is set wrong by an hour is
common; the status page names the clocks. One that is further ahead would stand in the future of every answer."""

AHEAD_TOLD = 30 * SECOND
"""Clocks of two machines are never equal; less than this is not worth a word."""

AHEAD_TOLD_FOR = 15 * MINUTE
"""So long after the last event that was ahead."""

CLOCK_UNSET = 1_767_225_600_000_000
"""2026-01-01: a machine that says it is earlier has not been told the time yet, and can judge no other's."""


class Pipeline:
    """Everything between a delivery and the file."""

    def __init__(
        self,
        inbox: Inbox,
        store: Store,
    ) -> None:
        self._inbox = inbox
        self._store = store
        self._ahead: Ahead | None = None
        self._at_hand: list[Message] = []
        self.counters = Counters()

    @property
    def tally(self) -> Tally:
        """What has been stored since the start, credential by credential."""
        return self._store.tally

    @property
    def pending(self) -> int:
        return self._inbox.pending

    def file(self, payloads: Sequence[bytes], transport: str, now: int) -> None:
        """Commit payloads to the inbox; from here on they survive anything but the loss of the disk."""
        if not payloads:
            return
        caught_up = self._inbox.pending == 0
        messages = self._inbox.file(payloads, transport, now)
        if caught_up:  # what is at hand need not be read back
            self._at_hand = messages
        self.counters = msgspec.structs.replace(self.counters, received=self.counters.received + len(payloads))

    def drain(self, now: int) -> Stored | None:
        """Turn one batch of pending messages into events; None when nothing is pending."""
        messages = self._take()
        if not messages:
            return None
        # Read one at a time: a batch of events held at once would cost more in memory traffic than all the rest.
        stored = self._store.commit((self._read(message, now) for message in messages), messages[-1].id, now)
        self._inbox.settled = messages[-1].id
        counters = self.counters
        self.counters = msgspec.structs.replace(
            counters,
            stored=counters.stored + stored.events,
            duplicates=counters.duplicates + stored.duplicates,
            rejected=counters.rejected + stored.rejected,
            batches=counters.batches + 1,
        )
        return stored

    def _take(self) -> list[Message]:
        at_hand, self._at_hand = self._at_hand, []
        if at_hand and at_hand[0].id == self._inbox.settled + 1:
            size = 0
            for count, message in enumerate(at_hand, start=1):
                size += len(message.payload)
                if count == BATCH_ROWS or size >= BATCH_BYTES:
                    self._at_hand = at_hand[count:]
                    return at_hand[:count]
            return at_hand
        return self._inbox.waiting(BATCH_ROWS, BATCH_BYTES)

    def ahead(self, now: int) -> Ahead | None:
        """How far the clock that CPA's events are stamped by is ahead of ours, while that is worth a word."""
        if self._ahead is not None and not 0 <= now - self._ahead.at < AHEAD_TOLD_FOR:
            self._ahead = None
        return self._ahead

    def _read(self, message: Message, now: int) -> Reading | Refusal:
        """What a message says; a refusal with a reason when it is no event.

        An error here is a bug of ours: the message is set aside, and the line goes on.
        """
        try:
            event = decode(message.payload)
            if isinstance(event, Rejected):
                return Refusal(message, event.reason, event.detail)
            ahead = event.occurred_at - now
            if (ahead > AHEAD_TOLD or event.occurred_at < EARLIEST) and not self._possible(event.occurred_at, now):
                return Refusal(message, Reason.IMPOSSIBLE_TIME, _impossible(event.occurred_at, now))
            tokens, outcome = normalize(event)
            if outcome is Outcome.OVERFLOW:
                return Refusal(message, Reason.NUMBER_OUT_OF_RANGE, f"more than {TOKENS_MAX} tokens - at `$.tokens`")
            return Reading(message, event, tokens, outcome)
        except Exception as error:  # noqa: BLE001 - the edge of one message: a bug must not stop the line
            return internal_error(message, error)

    def _possible(self, occurred_at: int, now: int) -> bool:
        """Whether a time can be; notes one that is ahead of ours."""
        if occurred_at < EARLIEST:
            return False
        if now < CLOCK_UNSET:
            return True
        ahead = occurred_at - now
        known = self.ahead(now)
        largest = max(ahead, known.microseconds if known else 0)
        self._ahead = Ahead(microseconds=largest, at=now)
        return ahead <= AHEAD_MAX


def _impossible(occurred_at: int, now: int) -> str:
    at = _EPOCH + timedelta(microseconds=occurred_at)
    if occurred_at < EARLIEST:
        return f"{at:%Y-%m-%dT%H:%M:%SZ} is before there was a CPA - at `$.timestamp`"
    days = (occurred_at - now) / DAY
    return f"{at:%Y-%m-%dT%H:%M:%SZ} is {days:,.1f} days ahead of this machine's clock - at `$.timestamp`"
