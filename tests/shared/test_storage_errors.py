"""Whatever is the matter with the file, one sentence names the path, the user and the way out."""

import errno
import os
import sqlite3
from contextlib import closing
from types import SimpleNamespace

import pytest

from shared.database import open_reader, open_writer
from shared.migrations import migrate
from shared.storage_errors import Problem, Unusable, explain, user_name
from shared.work_folder import prepare


def problem(action, database) -> Problem:
    with pytest.raises((sqlite3.Error, OSError)) as caught:
        action()
    assert isinstance(caught.value, sqlite3.Error | OSError)
    return explain(caught.value, database)


def complete(found: Problem) -> bool:
    return found.path in found.message and found.message.endswith(".") and "\n" not in found.message


def test_a_file_that_is_no_database(tmp_path):
    path = tmp_path / "app.db"
    path.write_bytes(b"garbage, not a database" * 1_000)
    found = problem(lambda: open_writer(path, "ingestd"), path)
    assert (found.code, found.path) == ("not_a_database", str(path))
    assert complete(found)


def test_a_file_system_that_may_only_be_read(tmp_path, monkeypatch):
    """No chown helps there."""
    path = tmp_path / "app.db"
    path.touch()
    monkeypatch.setattr("shared.storage_errors.os.statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))
    found = explain(OSError(errno.EROFS, os.strerror(errno.EROFS)), path)
    assert (found.code, "mount it for writing" in found.message, "chown" in found.message) == (
        "not_writable",
        True,
        False,
    )
    assert complete(found)


def test_a_folder_in_the_files_place(tmp_path):
    path = tmp_path / "app.db"
    path.mkdir()
    assert problem(lambda: open_writer(path, "ingestd"), path).code == "not_a_database"


def test_a_damaged_page(tmp_path):
    path = tmp_path / "app.db"
    with closing(open_writer(path, "ingestd")) as writer:
        migrate(writer, 1)
        writer.execute("pragma wal_checkpoint(truncate)")
        root = writer.execute("select rootpage from sqlite_master where name = 'inbox'").fetchone()[0]
    with path.open("r+b") as file:
        file.seek((root - 1) * 8_192)
        file.write(os.urandom(8_192))
    with closing(open_writer(path, "ingestd")) as writer:
        found = problem(lambda: writer.execute("insert into inbox values (1, 1, 'pop', x'')"), path)
    assert (found.code, found.passes) == ("damaged", False)
    assert complete(found)


def test_a_lock_of_somebody_else(tmp_path):
    path = tmp_path / "app.db"
    with closing(open_writer(path, "ingestd")) as writer, closing(open_writer(path, "ingestd")) as other:
        migrate(writer, 1)
        other.execute("pragma busy_timeout = 0")
        writer.execute("begin immediate")
        found = problem(lambda: other.execute("begin immediate"), path)
        writer.execute("rollback")
    assert (found.code, found.passes) == ("locked", True)
    assert complete(found)


def test_a_work_folder_that_is_a_file(tmp_path):
    (tmp_path / "data").write_text("x")
    with pytest.raises(Unusable, match="is no folder") as caught:
        prepare(tmp_path / "data", writable=True)
    assert caught.value.problem.code == "not_a_folder"
    assert complete(caught.value.problem)
    with pytest.raises(Unusable, match="is no folder"):
        prepare(tmp_path / "data" / "inner", writable=False)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.EACCES, "not_writable"),
        (errno.EROFS, "not_writable"),
        (errno.ENOSPC, "disk_full"),
        (errno.EDQUOT, "disk_full"),
        (errno.EIO, "disk_error"),
        (errno.ENOENT, "missing"),
        (errno.EMFILE, "unusable"),
    ],
)
def test_what_the_system_says(tmp_path, number, code):
    found = explain(OSError(number, os.strerror(number)), tmp_path / "app.db")
    assert (found.code, found.user) == (code, user_name())
    assert complete(found)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_for_an_ordinary_user(tmp_path):
    (tmp_path / "data").mkdir(mode=0o500)
    path = tmp_path / "data" / "app.db"
    found = problem(lambda: open_writer(path, "ingestd"), path)
    assert found.code == "not_writable"
    assert user_name() in found.message


def test_a_file_that_is_not_there(tmp_path):
    path = tmp_path / "nowhere" / "app.db"
    assert problem(lambda: open_reader(path), path).code == "missing"
