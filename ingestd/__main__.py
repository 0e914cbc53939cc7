"""`python -m ingestd`: collect until SIGTERM. `python -m ingestd check`: prove that the columns equal the rows.

Exit codes: 0 done, 1 the check found a difference or the start failed, 2 the settings cannot be used.
"""

import random
import signal
import sqlite3
import sys
import threading
from contextlib import closing
from types import FrameType

import structlog

from ingestd import check, installation, retention
from ingestd.dimensions import Dimensions
from ingestd.inbox import Inbox
from ingestd.management import Management
from ingestd.pipeline import Pipeline
from ingestd.pricebook import bundled
from ingestd.pricebook.book import PriceBook
from ingestd.runner import Runner
from ingestd.schedule import TASKS, Schedule, Work
from ingestd.source import Patience, build
from ingestd.source.pace import Pace
from ingestd.store import Store
from ingestd.watch import Watch
from shared import __version__, clock, logs, settings
from shared.clock import SECOND
from shared.database import open_reader, open_writer
from shared.migrations import SchemaTooNew, migrate

REPLY_GRACE_SECONDS = 1.5

log = structlog.get_logger()


def main(arguments: list[str]) -> int:
    try:
        chosen = settings.load()
    except settings.SettingsError as mistakes:
        print(f"ingestd cannot start:\n{mistakes}", file=sys.stderr)  # noqa: T201 - before there is a log
        return 2
    if arguments == ["check"]:
        with closing(open_reader(chosen.database)) as reader:
            return check.main(reader)
    if arguments:
        print("usage: python -m ingestd [check]", file=sys.stderr)  # noqa: T201 - the same
        return 2
    chosen.work_folder.mkdir(parents=True, exist_ok=True)
    logs.configure(
        "ingestd",
        level=chosen.log_level,
        zone=chosen.tz,
        folder=chosen.work_folder / "logs" if chosen.log_file_enabled else None,
        keep_days=chosen.log_retention_days,
    )
    try:
        installation.lock(chosen.work_folder)
        connection = open_writer(chosen.database, "ingestd")
        migrated = migrate(connection, clock.now())
    except (installation.AlreadyRunning, SchemaTooNew, sqlite3.Error) as problem:
        log.error("ingestd.refused", reason=str(problem))  # noqa: TRY400 - the reason is the message; a trace adds nothing
        return 1
    with closing(connection):
        try:
            collect(connection, chosen, migrated)
        except sqlite3.OperationalError as problem:
            log.error("ingestd.failed", reason=str(problem))  # noqa: TRY400 - the same
            return 1
    return 0


def collect(connection: sqlite3.Connection, chosen: settings.Settings, migrated: list[str]) -> None:
    """Compose the daemon and run it."""
    now = clock.now
    seed_prices(connection)
    instance = installation.instance(connection, chosen.cpa_base_url, now())
    inbox = Inbox(connection)
    pipeline = Pipeline(
        inbox,
        Store(
            connection,
            Dimensions(connection, installation.secret(connection), instance),
            PriceBook.load(connection),
        ),
        kept_since=lambda at: retention.kept_since(at, chosen.tz, chosen.event_retention_days),
    )
    key_patience = Patience()
    timeout = chosen.request_timeout / SECOND
    source = build(
        chosen.redis_queue_mode,
        host=chosen.queue_host,
        port=chosen.queue_port,
        tls=chosen.queue_tls,
        base_url=chosen.cpa_base_url,
        management_key=chosen.cpa_management_key,
        skip_verify=chosen.tls_skip_verify,
        timeout_seconds=timeout,
        key_patience=key_patience,
    )
    watch = Watch(
        Management(
            chosen.cpa_base_url,
            chosen.cpa_management_key,
            Patience(key_patience),  # its own patience: a slow answer here must not hold back the queue
            skip_verify=chosen.tls_skip_verify,
            timeout_seconds=timeout,
        ),
        lambda: pipeline.counters.received,
        own_copy=chosen.redis_queue_mode == "subscribe",
        clock=now,
    )
    runner = Runner(
        connection=connection,
        database=chosen.database,
        pipeline=pipeline,
        source=source,
        pace=Pace(chosen.redis_queue_idle_interval / SECOND),
        watch=watch,
        schedule=Schedule(TASKS, now(), lambda jitter: random.randrange(jitter + 1)),  # noqa: S311 - jitter, no secret
        work=Work(connection, inbox, chosen, chosen.database),
        mode=chosen.redis_queue_mode,
        batch_size=chosen.redis_queue_batch_size,
        clock=now,
    )

    def stop(_signal: int, _frame: FrameType | None) -> None:
        runner.stop.set()
        # A reply under way may arrive whole until then; a CPA that hangs must not outlast the supervisor's patience.
        hurry = threading.Timer(REPLY_GRACE_SECONDS, source.close)
        hurry.daemon = True
        hurry.start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    log.info(
        "ingestd.started",
        version=__version__,
        cpa=chosen.cpa_base_url,
        mode=chosen.redis_queue_mode,
        database=str(chosen.database),
        migrated=migrated,
        pending=inbox.pending,
    )
    watch.start()
    runner.run()


def seed_prices(connection: sqlite3.Connection) -> None:
    """Bring the bundled prices up to the installed package. Without them events would be unpriced, not wrong."""
    try:
        added = bundled.refresh(connection, clock.now())
    except bundled.BundleFailed as problem:
        log.error("prices.bundle_failed", reason=str(problem))  # noqa: TRY400 - the same
    else:
        if added:
            log.info("prices.bundled", versions=added)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
