"""The composition: what a source delivered is filed, read, priced and stored.

`file` commits raw payloads to the inbox. `drain` turns pending messages into events, one bounded batch at a time.
"""

from collections.abc import Callable, Sequence

import msgspec

from ingestd.decode import Rejected, decode
from ingestd.inbox import Inbox, Message
from ingestd.normalize import normalize
from ingestd.store import Reading, Refusal, Store, Stored, internal_error
from shared.heartbeat import Counters

BATCH_ROWS = 2_000
BATCH_BYTES = 4 * 1024 * 1024
"""Most messages, and about the most payload bytes, in one transaction."""

OLDER_THAN_RETENTION = "older_than_retention"


class Pipeline:
    """Everything between a delivery and the file."""

    def __init__(
        self,
        inbox: Inbox,
        store: Store,
        kept_since: Callable[[int], int] = lambda _: 0,
    ) -> None:
        """`kept_since(now)`: the moment before which single requests have been removed (EVENT_RETENTION_DAYS).

        Older events are refused: their columns may stand already, and without the row a repeat cannot be told.
        """
        self._inbox = inbox
        self._store = store
        self._kept_since = kept_since
        self._at_hand: list[Message] = []
        self.counters = Counters()

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
        readings: list[Reading] = []
        refusals: list[Refusal] = []
        kept_since = self._kept_since(now)
        for message in messages:
            outcome = self._read(message, kept_since)
            if isinstance(outcome, Reading):
                readings.append(outcome)
            else:
                refusals.append(outcome)
        stored = self._store.commit(readings, refusals, messages[-1].id, now)
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

    def _read(self, message: Message, kept_since: int) -> Reading | Refusal:
        """What a message says; a refusal with a reason when it is no event.

        An error here is a bug of ours: the message is set aside, and the line goes on.
        """
        try:
            event = decode(message.payload)
            if isinstance(event, Rejected):
                return Refusal(message, event.reason, event.detail)
            if event.occurred_at < kept_since:
                return Refusal(message, OLDER_THAN_RETENTION, "its day has been removed already")
            tokens, outcome = normalize(event)
            return Reading(message, event, tokens, outcome)
        except Exception as error:  # noqa: BLE001 - the edge of one message: a bug must not stop the line
            return internal_error(message, error)
