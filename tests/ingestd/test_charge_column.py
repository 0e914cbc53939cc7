"""A file of a schema without charges: columns are filled from the rows, chunk by chunk, and then say what rows say."""

import pytest

from ingestd.charge_column import fill
from ingestd.check import charges_recorded, of_columns, of_rows
from shared.columns import COLUMN_SLOTS, EARLIER_RECORD_BYTES, NUMBER, RECORD
from tests.ingestd.conftest import payload


@pytest.fixture
def earlier(line, monkeypatch):
    """Chunks and a tail as the program before wrote them."""
    monkeypatch.setattr("ingestd.seal.TAIL_ROWS", 16)
    monkeypatch.setattr("ingestd.seal.CHUNK_ROWS_MAX", 16)
    line.store(*(payload(n) for n in range(40)))
    connection = line.connection
    connection.execute("update event set charge_id = (occurred_at % 3) + 1")
    connection.execute("delete from chunk_column where id % ? = ?", (COLUMN_SLOTS, NUMBER["charge"]))
    for row_id, rows, records in connection.execute("select id, rows, records from tail").fetchall():
        cut = b"".join(records[n * RECORD.size : n * RECORD.size + EARLIER_RECORD_BYTES] for n in range(rows))
        connection.execute("update tail set records = ? where id = ?", (cut, row_id))
    return line


def test_until_they_are_filled_the_rest_is_compared(earlier):
    assert not charges_recorded(earlier.connection)
    assert of_rows(earlier.connection) == of_columns(earlier.connection)


def test_each_step_fills_one_chunk_and_the_last_says_so(earlier):
    connection = earlier.connection
    assert [fill(connection) for _ in range(3)] == [True, True, False]
    assert earlier.number("select min(revision) from chunk") == 1
    connection.execute("delete from tail")
    connection.execute("delete from event where inbox_id > 32")
    assert charges_recorded(connection)
    assert of_rows(connection) == of_columns(connection)


def test_a_tail_of_before_is_sealed_with_what_comes_after(earlier):
    earlier.store(*(payload(n) for n in range(40, 48)))
    earlier.store(*(payload(n) for n in range(48, 50)))
    connection = earlier.connection
    assert earlier.number("select sum(rows) from chunk") == 48
    while fill(connection):
        assert of_rows(connection) == of_columns(connection)
    assert charges_recorded(connection)
    assert of_rows(connection) == of_columns(connection)


def test_chunks_of_before_can_still_be_merged_and_are_filled_then(earlier, monkeypatch):
    monkeypatch.setattr("ingestd.seal.CHUNK_ROWS_MAX", 16 * 8)
    earlier.store(*(payload(n) for n in range(40, 140)))
    connection = earlier.connection
    assert earlier.number("select max(rows) from chunk") == 128
    while fill(connection):
        pass
    assert charges_recorded(connection)
    assert of_rows(connection) == of_columns(connection)


def test_requests_whose_rows_are_gone_stay_without_a_charge(earlier):
    earlier.connection.execute("delete from event")
    assert fill(earlier.connection)
    assert earlier.number("select sum(width) from chunk_column where id % 64 = 18") == 0
