"""Success as the client saw it: attempts put together to the requests that clients made.

A client request is the attempts of one request id. A selection has those with at least one attempt that it selects;
their other attempts count as theirs wherever they ran, if they lie in the same range. One that no attempt served, and
on whose attempts the client hung up, is counted beside. An attempt without an id is a client request by itself.

A further success of the same id is no retry: it is a turn of a WebSocket, or what Codex' image tool used for the same
answer, which CPA reports apart (`codex_executor_request.go`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from queryd import shapes
from queryd.aggregate.row_filter import Mask, RowFilter
from queryd.aggregate.snapshot import Snapshot
from queryd.params.parameters import Filter
from queryd.params.ranges import Span
from queryd.storage.chunks import Array, Block
from shared.columns import ERROR_CLASS_SHIFT, FAILED
from shared.error_class import ErrorClass

ROWS_AT_ONCE = 2_000_000
"""Of more rows than this, ids are gone through a share of their values at a time: each takes eight bytes."""

_IDS = 1 << 32

_SELECTED, _SERVED, _LEFT = 1, 2, 4
_BITS = 3
"""What is known of an attempt, below its id: one sort brings together what is known of a request."""

Keys = NDArray[np.uint64]


@dataclass(slots=True)
class _Counted:
    requests: int = 0
    succeeded: int = 0
    cancelled: int = 0
    retries: int = 0


def client_requests(snapshot: Snapshot, filters: Sequence[Filter], span: Span) -> shapes.ClientRequests:
    """Of the selected attempts of `span`. Raises `QueryTimeout`."""
    chosen, within = snapshot.select(filters, span), snapshot.select((), span)
    found = _Counted()
    if not chosen.impossible:
        with snapshot.scanning(within):
            shares = -(-snapshot.rows_in(within) // ROWS_AT_ONCE) or 1
            bounds = [_IDS * share // shares for share in range(shares + 1)]
            for low, high in pairwise(bounds):
                _count(snapshot, chosen, within, (low, high), found)
    judged = found.requests - found.cancelled
    return shapes.ClientRequests(
        client_requests=found.requests,
        client_succeeded=found.succeeded,
        client_cancelled=found.cancelled,
        client_success_rate=found.succeeded / judged if judged else None,
        retries=found.retries,
    )


def _count(snapshot: Snapshot, chosen: RowFilter, within: RowFilter, bounds: tuple[int, int], found: _Counted) -> None:
    """Add those whose ids are at least the lower bound, and below the upper one."""
    parts: list[Keys] = [np.empty(0, np.uint64)]
    for block in snapshot.blocks(within):
        block.load(("request", "flags"))
        ids, flags = spread(block, "request").astype(np.uint64), spread(block, "flags")
        selected, inside = chosen.mask(block), within.mask(block)
        succeeded, cancelled = (flags & np.uint8(FAILED)) == 0, is_cancelled(flags)
        if bounds[0] == 0:
            alone = _and(ids == 0, selected)
            found.requests += int(np.count_nonzero(alone))
            found.succeeded += int(np.count_nonzero(alone & succeeded))
            found.cancelled += int(np.count_nonzero(alone & cancelled))
        tied = _and((ids != 0) & (ids >= bounds[0]) & (ids < bounds[1]), inside)
        keys = ids << np.uint64(_BITS) | succeeded * np.uint64(_SERVED) | cancelled * np.uint64(_LEFT)
        keys |= np.uint64(_SELECTED) if selected is None else selected * np.uint64(_SELECTED)
        parts.append(keys[tied])
    every = np.concatenate(parts)
    if not len(every):
        return
    every.sort()
    ids = every >> np.uint64(_BITS)
    starts = np.concatenate([[0], np.flatnonzero(ids[1:] != ids[:-1]) + 1])
    attempts = np.diff(np.append(starts, len(every)))
    known = np.bitwise_or.reduceat(every & np.uint64((1 << _BITS) - 1), starts)
    successes = np.add.reduceat((every & np.uint64(_SERVED)) != 0, starts, dtype=np.int64)
    asked = (known & np.uint64(_SELECTED)) != 0
    known, attempts, successes = known[asked], attempts[asked], successes[asked]
    served, left = (known & np.uint64(_SERVED)) != 0, (known & np.uint64(_LEFT)) != 0
    found.requests += len(known)
    found.succeeded += int(np.count_nonzero(served))
    found.cancelled += int(np.count_nonzero(left & ~served))
    found.retries += int((attempts - np.maximum(successes, 1)).sum())


def is_cancelled(flags: Array) -> Mask:
    """Which rows are attempts that the client hung up on."""
    found: Mask = (flags >> ERROR_CLASS_SHIFT == ErrorClass.CANCELLED) & ((flags & np.uint8(FAILED)) != 0)
    return found


def spread(block: Block, column: str) -> Array:
    """A column as one value a row."""
    values = block.column(column)
    if isinstance(values, int):
        return np.full(block.rows, values, np.int64 if column == "request" else np.uint8)
    return values


def _and(mask: Mask, other: Mask | None) -> Mask:
    return mask if other is None else mask & other
