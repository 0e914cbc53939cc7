"""queryd on the reference data set: time and size of each answer, idle and while 500 events a second arrive.

`fresh`: each request has filters that were not asked before, so nothing of the answer can have been kept.
`repeated`: the same request again and again, from the third on (what is asked twice is remembered); new events arrive
in between when the feed runs.
"""

import random
import statistics
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.bench.installation import running
from tests.bench.process import cpu, memory
from tests.bench.reference import copy

CALLS = 60
WARM_UP = 2
RATE = 500

DAYS_30 = (("from", "2026-10-26"), ("to", "2026-11-25"))
DAYS_90 = (("from", "2026-08-27"), ("to", "2026-11-25"))
Query = tuple[str, tuple[tuple[str, str], ...]]

AGGREGATES: dict[str, Query] = {
    "summary_30d": ("summary", DAYS_30),
    "summary_30d_compared": ("summary", (*DAYS_30, ("compare", "previous"), ("sparkline", "28"))),
    "timeseries_30d_day_by_model": (
        "timeseries",
        (*DAYS_30, ("granularity", "day"), ("metrics", "cost_nanos,requests"), ("group_by", "model")),
    ),
    "timeseries_30d_hour_by_api_key": (
        "timeseries",
        (*DAYS_30, ("granularity", "hour"), ("metrics", "total_tokens"), ("group_by", "api_key")),
    ),
    **{
        f"breakdown_30d_{by}": ("breakdown", (*DAYS_30, ("by", by)))
        for by in ("model", "api_key", "credential", "client")
    },
    "latency_30d": ("latency", (*DAYS_30, ("granularity", "day"))),
    "heatmap_30d": ("heatmap", (*DAYS_30, ("x", "hour"), ("y", "weekday"), ("metric", "success_rate"))),
    "filters_30d": ("filters", DAYS_30),
    "summary_90d": ("summary", DAYS_90),
    "timeseries_90d_day_by_model": (
        "timeseries",
        (*DAYS_90, ("granularity", "day"), ("metrics", "cost_nanos"), ("group_by", "model")),
    ),
    "breakdown_90d_model": ("breakdown", (*DAYS_90, ("by", "model"))),
}
LOG: dict[str, Query] = {
    "events_90d_newest": ("events", DAYS_90),
    "events_90d_by_cost": ("events", (*DAYS_90, ("sort", "-cost_nanos"))),
    "events_90d_by_latency": ("events", (*DAYS_90, ("sort", "-latency_ms"))),
    "events_90d_failed": ("events", (*DAYS_90, ("result", "failed"))),
    "events_90d_rare": ("events", (*DAYS_90, ("status", "401"), ("provider", "xai"), ("sort", "-total_tokens"))),
    "events_90d_search": ("events", (*DAYS_90, ("q", "opus"))),
}


def measure(folder: Path) -> dict[str, Any]:
    copy(folder / "app.db")
    with running(folder) as (installation, feed):
        with httpx.Client(base_url=f"{installation.url}/api/v1/", timeout=60) as client:
            idle = _round(client, 1)
            feed.publish(RATE, 3600)
            time.sleep(2)
            before, began = cpu(installation.queryd.pid), time.monotonic()
            loaded = _round(client, 2)
            share = (cpu(installation.queryd.pid) - before) / (time.monotonic() - began) * 100
        costs = {
            "queryd": memory(installation.queryd.pid) | {"cpu_percent_while_asked": round(share, 1)},
            "ingestd": memory(installation.ingestd.pid),
        }
    return {"idle": idle, "while_500_per_second_arrive": loaded, "memory": costs}


def _round(client: httpx.Client, seed: int) -> dict[str, Any]:
    chance = random.Random(seed)
    results: dict[str, Any] = {}
    for name, (path, query) in AGGREGATES.items():
        fresh = _time(client, [(path, (*query, *unseen(chance))) for _ in range(CALLS)])
        results[name] = {"fresh": fresh, "repeated": _time(client, [(path, query)] * (WARM_UP + CALLS), WARM_UP)}
    for name, (path, query) in LOG.items():
        results[name] = {"repeated": _time(client, [(path, query)] * (WARM_UP + CALLS), WARM_UP)}
    ids = [event["id"] for event in client.get("events", params=dict(DAYS_90)).json()["events"]]
    results["event"] = {"fresh": _time(client, [(f"events/{chance.choice(ids)}", ()) for _ in range(CALLS)])}
    return results


def unseen(chance: random.Random) -> tuple[tuple[str, str], ...]:
    """Two excluding filters that were not asked together before (50 models, 50 keys, 500 credentials)."""
    return ("model", f"!model-{chance.randrange(42):02d}"), ("credential", f"!{chance.randrange(1, 500)}")


def _time(client: httpx.Client, queries: list[Query], warm_up: int = 0) -> dict[str, float]:
    times, size = [], 0
    for path, query in queries:
        url = f"{path}?{urlencode(query)}" if query else path
        began = time.perf_counter()
        with client.stream("GET", url) as response:
            body = b"".join(response.iter_raw())
        times.append((time.perf_counter() - began) * 1_000)
        if response.status_code != 200:
            raise RuntimeError(f"{url}: {response.status_code} {body[:300]!r}")
        size = max(size, len(body))
    times = sorted(times[warm_up:])
    return {
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(times[int(0.95 * (len(times) - 1))], 1),
        "p99_ms": round(times[-1], 1),
        "bytes": size,
    }
