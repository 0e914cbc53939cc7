"""What the daemons make is their user's alone."""

import os
import stat

import pytest

from shared import work_folder


@pytest.fixture(autouse=True)
def umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_that_is_made_is_private(tmp_path):
    folder = tmp_path / "a" / "data"
    work_folder.prepare(folder, writable=True)
    (folder / "logs").mkdir()
    (folder / "app.db").touch()
    assert (mode(folder), mode(folder / "logs"), mode(folder / "app.db")) == (0o700, 0o700, 0o600)
    assert work_folder.open_to_others(folder) == []


def test_what_others_may_read_is_found(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "app.db").touch()
    work_folder.prepare(folder, writable=True)
    (folder / "app.db-wal").touch()
    assert work_folder.open_to_others(folder) == [folder, folder / "app.db"]
    assert str(folder) in work_folder.remedy(folder)
    folder.chmod(0o700)
    assert work_folder.open_to_others(folder) == []
