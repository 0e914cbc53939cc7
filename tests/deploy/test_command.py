"""`cpa-usage-keeper` as far as it can be tried in this process: what it takes, what it says, what it leaves."""

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cpa_usage_keeper.__main__ import main
from cpa_usage_keeper.importing import import_file
from shared import process_lock, settings

SAMPLE = Path(__file__).parents[1] / "data" / "incumbent" / "app.db.gz"


@pytest.fixture
def chosen(tmp_path):
    return settings.load(
        {"CPA_BASE_URL": "http://cpa.local", "CPA_MANAGEMENT_KEY": "key", "WORK_DIR": str(tmp_path / "data")}
    )


@pytest.fixture
def incumbent(tmp_path):
    """The sample, a year old at least whatever the clock says."""
    path = tmp_path / "incumbent.db"
    path.write_bytes(gzip.decompress(SAMPLE.read_bytes()))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("update usage_events set timestamp = replace(timestamp, '2026-11', '2025-01')")
    return path


def number(chosen, query):
    with closing(sqlite3.connect(chosen.database)) as connection:
        return connection.execute(query).fetchone()[0]


def test_a_first_import_makes_the_file_and_a_dry_run_does_not(chosen, incumbent, capsys):
    assert import_file(chosen, incumbent, dry_run=True, with_prices=True) == 0
    assert not chosen.work_folder.exists()
    assert capsys.readouterr().out.splitlines() == [
        "a database of CPA Usage Keeper (Willxup): 3,000 requests",
        "  would be imported: 3,000, 2025-01-06 to 2025-01-26 (Asia/Shanghai)",
        "  here already: 0",
        "  names of keys and accounts: 3, prices: 2",
    ]
    assert import_file(chosen, incumbent, dry_run=False, with_prices=False) == 0
    said = capsys.readouterr().out
    assert "  imported: 3,000, 2025-01-06 to 2025-01-26 (Asia/Shanghai)\n" in said
    assert "  entered: 3 names, 0 prices, 0 rules; 0 were here already\n" in said
    assert (number(chosen, "select count(*) from event"), number(chosen, "select count(*) from price")) == (3_000, 0)
    assert (chosen.database.stat().st_mode & 0o077, chosen.work_folder.stat().st_mode & 0o077) == (0, 0)
    assert import_file(chosen, incumbent, dry_run=False, with_prices=True) == 0
    assert "entered: 0 names, 2 prices, 1 rules; 3 were here already" in capsys.readouterr().out
    assert import_file(chosen, incumbent, dry_run=True, with_prices=True) == 0
    assert "would be imported: 0\n  here already: 3,000\n" in capsys.readouterr().out
    process_lock.hold(chosen.work_folder)  # nothing holds it any more


@pytest.mark.parametrize("dry_run", [False, True])
def test_what_cannot_be_imported_is_one_sentence(chosen, tmp_path, capsys, dry_run):
    (tmp_path / "notes.txt").write_text("no database")
    assert import_file(chosen, tmp_path / "notes.txt", dry_run=dry_run, with_prices=True) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        f"{tmp_path}/notes.txt is neither a database nor JSON:"
        " give an app.db, an export of CPA, or an export as JSON Lines\n"
    )


def test_beside_an_ingestd_of_another_version_nothing_is_written(chosen, incumbent, capsys):
    import_file(chosen, incumbent, dry_run=False, with_prices=False)
    with closing(sqlite3.connect(chosen.database)) as connection:
        connection.execute("pragma user_version = 1")
    process_lock.hold(chosen.work_folder)
    capsys.readouterr()
    assert import_file(chosen, incumbent, dry_run=False, with_prices=False) == 1
    assert "start the ingestd of this version first" in capsys.readouterr().err


def test_the_incumbents_own_file_in_work_dir_is_not_written_to(chosen, incumbent, capsys):
    chosen.work_folder.mkdir()
    incumbent.rename(chosen.database)
    copy = chosen.database.with_name("copy.db")
    copy.write_bytes(chosen.database.read_bytes())
    assert import_file(chosen, copy, dry_run=False, with_prices=True) == 1
    assert "another program's" in capsys.readouterr().err
    assert number(chosen, "select count(*) from sqlite_master where name = 'event'") == 0


def test_without_a_command_it_says_what_there_is(capsys):
    assert main([]) == 2
    told = capsys.readouterr().out
    for command in ("run", "ingestd", "queryd", "check", "backup", "restore", "import", "health", "settings"):
        assert f"    {command} " in told
    with pytest.raises(SystemExit, match="2"):
        main(["import"])
