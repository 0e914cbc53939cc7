"""The write-ahead log moves into the file without those who write, and stays short."""

from contextlib import closing, contextmanager

import pytest

from ingestd import checkpoint
from ingestd.checkpoint import Checkpointer
from shared.database import open_reader, open_writer, transaction
from shared.migrations import migrate

BYTES = 1_000


@pytest.fixture
def opened(tmp_path):
    path = tmp_path / "app.db"
    with closing(open_writer(path, "ingestd")) as writer, closing(open_writer(path, "ingestd")) as own:
        migrate(writer, 1)
        writer.execute("pragma wal_autocheckpoint = 0")
        writer.execute("pragma wal_checkpoint(truncate)")
        yield path, writer, Checkpointer(own)


def write(writer, rows):
    with transaction(writer):
        (last,) = writer.execute("select coalesce(max(id), 0) from inbox").fetchone()
        writer.executemany(
            "insert into inbox (id, arrived_at, transport, payload) values (?, 1, 'pop', zeroblob(?))",
            [(last + number + 1, BYTES) for number in range(rows)],
        )


def log_bytes(path):
    return path.with_name("app.db-wal").stat().st_size


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    monkeypatch.setattr("ingestd.checkpoint.LONG_PAGES", 100)


def test_the_log_begins_anew_however_much_is_written(opened):
    path, writer, checkpointer = opened
    sizes = []
    for _ in range(6):
        write(writer, checkpoint.ROWS)
        assert checkpointer.step()
        sizes.append(log_bytes(path))
    assert sizes[-1] < 2 * sizes[0]
    assert path.stat().st_size > 5 * checkpoint.ROWS * BYTES


def test_a_little_is_not_worth_it(opened):
    _, writer, checkpointer = opened
    write(writer, 10)
    assert not checkpointer.step()


def test_who_writes_waits_for_a_short_rest_alone(opened, monkeypatch):
    """While somebody reads what was before, much stays in the log, and nobody is held up for it."""
    path, writer, checkpointer = opened
    turns = []

    @contextmanager
    def turn():
        turns.append(1)
        yield

    monkeypatch.setattr("ingestd.checkpoint.turn", turn)
    with closing(open_reader(path)) as reader:
        reader.execute("begin")
        reader.execute("select count(*) from inbox").fetchone()
        write(writer, checkpoint.ROWS)
        assert checkpointer.step()
        assert turns == []
    write(writer, checkpoint.ROWS)
    assert checkpointer.step()
    assert turns == [1]
