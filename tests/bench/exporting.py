"""A CSV of a million requests while 500 events a second arrive: what it adds to queryd's memory, and to the log.

The client reads as fast as it can. A log that is not cut back while the export runs would grow by all that arrives.
"""

import threading
import time
from pathlib import Path
from typing import Any, Self

import httpx

from tests.bench.answering import RATE
from tests.bench.installation import running
from tests.bench.process import memory
from tests.bench.reference import copy

DAYS_30 = (("from", "2026-10-25T00:00:00Z"), ("to", "2026-11-24T00:00:00Z"))
"""Some 1.07 million requests; those that arrive meanwhile come after them."""

SETTLED_SECONDS = 5
"""Of events arriving before it begins: what that costs is not the export's."""

STEP_SECONDS = 0.1


def measure(folder: Path) -> dict[str, Any]:
    """Sizes in MiB; `cells_like_formulas` counts cells that a spreadsheet could take for one."""
    database = copy(folder / "app.db")
    with running(folder) as (installation, feed):
        url = f"{installation.url}/api/v1/"
        with httpx.Client(base_url=url, timeout=600) as client:
            expected = client.get("summary", params=DAYS_30).json()["metrics"]["requests"]
            feed.publish(RATE, 3600)
            time.sleep(SETTLED_SECONDS)
            watch = _Watch(installation.queryd.pid, database)
            before = memory(installation.queryd.pid)["resident_mib"]
            began = time.monotonic()
            with watch:
                size, lines, formulas = _read(client)
            seconds = time.monotonic() - began
        return {
            "requests": lines - 2,  # what was selected, and the names of the columns
            "requests_expected": expected,
            "seconds": round(seconds, 1),
            "csv_mib": round(size / 2**20, 1),
            "memory_before_mib": before,
            "memory_added_mib": round(watch.resident - before, 1),
            "log_peak_mib_by_quarter": watch.log_by_quarter(),
            "cells_like_formulas": formulas,
        }


def _read(client: httpx.Client) -> tuple[int, int, int]:
    """Bytes, lines, and cells that begin as a formula does."""
    size = lines = formulas = 0
    with client.stream("GET", "events/export", params=DAYS_30, headers={"Accept-Encoding": "identity"}) as response:
        response.raise_for_status()
        rest = b""
        for piece in response.iter_bytes():
            size += len(piece)
            whole = (rest + piece).split(b"\n")
            rest = whole.pop()
            lines += len(whole)
            formulas += sum(cell[:1] in b"=+@" for line in whole for cell in line.split(b",") if cell)
    return size, lines, formulas


class _Watch:
    """The most that was seen of queryd's resident memory (MiB), and how large the write-ahead log was."""

    def __init__(self, pid: int, database: Path) -> None:
        self.resident = 0.0
        self._log: list[int] = []
        self._pid, self._wal = pid, database.with_name(f"{database.name}-wal")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def log_by_quarter(self) -> list[float]:
        """The largest in each quarter of the time (MiB): what is bounded does not grow from one to the next."""
        length = max(len(self._log) // 4, 1)
        return [round(max(self._log[at : at + length]) / 2**20, 1) for at in range(0, len(self._log), length)][:4]

    def _look(self) -> None:
        while True:
            self.resident = max(self.resident, memory(self._pid)["resident_mib"])
            self._log.append(self._wal.stat().st_size if self._wal.exists() else 0)
            if self._over.wait(STEP_SECONDS):
                return
