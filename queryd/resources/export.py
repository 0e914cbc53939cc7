"""`GET /events/export`: every request of a selection as CSV, JSON Lines or Parquet, while it is read."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from time import sleep

import msgspec

from queryd.aggregate.snapshot import Snapshot
from queryd.endpoints import Call
from queryd.envelope import selection_shape, stamp
from queryd.errors import Busy
from queryd.params.calendar import local
from queryd.params.parameters import Parameter, choice
from queryd.questions.events import CONDITIONS, bounds
from queryd.request_log import parquet
from queryd.request_log.export import Export
from queryd.request_log.pages import Order
from queryd.state.meta import number

EXPORTS = 2
"""Exports at once: each holds a thread of the server for as long as its client reads."""

TRIES, PAUSE_SECONDS = 60, 0.5
"""A stretch that finds all places taken waits for one so often, so long."""

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
}

PARAMETERS: tuple[Parameter, ...] = (
    *CONDITIONS,
    choice(
        "format",
        "csv (RFC 4180); jsonl: a JSON object a line, as /events has them; parquet, where pyarrow is installed.",
        MEDIA,
        "csv",
    ),
)

_slots = threading.BoundedSemaphore(EXPORTS)
_encoder = msgspec.json.Encoder()


def export(call: Call) -> None:
    """The first line, or the metadata, says what was selected. Raises `Busy` when too many are under way."""
    context = call.context
    selection, values = call.selection(PARAMETERS)
    if values["format"] == "parquet":
        parquet.pyarrow()
    with context.snapshot() as snapshot:
        span = selection.span(*snapshot.bounds())
        shown = selection_shape(selection, span)
        made = stamp(snapshot, selection)
        asked = Export(
            selection,
            span,
            Order(values["sort"].removeprefix("-"), values["sort"].startswith("-")),
            bounds(values),
            values["q"],
            number(snapshot.connection, "settled_inbox_id"),
            values["format"],
        )
    first, last = (local(at, selection.zone).date().isoformat() for at in (span.start, max(span.start, span.end - 1)))
    name = f"requests_{first}_{last}.{values['format']}"
    call.resp.content_type = MEDIA[values["format"]]
    call.resp.set_header("Content-Disposition", f'attachment; filename="{name}"')
    call.resp.set_header("Cache-Control", "no-store")
    conditions = {key: value for key, value in values.items() if key.startswith(("min_", "max_")) and value is not None}
    if values["q"] is not None:
        conditions["q"] = values["q"].text
    told = _encoder.encode({"selection": shown, "sort": values["sort"], **conditions, **made})
    if call.req.method != "HEAD":
        call.resp.stream = _Pieces(call, asked, told)


class _Pieces:
    """What the server reads and then closes; it holds one of the slots until then. The first stretch is made at once,
    so that what is wrong is an answer and not a broken one.
    """

    def __init__(self, call: Call, asked: Export, told: bytes) -> None:
        if not _slots.acquire(blocking=False):
            raise Busy
        self._open = True
        self._pieces = asked.pieces(_snapshots(call), told)
        try:
            self._ahead: list[bytes] = [next(self._pieces, b""), next(self._pieces, b"")]
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._ahead:
            return self._ahead.pop(0)
        try:
            return next(self._pieces)
        except BaseException:  # read to its end, or broken: either way it is over
            self.close()
            raise

    def close(self) -> None:
        """Called by the server, whether everything was read or not."""
        if self._open:
            self._open = False
            _slots.release()


def _snapshots(call: Call) -> Callable[[], AbstractContextManager[Snapshot]]:
    @contextmanager
    def snapshot() -> Iterator[Snapshot]:
        with ExitStack() as stack:
            _admit(call, stack)
            yield stack.enter_context(call.context.snapshot())

    return snapshot


def _admit(call: Call, stack: ExitStack) -> None:
    """A place among the questions. Raises `Busy` when there is none for a long time: half an export is none."""
    for _ in range(TRIES):
        try:
            stack.enter_context(call.server.admission.admitted())
        except Busy:
            sleep(PAUSE_SECONDS)
        else:
            return
    raise Busy
