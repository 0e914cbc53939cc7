"""Start the stand-in with history and live traffic, and both daemons; print the URL; stop everything on Ctrl-C."""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress

import httpx

from tests.cpa.stand_in import DEFAULT_KEY
from tests.daemons import ROOT, Installation, free_port
from tests.demo import aliases
from tests.demo.zone import machine_zone

FOLDER = ROOT / ".cache" / "demo"
PREFERRED_PORT = 8080
LONGEST_PAUSE_SECONDS = 3.0
"""Something happens so often at any hour, or a page that waits for it looks dead."""
FIRST_EVENTS = 2_000
"""About a working day: from then on the first page has figures. The newest day comes first."""
FIRST_SECONDS = 20.0


class Demo:
    """Three processes and a line of progress. The stand-in's page is where the way back to CPA leads."""

    def __init__(self, history: str, port: int) -> None:
        self._history = history
        self._port = port
        self._zone = machine_zone()
        self._traffic = (
            "--history",
            history,
            "--newest-first",
            "--live",
            "--without-pauses",
            str(LONGEST_PAUSE_SECONDS),
        )
        self._stand_in: subprocess.Popen[str] | None = None
        self._installation: Installation | None = None

    def run(self) -> None:
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(mode=0o700, parents=True)
        print(f"Starting a simulated CPA with {self._history} of history, ingestd and queryd …", flush=True)
        cpa_url = self._start_stand_in()
        self._installation = Installation(
            FOLDER,
            cpa_url,
            DEFAULT_KEY,
            APP_PORT=str(self._port),
            TZ=self._zone,
            CPA_PUBLIC_URL=cpa_url,
            QUOTA_AUTO_REFRESH_ENABLED="true",
        )
        self._installation.start()
        self._installation.wait_ready()
        self._wait_for_figures()
        for name, value in (
            ("Dashboard", f"{self._installation.url}/"),
            ("Simulated", f"{cpa_url} (management key {DEFAULT_KEY})"),
            ("Zone", f"{self._zone} (TZ=Area/City make demo takes another)"),
            ("Files", f"{FOLDER.relative_to(ROOT)}/"),
        ):
            print(f"  {name:<12}{value}", flush=True)
        print("\nCtrl-C stops everything.\n", flush=True)
        self._watch()

    def stop(self) -> None:
        print("\nStopping …", flush=True)
        if self._installation is not None:
            for daemon in (self._installation.queryd, self._installation.ingestd):
                if daemon.alive():
                    with suppress(subprocess.TimeoutExpired):
                        daemon.stop()
        if self._stand_in is not None:
            self._stand_in.terminate()
            self._stand_in.wait(10)

    def _start_stand_in(self) -> str:
        self._stand_in = subprocess.Popen(
            [sys.executable, "-m", "tests.cpa", "--port", "0", "--zone", self._zone, *self._traffic],
            cwd=ROOT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C reaches this process alone, which stops the others in order
        )
        assert self._stand_in.stdout is not None
        for line in self._stand_in.stdout:
            if line.startswith("CPA stand-in on "):
                return line.split(" on ", 1)[1].strip()
        raise RuntimeError("the simulated CPA did not start")

    def _wait_for_figures(self) -> None:
        """Until the page would not be empty; a history of nothing is not waited for."""
        deadline = time.monotonic() + FIRST_SECONDS
        while self._events() < FIRST_EVENTS and time.monotonic() < deadline:
            time.sleep(0.1)

    def _events(self) -> int:
        """How many requests are stored; 0 while nobody answers."""
        assert self._installation is not None
        self._check()
        try:
            status = httpx.get(f"{self._installation.url}/api/v1/status", timeout=10, trust_env=False).json()
        except httpx.TransportError:
            return 0
        return int(status.get("database", {}).get("events") or 0)

    def _watch(self) -> None:
        """Say how far the history has come, until all of it is there; then wait."""
        assert self._installation is not None
        aliases.give(self._installation.url)
        httpx.post(f"{self._installation.url}/api/v1/commands", json={"kind": "refresh_quota"}, trust_env=False)
        last = -1
        settled = 0
        while settled < 3:
            time.sleep(0.5)
            events = self._events()
            print(f"\r  {events:,} requests collected, newest day first", end="", flush=True)
            settled = settled + 1 if events and events - last < 50 else 0
            last = events
        aliases.give(self._installation.url)
        print("; from here on it is live.", flush=True)
        while True:
            time.sleep(1)
            self._check()

    def _check(self) -> None:
        assert self._installation is not None
        assert self._stand_in is not None
        self._installation.ingestd.check()
        self._installation.queryd.check()
        if self._stand_in.poll() is not None:
            raise RuntimeError("the simulated CPA has ended")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__)
    parser.add_argument("--history", default="65d", help="how far back; two whole months lie in 65d")
    parser.add_argument("--port", type=int, help=f"of the dashboard; default {PREFERRED_PORT}, or any free one")
    options = parser.parse_args()
    port = options.port or (PREFERRED_PORT if _free(PREFERRED_PORT) else free_port())
    demo = Demo(options.history, port)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        demo.run()
    except KeyboardInterrupt:
        return 0
    except (RuntimeError, TimeoutError) as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        demo.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
