"""`cpa-usage-keeper import FILE`: requests, names and prices from elsewhere, also while the daemons run.

ingestd's tables are written through a connection of ingestd's kind, queryd's through queryd's writer, so that each
table keeps its one writer. Names and prices come first: costs are made by them.
"""

import os
import sqlite3
import sys
import time
from contextlib import ExitStack, closing, suppress
from datetime import datetime
from pathlib import Path

from ingestd import installation
from ingestd.dimensions import Dimensions
from ingestd.imports import open_source
from ingestd.imports.importing import Importer, Report, survey
from ingestd.imports.source import ImportProblem, Source
from ingestd.imports.subjects import Subjects, left_to_enter, subjects
from ingestd.pricebook import catalogue, catalogue_format
from ingestd.pricebook.book import PriceBook
from queryd.connections import Connections
from queryd.errors import Refusal
from queryd.imported import Entered, enter
from queryd.writer import Writer
from shared import clock, process_lock, work_folder
from shared.database import open_reader, open_writer
from shared.migrations import SCHEMA_VERSION, NotOurs, SchemaTooNew, migrate, version
from shared.settings import Settings
from shared.storage_errors import Unusable, explain

_PATIENCE_SECONDS = 10.0
"""How long an edit waits for the collector."""
_TOLD_SECONDS = 1.0


def import_file(chosen: Settings, file: Path, *, dry_run: bool, with_prices: bool) -> int:
    """0 done, 1 not, or not all of it. Says what was done; what went wrong is one sentence."""
    try:
        if dry_run:
            _look(chosen, file, with_prices=with_prices)
        else:
            _import(chosen, file, with_prices=with_prices)
    except (ImportProblem, SchemaTooNew, NotOurs, Unusable, Refusal) as problem:
        return _fail(str(problem))
    except (sqlite3.Error, OSError) as problem:
        return _fail(explain(problem, chosen.database).message)
    except KeyboardInterrupt:
        return _fail("Stopped. What was imported stays; run it again for the rest.")
    return 0


def _look(chosen: Settings, file: Path, *, with_prices: bool) -> None:
    now = clock.now()
    if not chosen.database.exists():
        with closing(open_source(file, {})) as source:
            _tell_report(chosen, source, survey(source, None, now, _Progress(source)), done=False)
            edits = source.edits()
            _tell_edits(len(edits.keys) + len(edits.credentials), len(edits.prices) * with_prices, [])
        return
    with closing(open_reader(chosen.database)) as reader:
        _check(reader)
        with closing(open_source(file, _credentials(reader))) as source:
            _tell_report(chosen, source, survey(source, reader, now, _Progress(source)), done=False)
            edits = source.edits()
            entries, same = left_to_enter(edits, PriceBook(reader), now) if with_prices else ([], [])
            _tell_edits(len(edits.keys) + len(edits.credentials), len(entries), same)


def _import(chosen: Settings, file: Path, *, with_prices: bool) -> None:
    work_folder.prepare(chosen.work_folder, writable=True)
    with ExitStack() as opened:
        beside = True
        with suppress(process_lock.AlreadyHeld):
            opened.callback(os.close, process_lock.hold(chosen.work_folder))
            beside = False
        now = clock.now()
        connection = opened.enter_context(closing(open_writer(chosen.database, "ingestd")))
        if beside:
            _check(connection)
        else:
            migrate(connection, now)
            catalogue.seed(connection, catalogue_format.read(), now)
        secret = installation.secret(connection)
        dimensions = Dimensions(connection, secret, installation.instance(connection, chosen.cpa_base_url, now))
        source = opened.enter_context(closing(open_source(file, _credentials(connection))))
        edits = source.edits()
        if not with_prices:
            edits = edits._replace(prices=())
        found = subjects(connection, dimensions, PriceBook(connection), edits, now)
        entered = _enter(chosen, found, now) if found.labels or found.prices else Entered()
        importer = Importer(connection, dimensions, PriceBook(connection), beside=beside)
        report = importer.run(source, now, _Progress(source))
        _tell_report(chosen, source, report, done=True)
        _tell_entered(entered, found.same)


