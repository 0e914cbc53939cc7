"""`python -m tests.bench.held`: ingestd, with a note of how long its transactions keep the file.

At its end it writes `held.json` into WORK_DIR: by who opened the transaction, how many there were, and of the longest
one, in milliseconds: how long it kept the file (`held_ms`), of that in CPU of its thread (`cpu_ms`), ready to run while
others had the cores (`ready_ms`), and in the commit (`commit_ms`); the rest waited for Python's lock or for the disk.
`cpu_max_ms` and `turn_max_ms` are the most CPU, and the longest wait for a turn, of any.
"""

import json
import os
import runpy
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared import database

MODULE = "tests.bench.held"
_PASSED_ON = ("contextlib", MODULE, "__main__", "ingestd.short_write")
_longest: dict[str, dict[str, float]] = {}
_transaction, _turn = database.transaction, database.turn


@contextmanager
def _noted(connection: sqlite3.Connection, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
    note = _Note(_caller())
    try:
        with _transaction(connection, durable=durable) as inside:
            note.begin()
            yield inside
            note.written = time.monotonic()
    finally:
        note.end()


@contextmanager
def _noted_turn() -> Iterator[None]:
    who = _caller()
    if who.startswith(database.__name__):  # a transaction, which is noted by itself
        with _turn():
            yield
        return
    note = _Note(who)
    with _turn():
        note.begin()
        yield
        note.end()


class _Note:
    def __init__(self, who: str) -> None:
        self.who = who
        self.asked = self.began = self.written = time.monotonic()
        self.busy: float | None = None
        self.ready = 0.0

    def begin(self) -> None:
        self.began = self.written = time.monotonic()
        self.busy, self.ready = time.thread_time(), _ready()

    def end(self) -> None:
        if self.busy is None:
            return
        ended, cpu = time.monotonic(), time.thread_time() - self.busy
        found = _longest.setdefault(self.who, {"times": 0, "held_ms": 0.0, "cpu_max_ms": 0.0, "turn_max_ms": 0.0})
        found["times"] += 1
        found["cpu_max_ms"] = max(found["cpu_max_ms"], _ms(cpu))
        found["turn_max_ms"] = max(found["turn_max_ms"], _ms(self.began - self.asked))
        if _ms(ended - self.began) > found["held_ms"]:
            found |= {
                "held_ms": _ms(ended - self.began),
                "cpu_ms": _ms(cpu),
                "ready_ms": _ms(_ready() - self.ready),
                "commit_ms": _ms(ended - self.written),
            }


def _ready() -> float:
    """Seconds for which this thread has been ready to run without running."""
    told = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat").read_text()
    return int(told.split()[1]) / 1e9


def _ms(seconds: float) -> float:
    return round(seconds * 1e3, 1)


def _caller() -> str:
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__") in _PASSED_ON:
        frame = frame.f_back
    return f"{frame.f_globals.get('__name__')}.{frame.f_code.co_qualname}"


def main() -> None:
    database.transaction, database.turn = _noted, _noted_turn
    sys.argv = ["ingestd"]
    try:
        runpy.run_module("ingestd", run_name="__main__", alter_sys=False)
    finally:
        Path(os.environ["WORK_DIR"], "held.json").write_text(json.dumps(_longest))


if __name__ == "__main__":
    main()
