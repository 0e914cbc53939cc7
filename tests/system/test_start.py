"""How the daemons start, and how they refuse to: settings, WORK_DIR, a second collector, the check."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.cpa.stand_in import DEFAULT_KEY
from tests.daemons import ROOT, Daemon, free_port
from tests.ingestd.conftest import payload
from tests.system.keeper import PATIENCE_SECONDS, Keeper, eventually

pytestmark = pytest.mark.system


def run(*arguments: str, folder: Path = ROOT, **settings: str) -> "subprocess.CompletedProcess[str]":
    """A command of the product, with these settings alone."""
    kept = {name: text for name, text in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env=kept | {"PYTHONPATH": str(ROOT)} | settings,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


@pytest.mark.parametrize("first", ["ingestd", "queryd"])
def test_work_dir_is_made_when_it_is_missing_whichever_daemon_starts_first(cpa, keep, tmp_path, first):
    work_dir = tmp_path / "some" / "where" / "new"
    keeper = keep(cpa, new=True, WORK_DIR=str(work_dir))
    (keeper.ingestd if first == "ingestd" else keeper.queryd).start()
    eventually(work_dir.is_dir, "WORK_DIR is there")
    (keeper.queryd if first == "ingestd" else keeper.ingestd).start()
    eventually(keeper.answers, "queryd answers")
    assert (work_dir / "app.db").is_file()
    assert not keeper.database.exists()


def test_a_second_ingestd_on_the_same_folder_is_refused_and_the_first_goes_on(cpa, keep):
    keeper = keep(cpa).start()
    cpa.publish(payload(1))
    keeper.wait_settled(1)
    second = Daemon("ingestd", keeper.installation.settings, keeper.folder / "second.out").start()
    eventually(lambda: not second.alive(), "the second one ends")
    assert second.stop() == 1
    assert f"another ingestd already collects into {keeper.folder}" in second.output.read_text()
    cpa.publish(payload(2))
    keeper.wait_settled(2)
    # However the first one ends, the next one may start.
    keeper.ingestd.kill()
    keeper.ingestd.start()
    cpa.publish(payload(3))
    keeper.wait_settled(3)


@pytest.mark.parametrize("daemon", ["ingestd", "queryd"])
def test_all_mistakes_in_the_settings_are_told_at_once_and_no_secret(daemon, tmp_path):
    found = run(
        daemon,
        folder=tmp_path,
        CPA_MANAGEMENT_KEY="made-up-secret-key-1",
        TZ="Moon/Crater",
        APP_PORT="eighty",
        REDIS_QUEUE_MODE="push",
        REQUEST_TIMEOUT="soon",
    )
    assert found.returncode == 2
    assert not found.stdout
    for mistake in (
        "CPA_BASE_URL is required",
        "TZ must be",
        "APP_PORT must be",
        "REDIS_QUEUE_MODE must be one of",
        "REQUEST_TIMEOUT must be",
    ):
        assert mistake in found.stderr
    assert "made-up-secret-key-1" not in found.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_check_says_equal_while_the_daemons_run_and_what_differs_when_something_does(cpa, keep):
    keeper = keep(cpa).start()
    cpa.publish_many(payload(number) for number in range(9_000))
    keeper.wait_settled(9_000)
    settings = keeper.installation.settings
    found = run("ingestd", "check", **settings)
    assert (found.returncode, found.stderr) == (0, "")
    assert "9000 requests" in found.stdout
    assert found.stdout.rstrip().endswith("equal")
    assert keeper.ingestd.stop() == 0
    with closing(sqlite3.connect(keeper.database)) as vandal:
        vandal.execute("update event set output_tokens = output_tokens + 1 where request_number = 5")
        vandal.commit()
    found = run("ingestd", "check", **settings)
    assert found.returncode == 1
    assert "DIFFERENT" in found.stdout


def test_both_daemons_read_the_env_file_of_the_current_folder_and_the_environment_beats_it(cpa, tmp_path):
    port = free_port()
    (tmp_path / "key").write_text(f"{DEFAULT_KEY}\n")
    (tmp_path / ".env").write_text(
        f'CPA_BASE_URL="{cpa.url}/"\nCPA_MANAGEMENT_KEY_FILE=key\nWORK_DIR=./kept here\nAPP_HOST=127.0.0.1\n'
        f"APP_PORT=1\nTZ=Asia/Kathmandu  # a comment\nREDIS_QUEUE_IDLE_INTERVAL=50ms\nexport LOG_LEVEL=debug\n"
    )
    with Keeper(tmp_path / "kept here", cpa.url, DEFAULT_KEY, APP_PORT=str(port)) as keeper:
        running = [
            subprocess.Popen(
                [sys.executable, "-m", daemon],
                cwd=tmp_path,
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "APP_PORT": str(port)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for daemon in ("ingestd", "queryd")
        ]
        try:
            eventually(keeper.answers, "queryd answers")
            cpa.publish(payload(1))
            keeper.wait_settled(1)
            assert keeper.get("/summary")["selection"]["zone"] == "Asia/Kathmandu"
            logs = tmp_path / "kept here" / "logs"
            assert {path.name.split("-")[0] for path in logs.iterdir()} == {"ingestd", "queryd", "access.log"}
            for process in running:
                process.terminate()
            assert [process.wait(PATIENCE_SECONDS) for process in running] == [0, 0]
        finally:
            for process in running:
                process.kill()
                process.wait()
    assert not any(DEFAULT_KEY in path.read_text() for path in logs.iterdir())


def test_a_port_that_is_taken_is_said_and_fails(cpa, keep):
    keeper = keep(cpa).start()
    second = Daemon("queryd", keeper.installation.settings, keeper.folder / "second.out").start()
    eventually(lambda: not second.alive(), "the second one ends")
    assert second.stop() == 1
    assert keeper.installation.settings["APP_PORT"] in second.output.read_text()
    assert keeper.answers()


def test_a_copy_put_over_the_file_is_answered_from_at_once_and_collected_into(cpa, keep, tmp_path):
    keeper = keep(cpa).start()
    question = "/summary?from=2026-01-01&to=2027-01-01"
    cpa.publish(payload(1))
    keeper.wait_settled(1)
    with closing(sqlite3.connect(keeper.database)) as reader:
        reader.execute("vacuum into ?", (str(tmp_path / "copy.db"),))
    cpa.publish(payload(2))
    keeper.wait_settled(2)
    before = keeper.ask(question)
    assert before.json()["metrics"]["requests"] == 2
    known = {"If-None-Match": before.headers["ETag"]}
    assert keeper.ask(question, **known).status_code == 304
    assert keeper.ingestd.stop() == 0
    shutil.copyfile(tmp_path / "copy.db", keeper.database)  # queryd runs on
    after = keeper.ask(question, **known)
    assert (after.status_code, after.json()["metrics"]["requests"]) == (200, 1)
    keeper.ingestd.start()
    cpa.publish(payload(3))
    eventually(lambda: keeper.get(question)["metrics"]["requests"] == 2, "the copy is collected into")
    third = keeper.ask(question, **known)
    assert third.status_code == 200
    assert third.json()["revision"] != before.json()["revision"]


@pytest.mark.parametrize("below", [".", "below"])
def test_a_work_dir_that_cannot_be_had_is_told_in_one_sentence(tmp_path, below):
    file = tmp_path / "file"
    file.touch()
    ended = run(
        "ingestd",
        WORK_DIR=str(file / below),
        ENV_FILE=os.devnull,
        CPA_BASE_URL="http://127.0.0.1:1",
        CPA_MANAGEMENT_KEY="made-up-key",
    )
    assert ended.returncode in (1, 2)
    (line,) = (ended.stdout + ended.stderr).splitlines()
    assert str(file) in line