def _enter(chosen: Settings, found: Subjects, now: int) -> Entered:
    connections = Connections(chosen.database, size=1)
    writer = Writer(connections, patience=_PATIENCE_SECONDS)
    try:
        return enter(writer, found.labels, found.prices, found.rules, now)
    finally:
        writer.close()
        connections.close()


def _check(connection: sqlite3.Connection) -> None:
    """A running ingestd has brought the file to its schema; another program than it must not write there."""
    if (have := version(connection)) != SCHEMA_VERSION:
        raise ImportProblem(
            f"the file has schema {have}, this program knows {SCHEMA_VERSION}: start the ingestd of this version first"
        )


def _credentials(connection: sqlite3.Connection) -> dict[str, tuple[str, str]]:
    return {
        auth_index: (provider, auth_type)
        for auth_index, provider, auth_type in connection.execute(
            "select auth_index, provider, auth_type from credential where auth_index <> ''"
        )
    }


class _Progress:
    """Says on standard error how far it is: in one line on a terminal, else now and then."""

    def __init__(self, source: Source) -> None:
        self._total = source.total
        self._began = self._told_at = time.monotonic()
        self._terminal = sys.stderr.isatty()

    def __call__(self, entries: int) -> None:
        now = time.monotonic()
        if now - self._told_at < (_TOLD_SECONDS if self._terminal else 10 * _TOLD_SECONDS):
            return
        self._told_at = now
        share = f" of {self._total:,} ({entries / self._total:.0%})" if self._total else ""
        rate = entries / (now - self._began)
        _say(f"{entries:,}{share}, {rate:,.0f} a second", end="\r" if self._terminal else "\n")


def _tell_report(chosen: Settings, source: Source, report: Report, *, done: bool) -> None:
    span = ""
    if report.first is not None and report.last is not None:
        days = [datetime.fromtimestamp(at / 1_000_000, chosen.tz).date() for at in (report.first, report.last)]
        span = f", {days[0]} to {days[1]} ({chosen.tz.key})"
    print(f"{source.kind}: {report.entries:,} requests")  # noqa: T201 - the command's output
    print(f"  {'imported' if done else 'would be imported'}: {report.added:,}{span}")  # noqa: T201 - the same
    print(f"  here already: {report.known:,}")  # noqa: T201 - the same
    for reason, count in sorted(report.unusable.items()):
        if count:
            print(f"  left out: {count:,} {reason}")  # noqa: T201 - the same
    if done and report.added:
        unpriced = f", {report.unpriced:,} without a price" if report.unpriced else ""
        print(f"  cost at API prices: ${report.cost_nanos / 1e9:,.2f}{unpriced}")  # noqa: T201 - the same


def _tell_edits(names: int, prices: int, same: list[str]) -> None:
    print(f"  names of keys and accounts: {names}, prices: {prices}")  # noqa: T201 - the command's output
    _tell_same(same)


def _tell_entered(entered: Entered, same: tuple[str, ...]) -> None:
    print(  # noqa: T201 - the command's output
        f"  entered: {entered.labels} names, {entered.prices} prices, {entered.rules} rules;"
        f" {entered.known} were here already"
    )
    for sentence in entered.refused:
        print(f"  not entered: {sentence}")  # noqa: T201 - the same
    _tell_same(list(same))


def _tell_same(same: list[str]) -> None:
    if same:
        print(f"  left to the catalogue, which has the same price: {', '.join(same)}")  # noqa: T201 - the command's output


def _say(text: str, end: str = "\n") -> None:
    print(f"\x1b[K{text}" if end == "\r" else text, end=end, file=sys.stderr, flush=True)  # noqa: T201 - for a person


def _fail(sentence: str) -> int:
    _say(sentence)
    return 1
