"""Settled messages take a tenth of their bytes, are found again byte for byte, and leave in bounded steps."""

import sqlite3
from contextlib import closing

import pytest

from ingestd import packing, vacuum
from shared import raw_messages
from shared.clock import DAY
from shared.database import open_writer, transaction
from shared.migrations import migrate
from shared.raw_messages import RawMessage
from tests.ingestd.conftest import NOW, payload


@pytest.fixture
def line(line):
    """650 settled messages and three that wait."""
    line.store(*(payload(number) for number in range(650)))
    line.pipeline.file([payload(700 + number) for number in range(3)], "pop", NOW)
    return line


def pack_all(line):
    steps = 0
    while packing.pack_step(line.connection, line.inbox.settled):
        steps += 1
    return steps


def test_a_pack_gives_back_every_message_byte_for_byte(line):
    kept = line.connection.execute("select id, arrived_at, transport, payload from inbox order by id").fetchall()
    assert pack_all(line) == 3
    assert line.number("select count(*) from inbox") == 53
    for number, *message in kept:
        assert raw_messages.find(line.connection, number) == RawMessage(*message)
    assert raw_messages.find(line.connection, 0) is None
    assert raw_messages.find(line.connection, 10_000) is None


def test_packs_take_a_tenth_and_less(line):
    before = line.number("select sum(length(payload)) from inbox where id <= 600")
    pack_all(line)
    assert line.number("select sum(length(data)) from inbox_pack") * 10 < before


def test_what_waits_is_never_packed_and_becomes_events(line):
    line.connection.execute("update inbox set arrived_at = arrived_at")
    pack_all(line)
    assert line.inbox.pending == 3
    while line.pipeline.drain(NOW):
        pass
    assert line.number("select count(*) from event") == 653


def test_a_restart_goes_on_counting_after_everything_was_packed(line, open_line):
    line.store(*(payload(number) for number in range(1_000, 1_147)))
    pack_all(line)
    assert line.number("select count(*) from inbox") == 0
    again = open_line()
    again.store(payload(2_000))
    assert again.number("select max(id) from inbox") == 801


def test_ids_that_are_not_neighbours_are_in_packs_of_their_own(line):
    line.connection.execute("delete from inbox where id = 100")
    pack_all(line)
    assert raw_messages.find(line.connection, 100) is None
    assert raw_messages.find(line.connection, 101) == RawMessage(NOW, "pop", payload(100))


def test_what_left_the_inbox_meanwhile_is_not_packed(line, monkeypatch):
    def pack(messages):
        line.connection.execute("delete from inbox where id < 10")
        return raw_messages.pack(messages)

    monkeypatch.setattr(packing, "pack", pack)
    assert packing.pack_step(line.connection, line.inbox.settled) == 200
    assert line.number("select count(*) from inbox_pack") == 0


def test_large_messages_are_few_in_a_pack(line):
    line.store(*(payload(number, fail={"status_code": 500, "body": "x" * 400_000}) for number in range(3_000, 3_006)))
    while packing.pack_step(line.connection, line.inbox.settled):
        pass
    largest = line.connection.execute("select data from inbox_pack order by first_id desc").fetchall()
    assert max(sum(len(each.payload) for each in raw_messages.unpack(data)) for (data,) in largest) < 2 * 2**20


def test_packs_leave_at_their_day_s_end_and_the_version_moves(line):
    pack_all(line)
    revision = line.number("select number from meta where key = 'revision'")
    assert packing.clean_day(line.connection, NOW) == 0
    assert packing.clean_day(line.connection, NOW + 1) == 3
    assert line.number("select count(*) from inbox_pack") == 0
    assert line.number("select number from meta where key = 'revision'") == revision + 1


def test_the_oldest_packs_leave_beyond_the_bound_in_steps(line, monkeypatch):
    pack_all(line)
    monkeypatch.setattr(packing, "_REMOVED_ROWS", 1)
    assert packing.clean_bytes(line.connection) == 0
    size = line.number("select sum(length(data)) from inbox_pack")
    assert packing.clean_bytes(line.connection, size - 1) == 1
    assert packing.clean_bytes(line.connection, size - 1) == 0
    assert line.number("select min(first_id) from inbox_pack") == 201


def test_a_step_writes_a_bounded_number_of_rows(line):
    """What collecting waits for is one step's transaction."""
    line.store(*(payload(number) for number in range(5_000, 8_000)))
    while True:
        before = line.connection.total_changes
        if not packing.pack_step(line.connection, line.inbox.settled):
            break
        assert line.connection.total_changes - before <= packing.PACK_ROWS + 1


def test_a_blob_that_is_no_pack_is_told():
    with pytest.raises(ValueError, match="no pack"):
        raw_messages.unpack(b"noise")


def test_a_new_file_gives_pages_back_in_bounded_steps_and_keeps_some(line, monkeypatch):
    monkeypatch.setattr(vacuum, "KEPT_PAGES", 10)
    monkeypatch.setattr(vacuum, "STEP_PAGES", 20)
    line.connection.execute("insert into rejected values (1, 1, 1, 'pop', 'x', '', zeroblob(4000000))")
    with transaction(line.connection):
        line.connection.execute("delete from rejected")
    before = line.number("pragma page_count")
    steps = []
    while given := vacuum.vacuum(line.connection):
        steps.append(given)
    assert len(steps) > 5
    assert max(steps) == 20
    assert line.number("pragma page_count") == before - sum(steps)
    left, pages = line.number("pragma freelist_count"), line.number("pragma page_count")
    assert left == max(10, (pages - left) // 4)
    assert line.connection.execute("pragma quick_check").fetchone() == ("ok",)


def test_a_file_that_cannot_give_pages_back_is_left_alone(tmp_path):
    path = tmp_path / "older.db"
    with closing(sqlite3.connect(path)) as older:
        older.execute("create table it_was_made_by (a)")  # its header is written, without the room to give back
        older.execute("drop table it_was_made_by")
        older.commit()
    with closing(open_writer(path, "ingestd")) as writer:
        migrate(writer, NOW)
        assert vacuum.vacuum(writer) is None
    assert DAY
