"""Whether a group of failures still fails, and since when: its latest run, which no quiet hour interrupts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from queryd.aggregate import grouping
from queryd.aggregate.snapshot import Snapshot
from queryd.aggregate.sums import Measures
from queryd.params.parameters import Filter
from queryd.params.ranges import Span
from queryd.storage.chunks import occurred_ms, taken
from shared.clock import HOUR, MILLISECOND
from shared.columns import FAILED

QUIET_MS = HOUR // MILLISECOND
"""What has not failed for so long had stopped: the next failure begins a run."""

OFTEN = 3
"""What failed so often of late fails, even if its account served something in between."""

Numbers = NDArray[np.intp]
Times = NDArray[np.int64]


@dataclass(slots=True)
class Run:
    """The latest failures of a group, from `since_ms` (UTC epoch milliseconds) to its last."""

    since_ms: int
    count: int


def latest_runs(numbers: Numbers, times: Times, groups: int) -> list[Run]:
    """Of each group, by its number. `numbers` and `times`: of every failure, in any order; each group has one."""
    order = np.lexsort((times, numbers))
    numbers, times = numbers.take(order), times.take(order)
    begins = np.empty(len(times), np.bool_)
    begins[:1] = True
    begins[1:] = (np.diff(times) >= QUIET_MS) | (np.diff(numbers) != 0)
    starts = np.flatnonzero(begins)
    ends = np.searchsorted(numbers, np.arange(groups), side="right")
    first = starts.take(np.searchsorted(starts, ends) - 1)
    return [
        Run(since_ms, count)
        for since_ms, count in zip(times.take(first).tolist(), (ends - first).tolist(), strict=True)
    ]


def last_served(snapshot: Snapshot, span: Span) -> dict[int, int]:
    """The last success of each account within `span`, by credential id, in UTC epoch milliseconds."""
    within = snapshot.select((), span)
    found: dict[int, int] = {}
    with snapshot.scanning(within):
        for block in snapshot.blocks(within):
            block.load(("flags", "credential", "occurred_ms"))
            rows = within.rows(block)
            if rows is None:
                rows = np.arange(block.rows)
            rows = rows[taken(block, "flags", rows) & FAILED == 0]
            moments = occurred_ms(block, rows)
            credentials = taken(block, "credential", rows)
            order = np.argsort(moments, kind="stable")
            # Of equal keys the last one is kept, which is the latest.
            latest = zip(credentials.take(order).tolist(), moments.take(order).tolist(), strict=True)
            for credential, moment in dict(latest).items():
                found[credential] = max(found.get(credential, 0), moment)
    return found


def requests_since(snapshot: Snapshot, others: Sequence[Filter], span: Span, credential: int, since_ms: int) -> int:
    """How many requests an account had from a moment on, under filters that do not choose failures."""
    later = Span(max(span.start, since_ms * MILLISECOND), span.end)
    chosen = snapshot.select((*others, Filter("credential", (str(credential),))), later)
    grid = snapshot.aggregate(chosen, [grouping.dimension("credential", snapshot.names)], Measures(frozenset()))
    return int(grid.sums["requests"].sum())
