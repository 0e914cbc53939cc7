"""The real process on a real socket."""

import json
import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import pytest

from tests.daemons import ROOT, Daemon, free_port
from tests.queryd.http.test_events import request

pytestmark = pytest.mark.system

START_SECONDS = 30


def lines(daemon):
    """The log so far, which is JSON where there is no terminal."""
    return [json.loads(line) for line in daemon.output.read_text("utf-8").splitlines() if line.startswith("{")]


def address(daemon):
    """Where it listens, from its own log: port 0 was asked for."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        daemon.check()
        for line in lines(daemon):
            if line["event"] == "listening":
                return "http://" + line["addresses"][0]
        time.sleep(0.02)
    raise TimeoutError("queryd does not listen")


def ended(daemon):
    """The exit code of a daemon that ends by itself."""
    return daemon._running().wait(START_SECONDS)


@pytest.fixture
def queryd(settings, tmp_path):
    """Makes a queryd on WORK_DIR; whatever was started is gone afterwards."""
    made: list[Daemon] = []

    def make(**changes):
        values = {
            "CPA_BASE_URL": "http://127.0.0.1:8317",
            "CPA_MANAGEMENT_KEY": "made-up-key",
            "WORK_DIR": str(settings.work_folder),
            "APP_HOST": "127.0.0.1",
            "APP_PORT": "0",
            "LOG_FILE_ENABLED": "false",
            "LOG_LEVEL": "debug",
            **changes,
        }
        daemon = Daemon("queryd", values, tmp_path / f"queryd-{len(made)}.out")
        made.append(daemon)
        return daemon.start()

    yield make
    for daemon in made:
        daemon.kill()


def test_it_answers_below_its_base_path_and_where_a_proxy_has_taken_that_off(queryd, collector):
    collector.send(request(1))
    base = address(queryd(APP_BASE_PATH="/team/usage"))
    for prefix in ("/team/usage", ""):
        with httpx.Client(base_url=base + prefix) as client:
            assert client.get("/api/v1/summary?range=all").json()["metrics"]["requests"] == 1
            assert client.get("/healthz").status_code == 200
            assert client.get("/readyz").json()["ready"] is True
            assert client.get("/api/v1/nothing").json()["error"]["code"] == "not_found"


def test_it_starts_before_its_file_exists_and_stops_when_asked(queryd, tmp_path):
    folder = tmp_path / "not" / "there" / "yet"
    daemon = queryd(WORK_DIR=str(folder))
    url = address(daemon)
    answer = httpx.get(f"{url}/api/v1/summary")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "no_collector")
    assert folder.is_dir()
    assert daemon.stop() == 0
    assert lines(daemon)[-1]["event"] == "stopped"


def test_it_stops_within_five_seconds_while_clients_hold_connections(queryd, collector):
    collector.send(*(request(number, at_ms=number) for number in range(200)))
    daemon = queryd()
    url = address(daemon)
    with httpx.Client(base_url=url) as idle, socket.create_connection(url.removeprefix("http://").split(":")) as half:
        idle.get("/api/v1/events?range=24h")
        half.sendall(b"GET /api/v1/summary HTTP/1.1\r\nHost: x\r\n")
        begun = time.monotonic()
        assert daemon.stop() == 0
        assert time.monotonic() - begun < 5


def test_many_clients_at_once_all_get_answers(queryd, collector):
    collector.send(*(request(number, at_ms=number) for number in range(300)))
    url = address(queryd())
    paths = (
        "/summary?range=24h",
        "/events?range=24h&sort=-latency_ms",
        "/breakdown?by=model&range=24h",
        "/status",
        "/live",
    )

    def ask(number):
        with httpx.Client(base_url=f"{url}/api/v1", timeout=30) as client:
            return [client.get(paths[(number + turn) % len(paths)]).status_code for turn in range(10)]

    with ThreadPoolExecutor(16) as pool:
        assert {code for codes in pool.map(ask, range(16)) for code in codes} == {200}


def test_its_log_names_routes_and_never_what_was_searched_for(queryd, collector, tmp_path):
    collector.send(request(1))
    daemon = queryd(LOG_FILE_ENABLED="true")
    url = address(daemon)
    httpx.get(f"{url}/api/v1/events?range=24h&q=what-a-person-looks-for&model=somebodys-model")
    httpx.get(f"{url}/api/v1/events/65c9bdf63d6ed-ae5ae8b2dc3a")
    httpx.get(f"{url}/api/v1/what-a-person-looks-for")
    assert daemon.stop() == 0
    (access_log,) = tmp_path.rglob("access.log")
    text = access_log.read_text("utf-8")
    for written in (text, daemon.output.read_text("utf-8")):
        assert "what-a-person-looks-for" not in written
        assert "somebodys-model" not in written
    requests = [json.loads(line) for line in text.splitlines()]
    requests = [line for line in requests if line["event"] == "request"]
    assert [(line["route"], line["status"]) for line in requests] == [
        ("/api/v1/events", 200),
        ("/api/v1/events/{id}", 404),
        ("static", 404),
    ]
    assert all(line["ms"] >= 0 and line["bytes"] > 0 for line in requests)


@pytest.mark.parametrize(
    "changes", [{"AUTH_ENABLED": "true", "LOGIN_PASSWORD": "made-up-password"}, {"LOGIN_PASSWORD": "made-up-password"}]
)
def test_it_asks_for_the_password_and_keeps_sessions_over_a_restart(queryd, collector, changes):
    collector.send(request(1))
    token = None
    for password in ("made-up-password", None):
        daemon = queryd(**changes)
        with httpx.Client(base_url=address(daemon) + "/api/v1") as client:
            assert client.get("/summary?range=all").status_code == 401
            if password is not None:
                answer = client.post("/session", json={"password": password})
                assert answer.json()["role"] == "admin"
                token = answer.cookies["keeper_session_0"]
            client.cookies.set("keeper_session_0", token or "")
            assert client.get("/summary?range=all").json()["metrics"]["requests"] == 1
        assert daemon.stop() == 0
        text = daemon.output.read_text("utf-8")
        assert "made-up-password" not in text
        assert (token or "-") not in text


def test_the_password_of_an_example_is_refused(queryd):
    daemon = queryd(LOGIN_PASSWORD="replace-with-your-login-password")
    assert ended(daemon) == 2
    assert "LOGIN_PASSWORD must be one of your own" in daemon.output.read_text("utf-8")


def test_wrong_settings_are_told_together_without_a_traceback(queryd):
    daemon = queryd(APP_PORT="http", TZ="Mars/Olympus")
    assert ended(daemon) == 2
    text = daemon.output.read_text("utf-8")
    assert "APP_PORT" in text
    assert "TZ" in text
    assert "Traceback" not in text


def test_a_port_that_is_taken_is_told(queryd):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        daemon = queryd(APP_PORT=str(taken.getsockname()[1]))
        assert ended(daemon) == 1
    line = lines(daemon)[-1]
    assert (line["event"], line["reason"]) == ("cannot listen", "Address already in use")
    assert "APP_PORT" in line["remedy"]


def test_its_first_lines_name_an_address_to_open_and_that_nothing_asks_for_a_password(queryd):
    daemon = queryd(APP_HOST="", APP_BASE_PATH="/team")
    address(daemon)
    warning, listening = lines(daemon)[-2:]
    assert (warning["level"], warning["event"]) == ("warning", "open to the network without a password")
    assert "LOGIN_PASSWORD" in warning["remedy"]
    assert "APP_HOST=127.0.0.1" in warning["remedy"]
    assert httpx.get(listening["url"] + "api/v1/version").status_code == 200
    assert listening["url"].startswith("http://localhost:")
    assert listening["url"].endswith("/team/")


def test_a_work_dir_that_cannot_be_had_is_told_in_one_sentence(queryd, tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        daemon = queryd(WORK_DIR=str(folder))
        assert ended(daemon) == 2
        (line,) = daemon.output.read_text("utf-8").splitlines()
        assert line.startswith("WORK_DIR: ")
        assert str(folder) in line


def test_a_folder_that_it_may_not_write_is_told_with_user_and_way_out(settings, writer):
    port = free_port()
    writer.execute("pragma wal_checkpoint(truncate)")
    writer.close()
    settings.database.chmod(0o444)
    settings.work_folder.chmod(0o555)
    # Root may write everything, unless this capability is taken from it.
    unprivileged = ["setpriv", "--bounding-set=-dac_override"] if os.getuid() == 0 else []
    environment = {
        "PATH": os.environ["PATH"],
        "ENV_FILE": os.devnull,
        "CPA_BASE_URL": "http://127.0.0.1:8317",
        "CPA_MANAGEMENT_KEY": "made-up-key",
        "WORK_DIR": str(settings.work_folder),
        "APP_HOST": "127.0.0.1",
        "APP_PORT": str(port),
    }
    process = subprocess.Popen(
        [*unprivileged, sys.executable, "-m", "queryd"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        ready = eventually_answers(f"http://127.0.0.1:{port}/readyz")
        assert ready.status_code == 503
        (problem,) = ready.json()["problems"]
        assert problem["code"] == "unusable_folder"
        assert str(settings.database) in problem["message"]
        assert "cannot be written by user" in problem["message"]
        assert "chown" in problem["message"]
    finally:
        process.kill()
        process.wait()
        settings.work_folder.chmod(0o755)


def eventually_answers(url):
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return httpx.get(url)
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def test_nonsense_on_the_socket_is_refused_and_the_next_client_served(queryd, collector):
    collector.send(request(1))
    url = address(queryd())
    host, port = url.removeprefix("http://").split(":")
    for nonsense in (
        b"\x00\x01\x02\r\n\r\n",
        b"*2\r\n$4\r\nAUTH\r\n$1\r\nx\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"G" * 300_000,
    ):
        # It may hang up in the middle of such a request, or wait for the rest of it.
        with socket.create_connection((host, int(port))) as connection, suppress(ConnectionError):
            connection.sendall(nonsense)
    assert httpx.post(f"{url}/api/v1/summary", content=b"x" * 200_000).status_code in {405, 413}
    assert httpx.get(f"{url}/api/v1/summary").status_code == 200
