"""The composition of the daemon: which part gets which connection, thread and peer."""

import random
import signal
import sqlite3
import threading
from contextlib import ExitStack
from types import FrameType

import structlog

from ingestd import installation, unfiled
from ingestd.accounts import Accounts
from ingestd.accounts.api_call import LOOKUP_SECONDS
from ingestd.accounts.refresh import Refresher
from ingestd.checkpoint import CHECKPOINTS_NOTHING, Checkpointer
from ingestd.collector import Collector
from ingestd.command_kinds import KINDS
from ingestd.commands import Commands
from ingestd.cpa.address import Address
from ingestd.cpa.backoff import Backoff
from ingestd.cpa.http_client import HttpClient
from ingestd.cpa.management import ManagementClient
from ingestd.diagnosis import Situation
from ingestd.dimensions import Dimensions
from ingestd.handover import Handover
from ingestd.heartbeat import Heartbeat
from ingestd.inbox import Inbox
from ingestd.loss import LossMeter
from ingestd.loss.collecting import Collecting
from ingestd.loss.store import last_collected
from ingestd.metadata import Metadata
from ingestd.metadata.store import MetadataStore
from ingestd.monitor import Monitor
from ingestd.pipeline import Pipeline
from ingestd.pricebook.book import PriceBook
from ingestd.queue import build
from ingestd.queue.errors_channel import ErrorsChannel
from ingestd.queue.poll_interval import PollInterval
from ingestd.schedule import Schedule, Thread
from ingestd.store import Store
from ingestd.tasks import TASKS, Work
from ingestd.worker import Worker
from shared import __version__, clock
from shared.clock import SECOND
from shared.database import open_writer
from shared.redaction import without_login
from shared.settings import Settings
from shared.systemd import Notifier

REPLY_GRACE_SECONDS = 1.5
REFRESH_DELAY = 2 * SECOND
"""CPA announces each change of a file; a group of them is one refresh."""

log = structlog.get_logger()


