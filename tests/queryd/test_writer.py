"""queryd's writing connection: its own tables, one transaction an edit, whatever happens to the file."""

import threading

import pytest

from queryd.connections import Connections
from queryd.errors import Busy, Starting
from queryd.file_refusals import NoCollector
from queryd.writer import Writer
from shared.database import open_writer
from shared.migrations import migrate
from shared.schema.edits import Label


@pytest.fixture
def path(tmp_path):
    return tmp_path / "app.db"


@pytest.fixture
def ingestd(path):
    connection = open_writer(path, "ingestd")
    migrate(connection, 1)
    yield connection
    connection.close()


@pytest.fixture
def writer(path):
    connections = Connections(path)
    made = Writer(connections, patience=0.05)
    yield made
    made.close()
    connections.close()


def give(database, subject_id, label="Alice"):
    Label.insert(kind="api_key", subject_id=subject_id, label=label, edited_at=1).execute(database)


def _give_and_fail(database):
    give(database, 1)
    raise ValueError("later")


def labels(connection):
    return connection.execute("select subject_id, label from label order by subject_id").fetchall()


@pytest.mark.usefixtures("ingestd")
@pytest.mark.parametrize("statement", ["delete from api_key", "update meta set number = 1", "drop table api_key"])
def test_tables_of_ingestd_are_denied(writer, statement):
    with pytest.raises(Exception, match=r"not authorized|prohibited"), writer.edit(1) as database:
        database.execute_sql(statement)


def test_an_edit_that_fails_leaves_nothing(writer, ingestd):
    with pytest.raises(ValueError, match="later"), writer.edit(1) as database:
        _give_and_fail(database)
    assert labels(ingestd) == []
    with writer.edit(1) as database:
        give(database, 1)
    assert labels(ingestd) == [(1, "Alice")]
    assert ingestd.execute("select number from edit_state").fetchall() == [(1,)]


def test_without_a_file_nothing_is_made(writer, path):
    with pytest.raises(NoCollector), writer.edit(1):
        pass
    assert not path.exists()
    path.touch()
    with pytest.raises(Starting), writer.edit(1):
        pass
    assert path.stat().st_size == 0


def test_one_edit_at_a_time(writer, ingestd):
    entered, leave = threading.Event(), threading.Event()

    def hold():
        with writer.edit(1) as database:
            give(database, 1)
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    assert entered.wait(10)
    with pytest.raises(Busy), writer.edit(1):
        pass
    leave.set()
    thread.join()
    with writer.edit(1) as database:
        give(database, 2, "Bob")
    assert labels(ingestd) == [(1, "Alice"), (2, "Bob")]


def test_whether_another_program_locks_the_file_is_told_without_waiting(writer, ingestd):
    assert not writer.is_locked()
    ingestd.execute("begin immediate")
    assert writer.is_locked()
    ingestd.execute("rollback")
    assert not writer.is_locked()
    with writer.edit(1):
        assert not writer.is_locked()  # an edit of our own is nobody else's lock


def test_a_file_that_was_replaced_is_the_one_that_is_written(writer, ingestd, path, tmp_path):
    with writer.edit(1) as database:
        give(database, 1)
    ingestd.close()
    other = open_writer(tmp_path / "other.db", "ingestd")
    migrate(other, 1)
    other.execute("pragma wal_checkpoint(truncate)")
    other.close()
    for name in ("app.db-wal", "app.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / "other.db").replace(path)
    with writer.edit(1) as database:
        give(database, 7, "Carol")
    again = open_writer(path, "ingestd")
    assert labels(again) == [(7, "Carol")]
    again.close()
