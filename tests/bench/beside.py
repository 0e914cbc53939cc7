"""Collecting beside heavy work, on the reference data set: how late events are, and who keeps the file for how long.

Each part begins with a file and daemons of its own.
"""

import gzip
import json
import os
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx

from shared.clock import DAY
from shared.database import open_reader
from tests.bench import reference
from tests.bench.installation import running
from tests.bench.lateness import Asking, lateness, settled
from tests.bench.process import Feed
from tests.daemons import ROOT, Installation

RATE = 2_000
REPRICE_RATE = 500
SECONDS = 20.0
MILLION = 1_000_000
_LONGEST_SECONDS = 400.0
_SAMPLE = ROOT / "tests" / "data" / "incumbent" / "app.db.gz"
_SAMPLE_ROWS = 3_000
_RATES = {"input": 3, "cache_read": 0.3, "cache_write": 3.75, "output": 15}
_PACK_BACKLOG = 100_000


def measure(folder: Path, parts: Sequence[str]) -> dict[str, Any]:
    """`parts`: of PARTS. Each with the machine's load at its end."""
    return {name: PARTS[name](folder / name) | {"load": round(os.getloadavg()[0], 1)} for name in parts}


def _alone(folder: Path) -> dict[str, Any]:
    """The least that this machine lets events be late now."""
    return _beside(folder, lambda installation, feed: lateness(installation, feed, RATE, SECONDS))


def _hanging(folder: Path) -> dict[str, Any]:
    return _beside(
        folder, lambda installation, feed: lateness(installation, feed, RATE, SECONDS, management_delay=3_600.0)
    )


def _asked(command: str) -> Callable[[Path], dict[str, Any]]:
    def during(installation: Installation, feed: Feed) -> dict[str, Any]:
        with closing(Asking(installation, command)) as asking:
            return lateness(installation, feed, RATE, SECONDS, work=asking) | {"done": asking.done}

    return lambda folder: _beside(folder, during)


def _repricing(folder: Path) -> dict[str, Any]:
    """The newest million of requests, each of whose costs changes."""

    def during(installation: Installation, feed: Feed) -> dict[str, Any]:
        with httpx.Client(base_url=f"{installation.url}/api/v1", timeout=60) as client:
            found = client.get("/breakdown", params={"by": "model", "range": "all", "limit": 100}).json()
            for row in found["rows"]:
                body = {"model": row["group"]["label"], "rates": _RATES}
                client.post("/prices", json=body, headers={"Origin": installation.url}).raise_for_status()
        start = reference.ANCHOR - reference.DAYS * DAY * MILLION // reference.EVENTS
        with closing(Asking(installation, "reprice", {"start": start, "end": reference.ANCHOR}, once=True)) as asking:
            found = lateness(installation, feed, REPRICE_RATE, 0.0, work=asking)
            state, result = asking.results()[0]
        told = json.loads(result) if state == "done" else {"said": result}
        sums = {name: value for name, value in told.items() if name != "models"}
        return found | {"state": state, "checked": _command(installation.settings, "ingestd", "check")[1]} | sums

    return _beside(folder, during)


def _backing_up(folder: Path) -> dict[str, Any]:
    """One backup after another; the last is put back and proved."""

    def during(installation: Installation, feed: Feed) -> dict[str, Any]:
        with closing(Asking(installation, "backup", once=True)) as asking:
            found = lateness(installation, feed, RATE, SECONDS, work=asking)
            _, result = asking.results()[0]
        file = installation.folder / "backups" / json.loads(result)["file"]
        other = installation.settings | {"WORK_DIR": str(folder / "restored")}
        return found | {
            "restored": _command(other, "ingestd", "restore", str(file))[0],
            "checked": _command(other, "ingestd", "check")[0],
        }

    return _beside(folder, during)


def _importing(folder: Path) -> dict[str, Any]:
    """A million of requests from a file of the collector that this program replaces."""
    source = folder / "incumbent.db"
    folder.mkdir(parents=True)
    make_incumbent(source, MILLION)

    def during(installation: Installation, feed: Feed) -> dict[str, Any]:
        busy = _of_children()
        process = _start(installation.settings, "cpa_usage_keeper", "import", str(source))
        ends = time.monotonic() + _LONGEST_SECONDS
        found = lateness(
            installation, feed, REPRICE_RATE, 0.0,
            work=lambda: process.poll() is None and time.monotonic() < ends,
        )  # fmt: skip
        said, _ = process.communicate()
        with closing(open_reader(installation.database)) as reader:
            (new,) = reader.execute("select count(*) from event where inbox_id = 0").fetchone()
        return found | {
            "import_cpu_seconds": round(_of_children() - busy, 1),
            "imported": new,
            "exit": process.returncode,
            "said": said.strip()[-300:],
        }

    return _beside(folder, during)


