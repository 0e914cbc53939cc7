"""The real daemons as processes, for system tests, the demo and the bench."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0
STOP_SECONDS = 8.0
_CLOCK = ("LD_PRELOAD", "FAKETIME", "FAKETIME_SHARED", "FAKETIME_DONT_FAKE_MONOTONIC", "DONT_FAKE_MONOTONIC")
"""What moves the clock (`tests/clock`), for daemons as for the tests that start them."""
_INHERITED = ("PATH", "HOME", "LANG", "PYTHONPATH", *_CLOCK)


class Daemon:
    """One daemon; its output goes to a file, which is shown when it dies before its time."""

    def __init__(self, name: str, settings: Mapping[str, str], output: Path) -> None:
        self.name = name
        self.output = output
        self._settings = dict(settings)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        # ENV_FILE would be read from the current folder otherwise: a developer's .env must not reach a test.
        environment = {name: text for name, text in os.environ.items() if name in _INHERITED}
        with self.output.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.name],
                cwd=ROOT,
                env=environment | {"PYTHONUNBUFFERED": "1", "ENV_FILE": os.devnull} | self._settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self

    @property
    def pid(self) -> int:
        return self._running().pid

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def check(self) -> None:
        """Raise with the last lines of its output when it has ended."""
        if not self.alive():
            lines = self.output.read_text("utf-8", "replace").splitlines()[-20:]
            raise RuntimeError(f"{self.name} has ended:\n" + "\n".join(lines))

    def stop(self) -> int:
        """SIGTERM; gives the exit code. Raises `subprocess.TimeoutExpired` when it does not end in time."""
        process = self._running()
        process.terminate()
        try:
            return process.wait(STOP_SECONDS)
        finally:
            self.kill()

    def kill(self) -> None:
        """SIGKILL, if it still runs."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()
            self._process.wait()

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process


class Installation:
    """A WORK_DIR with both daemons, against a CPA at `cpa_url`. A context manager that leaves nothing running."""

    def __init__(self, folder: Path, cpa_url: str, management_key: str, **settings: str) -> None:
        folder = folder.absolute()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self.settings = {
            "CPA_BASE_URL": cpa_url,
            "CPA_MANAGEMENT_KEY": management_key,
            "WORK_DIR": str(folder),
            "APP_HOST": "127.0.0.1",
            "LOG_FILE_ENABLED": "false",
            **settings,
        }
        self.settings.setdefault("APP_PORT", str(free_port()))
        self.ingestd = Daemon("ingestd", self.settings, folder / "ingestd.out")
        self.queryd = Daemon("queryd", self.settings, folder / "queryd.out")
        scheme = "https" if self.settings.get("TLS_ENABLED") == "true" else "http"
        self.url = f"{scheme}://127.0.0.1:{self.settings['APP_PORT']}{self.settings.get('APP_BASE_PATH', '')}"

    @property
    def database(self) -> Path:
        return self.folder / "app.db"

    def start(self) -> Self:
        self.ingestd.start()
        self.queryd.start()
        return self

    def wait_ready(self) -> None:
        """Until queryd answers with a schema it knows."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            self.queryd.check()
            self.ingestd.check()
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.url} is not ready after {START_SECONDS:.0f} s")
            time.sleep(0.05)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ingestd.kill()
        self.queryd.kill()


def free_port() -> int:
    """A TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
