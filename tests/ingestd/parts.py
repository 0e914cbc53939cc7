"""Parts of the daemon for tests: the real ones, against a stand-in, closed in the end."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ingestd import installation
from ingestd.accounts import Accounts
from ingestd.accounts.refresh import Refresher
from ingestd.cpa.address import Address
from ingestd.cpa.backoff import Backoff
from ingestd.cpa.http_client import HttpClient
from ingestd.cpa.management import ManagementClient
from ingestd.handover import Handover
from ingestd.loss import LossMeter
from ingestd.loss.collecting import Collecting
from ingestd.metadata import Metadata
from ingestd.metadata.store import MetadataStore
from ingestd.monitor import Monitor
from ingestd.queue import Failover, build
from ingestd.queue.errors_channel import ErrorsChannel
from ingestd.tasks import Work
from shared import settings
from shared.clock import Clock
from tests.cpa.stand_in import DEFAULT_KEY, StandIn
from tests.ingestd.conftest import NOW, Line


class Monotonic:
    """Monotonic microseconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 1_000_000_000

    def __call__(self) -> int:
        return self.now

    def seconds(self) -> float:
        return self.now / 1_000_000

    def pass_by(self, seconds: float) -> None:
        self.now += round(seconds * 1_000_000)


class Parts:
    def __init__(self) -> None:
        self._made: list[Any] = []

    def close(self) -> None:
        for part in self._made:
            part.close()

    def management(
        self, cpa: StandIn, key: str = DEFAULT_KEY, backoff: Backoff | None = None, *, timeout_seconds: float = 5.0
    ) -> ManagementClient:
        client = HttpClient(cpa.url, key, skip_verify=False, timeout_seconds=timeout_seconds)
        self._made.append(client)
        return ManagementClient(client, backoff or Backoff())

    def queue(self, cpa: StandIn, mode: Any = "pop", **options: Any) -> Failover:
        host, port = cpa.address
        known: dict[str, Any] = {
            "host": host,
            "port": port,
            "tls": False,
            "base_url": cpa.url,
            "management_key": DEFAULT_KEY,
            "skip_verify": False,
            "timeout_seconds": 5.0,
        }
        made = build(mode, **(known | options))
        self._made.append(made)
        return made

    def monitor(self, cpa: StandIn, line: Line, queue: Failover, monotonic: Monotonic, *, able: bool = True) -> Monitor:
        return Monitor(
            self.management(cpa),
            queue,
            received=lambda: line.pipeline.counters.received,
            able=lambda: able,
            clock=lambda: NOW,
            monotonic=monotonic.seconds,
        )

    def loss(self, cpa: StandIn, line: Line, **options: Any) -> LossMeter:
        known: dict[str, Any] = {
            "tally": lambda: line.pipeline.tally,
            "pending": lambda: line.pipeline.pending,
            "kept_by_cpa": lambda: True,
            "zone": ZoneInfo("UTC"),
            "settled_at_start": line.inbox.settled,
            "monotonic": Monotonic(),
        }
        collecting = options.pop("collecting", None) or Collecting(None, clock=lambda: NOW, monotonic=Monotonic())
        return LossMeter(self.management(cpa), collecting, **(known | options))

    def metadata(self, cpa: StandIn, line: Line, **options: Any) -> Metadata:
        store = MetadataStore(installation.secret(line.connection), 1)
        return Metadata(self.management(cpa, **options), store)

    def work(
        self, cpa: StandIn, line: Line, queue: Failover, folder: Path, *, collecting: Collecting | None = None
    ) -> Work:
        chosen = settings.load({"CPA_BASE_URL": cpa.url, "CPA_MANAGEMENT_KEY": DEFAULT_KEY, "WORK_DIR": str(folder)})
        return Work(
            line.connection,
            line.inbox,
            chosen,
            self.monitor(cpa, line, queue, Monotonic()),
            self.loss(cpa, line, collecting=collecting),
            self.metadata(cpa, line),
            Handover(),
            self.accounts(cpa, folder),
            self.errors(cpa),
        )

    def errors(self, cpa: StandIn, *, key: str = DEFAULT_KEY) -> ErrorsChannel:
        """Not started."""
        host, port = cpa.address
        made = ErrorsChannel(Address(host, port, key, timeout_seconds=5.0), Backoff(), lambda: None)
        self._made.append(made)
        return made

    def accounts(self, cpa: StandIn, folder: Path, *, workers: int = 4, clock: Clock = lambda: NOW) -> Accounts:
        refresher = Refresher(client=lambda: self.management(cpa), workers=workers, folder=folder, clock=clock)
        made = Accounts(self.management(cpa), refresher, 1, clock)
        self._made.append(made)
        return made