def collect(connection: sqlite3.Connection, chosen: Settings, migrated: list[str]) -> None:
    """Compose the daemon on an open, migrated file and run it until SIGTERM or SIGINT."""
    secret = installation.secret(connection)
    instance = installation.instance(connection, chosen.cpa_base_url, clock.now())
    inbox = Inbox(connection)
    taken_back = unfiled.take_back(chosen.work_folder, inbox, clock.now())
    pipeline = Pipeline(
        inbox,
        Store(connection, Dimensions(connection, secret, instance), PriceBook(connection)),
    )
    timeout = chosen.request_timeout / SECOND
    key_backoff = Backoff()
    queue = build(
        chosen.redis_queue_mode,
        host=chosen.queue_host,
        port=chosen.queue_port,
        tls=chosen.queue_tls,
        base_url=chosen.cpa_base_url,
        management_key=chosen.cpa_management_key,
        skip_verify=chosen.tls_skip_verify,
        timeout_seconds=timeout,
        key_backoff=key_backoff,
    )
    management_http = HttpClient(
        chosen.cpa_base_url,
        chosen.cpa_management_key,
        skip_verify=chosen.tls_skip_verify,
        timeout_seconds=timeout,
    )
    management = ManagementClient(
        management_http,
        Backoff(key_backoff),  # its own: a slow answer here must not hold back the queue
    )
    monitor = Monitor(
        management,
        queue,
        received=lambda: pipeline.counters.received,
        able=lambda: queue.connected and collector.storage_trouble is None,
        clock=clock.now,
    )
    collecting = Collecting(last_collected(connection), clock=clock.now, monotonic=clock.monotonic)
    loss = LossMeter(
        management,
        collecting,
        tally=lambda: pipeline.tally,
        pending=lambda: pipeline.pending,
        kept_by_cpa=lambda: not queue.own_copy,
        zone=chosen.tz,
        settled_at_start=inbox.settled,
        monotonic=clock.monotonic,
    )
    metadata = Metadata(management, MetadataStore(secret, instance))
    refresher = Refresher(
        client=lambda: ManagementClient(
            HttpClient(
                chosen.cpa_base_url,
                chosen.cpa_management_key,
                skip_verify=chosen.tls_skip_verify,
                timeout_seconds=LOOKUP_SECONDS,
            ),
            Backoff(key_backoff),
        ),
        workers=chosen.quota_refresh_worker_limit,
        folder=chosen.work_folder,
        clock=clock.now,
    )
    accounts = Accounts(management, refresher, instance, clock.now)
    with ExitStack() as opened:
        handover = Handover()
        errors = ErrorsChannel(
            Address(
                chosen.queue_host,
                chosen.queue_port,
                chosen.cpa_management_key,
                tls=chosen.queue_tls,
                skip_verify=chosen.tls_skip_verify,
                timeout_seconds=timeout,
            ),
            Backoff(key_backoff),
            heard=lambda: worker.hasten("keep_failures", delay=SECOND),
        )
        opened.callback(errors.close)
        own = _open(chosen)
        work = Work(own, inbox, chosen, monitor, loss, metadata, handover, accounts, errors)
        worker = Worker(
            work,
            _schedule("worker"),
            Commands(work, KINDS, clock=clock.now, monotonic=clock.monotonic),
            cancel_calls=accounts.close,
            clock=clock.now,
            monotonic=clock.monotonic,
        )
        opened.callback(worker.close)
        opened.callback(work.backup.stop)
        collector = Collector(
            connection=connection,
            database=chosen.database,
            pipeline=pipeline,
            queue=queue,
            poll_interval=PollInterval(chosen.redis_queue_idle_interval / SECOND),
            schedule=_schedule("collector"),
            work=Work(connection, inbox, chosen, monitor, loss, metadata, handover, accounts, errors),
            batch_size=chosen.redis_queue_batch_size,
            refresh=lambda: _refresh(worker),
            notifier=Notifier(longest_round=chosen.request_timeout),
            clock=clock.now,
            monotonic=clock.monotonic,
        )
        heartbeat = Heartbeat(
            _open(chosen),
            pipeline,
            inbox,
            situation=lambda: Situation(
                queue=queue.status(),
                findings=monitor.findings,
                storage=collector.storage_trouble,
                waiting=collector.waiting,
                mode=chosen.redis_queue_mode,
                queue_address=f"{chosen.queue_host}:{chosen.queue_port}",
                cpa_version=management_http.cpa_version,
                collected_at=collecting.last,
                uncompared_since=collecting.uncompared_since,
            ),
            disk_free=lambda: collector.disk_free,
            clock=clock.now,
        )
        opened.callback(heartbeat.close)
        connection.execute(CHECKPOINTS_NOTHING)
        checkpointer = Checkpointer(_open(chosen))
        opened.callback(checkpointer.close)

        def stop(_signal: int, _frame: FrameType | None) -> None:
            collector.stop.set()
            # A reply under way may arrive whole until then; a CPA that hangs must not outlast the supervisor.
            forced_close = threading.Timer(REPLY_GRACE_SECONDS, queue.close)
            forced_close.daemon = True
            forced_close.start()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        log.info(
            "ingestd.started",
            version=__version__,
            cpa=without_login(chosen.cpa_base_url),
            mode=chosen.redis_queue_mode,
            database=str(chosen.database),
            migrated=migrated,
            pending=inbox.pending,
            taken_back=taken_back,
        )
        errors.start()
        checkpointer.start()
        collector.run(heartbeat, worker)


def _open(chosen: Settings) -> sqlite3.Connection:
    """A connection for one thread."""
    connection = open_writer(chosen.database, "ingestd")
    connection.execute(CHECKPOINTS_NOTHING)
    return connection


def _schedule(thread: Thread) -> Schedule:
    tasks = tuple(task for task in TASKS if task.thread == thread)
    return Schedule(tasks, clock.monotonic(), lambda jitter: random.randrange(jitter + 1))  # noqa: S311 - jitter, no secret


def _refresh(worker: Worker) -> None:
    """CPA said that its credentials or configuration changed."""
    for task in ("refresh_credentials", "refresh_keys"):
        worker.hasten(task, delay=REFRESH_DELAY)
