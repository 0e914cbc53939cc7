"""Failed requests by class, status and account, from the columns alone: exact counts, first and last, and what else.

What a group's messages say only rows know (queryd.questions.errors).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from queryd.aggregate import grouping
from queryd.aggregate.snapshot import Snapshot
from queryd.aggregate.sums import Measures
from queryd.figures.error_runs import Run, Times, last_served, latest_runs
from queryd.params.parameters import Filter
from queryd.params.ranges import Span
from queryd.storage.chunks import Block, occurred_ms, taken
from queryd.storage.dictionary import Codes
from shared.clock import MILLISECOND
from shared.columns import ERROR_CLASS_SHIFT, FAILED

NEWEST = 100
"""Of each group so many of its newest failures are remembered, by their milliseconds."""

TREND_BUCKETS = 24

FOLLOWED_UP_TO = 2_000_000
"""Of more failures than this neither runs nor clients' requests are told: each takes sixteen bytes."""

FAILURES = ("result", "status", "error_class")
"""Filters on these choose failures; the traffic that they are a part of is what the other filters leave."""

_LOW = np.uint64(2**32 - 1)
_SHIFT = np.uint64(32)

Key = tuple[int, int, int]
"""Error class, status code, credential id."""

Pairs = NDArray[np.uint64]


@dataclass(slots=True)
class Clients:
    """Of the client requests that a group's failures belong to: how many an attempt served, and on another account."""

    requests: int
    succeeded: int
    succeeded_elsewhere: int


@dataclass(slots=True)
class ErrorGroup:
    """Times in UTC epoch milliseconds. `trend`: failures in each of TREND_BUCKETS equal parts of the range."""

    key: Key
    number: int
    count: int = 0
    first_ms: int = 2**63 - 1
    last_ms: int = 0
    newest_ms: list[int] = field(default_factory=list)
    trend: NDArray[np.int64] = field(default_factory=lambda: np.zeros(TREND_BUCKETS, np.int64))
    models: dict[int, int] = field(default_factory=dict)
    api_keys: dict[int, int] = field(default_factory=dict)
    traffic: int = 0
    clients: Clients | None = None
    run: Run | None = None
    recent: int = 0  # failures from `recent_ms` on
    served_ms: int | None = None  # the last success of its account from then on


def error_groups(snapshot: Snapshot, filters: Sequence[Filter], span: Span, recent_ms: int) -> list[ErrorGroup]:
    """Every group of the selected failures of `span`. Raises `QueryTimeout`."""
    found: dict[Key, ErrorGroup] = {}
    ids: list[Pairs] = []
    times: list[Times] = []
    chosen = snapshot.select((*filters, Filter("result", ("failed",))), span)
    with snapshot.scanning(chosen):
        for block in () if chosen.impossible else snapshot.blocks(chosen):
            block.load(("flags", "status", "credential", "model", "api_key", "request", "occurred_ms"))
            rows = chosen.rows(block)
            if rows is None:
                rows = np.arange(block.rows)
            if len(rows):
                pairs, moments = _add(block, rows, span, recent_ms, found)
                ids.append(pairs)
                times.append(moments)
    groups = list(found.values())
    _traffic(snapshot, filters, span, found)
    if groups and sum(map(len, ids)) <= FOLLOWED_UP_TO:
        pairs = np.concatenate(ids)
        _clients(snapshot, pairs, span, groups)
        runs = latest_runs((pairs >> _SHIFT).astype(np.intp), np.concatenate(times), len(groups))
        for group in groups:
            group.run = runs[group.number]
    if any(group.recent for group in groups):
        served = last_served(snapshot, Span(max(span.start, recent_ms * MILLISECOND), span.end))
        for group in groups:
            group.served_ms = served.get(group.key[2])
    return groups


