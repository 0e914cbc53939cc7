"""What light requests take while eight questions about 90 days run: milliseconds, idle and crowded."""

import random
import statistics
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.bench.answering import DAYS_90, unseen
from tests.bench.installation import running
from tests.bench.reference import copy

CROWD = 8
HEAVY = ("summary", "breakdown", "latency", "timeseries")
CALLS = 100
LIGHT = {
    "healthz": "/healthz",
    "readyz": "/readyz",
    "file": "/",
    "live": "/api/v1/live",
    "version": "/api/v1/version",
    "newest_events": "/api/v1/events?range=15m",
}


def measure(folder: Path) -> dict[str, Any]:
    copy(folder / "app.db")
    with running(folder) as (installation, _), httpx.Client(base_url=installation.url, timeout=60) as client:
        alone = _calls(client)
        stop = threading.Event()
        answers: list[int] = []
        crowd = [
            threading.Thread(target=_ask_on, args=(installation.url, seed, stop, answers)) for seed in range(CROWD)
        ]
        for thread in crowd:
            thread.start()
        time.sleep(1)
        crowded = _calls(client)
        stop.set()
        for thread in crowd:
            thread.join()
    return {
        "alone": alone,
        "beside_eight_heavy": crowded,
        "heavy_answers": answers.count(200),
        "heavy_told_to_come_again": answers.count(503),
    }


def _calls(client: httpx.Client) -> dict[str, Any]:
    times: dict[str, list[float]] = {name: [] for name in LIGHT}
    for _ in range(CALLS):
        for name, path in LIGHT.items():
            began = time.perf_counter()
            client.get(path).raise_for_status()
            times[name].append((time.perf_counter() - began) * 1_000)
    return {
        name: {"p50_ms": round(statistics.median(each), 1), "max_ms": round(max(each), 1)}
        for name, each in times.items()
    }


def _ask_on(url: str, seed: int, stop: threading.Event, answers: list[int]) -> None:
    chance = random.Random(seed)
    with httpx.Client(base_url=f"{url}/api/v1/", timeout=60) as client:
        while not stop.is_set():
            query = urlencode((*DAYS_90, *unseen(chance)))
            answers.append(client.get(f"{chance.choice(HEAVY)}?{query}").status_code)
