"""A backup holds what matters, has its name only when it is whole, and comes back as the file it was made of."""

import gzip
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from ingestd import check
from ingestd.backup import BackupError, make, process, schedule
from ingestd.backup.copy import copy
from ingestd.backup.make import Made
from ingestd.backup.process import BackupProcess
from ingestd.backup.restore import restore
from shared import backups, process_lock, version
from shared.clock import DAY, HOUR
from shared.database import open_reader, open_writer, transaction
from shared.migrations import SCHEMA_VERSION
from shared.settings import load
from tests.ingestd.conftest import NOW, payload

FACTS = "select sum(input_tokens), sum(cost_nanos), count(*), min(occurred_at), max(occurred_at) from event"


@pytest.fixture
def filled(line, samples):
    """A file with 9,000 events in a chunk and a tail, rejects, and messages that are no events yet."""
    line.store(*samples, *(payload(number) for number in range(9_000)))
    line.pipeline.file([payload(9_001), payload(9_002)], "pop", NOW)
    return line


@pytest.fixture
def database(tmp_path):
    return tmp_path / "app.db"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def ask(path, sql):
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as reader:
        return reader.execute(sql).fetchone()


def close(line):
    line.connection.close()


def test_a_backup_has_all_but_settled_messages_and_is_private(filled, database):
    told: list[float] = []
    made = make.make(database, NOW, told.append)
    (kept,) = backups.listed(database)
    assert (kept.path.name, kept.size, kept.made_at) == (made.file, made.size, NOW)
    assert made.requests == filled.number("select count(*) from event")
    assert told == sorted(told)
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.path.parent.stat().st_mode) == 0o700
    assert names(kept.path.parent) == [made.file]
    plain = database.with_name("plain.db")
    plain.write_bytes(gzip.decompress(kept.path.read_bytes()))
    assert ask(plain, FACTS) == filled.connection.execute(FACTS).fetchone()
    assert ask(plain, "select count(*) from inbox") == (2,)
    assert ask(plain, "pragma user_version") == (SCHEMA_VERSION,)
    assert ask(plain, "pragma auto_vacuum") == (2,)
    layout = (
        "select group_concat(sql, ';') from (select sql from sqlite_master where name not like 'sqlite%' order by name)"
    )
    assert ask(plain, layout) == filled.connection.execute(layout).fetchone()


def test_a_backup_is_of_one_moment_while_others_write(filled, database, tmp_path, monkeypatch):
    target = tmp_path / "copy.db"
    target.touch()
    looks: list[int] = []

    def look():
        looks.append(len(looks))
        if len(looks) == 1:
            filled.store(*(payload(number) for number in range(20_000, 20_500)))

    monkeypatch.setattr(sys.modules[copy.__module__], "_STEPS", 1_000)
    copy(database, target, look)
    assert looks
    with closing(open_reader(target)) as copied:
        requests, _, wrong = check.compare(copied)
    assert not wrong
    assert requests in {filled.number("select count(*) from event") - each for each in (0, 500, 502)}


@pytest.mark.usefixtures("filled")
def test_a_copy_that_is_not_whole_gets_no_name(database, monkeypatch):
    def damaged(source, target, look):
        rows = copy(source, target, look)
        with closing(sqlite3.connect(target)) as writer:
            writer.execute("delete from event_detail")
            writer.commit()
        return rows

    monkeypatch.setattr(make, "copy", damaged)
    with pytest.raises(BackupError, match="rows of event_detail in place of"):
        make.make(database, NOW, lambda _: None)
    assert names(backups.folder_of(database)) == []


def test_columns_that_are_not_what_rows_say_are_no_backup(filled, database):
    with transaction(filled.connection):
        filled.connection.execute("update event set output_tokens = output_tokens + 1 where failed = 0")
    with pytest.raises(BackupError, match="not what their rows say"):
        make.make(database, NOW, lambda _: None)
    assert backups.listed(database) == []


