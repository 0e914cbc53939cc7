"""Collect at a constant rate while an adversary asks everything and every kind of bad message arrives; then settle up.

Fails when an answer was a 500, when a message was lost, when columns and rows differ, when a daemon died, or when one
of them grew by more than a tenth from the second fifth of the time to the last.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median
from zoneinfo import ZoneInfo

from tests.cpa.company_documents import CompanyDocuments
from tests.cpa.feed import Feed, live_attempts, retimed
from tests.cpa.stand_in import DEFAULT_KEY, StandIn
from tests.cpa.traffic.attempt import payload
from tests.daemons import ROOT
from tests.soak.adversary import Adversary
from tests.soak.messages import KINDS, bad_message
from tests.system.keeper import Keeper, eventually

ZONE = ZoneInfo("Asia/Shanghai")
SAMPLE_SECONDS = 5.0
SETTLE_SECONDS = 180.0
GROWTH_MAX = 1.1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--rate", type=float, default=200.0, help="events a second")
    parser.add_argument("--bad", type=float, default=5.0, help="bad messages a second")
    parser.add_argument(
        "--pause", type=float, default=0.5, help="mean seconds between two attempts of each of 7 threads"
    )
    parser.add_argument("--leave-out", action="append", default=[], choices=sorted(KINDS), help="a kind of bad message")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        report = run(Path(folder), options)
    print(json.dumps(report, indent=2, ensure_ascii=False))
    return 1 if report["failures"] else 0


def run(folder: Path, options: argparse.Namespace) -> dict[str, object]:
    """The report of one run."""
    documents = CompanyDocuments(ZONE)
    with StandIn(documents=documents) as cpa, Keeper(folder, cpa.url, DEFAULT_KEY, TZ=ZONE.key) as keeper:
        keeper.start()
        now = datetime.now(UTC).astimezone(ZONE)
        feed = Feed(cpa, documents, live_attempts(now, options.seed), ZONE, options.rate)
        spoiler = Spoiler(cpa, options)
        adversary = Adversary(keeper.url, options.seed, options.pause)
        feed.start()
        spoiler.start()
        adversary.start()
        failures: list[str] = []
        samples: list[dict[str, float]] = []
        ends = time.monotonic() + options.minutes * 60
        while time.monotonic() < ends and not failures:
            time.sleep(SAMPLE_SECONDS)
            failures += [f"{one.name} has ended" for one in (keeper.ingestd, keeper.queryd) if not one.alive()]
            if not failures:
                samples.append({"ingestd": resident(keeper.ingestd.pid), "queryd": resident(keeper.queryd.pid)})
        adversary.stop()
        spoiler.stop()
        feed.stop()
        counters = cpa.queue.snapshot()
        with suppress(AssertionError):
            eventually(lambda: keeper.settled >= cpa.queue.snapshot()["published"], "all is settled", SETTLE_SECONDS)
        checked = subprocess.run(
            [sys.executable, "-m", "ingestd", "check"],
            cwd=ROOT, env=dict(keeper.installation.settings), capture_output=True, text=True, check=False,
        )  # fmt: skip
        stored, rejected = keeper.stored, keeper.number("select count(*) from rejected")
        settled = keeper.settled
        failures += [f"lost: {counters['published'] - settled} of {counters['published']}"] * (
            settled != counters["published"]
        )
        failures += [f"not accounted for: {settled - stored - rejected}"] * (
            settled - stored - rejected != spoiler.repeated
        )
        failures += [f"check: {checked.stdout[-500:]}{checked.stderr[-500:]}"] * (checked.returncode != 0)
        failures += adversary.faults[:20]
        for daemon in (keeper.ingestd, keeper.queryd):
            failures += unexpected(daemon.name, daemon.output)
        memory = {name: growth([sample[name] for sample in samples]) for name in ("ingestd", "queryd")}
        failures += [f"{name} grew: {one}" for name, one in memory.items() if one["last"] > one["early"] * GROWTH_MAX]
        return {
            "minutes": options.minutes,
            "published": counters["published"],
            "settled": settled,
            "stored": stored,
            "rejected": rejected,
            "repeated": spoiler.repeated,
            "spoilt": spoiler.sent,
            "expired": counters["expired"],
            "check": checked.stdout.strip().splitlines()[-1:],
            "answers": dict(adversary.statuses.most_common()),
            "slowest_seconds": round(adversary.slowest, 2),
            "memory_mib": memory,
            "file_mib": round(keeper.database.stat().st_size / 2**20, 1),
            "failures": failures,
        }


class Spoiler:
    """Publishes bad messages, and every tenth a good one twice."""

    def __init__(self, cpa: StandIn, options: argparse.Namespace) -> None:
        self.sent = 0
        self.repeated = 0
        self._cpa = cpa
        self._pause = 1 / options.bad
        self._left_out = options.leave_out
        self._rng = Random(options.seed)
        now = datetime.now(UTC).astimezone(ZONE)
        lines = [payload(one, ZONE) for one, _ in zip(live_attempts(now, options.seed + 7), range(200), strict=False)]
        self._templates = retimed(lines, now)  # of a quiet hour they would reach further ahead than an event may be
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._pause):
            template = self._rng.choice(self._templates)
            if self.sent % 10 == 9:
                message = template.replace(b'"request_id":"', b'"request_id":"%d-' % self.sent, 1)
                self._cpa.publish(message)
                self.repeated += 1
            else:
                message = bad_message(template, self.sent, self._rng, self._left_out)
            self._cpa.publish(message)
            self.sent += 1


def unexpected(name: str, output: Path) -> list[str]:
    """What a daemon logged with a traceback: each kind once, by the last frames, and how often."""
    found: Counter[str] = Counter()
    with output.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith("{") and '"exception"' in line:
                found[str(json.loads(line)["exception"])[-900:]] += 1
    return [f"{name} logged {count} times: {trace}" for trace, count in found.most_common(5)]


def resident(pid: int) -> float:
    """MiB in memory."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)


def growth(samples: list[float]) -> dict[str, float]:
    """Medians of the second and of the last fifth, and the peak, in MiB."""
    fifth = max(1, len(samples) // 5)
    early = samples[fifth : 2 * fifth] or samples
    return {
        "early": round(median(early), 1),
        "last": round(median(samples[-fifth:]), 1),
        "peak": round(max(samples), 1),
    }


if __name__ == "__main__":
    sys.exit(main())