def _packing(folder: Path) -> dict[str, Any]:
    """A hundred thousand settled messages are packed while others come."""

    def during(installation: Installation, feed: Feed) -> dict[str, Any]:
        with closing(open_reader(installation.database)) as reader:
            deadline = time.monotonic() + _LONGEST_SECONDS
            while settled(reader) < reference.EVENTS + _PACK_BACKLOG and time.monotonic() < deadline:
                time.sleep(0.05)
            looked = time.monotonic()
            packed = 0

            def work() -> bool:
                nonlocal looked, packed
                if time.monotonic() - looked > 1:
                    looked = time.monotonic()
                    (packed,) = reader.execute("select coalesce(max(last_id), 0) from inbox_pack").fetchone()
                return packed < reference.EVENTS + _PACK_BACKLOG and time.monotonic() < deadline

            return lateness(installation, feed, RATE, SECONDS, work=work) | {"packed": packed - reference.EVENTS}

    return _beside(folder, during, _PACK_BACKLOG)


PARTS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "alone": _alone,
    "management_hangs": _hanging,
    "worker_writes": _asked("refresh_metadata"),
    "quota_of_500_accounts": _asked("refresh_quota"),
    "backs_up": _backing_up,
    "packs": _packing,
    "reprices_a_million": _repricing,
    "imports_a_million": _importing,
}


def _beside(folder: Path, during: Callable[[Installation, Feed], dict[str, Any]], backlog: int = 0) -> dict[str, Any]:
    print(f"beside: {folder.name} …", file=sys.stderr)
    with ExitStack() as opened:
        work = folder / "keeper"
        reference.copy(work / "app.db")
        opened.callback(_empty, folder)
        with running(
            work, backlog, note_transactions=True, QUOTA_REFRESH_WORKER_LIMIT="100", BACKUP_ENABLED="false"
        ) as (installation, feed):
            time.sleep(3)  # what starts together is over
            found = during(installation, feed)
        notes = json.loads((work / "held.json").read_text())
        longest = sorted(notes.items(), key=lambda each: -each[1]["held_ms"])[:8]
        return found | {"transactions": dict(longest)}


def _empty(folder: Path) -> None:
    """Six files of half a gigabyte would be too much for some disks."""
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def make_incumbent(path: Path, rows: int) -> None:
    """The checked-in sample, as often as it takes, each copy some days earlier than the one before."""
    path.write_bytes(gzip.decompress(_SAMPLE.read_bytes()))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("pragma synchronous = off")
        connection.execute("begin")
        connection.execute("create temp table copied as select * from usage_events")
        connection.execute("delete from usage_events")
        indexes = connection.execute(
            "select name, sql from sqlite_master where type = 'index' and sql <> ''"
        ).fetchall()
        for name, _ in indexes:
            connection.execute(f'drop index "{name}"')
        columns = [row[1] for row in connection.execute("pragma table_info(usage_events)")]
        chosen = {
            "id": "id + :offset",
            "timestamp": "strftime('%Y-%m-%dT%H:%M:%S', substr(timestamp, 1, 19), :days) || substr(timestamp, 20)",
            "event_key": "event_key || '-' || :offset",
            "request_id": "printf('%08x', (id * 2654435761 + :offset * 40503) & 4294967295)",
        }
        values = ", ".join(chosen.get(name, f'"{name}"') for name in columns)
        for number in range(-(-rows // _SAMPLE_ROWS)):
            # As many hours as keep the copies apart, all of them before the reference data set.
            connection.execute(
                f"insert into usage_events select {values} from copied limit :rows",
                {
                    "offset": number * _SAMPLE_ROWS,
                    "days": f"-{120 + number} days",
                    "rows": min(_SAMPLE_ROWS, rows - number * _SAMPLE_ROWS),
                },
            )
        for _, sql in indexes:  # all at once, which takes a tenth of the time
            connection.execute(sql)
        connection.execute("commit")


def _start(settings: dict[str, str], module: str, *arguments: str) -> "subprocess.Popen[str]":
    environment = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, **settings}
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def _command(settings: dict[str, str], *arguments: str) -> tuple[int, str]:
    process = _start(settings, *arguments)
    said, _ = process.communicate()
    return process.returncode, said


def _of_children() -> float:
    """CPU seconds of processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
