"""How late events are stored, and for how long collecting stands still, while something else goes on."""

import json
import sqlite3
import threading
import time
from bisect import bisect_right
from collections.abc import Callable
from contextlib import closing
from typing import Any, Self

from shared.database import open_reader, open_writer
from tests.bench.process import Feed, cpu
from tests.daemons import Installation

_LOOK_SECONDS = 0.005
_SLICE_SECONDS = 2.0
_STILL_SECONDS = 3.0
"""After the last event has been published: what is not stored by then is a failure of its own."""


class Publishing:
    """Publishes `rate` events a second until it is stopped. A context manager."""

    def __init__(self, feed: Feed, rate: float, management_delay: float = 0.0) -> None:
        self.published: list[tuple[float, int]] = []
        """When (monotonic seconds) how many had been published in all."""
        self._feed, self._rate, self._delay = feed, rate, management_delay
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        before = 0
        while not self._over.is_set():
            self._feed.publish(self._rate, _SLICE_SECONDS, management_delay=self._delay)
            self.published += [(at, before + sent) for at, sent in self._feed.wait()]
            before = self.published[-1][1]


def lateness(
    installation: Installation,
    feed: Feed,
    rate: float,
    seconds: float,
    *,
    management_delay: float = 0.0,
    work: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Milliseconds that the oldest event which was not stored yet had waited, and the longest pause.

    For `seconds`, and as long as `work()`, which is called at every look, says that it is not done.
    """
    looks: list[tuple[float, int]] = []
    with closing(open_reader(installation.database)) as reader:
        before = settled(reader)
        with Publishing(feed, rate, management_delay) as publishing:
            while settled(reader) == before:  # how soon a collector at rest looks again is another figure
                time.sleep(_LOOK_SECONDS)
            began, busy = time.monotonic(), cpu(installation.ingestd.pid)
            going_on = True
            while going_on or time.monotonic() < began + seconds:
                going_on = work()
                looks.append((time.monotonic(), settled(reader) - before))
                time.sleep(_LOOK_SECONDS)
            publishing.stop()
            took, spent = time.monotonic() - began, cpu(installation.ingestd.pid) - busy
            ends = time.monotonic() + _STILL_SECONDS
            total = publishing.published[-1][1]
            while time.monotonic() < ends and looks[-1][1] < total:
                looks.append((time.monotonic(), settled(reader) - before))
                time.sleep(_LOOK_SECONDS)
    return {
        "seconds": round(took, 1),
        "ingestd_cpu_seconds": round(spent, 1),
        "events": looks[-1][1],
        "missing": total - looks[-1][1],
        **_waited(looks, publishing.published),
    }


def _waited(looks: list[tuple[float, int]], published: list[tuple[float, int]]) -> dict[str, float]:
    sent = [number for _, number in published]
    late, pauses = [0.0], [0.0]
    moved_at, last = looks[0]
    for at, number in looks:
        if number != last:
            moved_at, last = at, number
        place = bisect_right(sent, number)
        if place < len(published) and published[place][0] <= at:
            late.append(at - published[place][0])
            pauses.append(at - max(moved_at, published[place][0]))
    late.sort()
    return {
        "late_p50_ms": round(late[len(late) // 2] * 1e3),
        "late_p99_ms": round(late[int(len(late) * 0.99)] * 1e3),
        "late_max_ms": round(late[-1] * 1e3),
        "pause_max_ms": round(max(pauses) * 1e3),
    }


class Asking:
    """Files one `command` after another, each when the one before it is done; `once`: only the first."""

    def __init__(self, installation: Installation, command: str, arguments: object = None, *, once: bool = False):
        self._writer = open_writer(installation.database, "queryd")
        self._values = command, json.dumps(arguments or {})
        self._once = once
        self.done = 0

    def __call__(self) -> bool:
        """Whether the only one is still under way."""
        ran = self._writer.execute(
            "select (select count(*) from command), (select count(*) from command_run where finished_at is not null)"
        ).fetchone()
        self.done = ran[1]
        if ran[0] == ran[1] and not (self._once and self.done):
            self._writer.execute(
                "insert into command (kind, arguments, requested_at, requested_by) values (?, ?, 0, 'bench')",
                self._values,
            )
        return self._once and not self.done

    def results(self) -> list[tuple[str, str]]:
        """How each ended."""
        return self._writer.execute(
            "select state, coalesce(nullif(error, ''), result, '') from command_run order by command_id"
        ).fetchall()

    def close(self) -> None:
        self._writer.close()


def settled(reader: sqlite3.Connection) -> int:
    """How many messages have become events; what is imported never was one."""
    row = reader.execute("select number from meta where key = 'settled_inbox_id'").fetchone()
    return int(row[0]) if row else 0
