"""The two ways to open the file, and the walls between the daemons."""

import sqlite3
from contextlib import closing

import pytest

from shared import migrations
from shared.database import open_reader, open_writer, snapshot, time_limit, transaction
from shared.migrations import SCHEMA_VERSION, STEPS, SchemaTooNew, migrate, version


@pytest.fixture
def writer(tmp_path):
    connection = open_writer(tmp_path / "app.db", "ingestd")
    migrate(connection, 1)
    yield connection
    connection.close()


def test_a_new_file_takes_every_step_once(writer):
    assert version(writer) == SCHEMA_VERSION
    assert migrate(writer, 2) == []
    assert writer.execute("select name from migration order by name").fetchall() == [(step.name,) for step in STEPS]


def test_a_file_of_a_later_version_is_left_alone(writer):
    writer.execute(f"pragma user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(SchemaTooNew, match="upgrade"):
        migrate(writer, 2)


def test_a_step_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def half(connection):
        connection.execute("create table half (id integer)")
        raise sqlite3.OperationalError("made up")

    monkeypatch.setattr(migrations, "STEPS", (*migrations.STEPS, migrations.Step("9999_half", half)))
    connection = open_writer(tmp_path / "app.db", "ingestd")
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, 1)
    assert version(connection) == SCHEMA_VERSION
    assert connection.execute("select count(*) from sqlite_master where name = 'half'").fetchone() == (0,)
    connection.close()


@pytest.mark.usefixtures("writer")
def test_queryd_may_not_write_what_ingestd_owns(tmp_path):
    other = open_writer(tmp_path / "app.db", "queryd")
    for table in ("event", "inbox", "meta", "chunk"):
        with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
            other.execute(f"delete from {table}")
    other.close()


def test_queryd_does_not_create_the_file(tmp_path):
    with pytest.raises(sqlite3.OperationalError):
        open_writer(tmp_path / "missing.db", "queryd")
    with pytest.raises(sqlite3.OperationalError):
        open_reader(tmp_path / "missing.db")
    assert not (tmp_path / "missing.db").exists()


@pytest.mark.usefixtures("writer")
def test_a_reader_cannot_write(tmp_path):
    reader = open_reader(tmp_path / "app.db")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("insert into meta (key, number) values ('x', 1)")
    reader.close()


def test_a_snapshot_does_not_see_what_is_committed_meanwhile(writer, tmp_path):
    reader = open_reader(tmp_path / "app.db")
    with snapshot(reader):
        before = reader.execute("select count(*) from meta").fetchone()
        with transaction(writer):
            writer.execute("insert into meta (key, number) values ('x', 1)")
        assert reader.execute("select count(*) from meta").fetchone() == before
    assert reader.execute("select count(*) from meta").fetchone() == (before[0] + 1,)
    reader.close()


def test_a_query_beyond_its_time_is_interrupted(writer):
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n"
    with pytest.raises(sqlite3.OperationalError, match="interrupted"), time_limit(writer, 0.01):
        writer.execute(endless).fetchone()
    assert writer.execute("select 1").fetchone() == (1,)


def test_a_transaction_that_fails_is_rolled_back(writer):
    twice = "insert into meta (key, number) values ('x', 1), ('x', 2)"
    with pytest.raises(sqlite3.IntegrityError), transaction(writer, durable=True):
        writer.execute(twice)
    assert writer.execute("select count(*) from meta where key = 'x'").fetchone() == (0,)
    assert writer.execute("pragma synchronous").fetchone() == (1,)


def test_who_gets_no_turn_is_told_that_the_file_is_locked_and_waits_as_long_the_next_time(tmp_path):
    path = tmp_path / "app.db"
    with closing(open_writer(path, "ingestd")) as one, closing(open_writer(path, "ingestd")) as other:
        other.execute("pragma busy_timeout = 30")
        with transaction(one), pytest.raises(sqlite3.OperationalError, match="locked"), transaction(other):
            pass
        assert other.execute("pragma busy_timeout").fetchone() == (30,)
        with transaction(other):
            pass