def _add(block: Block, rows: Codes, span: Span, recent_ms: int, found: dict[Key, ErrorGroup]) -> tuple[Pairs, Times]:
    """Count these failures; returns of each its group's number and its request id, as one integer, and its time."""
    flags, status, credential = (taken(block, name, rows) for name in ("flags", "status", "credential"))
    keys = (flags >> ERROR_CLASS_SHIFT).astype(np.uint64) << np.uint64(48)
    keys |= status.astype(np.uint64) << _SHIFT
    keys |= credential.astype(np.uint64)
    moments = occurred_ms(block, rows)
    cells, of_row, counts = np.unique(keys, return_inverse=True, return_counts=True)
    order = np.lexsort((moments, of_row))
    ordered = moments.take(order)
    ends = np.cumsum(counts)
    length = max(span.end - span.start, 1)
    parts = np.clip((moments * MILLISECOND - span.start) * TREND_BUCKETS // length, 0, TREND_BUCKETS - 1)
    trends = np.bincount(of_row * TREND_BUCKETS + parts, minlength=len(cells) * TREND_BUCKETS)
    recent = np.bincount(of_row[moments >= recent_ms], minlength=len(cells))
    groups = []
    for cell, end, count, late, trend in zip(
        cells.tolist(),
        ends.tolist(),
        counts.tolist(),
        recent.tolist(),
        trends.reshape(-1, TREND_BUCKETS),
        strict=True,
    ):
        key = (cell >> 48, cell >> 32 & 0xFFFF, cell & 0xFFFFFFFF)
        group = found.setdefault(key, ErrorGroup(key, len(found)))
        group.count += count
        group.recent += late
        group.first_ms = min(group.first_ms, int(ordered[end - count]))
        group.last_ms = max(group.last_ms, int(ordered[end - 1]))
        newest = ordered[max(end - count, end - NEWEST) : end].tolist()
        group.newest_ms = sorted([*group.newest_ms, *newest], reverse=True)[:NEWEST]
        group.trend += trend
        groups.append(group)
    for column in ("model", "api_key"):
        both = of_row.astype(np.uint64) << _SHIFT | taken(block, column, rows).astype(np.uint64)
        for pair, count in zip(*(each.tolist() for each in np.unique(both, return_counts=True)), strict=True):
            values = groups[pair >> 32].models if column == "model" else groups[pair >> 32].api_keys
            values[pair & 0xFFFFFFFF] = values.get(pair & 0xFFFFFFFF, 0) + count
    numbers = np.array([group.number for group in groups], np.uint64)
    pairs: Pairs = numbers.take(of_row) << _SHIFT | taken(block, "request", rows).astype(np.uint64)
    return pairs, moments


def _traffic(snapshot: Snapshot, filters: Sequence[Filter], span: Span, found: dict[Key, ErrorGroup]) -> None:
    """How many requests the account of each group had."""
    others = snapshot.select([each for each in filters if each.dimension not in FAILURES], span)
    table = snapshot.aggregate(others, [grouping.dimension("credential", snapshot.names)], Measures(frozenset()))
    by_credential = dict(zip(table.axes[0].tolist(), table.sums["requests"].tolist(), strict=True))
    for group in found.values():
        group.traffic = by_credential[group.key[2]]


def _clients(snapshot: Snapshot, pairs: Pairs, span: Span, groups: Sequence[ErrorGroup]) -> None:
    """What became of the clients' requests: whatever attempts of them there are within `span`."""
    alone = np.bincount((pairs[pairs & _LOW == 0] >> _SHIFT).astype(np.intp), minlength=len(groups))
    tied = np.unique(pairs[pairs & _LOW != 0])
    of_group, ids = (tied >> _SHIFT).astype(np.intp), tied & _LOW
    served = _served(snapshot, np.unique(ids), span)
    credentials = np.array([group.key[2] for group in groups], np.uint64)
    here = ids << _SHIFT | credentials.take(of_group)
    first = np.searchsorted(served, ids << _SHIFT)
    count = np.searchsorted(served, ids << _SHIFT | _LOW, side="right") - first
    elsewhere = count - np.isin(here, served)
    requests, succeeded, moved = (
        np.bincount(of_group[mask], minlength=len(groups)).tolist()
        for mask in (np.ones(len(tied), np.bool_), count > 0, elsewhere > 0)
    )
    for group in groups:
        number = group.number
        group.clients = Clients(requests[number] + int(alone[number]), succeeded[number], moved[number])


def _served(snapshot: Snapshot, ids: Pairs, span: Span) -> Pairs:
    """Request id and account of every success among these ids, ascending, as one integer."""
    within = snapshot.select((), span)
    found: list[Pairs] = [np.empty(0, np.uint64)]
    with snapshot.scanning(within):
        for block in snapshot.blocks(within) if len(ids) else ():
            block.load(("flags", "request", "credential"))
            rows = within.rows(block)
            if rows is None:
                rows = np.arange(block.rows)
            rows = rows[taken(block, "flags", rows) & FAILED == 0]
            requests = taken(block, "request", rows).astype(np.uint64)
            wanted = ids.take(np.searchsorted(ids, requests), mode="clip") == requests
            credential = taken(block, "credential", rows[wanted]).astype(np.uint64)
            found.append(requests[wanted] << _SHIFT | credential)
    return np.unique(np.concatenate(found))
