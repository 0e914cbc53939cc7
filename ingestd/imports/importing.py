"""Writes what a source has and the file has not, a batch a transaction, all effects at once, as the pipeline does.

It may run beside a collecting ingestd, as another process with a connection of its own: a batch is then small, and
gives way to the collector. Each batch leaves its records as a chunk, and chunks of one import become larger ones, so
that the columns equal the rows at any moment, also when it is killed; what is left is imported by the next run.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from time import monotonic

from ingestd.dimensions import CACHE_ROWS, Dimensions
from ingestd.imports.known import Known
from ingestd.imports.source import Imported, ImportProblem, Source, Unusable
from ingestd.pipeline import AHEAD_MAX, EARLIEST
from ingestd.pricebook.book import PriceBook
from ingestd.retention import events_removed_before
from ingestd.seal import IMPORTED, Neighbour, merged_columns, replace_chunks, write_records
from ingestd.short_write import WRITE_SECONDS, give_way
from ingestd.store import ADD_NUMBER, INSERT_DETAIL, INSERT_EVENT, SET_NUMBER, Place, event_row, kept_text
from shared.columns import CHUNK_ROWS_MAX, MERGE_CHUNKS, TAIL_ROWS
from shared.database import transaction
from shared.event_id import request_number
from shared.version import next_revision

BATCH_ROWS = TAIL_ROWS
"""Entries in one transaction where nobody else writes."""

BATCH_ROWS_BESIDE = (256, 1_024)
"""Fewest and most entries in one transaction beside a collector: as many as WRITE_SECONDS are enough for. Fewer would
cost more for the transaction than for its entries, and on a busy machine an import would not end."""

Progress = Callable[[int], None]
"""Told after each batch how many entries of the source are done."""


@dataclass(slots=True)
class Report:
    """What an import did, or would do. Times in UTC epoch microseconds, None where there is no event."""

    added: int = 0
    known: int = 0
    unusable: Counter[str] = field(default_factory=Counter)
    first: int | None = None
    last: int | None = None
    cost_nanos: int = 0
    unpriced: int = 0

    @property
    def entries(self) -> int:
        return self.added + self.known + sum(self.unusable.values())

    def add(self, fresh: list[Imported]) -> None:
        times = [each.event.occurred_at for each in fresh]
        if times:
            self.added += len(times)
            self.first = min(times) if self.first is None else min(self.first, *times)
            self.last = max(times) if self.last is None else max(self.last, *times)


class Importer:
    """Imports into the file of one writing connection."""

    def __init__(
        self, connection: sqlite3.Connection, dimensions: Dimensions, book: PriceBook, *, beside: bool
    ) -> None:
        """`beside`: an ingestd collects into the same file."""
        self._connection = connection
        self._dimensions = dimensions
        self._book = book
        self._known = Known(connection)
        self._beside = beside
        self._rows = BATCH_ROWS_BESIDE[0] if beside else BATCH_ROWS
        self._called_ids: dict[tuple[str, str, str], tuple[int, int]] = {}
        self._levels: list[list[Neighbour]] = []
        """Chunks that wait for others of their size."""

    def run(self, source: Source, now: int, progress: Progress) -> Report:
        """Import all of `source`. Raises `ImportProblem` and what SQLite raises; what is done stays done."""
        report = Report()
        for batch in batches(source, lambda: self._rows, now, report):
            began = self._store(batch, now, report)
            if self._beside:
                self._adapt(monotonic() - began)
                give_way(began)
            self._merge_full_levels()
            progress(report.entries)
        self._merge_rest()
        return report

    def _adapt(self, seconds: float) -> None:
        """Take fewer entries where the last ones held the collector up for too long, more where there is time."""
        fewest, most = BATCH_ROWS_BESIDE
        if seconds > WRITE_SECONDS:
            self._rows = max(fewest, self._rows // 2)
        elif seconds < WRITE_SECONDS / 4:
            self._rows = min(most, self._rows * 2)

    def _store(self, batch: list[Imported], now: int, report: Report) -> float:
        """Gives when the file was its own (monotonic seconds): to wait for it holds nobody up."""
        self._book.refresh()
        try:
            with transaction(self._connection):
                began = monotonic()
                removed_before = events_removed_before(self._connection)
                kept = [each for each in batch if each.event.occurred_at >= removed_before]
                fresh = self._known.fresh(kept)
                made = self._write(fresh, now) if fresh else None
        except BaseException:
            self._dimensions.forget()
            self._book.forget()
            self._called_ids.clear()
            raise
        report.unusable[Unusable.REMOVED] += len(batch) - len(kept)
        report.known += len(kept) - len(fresh)
        report.add(fresh)
        if made is not None:
            chunk, costs = made
            report.cost_nanos += sum(cost for cost in costs if cost is not None)
            report.unpriced += costs.count(None)
            self._put(0, chunk)
        return began

    def _write(self, fresh: list[Imported], now: int) -> tuple[Neighbour, list[int | None]]:
        rows, records, details = [], [], []
        dimensions, book = self._dimensions, self._book
        for each in fresh:
            event = each.event
            number = request_number(event.request_id)
            place = Place(each.digest, number, each.outcome, 0, *self._called(each, now))
            row, record = event_row(dimensions, book, event, each.tokens, place, now=now)
            rows.append(row)
            records.append(record)
            if event.fail_body or (number is None and event.request_id):
                odd = event.request_id if number is None else ""
                details.append(
                    (
                        event.occurred_at,
                        each.digest,
                        kept_text(event.fail_body),
                        "",
                        odd.encode("utf-8", "replace").decode()[:200],
                    )
                )
        if self._connection.executemany(INSERT_EVENT, rows).rowcount != len(rows):
            raise ImportProblem("two entries of one batch have one identity")
        if details:
            self._connection.executemany(INSERT_DETAIL, details)
        packed = b"".join(records)
        chunk_id = write_records(self._connection, packed)
        self._connection.execute(SET_NUMBER, (IMPORTED, chunk_id))
        self._connection.execute(ADD_NUMBER, ("events", len(rows)))
        next_revision(self._connection)
        times = [each.event.occurred_at // 1_000 for each in fresh]
        return (chunk_id, min(times), max(times), len(rows)), [row[22] for row in rows]  # type: ignore[misc]  # cost_nanos

    def _called(self, each: Imported, now: int) -> tuple[int, int]:
        """The rows of key and account of an entry that only knows what they are called; else zeros."""
        if each.api_key is None or each.credential is None:
            return 0, 0
        names = (each.api_key, each.credential, each.event.provider)
        found = self._called_ids.get(names)
        if found is None:
            if len(self._called_ids) >= CACHE_ROWS:
                self._called_ids.clear()
            found = self._called_ids[names] = (
                self._dimensions.api_key_called(each.api_key, now),
                self._dimensions.credential_called(each.credential, each.event.provider, now),
            )
        return found

    def _put(self, level: int, chunk: Neighbour) -> None:
        if chunk[3] * MERGE_CHUNKS > CHUNK_ROWS_MAX:
            return  # it is as large as chunks become
        while len(self._levels) <= level:
            self._levels.append([])
        self._levels[level].append(chunk)

    def _merge_full_levels(self) -> None:
        for level in range(len(self._levels)):
            chunks = self._levels[level]
            if len(chunks) < MERGE_CHUNKS:
                continue
            self._levels[level] = []
            merged = self._merge(chunks)
            if merged is not None:
                self._put(level + 1, merged)

    def _merge_rest(self) -> None:
        """What has waited in vain becomes as few chunks as may be."""
        group: list[Neighbour] = []
        for chunk in [*sorted(chunk for level in self._levels for chunk in level), None]:
            if chunk is not None and sum(each[3] for each in group) + chunk[3] <= CHUNK_ROWS_MAX:
                group.append(chunk)
                continue
            if len(group) > 1:
                self._merge(group)
            group = [] if chunk is None else [chunk]
        self._levels.clear()

    def _merge(self, chunks: list[Neighbour]) -> Neighbour | None:
        """One chunk in place of several; None when somebody has changed one of them since it was read.

        They are joined outside the transaction. What is not merged is only more chunks, with the same figures.
        """
        ids = [chunk[0] for chunk in chunks]
        chosen = f"select id, revision from chunk where id in ({','.join('?' * len(ids))}) order by id"
        before = self._connection.execute(chosen, ids).fetchall()
        columns = merged_columns(self._connection, chunks)
        began = monotonic()
        with transaction(self._connection):
            if self._connection.execute(chosen, ids).fetchall() != before or len(before) != len(ids):
                return None
            made = replace_chunks(self._connection, chunks, columns)
            self._connection.execute(SET_NUMBER, (IMPORTED, made[0]))
            next_revision(self._connection)
        if self._beside:
            give_way(began)
        return made


def batches(source: Source, rows: Callable[[], int], now: int, report: Report) -> Iterator[list[Imported]]:
    """What can be events, in lists of so many entries; what cannot is counted in the report."""
    entries = source.events()
    while taken := list(islice(entries, rows())):
        batch = []
        for entry in taken:
            if isinstance(entry, Unusable):
                report.unusable[entry] += 1
            elif not EARLIEST <= entry.event.occurred_at <= now + AHEAD_MAX:
                report.unusable[Unusable.IMPOSSIBLE_TIME] += 1
            else:
                batch.append(entry)
        yield batch


def survey(source: Source, connection: sqlite3.Connection | None, now: int, progress: Progress) -> Report:
    """What an import would do; reads only. `connection`: of the file, None where there is none yet."""
    report = Report()
    known = None if connection is None else Known(connection)
    removed_before = 0 if connection is None else events_removed_before(connection)
    seen: set[int] = set()
    for batch in batches(source, lambda: BATCH_ROWS, now, report):
        kept = [each for each in batch if each.event.occurred_at >= removed_before]
        report.unusable[Unusable.REMOVED] += len(batch) - len(kept)
        fresh = []
        for each in kept if known is None else known.fresh(kept):
            identity = each.event.occurred_at << 48 | each.digest
            if identity not in seen:
                seen.add(identity)
                fresh.append(each)
        report.known += len(kept) - len(fresh)
        report.add(fresh)
        progress(report.entries)
    return report
