"""Whatever changes an answer changes the version, and nothing else does."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from shared import version
from shared.database import open_reader, open_writer, transaction
from shared.migrations import migrate
from shared.version import Version


@pytest.fixture
def path(tmp_path):
    with closing(open_writer(tmp_path / "app.db", "ingestd")) as writer:
        migrate(writer, 1)
    return tmp_path / "app.db"


def seen(path):
    with closing(open_reader(path)) as reader:
        return version.read(reader)


def changed(path, daemon, change, *arguments):
    with closing(open_writer(path, daemon)) as writer, transaction(writer):
        change(writer, *arguments)
    return seen(path)


def test_a_new_file_has_an_epoch_and_stays_what_it_is(path):
    assert seen(path).epoch
    assert seen(path) == seen(path)
    assert seen(path)[1:3] == (0, 0)


def test_every_change_is_another_version(path):
    versions = [
        seen(path),
        changed(path, "ingestd", version.next_revision),
        changed(path, "queryd", version.next_edit, 5),
        changed(path, "queryd", version.next_edit, 5),
        changed(path, "ingestd", version.begin_epoch),
    ]
    assert len({str(each) for each in versions}) == len(set(versions)) == len(versions)
    assert [each.edits for each in versions] == [0, 0, 5, 6, 6]


def test_another_program_is_another_version(path):
    here = seen(path)
    assert str(here) != str(here._replace(program="99.0.0"))


def test_a_copy_put_back_shares_no_later_version_with_the_file_it_replaced(path, tmp_path):
    """Both went on from revision 1 to revision 2, with other events."""
    changed(path, "ingestd", version.next_revision)
    shutil.copy(path, tmp_path / "copy.db")
    replaced = changed(path, "ingestd", version.next_revision)
    shutil.copy(tmp_path / "copy.db", path)
    changed(path, "ingestd", version.begin_epoch)  # ingestd starts
    restored = changed(path, "ingestd", version.next_revision)
    assert restored.revision == replaced.revision
    assert restored != replaced


def test_an_edit_of_a_copy_put_back_is_not_an_edit_of_the_file_it_replaced(path, tmp_path):
    shutil.copy(path, tmp_path / "copy.db")
    replaced = changed(path, "queryd", version.next_edit, 1_000)
    shutil.copy(tmp_path / "copy.db", path)
    assert changed(path, "queryd", version.next_edit, 2_000) != replaced


def test_each_daemon_moves_its_own_numbers_only(path):
    for daemon, change in (("queryd", version.next_revision), ("queryd", version.begin_epoch)):
        with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
            changed(path, daemon, change)
    with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        changed(path, "ingestd", version.next_edit, 1)


def test_its_text_is_fit_for_a_header():
    assert str(Version(-1, 255, 16, "1.2.3")) == "ffffffffffffffff-ff-10-1.2.3"
