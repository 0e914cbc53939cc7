"""How requests on each account went lately: when it was last used, and what it fails of since its last success."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from queryd.aggregate.snapshot import Snapshot
from queryd.params.ranges import Span
from queryd.storage.chunks import occurred_ms, taken
from shared.clock import DAY, MILLISECOND, MINUTE
from shared.columns import ERROR_CLASS_SHIFT, FAILED
from shared.error_class import ErrorClass

LOOKED_BACK = 8 * DAY
"""An account that nobody used for longer is of no urgency; a weekly window lies within."""

RECENT = 15 * MINUTE
"""As /errors counts: what failed within it fails now."""

OF_THE_CLIENT = frozenset({ErrorClass.CANCELLED, ErrorClass.INVALID_REQUEST, ErrorClass.NOT_FOUND})
"""Failures that say nothing of the account."""

_NOT_OF_ACCOUNT = np.isin(np.arange(16), sorted(OF_THE_CLIENT))


@dataclass(slots=True)
class Health:
    """Times in UTC epoch milliseconds. `run`: failures of the account since its last success.

    `failed`, `first_ms`, `last_failed_ms`, `error_class`, `status_code`: of the run, or else of what failed recently.
    """

    last_ms: int
    recent: int = 0
    recent_failed: int = 0
    run: int = 0
    failed: int = 0
    first_ms: int = 0
    last_failed_ms: int = 0
    error_class: ErrorClass = ErrorClass.NONE
    status_code: int = 0


def account_health(snapshot: Snapshot, now: int) -> dict[int, Health]:
    """By credential id, of every one that was used within LOOKED_BACK. `now`: UTC epoch microseconds."""
    size = snapshot.names.column_size("credential")
    last, last_good = np.zeros(size, np.int64), np.zeros(size, np.int64)
    recent, recent_failed = np.zeros(size, np.int64), np.zeros(size, np.int64)
    since = (now - RECENT) // MILLISECOND
    failures: list[NDArray[np.int64]] = []
    chosen = snapshot.select((), Span(now - LOOKED_BACK, now + DAY))
    with snapshot.scanning(chosen):
        for block in snapshot.blocks(chosen):
            block.load(("flags", "status", "credential", "occurred_ms"))
            rows = chosen.rows(block)
            if rows is None:
                rows = np.arange(block.rows)
            names = ("flags", "status", "credential")
            flags, status, credential = (taken(block, name, rows).astype(np.int64) for name in names)
            moments = occurred_ms(block, rows)
            failed = (flags & FAILED) != 0
            classes = flags >> ERROR_CLASS_SHIFT
            bad = failed & ~_NOT_OF_ACCOUNT.take(classes)
            np.maximum.at(last, credential, moments)
            np.maximum.at(last_good, credential[~failed], moments[~failed])
            now_rows = moments >= since
            recent += np.bincount(credential[now_rows], minlength=size)
            recent_failed += np.bincount(credential[now_rows & bad], minlength=size)
            failures.append(np.stack([credential[bad], moments[bad], classes[bad], status[bad]]))
    found = {
        row_id: Health(int(last[row_id]), int(recent[row_id]), int(recent_failed[row_id]))
        for row_id in np.flatnonzero(last).tolist()
    }
    if failures:
        _add_failures(found, np.concatenate(failures, axis=1), last_good, since)
    return found


def _add_failures(
    found: dict[int, Health], failures: NDArray[np.int64], last_good: NDArray[np.int64], since: int
) -> None:
    """What each account fails of since it last served, or failed of recently."""
    credential, moments = failures[0], failures[1]
    in_run = moments > last_good.take(credential)
    order = np.argsort(moments, kind="stable")
    for chosen, is_run in ((in_run, True), (~in_run & (moments >= since), False)):
        for row_id, moment, error_class, status in failures[:, order[chosen[order]]].T.tolist():
            health = found[row_id]
            if not is_run and health.run:
                continue
            health.run += is_run
            health.failed += 1
            health.first_ms = health.first_ms or moment
            health.last_failed_ms = moment
            health.error_class, health.status_code = ErrorClass(error_class), status
