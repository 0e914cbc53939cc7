"""A simulated CPA and both daemons, with a past or without one."""

import ssl
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from tests.browser import afternoon
from tests.browser.dashboard import leave
from tests.cpa.company_documents import CompanyDocuments
from tests.cpa.stand_in import DEFAULT_KEY, StandIn
from tests.cpa.traffic.attempt import Attempt, payload
from tests.daemons import ROOT, Installation

DAYS = 14
"""Two weeks: the last seven days, and the seven before them to compare with."""
_SECONDS = 90.0


@dataclass
class World:
    """What a test of the dashboard acts on, and what it knows of it beforehand."""

    cpa: StandIn
    installation: Installation
    now: datetime
    """When it began, in the zone of the daemons."""
    attempts: Sequence[Attempt] = ()
    published: int = field(default=0)

    @property
    def url(self) -> str:
        return self.installation.url

    def ask(self, question: str) -> Any:
        """The API's answer: `ask("summary?range=7d")`."""
        response = httpx.get(f"{self.url}/api/v1/{question}", timeout=30)
        assert response.status_code == 200, response.text
        return response.json()

    def publish(self, payloads: Iterable[bytes]) -> None:
        """Let these requests happen, and wait until queryd knows of them."""
        fresh = list(payloads)
        self.cpa.publish_many(fresh)
        self.published += len(fresh)
        self.collected()

    def collected(self) -> None:
        """Wait until everything that was published can be asked for, and the collector has shown itself."""
        deadline = time.monotonic() + _SECONDS
        while True:
            with suppress(httpx.TransportError):
                status = httpx.get(f"{self.url}/api/v1/status", timeout=10).json()
                has_all = (status.get("database", {}).get("events") or 0) >= self.published
                if has_all and (status.get("ingestd") or {}).get("alive"):
                    return
            self.installation.ingestd.check()
            self.installation.queryd.check()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.published} requests were not collected within {_SECONDS:.0f} s")
            time.sleep(0.05)


@contextmanager
def world(
    folder: Path, past: Iterable[bytes] = (), attempts: Sequence[Attempt] = (), **settings: str
) -> Iterator[World]:
    """Both daemons on a new file, everything in `past` collected."""
    if not (ROOT / "webui" / "dist" / "index.html").is_file():
        raise RuntimeError("the dashboard is not built: run `make setup`")
    now = datetime.now(UTC)
    zone = afternoon.zone_of_afternoon(now)
    payloads = list(past)
    with StandIn(documents=CompanyDocuments(zone), retention_seconds=3600) as cpa:
        cpa.publish_many(payloads)
        settings = {"TZ": zone.key, "REDIS_QUEUE_IDLE_INTERVAL": "100ms", **settings}
        with Installation(folder, cpa.url, DEFAULT_KEY, **settings) as installation:
            installation.wait_ready()
            made = World(cpa, installation, now.astimezone(zone), attempts, len(payloads))
            made.collected()
            try:
                yield made
            finally:
                leave(made.url)


@contextmanager
def full_world(folder: Path, **settings: str) -> Iterator[World]:
    """The company's last two weeks."""
    now = datetime.now(UTC)
    now = now.astimezone(afternoon.zone_of_afternoon(now))
    made = list(afternoon.attempts(DAYS, now))
    with world(folder, [payload(attempt, now.tzinfo or UTC) for attempt in made], made, **settings) as one:
        yield one


@contextmanager
def queryd_alone(folder: Path, work_folder: Path, **settings: str) -> Iterator[tuple[str, Installation]]:
    """queryd on a WORK_DIR whose ingestd is another's business, or not there at all; answers its URL once it does."""
    folder.mkdir(exist_ok=True)
    installation = Installation(folder, "http://127.0.0.1:9", DEFAULT_KEY, WORK_DIR=str(work_folder), **settings)
    installation.queryd.start()
    trusted = ssl.create_default_context(cafile=settings.get("TLS_CERT_FILE"))
    try:
        deadline = time.monotonic() + _SECONDS
        while True:
            installation.queryd.check()
            with suppress(httpx.TransportError):
                if httpx.get(f"{installation.url}/healthz", timeout=5, verify=trusted).status_code == 200:
                    break
            if time.monotonic() > deadline:
                raise TimeoutError(f"{installation.url} does not answer")
            time.sleep(0.05)
        yield installation.url, installation
    finally:
        leave(installation.url)
        installation.queryd.kill()
        installation.ingestd.kill()
