"""`cpa-usage-keeper run`: both daemons as children of one process, for who has no supervisor.

Each that ends is started again, so that a taken port never stops the collector; settings that cannot be used end both.
"""

import signal
import subprocess
import sys
import threading
import time
from types import FrameType

DAEMONS = ("ingestd", "queryd")
UNUSABLE_SETTINGS = 2
RESTART_SECONDS = 15.0
STOP_SECONDS = 10.0
"""Both stop within five seconds."""


def run() -> int:
    """Until SIGTERM or SIGINT. Gives 0, or what a daemon ended with that cannot start."""
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    running: dict[str, subprocess.Popen[bytes]] = {}
    due = dict.fromkeys(DAEMONS, 0.0)
    code = 0
    try:
        while not stopping.is_set():
            for name, process in list(running.items()):
                ended = process.poll()
                if ended is None:
                    continue
                del running[name]
                if ended == UNUSABLE_SETTINGS:
                    return ended
                _say(f"{name} has ended ({ended}) and is started again in {RESTART_SECONDS:.0f} seconds.")
                due[name] = time.monotonic() + RESTART_SECONDS
            for name in DAEMONS:
                if name not in running and time.monotonic() >= due[name]:
                    running[name] = subprocess.Popen((sys.executable, "-m", name))  # noqa: S603 - our own program
            stopping.wait(0.5)
    finally:
        code = _stop(running)
    return code


def _stop(running: dict[str, subprocess.Popen[bytes]]) -> int:
    for process in running.values():
        process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    code = 0
    for process in running.values():
        try:
            code = max(code, abs(process.wait(max(0.0, deadline - time.monotonic()))))
        except subprocess.TimeoutExpired:
            process.kill()
            code = 1
    return code


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201 - for a person
