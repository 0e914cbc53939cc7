"""What the page of 500 credentials asks of queryd: milliseconds within the process, on the reference data set.

400 accounts with three windows each and twenty readings of each window, 100 keys with fifty models each; asked at the
end of the data, by a clock that stands there, so that every run measures the same windows. `first`: by a process that
has read nothing yet. `repeated`: what a page that stays open waits for.
"""

import gc
import json
import logging
import statistics
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import falcon.testing
import structlog

from ingestd import installation
from ingestd.metadata.listed import AUTH_FILES, Listed
from ingestd.metadata.store import MetadataStore
from ingestd.quota.judge import judge
from ingestd.quota.keep import keep
from ingestd.quota.rows import FIVE_HOURS, WEEK, Answer, Length, Row
from queryd.app import create_app
from queryd.connections import Connections
from queryd.endpoints import API
from shared.clock import DAY, HOUR, SECOND
from shared.database import open_writer
from shared.settings import load
from tests.bench.reference import ANCHOR, copy

KEYS = 100
MODELS = 50
READINGS = 20
CALLS = 40
NOW = ANCHOR
_WINDOWS = (("five_hour", FIVE_HOURS, 2 * HOUR), ("seven_day", WEEK, 3 * DAY), ("seven_day_opus", WEEK, 3 * DAY))
"""Key, length in seconds, and how long until its reset, microseconds."""


def measure(folder: Path) -> dict[str, Any]:
    database = copy(folder / "app.db")
    with closing(open_writer(database, "ingestd")) as writer:
        credentials = [row[0] for row in writer.execute("select id from credential where auth_index <> '' order by id")]
        _list(writer, credentials)
        _read(writer, credentials[KEYS:])
        while judge(writer, NOW):
            pass
    (folder / "no.env").touch(0o600)
    required = {"CPA_BASE_URL": "http://127.0.0.1:9", "CPA_MANAGEMENT_KEY": "made-up-key", "APP_HOST": "127.0.0.1"}
    settings = load({**required, "WORK_DIR": str(folder), "TZ": "Asia/Shanghai"}, folder / "no.env")
    asked = {
        "quota": "quota",
        "attention": "quota/attention",
        "breakdown_7d": "breakdown?from=2026-11-18&to=2026-11-25&by=credential&limit=500&compare=previous",
        "names": "credentials",
        "drawer": f"quota/{credentials[-1]}",
    }
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))  # else a line a call
    return {name: _time(settings, f"{API}/{path}") for name, path in asked.items()}


def _list(writer: Any, credentials: Sequence[int]) -> None:
    """What CPA says of them: some keys, the rest accounts."""
    store = MetadataStore(installation.secret(writer), installation.instance(writer, "bench", ANCHOR))
    indexes = dict(writer.execute("select id, auth_index from credential").fetchall())
    models = json.dumps([[f"vendor/model-{number}", f"model-{number}"] for number in range(MODELS)])
    listed: dict[str, list[Listed]] = {"openai-compatibility": [], AUTH_FILES: []}
    for place, credential in enumerate(credentials):
        index = indexes[credential]
        if place < KEYS:
            key = Listed(
                auth_index=index, auth_type="apikey", provider="openai-compatible-bench", label=f"Provider {place:03d}",
                name=f"Provider {place:03d}", base_url="https://provider.example/v1", models=models, priority=place % 5,
            )  # fmt: skip
            listed["openai-compatibility"].append(key)
        else:
            email = f"account-{index[:4]}-{place:03d}@example.com"
            account = Listed(
                auth_index=index, auth_type="oauth", provider="claude", label=email, email=email, status="active",
            )  # fmt: skip
            listed[AUTH_FILES].append(account)
    for name, entries in listed.items():
        store.keep_credentials(writer, name, entries, NOW - DAY)


def _read(writer: Any, accounts: Sequence[int]) -> None:
    """What their windows said, an ever greater part used."""
    writer.execute("begin")
    for number in range(READINGS):
        at = NOW - (READINGS - number) * 6 * 60 * SECOND
        for place, credential in enumerate(accounts):
            used = 5.0 + number * (1 + place % 5)
            rows = [_row(key, length, resets_in, used) for key, length, resets_in in _WINDOWS]
            keep(writer, credential, Answer(rows=rows), "headers", at)
    writer.execute("commit")


def _row(key: str, length: int, resets_in: int, used: float) -> Row:
    resets_at = datetime.fromtimestamp((NOW + resets_in) / SECOND, UTC).isoformat()
    return Row(
        key=key, label=key, scope="window", used_percent=used, window=Length(seconds=length), reset_at=resets_at
    )  # fmt: skip


def _time(settings: Any, path: str) -> dict[str, float]:
    with closing(Connections(settings.database)) as connections:
        app = create_app(settings, connections, lambda: NOW)
        client = falcon.testing.TestClient(app, headers={"Host": "127.0.0.1", "Accept-Encoding": "gzip"})
        gc.collect()
        gc.freeze()  # as queryd does
        times, size = [], 0
        for _ in range(1 + CALLS):
            began = time.perf_counter()
            answer = client.simulate_get(path)
            times.append((time.perf_counter() - began) * 1_000)
            if answer.status_code != 200:
                raise RuntimeError(f"{path}: {answer.status_code} {answer.text[:300]}")
            size = len(answer.content)
    first, *others = times
    others.sort()
    return {
        "first_ms": round(first, 1),
        "repeated_p50_ms": round(statistics.median(others), 1),
        "repeated_p95_ms": round(others[int(0.95 * (len(others) - 1))], 1),
        "bytes": size,
    }
