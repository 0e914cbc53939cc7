"""ingestd: events a second end to end over a socket, and what it costs idle, at 50/s and at full rate."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench import plain
from tests.bench.installation import running
from tests.bench.process import cpu, memory
from tests.daemons import Installation

BACKLOG = 200_000
IDLE_SECONDS = 20.0
STEADY_SECONDS = 20.0


def measure(folder: Path) -> dict[str, Any]:
    """Both daemons run throughout; queryd is not asked anything here."""
    with running(folder, BACKLOG) as (installation, feed):
        full = _full_rate(installation)
        time.sleep(3)
        idle = _over(installation, IDLE_SECONDS, lambda: None)
        feed.publish(50, STEADY_SECONDS)
        steady = _over(installation, STEADY_SECONDS, feed.wait)
    yardstick = plain.measure(folder)
    return {
        "full_rate": full,
        "plain_pipeline": yardstick,
        "full_rate_of_plain": {
            "events_per_second": round(full["events_per_second"] / yardstick["events_per_second"], 2),
            "cpu": round(yardstick["cpu_us_per_event"] / full["ingestd_cpu_us_per_event"], 2),
        },
        "idle": idle,
        "at_50_per_second": steady,
    }


def _full_rate(installation: Installation) -> dict[str, Any]:
    with sqlite3.connect(f"{installation.database.as_uri()}?mode=ro", uri=True) as reader:

        def stored() -> int:
            row = reader.execute("select number from meta where key = 'events'").fetchone()
            return row[0] if row else 0

        while (first := stored()) == 0:
            time.sleep(0.002)
        began, began_cpu = time.monotonic(), cpu(installation.ingestd.pid)
        while (last := stored()) < BACKLOG:
            time.sleep(0.01)
        seconds, busy = time.monotonic() - began, cpu(installation.ingestd.pid) - began_cpu
    reader.close()
    return {
        "events": last - first,
        "events_per_second": round((last - first) / seconds),
        "ingestd_cpu_us_per_event": round(busy / (last - first) * 1e6, 1),
        "ingestd": memory(installation.ingestd.pid),
    }


def _over(installation: Installation, seconds: float, work: Callable[[], object]) -> dict[str, Any]:
    pids = {"ingestd": installation.ingestd.pid, "queryd": installation.queryd.pid}
    before = {name: cpu(pid) for name, pid in pids.items()}
    began = time.monotonic()
    work()
    time.sleep(max(0.0, seconds - (time.monotonic() - began)))
    elapsed = time.monotonic() - began
    return {
        name: {"cpu_percent": round((cpu(pid) - before[name]) / elapsed * 100, 2), **memory(pid)}
        for name, pid in pids.items()
    }
