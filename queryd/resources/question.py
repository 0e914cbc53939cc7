"""Any question about requests: parse, compare tags, ask, answer."""

from collections.abc import Callable, Mapping
from typing import Any

import falcon

from queryd.asking.selection import Selection, parse
from queryd.desk import Desk
from queryd.endpoints import Endpoint
from queryd.engine.scan import Snapshot
from queryd.resources.answer import send, unchanged
from queryd.shapes import Answer
from shared.clock import MINUTE, SECOND

Ask = Callable[[Snapshot, Selection, Mapping[str, Any]], Answer]
"""A question: one state of the file, what was selected, and the endpoint's own parameters."""

STEPS = 1_000
"""An answer that moves with the clock is of another tag after this part of its range: no figure is further off."""


class QuestionResource:
    """`GET` of one question."""

    def __init__(self, desk: Desk, endpoint: Endpoint, ask: Ask) -> None:
        self._desk, self._endpoint, self._ask = desk, endpoint, ask

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        selection, values = parse(req.query_string, self._endpoint.parameters, self._desk.zone, self._desk.clock())
        with self._desk.snapshot() as snapshot:
            tag = (
                self._endpoint.path,
                req.query_string,
                selection.zone.key,
                snapshot.revision,
                moment(selection, self._endpoint.step),
            )
            if unchanged(req, resp, *tag):
                return
            answer = self._ask(snapshot, selection, values)
        send(resp, answer)

    on_head = on_get


def moment(selection: Selection, every: int | None = None) -> tuple[int, ...]:
    """What of the present an answer depends on, so coarse that a quiet dashboard gets its 304s.

    A range that is over depends on where it lies: `yesterday` is another day tomorrow. One that is not also moves
    with the clock (what falls out of a rolling range, rates per minute), and is new every thousandth of its length,
    from a second to a minute, or `every` so many microseconds.
    """
    period, now = selection.period, selection.now
    if every is not None:
        return (now // every,)
    start = 0 if period.start is None else period.start
    step = min(max((period.end - start) // STEPS, SECOND), MINUTE)
    if period.stride_us and now - period.end < SECOND:  # it ends now: both its ends may move with the clock
        return (now // step,)
    return (start, period.end) if period.end <= now else (start, period.end, now // step)