@pytest.mark.usefixtures("filled")
def test_a_disk_that_is_nearly_full_gets_no_backup_and_keeps_its_room(database, monkeypatch):
    monkeypatch.setattr(make, "FREE_BYTES", 2**62)
    with pytest.raises(BackupError, match="no backup was made"):
        make.make(database, NOW, lambda _: None)
    assert names(backups.folder_of(database)) == []


@pytest.mark.usefixtures("filled")
def test_two_at_once_are_one_too_many_and_what_a_kill_left_is_removed(database):
    folder = backups.folder_of(database)
    folder.mkdir()
    (folder / "app-x.partial").touch()
    with make._alone(folder), pytest.raises(BackupError, match="another backup"):
        make.make(database, NOW, lambda _: None)
    make.make(database, NOW, lambda _: None)
    assert len(names(folder)) == 1


def test_a_restored_file_is_the_one_backed_up_with_a_new_epoch(filled, database):
    facts = filled.connection.execute(FACTS).fetchone()
    before = version.read(filled.connection)
    make.make(database, NOW, lambda _: None)
    filled.store(payload(30_000))
    filled.connection.execute("insert into rejected values (999999, 1, 1, 'pop', 'x', '', x'00')")
    close(filled)
    (database.with_name("app.db-wal")).write_bytes(b"the log of another file")
    restored = restore(database, backups.listed(database)[0].path, NOW + DAY)
    assert not database.with_name("app.db-wal").exists()
    assert restored.requests == facts[2]
    assert ask(database, FACTS) == facts
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    with closing(open_reader(database)) as reader:
        after = version.read(reader)
        assert after.epoch != before.epoch
        assert check.compare(reader)[2] == []
    assert restored.aside is not None
    assert restored.aside.exists()
    assert restored.aside.with_name(restored.aside.name + "-wal").read_bytes() == b"the log of another file"
    with closing(open_writer(database, "ingestd")) as writer:
        assert writer.execute("pragma quick_check").fetchone() == ("ok",)


def test_a_backup_is_found_by_its_name_alone_and_ends_what_was_asked_for(filled, database):
    with closing(open_writer(database, "queryd")) as asker:
        asker.execute("insert into command (kind, arguments, requested_at, requested_by) values ('x', '{}', 1, 'y')")
    made = make.make(database, NOW, lambda _: None)
    close(filled)
    restore(database, Path(made.file), NOW)
    assert ask(database, "select state, error from command_run") == ("cancelled", "The file was restored.")


def refused(database, file, why):
    before = database.read_bytes()
    with pytest.raises(BackupError, match=why):
        restore(database, file, NOW)
    assert database.read_bytes() == before
    assert not list(database.parent.glob("*.partial*"))


def test_a_bad_or_newer_file_is_refused_and_nothing_changes(filled, database, tmp_path):
    make.make(database, NOW, lambda _: None)
    (kept,) = backups.listed(database)
    filled.connection.execute("pragma wal_checkpoint(truncate)")
    close(filled)
    whole = kept.path.read_bytes()
    cut, noise, other, newer, page = (
        tmp_path / name for name in ("cut.gz", "noise", "other.db", "newer.db", "page.db")
    )
    cut.write_bytes(whole[:-1000])
    refused(database, cut, "damaged")
    noise.write_bytes(b"noise" * 10_000)
    refused(database, noise, "no database of this program|not a database")
    with closing(sqlite3.connect(other)) as somebodys:
        somebodys.execute("create table meta (a)")
    refused(database, other, "no file of this program")
    newer.write_bytes(gzip.decompress(whole))
    with closing(sqlite3.connect(newer)) as later:
        later.execute(f"pragma user_version = {SCHEMA_VERSION + 1}")
    refused(database, newer, "upgrade the program first")
    damaged = bytearray(gzip.decompress(whole))
    (root,) = ask(database, "select 3")
    damaged[8192 * root : 8192 * (root + 40)] = b"\xa5" * (8192 * 40)
    page.write_bytes(damaged)
    refused(database, page, "damaged|cannot be read|malformed")
    refused(database, database, "is the file in use")
    refused(database, tmp_path / "nothing", "does not exist")


