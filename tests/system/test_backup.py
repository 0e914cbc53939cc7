"""Backups of a running installation, and the way back, with the real daemons and the real commands."""

import gzip
import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import httpx
import pytest

from shared import backups
from tests.daemons import ROOT
from tests.ingestd.conftest import payload
from tests.system.keeper import eventually

pytestmark = pytest.mark.system

QUESTIONS = ("summary?range=all", "timeseries?range=all&granularity=day", "breakdown?range=all&by=model")


def run(keeper, *arguments):
    """`python -m ingestd …` as a person runs it: exit code and what it said."""
    environment = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, **keeper.installation.settings}
    done = subprocess.run(
        [sys.executable, "-m", "ingestd", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def figures(keeper):
    """Every whole number that the dashboard shows of everything, by its place: rates depend on the time of asking."""
    found = {}

    def look(place, value):
        if isinstance(value, dict):
            for name in value.keys() - {"selection", "revision"}:
                look((*place, name), value[name])
        elif isinstance(value, list):
            for number, each in enumerate(value):
                look((*place, number), each)
        elif type(value) is int:
            found[place] = value

    for question in QUESTIONS:
        look((question,), keeper.get(f"/{question}"))
    return found


def ask_for_backup(keeper):
    answer = httpx.post(
        f"{keeper.url}/api/v1/commands", json={"kind": "backup"}, headers={"Origin": keeper.url}, timeout=30
    )
    assert answer.is_success, answer.text
    return answer.json()["id"]


def test_a_backup_made_while_events_arrive_is_put_back_and_answers_as_before(cpa, keep):
    keeper = keep(cpa).start()
    cpa.publish_many(payload(number) for number in range(2_000))
    keeper.wait_settled(2_000)
    before = figures(keeper)
    epoch = keeper.number("select number from meta where key = 'epoch'")
    code, said = run(keeper, "backup")
    assert (code, "2,000 requests" in said) == (0, True), said
    (first,) = backups.listed(keeper.database)
    cpa.publish_many(payload(number) for number in range(2_000, 4_000))
    ask_for_backup(keeper)
    run_of = "select state, result from command_run where finished_at is not null"
    ((state, result),) = eventually(lambda: keeper.sql(run_of), "the command is done")
    assert state == "done", result
    newest = backups.listed(keeper.database)[0]
    assert newest.path.name in result
    keeper.wait_settled(4_000)
    for running in ("both", "queryd"):
        code, said = run(keeper, "restore", str(first.path))
        assert (code, "is running" in said) == (1, True), said
        if running == "both":
            keeper.ingestd.stop()
    keeper.queryd.kill()
    keeper.database.with_name("app.db-wal").write_bytes(b"what somebody's copy left")
    code, said = run(keeper, "restore", first.path.name)
    assert code == 0, said
    keeper.start()
    assert figures(keeper) == before
    assert keeper.number("select number from meta where key = 'epoch'") != epoch
    assert run(keeper, "check")[0] == 0
    cpa.publish_many(payload(number) for number in range(2_000, 2_100))
    keeper.wait_settled(2_100)
    assert keeper.stored == 2_100
    (aside,) = keeper.folder.glob("app.db.before-*Z")
    with closing(sqlite3.connect(f"{aside.as_uri()}?mode=ro&immutable=1", uri=True)) as old:
        assert old.execute("select count(*) from event").fetchone() == (4_000,)


def test_a_backup_is_made_when_it_is_due_and_told(cpa, keep):
    keeper = keep(cpa, BACKUP_INTERVAL="1h")
    with closing(sqlite3.connect(keeper.database)) as connection:
        connection.execute("update migration set applied_at = 1")
        connection.commit()
    keeper.start()
    (made,) = eventually(lambda: backups.listed(keeper.database), "a backup")
    assert gzip.decompress(made.path.read_bytes()).startswith(b"SQLite format 3")
    told = "select outcome, detail from task_run where name = 'backup' and detail like '%verified%'"
    ((outcome, detail),) = eventually(lambda: keeper.sql(told), "it is told")
    assert (outcome, made.path.name in detail) == ("done", True)


def test_a_backup_that_fails_says_why(cpa, keep):
    keeper = keep(cpa, BACKUP_INTERVAL="1h")
    with closing(sqlite3.connect(keeper.database)) as connection:
        connection.execute("update migration set applied_at = 1")
        connection.commit()
    backups.folder_of(keeper.database).write_text("no folder")
    keeper.start()
    eventually(lambda: keeper.sql("select 1 from task_run where name = 'backup' and outcome = 'failed'"), "it fails")
    assert any("backups" in message for message in keeper.problems().values())


def test_a_copy_put_in_place_by_hand_while_the_dashboard_runs_is_taken(cpa, keep, tmp_path):
    """Not the way that is written down, but what people do: ingestd stopped, the file overwritten, ingestd started."""
    keeper = keep(cpa).start()
    cpa.publish_many(payload(number) for number in range(100))
    keeper.wait_settled(100)
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(keeper.database)) as connection:
        connection.execute("vacuum into ?", (str(copy),))
    cpa.publish_many(payload(number) for number in range(100, 200))
    keeper.wait_settled(200)
    assert keeper.get("/summary?range=all")["metrics"]["requests"] == 200
    keeper.ingestd.stop()
    keeper.database.write_bytes(copy.read_bytes())
    keeper.ingestd.start()
    cpa.publish(payload(300))
    keeper.wait_settled(101)
    assert keeper.get("/summary?range=all")["metrics"]["requests"] == 101
    assert run(keeper, "check")[0] == 0
