"""Proof that the columns equal the rows: both sides are reduced to one order-free digest a day and compared.

Every record is hashed; hashes are added modulo 2^64. Equal sums mean the same records, however they were sealed.
Days whose single requests have been removed (EVENT_RETENTION_DAYS) have columns only and are left out.
"""

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterator

from ingestd.store import record_of_row, request_column
from shared.columns import (
    ABSENT,
    COLUMN_SLOTS,
    COLUMNS,
    EARLIER_RECORD_BYTES,
    NUMBER,
    RECORD,
    Encoded,
    current_records,
    decode,
)
from shared.database import snapshot

DAY_MS = 86_400_000
_MODULUS = 2**64


def main(connection: sqlite3.Connection) -> int:
    """Print what was compared; 0 when all is equal, 1 with the days that differ."""
    requests, days, wrong = compare(connection)
    print(f"{requests} requests in {days} days: {'equal' if not wrong else 'DIFFERENT'}")  # noqa: T201 - the command's output
    for day, rows, records in wrong:
        print(f"  day {day} of the epoch: {rows} rows, {records} records")  # noqa: T201 - the same
    return 1 if wrong else 0


def compare(connection: sqlite3.Connection) -> tuple[int, int, list[tuple[int, int, int]]]:
    """(requests, days compared, (day, rows, records) of each day that differs), all of one snapshot."""
    with snapshot(connection):
        rows, columns = of_rows(connection), of_columns(connection)
        removed = connection.execute("select number from meta where key = 'events_removed_before'").fetchone()
    first = (removed[0] // 1_000 // DAY_MS + 1) if removed else 0
    days = sorted(day for day in rows[0].keys() | columns[0].keys() if day >= first)
    wrong = [day for day in days if rows[0][day] != columns[0][day] or rows[1][day] != columns[1][day]]
    return sum(rows[1].values()), len(days), [(day, rows[1][day], columns[1][day]) for day in wrong]


def charges_recorded(connection: sqlite3.Connection) -> bool:
    """Whether all columns say how events were charged: those of an older schema do once `ingestd.charge_column` has
    filled them. Until then charges are left out of the comparison.
    """
    (chunks,) = connection.execute("select count(*) from chunk").fetchone()
    (filled,) = connection.execute(
        "select count(*) from chunk_column where id in (select id * ? + ? from chunk)", (COLUMN_SLOTS, NUMBER["charge"])
    ).fetchone()
    older = connection.execute("select 1 from tail where rows > 0 and length(records) <> rows * ?", (RECORD.size,))
    return bool(chunks == filled and older.fetchone() is None)


def of_rows(connection: sqlite3.Connection) -> tuple[Counter[int], Counter[int]]:
    """(digest, count) by UTC day, from the event rows."""
    charge = "charge_id" if charges_recorded(connection) else "0"
    odd = {
        (occurred_at, digest): request_id
        for occurred_at, digest, request_id in connection.execute(
            "select occurred_at, digest, request_id from event_detail where request_id <> ''"
        )
    }
    cursor = connection.execute(
        "select occurred_at, digest, model_id, route_id, api_key_id, credential_id, client_id, status_code, failed,"
        " generate, error_class, latency_ms, ttft_ms, input_tokens, cache_read_tokens, cache_write_tokens,"
        f" output_tokens, reasoning_tokens, unclassified_tokens, cost_nanos, {charge}, request_number from event"
    )
    return _sums(record_of_row(row, request_column(row[21], odd.get((row[0], row[1]), ""))) for row in cursor)


def of_columns(connection: sqlite3.Connection) -> tuple[Counter[int], Counter[int]]:
    """The same from chunks and tail."""
    return _sums(_records(connection))


def _records(connection: sqlite3.Connection) -> Iterator[bytes]:
    without_charge = not charges_recorded(connection)
    for chunk_id, rows in connection.execute("select id, rows from chunk order by id").fetchall():
        columns = []
        for column in COLUMNS:
            stored = connection.execute(
                "select width, base, data from chunk_column where id = ?", (chunk_id * COLUMN_SLOTS + column.number,)
            ).fetchone()
            left_out = stored is None or (without_charge and column.name == "charge")
            columns.append(decode(ABSENT if left_out else Encoded(*stored), rows))
        for values in zip(*columns, strict=True):
            yield RECORD.pack(*values)
    for stored, rows in connection.execute("select records, rows from tail order by id"):
        records = current_records(stored, rows)
        for first in range(0, len(records), RECORD.size):
            record = records[first : first + RECORD.size]
            yield (
                record[:EARLIER_RECORD_BYTES] + bytes(RECORD.size - EARLIER_RECORD_BYTES) if without_charge else record
            )


def _sums(records: Iterator[bytes]) -> tuple[Counter[int], Counter[int]]:
    digests: Counter[int] = Counter()
    counts: Counter[int] = Counter()
    for record in records:
        day = int.from_bytes(record[:8], "little") // DAY_MS
        value = int.from_bytes(hashlib.blake2b(record, digest_size=8).digest(), "little")
        digests[day] = (digests[day] + value) % _MODULUS
        counts[day] += 1
    return digests, counts
