"""Which entries of a source are in the file already, whoever brought them there.

The same entry has the same time and digest. The same event from another collector has another digest, since nobody
keeps the bytes that CPA sent; but CPA's times have nanoseconds, so one attempt on one account of one model at one
microsecond is one event, unless request id or latency say otherwise where both are known.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ingestd.dimensions import EXPORTED
from ingestd.imports.source import Imported
from shared.event_id import request_text

_AT = """
select e.occurred_at, e.digest, m.name, c.auth_index, e.request_number, d.request_id, e.latency_ms
from event e join model m on m.id = e.model_id join credential c on c.id = e.credential_id
left join event_detail d on d.occurred_at = e.occurred_at and d.digest = e.digest
where e.occurred_at in (select value from json_each(?))
"""


class _Trace(NamedTuple):
    """What tells an event from others of its microsecond. `auth_index` is None where it is not known."""

    digest: int
    model: str
    auth_index: str | None
    request: str
    latency_ms: int


class Known:
    """Looks at the file through one connection; an event that was fresh is known from then on in the same batch."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def fresh(self, batch: Sequence[Imported]) -> list[Imported]:
        """Those that the file does not have, each once, in their order."""
        seen = self._at({each.event.occurred_at for each in batch})
        first: dict[int, Imported] = {}
        fresh = []
        for each in batch:
            occurred_at = each.event.occurred_at
            if occurred_at not in seen:
                if occurred_at not in first:
                    first[occurred_at] = each
                    fresh.append(each)
                    continue
                seen[occurred_at] = [_trace(first[occurred_at])]
            trace, others = _trace(each), seen[occurred_at]
            if not any(_same(trace, other) for other in others):
                others.append(trace)
                fresh.append(each)
        return fresh

    def _at(self, moments: Iterable[int]) -> dict[int, list[_Trace]]:
        found: dict[int, list[_Trace]] = {}
        for occurred_at, digest, model, auth_index, number, odd, latency in self._connection.execute(
            _AT, (json.dumps(list(moments)),)
        ):
            request = (odd or "") if number is None else request_text(number)
            account = None if auth_index.startswith(EXPORTED) else auth_index
            found.setdefault(occurred_at, []).append(_Trace(digest, model, account, request, latency))
        return found


def _trace(each: Imported) -> _Trace:
    event = each.event
    auth_index = event.auth_index if each.credential is None else None
    return _Trace(each.digest, event.model, auth_index, event.request_id, event.latency_ms)


def _same(one: _Trace, other: _Trace) -> bool:
    if one.digest == other.digest:
        return True
    return (
        one.model == other.model
        and (one.auth_index is None or other.auth_index is None or one.auth_index == other.auth_index)
        and (not one.request or not other.request or one.request == other.request)
        and (not one.latency_ms or not other.latency_ms or one.latency_ms == other.latency_ms)
    )
