"""Raw messages that have left CPA and are not events yet. Filed before anything parses them; never looked into here."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from shared.database import transaction


@dataclass(frozen=True, slots=True)
class Message:
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
        messages = [Message(self._last + 1 + n, now, transport, payload) for n, payload in enumerate(payloads)]
        with transaction(self._connection, durable=True):
            self._connection.executemany(
                "insert into inbox (id, arrived_at, transport, payload) values (?, ?, ?, ?)",
                [(message.id, now, transport, message.payload) for message in messages],
            )
        self._last += len(messages)
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
        """Remove at most `rows` settled messages that arrived before `before`; gives how many went."""
        with transaction(self._connection):
            return self._connection.execute(
                "delete from inbox where id in"
                " (select id from inbox where id <= ? and arrived_at < ? order by id limit ?)",
                (self.settled, before, rows),
            ).rowcount
