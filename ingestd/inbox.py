"""Raw messages that have left CPA and are not events yet. Filed before anything parses them; never looked into here."""

import sqlite3
from collections.abc import Sequence

import msgspec

from shared.clock import DAY
from shared.database import transaction
from shared.version import next_revision


class Message(msgspec.Struct, frozen=True, gc=False):
    """A payload with its place in the order of arrival."""

    id: int
    arrived_at: int  # UTC epoch microseconds
    transport: str
    payload: bytes


class Inbox:
    """The `inbox` table of one writing connection.

    Rows with ids up to `settled` are done; the mark moves in the transaction that stores their events
    (a state on every row cost half of the throughput in a prototype).
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        row = connection.execute("select number from meta where key = 'settled_inbox_id'").fetchone()
        self.settled: int = row[0] if row else 0
        row = connection.execute("select max(id), (select max(id) from rejected) from inbox").fetchone()
        self._last = max(self.settled, row[0] or 0, row[1] or 0)

    @property
    def pending(self) -> int:
        """How many messages wait to become events."""
        return self._last - self.settled

    def file(self, payloads: Sequence[bytes], transport: str, now: int) -> list[Message]:
        """Commit payloads to disk, in order. This is the one statement between CPA's reply and safety.

        CPA has no acknowledgement: what it answered and this has not committed is gone if the process is killed.
        """
        with transaction(self._connection, durable=True):
            messages = self._insert(payloads, transport, now)
        self._last += len(messages)
        return messages

    def take_back(self, rejected: Sequence[int], payloads: Sequence[bytes], now: int) -> None:
        """File `payloads` in place of the rejected messages of those ids."""
        with transaction(self._connection, durable=True):
            messages = self._insert(payloads, "replay", now)
            self._connection.executemany("delete from rejected where id = ?", [(each,) for each in rejected])
        self._last += len(messages)

    def _insert(self, payloads: Sequence[bytes], transport: str, now: int) -> list[Message]:
        messages = [Message(self._last + 1 + n, now, transport, payload) for n, payload in enumerate(payloads)]
        self._connection.executemany(
            "insert into inbox (id, arrived_at, transport, payload) values (?, ?, ?, ?)",
            [(message.id, now, transport, message.payload) for message in messages],
        )
        return messages

    def waiting(self, rows: int, payload_bytes: int) -> list[Message]:
        """The oldest pending messages: at most `rows`, and about `payload_bytes` (one more than fits)."""
        messages: list[Message] = []
        size = 0
        cursor = self._connection.execute(
            "select id, arrived_at, transport, payload from inbox where id > ? order by id limit ?",
            (self.settled, rows),
        )
        for row in cursor:
            messages.append(Message(*row))
            size += len(row[3])
            if size >= payload_bytes:
                break
        cursor.close()
        return messages

    def oldest_pending_at(self) -> int | None:
        """Arrival of the oldest message that is no event yet, or None."""
        row = self._connection.execute(
            "select arrived_at from inbox where id > ? order by id limit 1", (self.settled,)
        ).fetchone()
        return row[0] if row else None

    def clean(self, before: int, rows: int) -> int:
        """Remove at most `rows` settled messages that arrived before `before`; gives how many went.

        Ids ascend with arrival, so the first row that is not old enough ends the search: a whole day's messages
        would be gone through for nothing otherwise. One that seems to arrive later than tomorrow came under a wrong
        clock, and holds nothing up.
        """
        oldest = self._connection.execute(
            "select id, arrived_at from inbox where id <= ? order by id limit ?", (self.settled, rows)
        )
        last = None
        for message_id, arrived_at in oldest:
            if before <= arrived_at < before + 2 * DAY:
                break
            last = message_id
        oldest.close()
        if last is None:
            return 0
        with transaction(self._connection):
            removed = self._connection.execute("delete from inbox where id <= ?", (last,)).rowcount
            next_revision(self._connection)  # the raw message was a part of what is known of its request
        return removed
