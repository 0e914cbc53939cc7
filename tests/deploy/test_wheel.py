"""The wheel is a whole installation: in an empty environment with what is locked, without Node or a checkout."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import distribution
from pathlib import Path

import httpx
import pytest

from shared import __version__
from tests.cpa.stand_in import DEFAULT_KEY, StandIn
from tests.daemons import ROOT, free_port
from tests.system.keeper import eventually

pytestmark = pytest.mark.system

SOURCES = ("setup.py", "setup.cfg", "pyproject.toml", "cpa_usage_keeper", "ingestd", "queryd", "shared", "webui/dist")
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]


def build(folder):
    """The wheel of this checkout, made from a copy: a build leaves its marks."""
    source = folder / "source"
    for name in SOURCES:
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / name, target)
    made = [*PIP, "wheel", "--no-deps", "--no-index", "--no-build-isolation", "-w", str(folder), str(source)]
    subprocess.run(made, check=True, capture_output=True, text=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def link_locked(packages):
    """What requirements/run.txt locks, and nothing else, from the environment of the tests."""
    here = Path(sysconfig.get_path("purelib"))
    for name in re.findall(r"^([a-z0-9_.-]+)==", (ROOT / "requirements" / "run.txt").read_text(), re.MULTILINE):
        tops = {file.parts[0] for file in distribution(name).files or () if file.parts[0] != ".."}
        for top in tops - {"__pycache__"}:
            if not (packages / top).exists():
                (packages / top).symlink_to(here / top)


@pytest.fixture
def installed(tmp_path_factory):
    """The folder of programs of an environment that has the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    wheel = build(folder)
    environment = folder / "environment"
    venv.create(environment, symlinks=True, with_pip=False)
    (packages,) = environment.glob("lib/python*/site-packages")
    link_locked(packages)
    pip = [*PIP, "--python", str(environment / "bin" / "python")]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", str(wheel)], check=True)
    subprocess.run([*pip, "check"], check=True)
    assert sorted(path.name for path in packages.iterdir() if not path.is_symlink()) == [
        "cpa_usage_keeper",
        f"cpa_usage_keeper-{__version__}.dist-info",
    ]
    return environment / "bin"


class Shell:
    """A person in an empty folder, with nothing but the command and a .env."""

    def __init__(self, programs, folder, cpa):
        self.folder = folder
        self.port = free_port()
        self._command = str(programs / "cpa-usage-keeper")
        (folder / ".env").write_text(
            f"CPA_BASE_URL={cpa.url}\nCPA_MANAGEMENT_KEY={DEFAULT_KEY}\nAPP_HOST=127.0.0.1\nAPP_PORT={self.port}\n"
        )

    def start(self, *arguments, **variables):
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), **variables}
        return subprocess.Popen(
            [self._command, *arguments],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments):
        process = self.start(*arguments)
        said, _ = process.communicate(timeout=60)
        return process.returncode, said

    def answer(self, path):
        try:
            response = httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=10, trust_env=False)
        except httpx.TransportError:
            return None
        return response if response.is_success else None


@pytest.fixture
def systemd(tmp_path):
    """The socket of a service manager."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "notify"))
        receiver.settimeout(60)
        yield receiver


def test_an_installed_wheel_runs_collects_shows_backs_up_and_restores(installed, systemd, tmp_path):
    told = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}
    with StandIn() as cpa:
        shell = Shell(installed, tmp_path, cpa)
        assert shell.run("--version") == (0, f"{__version__}\n")
        assert shell.run("health")[0] == 1
        running = shell.start("run")
        try:
            eventually(lambda: shell.answer("/readyz"), "the API answers")
            assert '<div id="app"' in shell.answer("/").text
            event = {"timestamp": "2026-01-02T03:04:05.000001Z", "tokens": {"input_tokens": 7}}
            cpa.publish(json.dumps(event).encode())
            asked = "/api/v1/summary?from=2026-01-01&to=2026-01-03"
            eventually(lambda: shell.answer(asked).json()["metrics"]["requests"], "the event is shown")
            assert (shell.run("health"), shell.run("health", "ingestd")) == ((0, ""), (0, ""))
            detail = {"timestamp": "2026-01-02T03:04:06Z", "tokens": {"input_tokens": 5}}
            usage = {"apis": {"sk-made-up": {"models": {"gpt-5": {"details": [detail]}}}}}
            (tmp_path / "export.json").write_text(json.dumps({"version": 1, "usage": usage}))
            code, said = shell.run("import", "export.json")
            assert (code, "imported: 1" in said) == (0, True), said
            code, said = shell.run("backup")
            assert (code, "2 requests" in said) == (0, True), said
            assert shell.run("restore", "app.db")[0] == 1
        finally:
            running.terminate()
            said, _ = running.communicate(timeout=30)
        assert running.returncode == 0, said
        for daemon in ("ingestd", "queryd"):  # as units of systemd
            started = shell.start(daemon, **told)
            try:
                assert systemd.recv(4_096).decode().splitlines()[0] == "READY=1"
                assert systemd.recv(4_096) == b"WATCHDOG=1"
            finally:
                started.terminate()
                said, _ = started.communicate(timeout=30)
            assert started.returncode == 0, said
            while systemd.recv(4_096) != b"STOPPING=1":
                pass
    assert "ingestd is stopped" in shell.run("health", "ingestd")[1]
    (backup,) = (tmp_path / "data" / "backups").iterdir()
    code, said = shell.run("restore", backup.name)
    assert (code, "with 2 requests" in said) == (0, True), said
    assert shell.run("check") == (0, "2 requests in 1 days: equal\n")