@pytest.mark.parametrize("daemon", ["ingestd", "queryd"])
def test_a_running_daemon_is_refused(daemon, filled, database):
    made = make.make(database, NOW, lambda _: None)
    close(filled)
    held = process_lock.hold(database.parent, daemon, shared=daemon == "queryd")
    try:
        refused(database, backups.folder_of(database) / made.file, f"{daemon} is running")
    finally:
        os.close(held)


def test_any_program_that_has_the_file_open_is_refused(filled, database):
    made = make.make(database, NOW, lambda _: None)
    filled.connection.execute("pragma wal_checkpoint(truncate)")
    code = (
        "import sqlite3, sys; reader = sqlite3.connect(sys.argv[1]); reader.execute('select 1 from meta').fetchall();"
        " print(1, flush=True); input()"
    )
    close(filled)
    with subprocess.Popen(
        [sys.executable, "-c", code, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as reader:
        assert reader.stdout is not None
        reader.stdout.readline()
        refused(database, backups.folder_of(database) / made.file, "another program has")
        reader.communicate(b"\n")
    restore(database, backups.folder_of(database) / made.file, NOW)


def test_a_plain_copy_with_its_log_beside_it_is_restored_with_both(filled, database, tmp_path):
    facts = filled.connection.execute(FACTS).fetchone()
    aside = tmp_path / "copy.db"
    for suffix in ("", "-wal"):
        shutil.copyfile(f"{database}{suffix}", f"{aside}{suffix}")
    close(filled)
    restore(database, aside, NOW)
    assert ask(database, FACTS) == facts


def test_when_one_is_due_and_which_leave(line, database):
    def due(interval, now):
        return schedule.due_in(line.connection, database, interval, now)

    assert due(DAY, NOW) == DAY  # the file is new
    assert due(DAY, NOW + 2 * DAY) == 0
    folder = backups.folder_of(database)
    folder.mkdir()
    for days in (0, 1, 2, 3, 9, 60):
        (folder / backups.name(NOW - days * DAY)).touch()
    (folder / "somebodys.db").touch()
    assert due(DAY, NOW + HOUR) == 23 * HOUR
    (folder / backups.name(NOW + 300 * DAY)).touch()  # made when the clock was wrong
    assert due(DAY, NOW + HOUR) == 23 * HOUR
    (folder / backups.name(NOW + 300 * DAY)).unlink()
    zone = load({"CPA_BASE_URL": "http://x", "CPA_MANAGEMENT_KEY": "x", "TZ": "UTC"}).tz
    assert schedule.prune(database, 0, zone, NOW) == 0
    assert schedule.prune(database, 3, zone, NOW) == 3
    assert [NOW - kept.made_at for kept in backups.listed(database)] == [0, DAY, 2 * DAY]
    assert schedule.prune(database, 1, zone, NOW + 90 * DAY) == 2
    assert len(backups.listed(database)) == 1
    assert (folder / "somebodys.db").exists()


def test_the_process_tells_progress_what_was_made_and_why_not():
    def script(text):
        return BackupProcess((sys.executable, "-c", text))

    good = script(
        "import sys\nprint('{\"progress\": 0.5}', flush=True)\nsys.stdin.read()\n"
        'print(\'{"file": "a", "size": 1, "requests": 2, "seconds": 0.5}\')'
    )
    good.start()
    while (made := good.poll(1.0)) is None:
        assert good.running
    assert made == Made("a", 1, 2, 0.5)
    assert good.progress == 0.5
    assert not good.running
    bad = script("import sys; print('the disk is full', file=sys.stderr); sys.exit(1)")
    bad.start()
    with pytest.raises(BackupError, match="the disk is full"):
        bad.poll(60.0)
    endless = script("import time; time.sleep(1000)")
    endless.start()
    assert endless.poll() is None
    endless.stop()
    assert not endless.running
    assert process.COMMAND[0] == sys.executable
