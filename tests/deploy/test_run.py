"""`make run`, but for the build: what it lacks is said first, and a taken port never stops the collector."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy import announce
from tests.cpa.stand_in import DEFAULT_KEY, StandIn
from tests.daemons import ROOT, free_port
from tests.ingestd.conftest import payload
from tests.system.keeper import Keeper, eventually

CONFIGURED = str(ROOT / "deploy" / "configured")


def configured(folder, **environment):
    found = subprocess.run(
        [CONFIGURED],
        cwd=folder,
        env={"PATH": os.environ["PATH"]} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return found.returncode, found.stderr


def test_without_an_env_file_it_says_how_to_make_one(tmp_path):
    code, said = configured(tmp_path)
    assert code == 1
    assert "install -m 600 .env.example .env" in said


@pytest.mark.parametrize("line", ["", "CPA_MANAGEMENT_KEY=", 'CPA_MANAGEMENT_KEY=""', "# CPA_MANAGEMENT_KEY=x"])
def test_what_is_not_filled_in_is_named(tmp_path, line):
    (tmp_path / ".env").write_text(f"CPA_BASE_URL=http://127.0.0.1:8317\n{line}\n")
    code, said = configured(tmp_path)
    assert code == 1
    assert "CPA_MANAGEMENT_KEY" in said
    assert "CPA_BASE_URL" not in said


@pytest.mark.parametrize(
    "line", ["CPA_MANAGEMENT_KEY=x", "export CPA_MANAGEMENT_KEY='x'", "CPA_MANAGEMENT_KEY_FILE=key"]
)
def test_a_filled_env_file_and_the_environment_are_enough(tmp_path, line):
    (tmp_path / ".env").write_text(f"{line}\n")
    assert configured(tmp_path, CPA_BASE_URL="http://127.0.0.1:8317") == (0, "")


def test_an_env_file_as_it_is_copied_is_not_enough(tmp_path):
    (tmp_path / ".env").write_text((ROOT / ".env.example").read_text())
    code, said = configured(tmp_path)
    assert (code, "CPA_BASE_URL and CPA_MANAGEMENT_KEY" in said) == (1, True)


def status(**collector):
    return {"problems": [], "ingestd": {"queue": {"connected": True}, **collector}}


def test_good_news_is_told_only_as_far_as_it_is_known():
    assert announce.sentences(status(statistics={"enabled": True})) == ["answers, key accepted, statistics on"]
    unknown = status(statistics={"enabled": None})
    assert announce.sentences(unknown) == ["answers, key accepted, whether statistics are on is not known yet"]
    assert not announce.known(unknown)
    assert announce.sentences({"problems": [], "ingestd": None}) == []
    assert announce.sentences({"problems": [], "ingestd": {"queue": {"connected": False}}}) == []


def test_an_error_is_told_instead_of_good_news():
    wrong = status() | {"problems": [{"severity": "error", "message": "CPA refuses the key."}]}
    assert announce.sentences(wrong) == ["CPA refuses the key."]


@pytest.mark.system
def test_where_the_dashboard_is_is_told_although_it_asks_for_a_password(tmp_path, monkeypatch, capsys):
    with StandIn(retention_seconds=600) as cpa:
        tls = ROOT / "tests" / "data" / "cpa" / "tls"
        files = {"TLS_CERT_FILE": str(tls / "certificate.pem"), "TLS_KEY_FILE": str(tls / "key.pem")}
        with Keeper(
            tmp_path / "data", cpa.url, DEFAULT_KEY, LOGIN_PASSWORD="made-up", TLS_ENABLED="true", **files
        ) as keeper:
            keeper.queryd.start()
            for name, value in {**keeper.installation.settings, "ENV_FILE": os.devnull}.items():
                monkeypatch.setenv(name, value)
            assert announce.main() == 0
    said = capsys.readouterr().out
    assert f"{keeper.url}/" in said
    assert said.count("https://") == 1
    assert "signed in" in said


@contextmanager
def running(tmp_path, cpa, port):
    """The Procfile under honcho, as `make run` starts it, and what it prints."""
    output = tmp_path / "run.out"
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "ENV_FILE": os.devnull,
        "CPA_BASE_URL": cpa.url,
        "CPA_MANAGEMENT_KEY": DEFAULT_KEY,
        "WORK_DIR": str(tmp_path / "data"),
        "APP_HOST": "127.0.0.1",
        "APP_PORT": str(port),
        "REDIS_QUEUE_IDLE_INTERVAL": "50ms",
    }
    with output.open("wb") as log:
        process = subprocess.Popen(
            ["honcho", "-e", os.devnull, "start"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process, output
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(30)


@pytest.mark.system
def test_a_taken_port_is_named_and_the_collector_goes_on(tmp_path):
    with StandIn(retention_seconds=600) as cpa, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with running(tmp_path, cpa, taken.getsockname()[1]) as (process, output):
            eventually(lambda: "is started again" in output.read_text(), "queryd has ended and is started again")
            assert "APP_PORT" in output.read_text()
            cpa.publish(payload(1))
            with Keeper(tmp_path / "data", cpa.url, DEFAULT_KEY) as keeper:
                keeper.wait_settled(1)
            assert process.poll() is None


@pytest.mark.system
def test_both_daemons_end_in_good_order_when_it_is_stopped(tmp_path):
    with StandIn(retention_seconds=600) as cpa:
        port = free_port()
        with running(tmp_path, cpa, port) as (process, output):
            with Keeper(tmp_path / "data", cpa.url, DEFAULT_KEY, APP_PORT=str(port)) as keeper:
                eventually(keeper.answers, "queryd answers")
            process.send_signal(signal.SIGTERM)
            process.wait(30)
        text = output.read_text()
        assert "Traceback" not in text
        assert "is started again" not in text
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
