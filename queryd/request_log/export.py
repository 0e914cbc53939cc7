"""The whole request log of a selection, a stretch at a time: no snapshot outlives the making of one."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

import msgspec

from queryd import csv_lines
from queryd.aggregate.snapshot import Snapshot
from queryd.params.ranges import Span
from queryd.params.selection import Selection
from queryd.request_log import parquet, pricing, rows
from queryd.request_log.cursors import Position
from queryd.request_log.pages import Order, Page, kept
from queryd.request_log.parquet import Kind
from queryd.request_log.search import Text
from queryd.shapes import Event
from shared.clock import MILLISECOND
from shared.prices import ASSUMED

ROWS = 1_000
"""Requests that are read in one transaction, and in memory at once."""

_NANOS_DIGITS = 9

_ASSUMED = frozenset(pricing.codes(int(ASSUMED)))

COLUMNS: tuple[tuple[str, Kind, Callable[[Event], str | float | bool | None]], ...] = (
    ("id", "text", lambda event: event.id),
    ("occurred_at", "moment", lambda event: event.occurred_at),
    ("result", "text", lambda event: event.result),
    ("status_code", "integer", lambda event: event.status_code),
    ("error_class", "text", lambda event: event.error_class),
    ("error_message", "text", lambda event: event.error_message),
    ("provider", "text", lambda event: event.provider),
    ("model", "text", lambda event: event.model.label),
    ("alias", "text", lambda event: event.alias),
    ("credential_id", "text", lambda event: event.credential.id),
    ("credential", "text", lambda event: event.credential.label),
    ("api_key_id", "text", lambda event: event.api_key.id),
    ("api_key", "text", lambda event: event.api_key.label),
    ("endpoint", "text", lambda event: event.endpoint),
    ("client", "text", lambda event: event.client),
    ("reasoning_effort", "text", lambda event: event.reasoning_effort),
    ("service_tier", "text", lambda event: event.service_tier),
    ("generate", "boolean", lambda event: event.generate),
    ("request_id", "text", lambda event: event.request_id),
    ("latency_ms", "integer", lambda event: event.latency_ms),
    ("ttft_ms", "integer", lambda event: event.ttft_ms),
    ("input_tokens", "integer", lambda event: event.input_tokens),
    ("cache_read_tokens", "integer", lambda event: event.cache_read_tokens),
    ("cache_write_tokens", "integer", lambda event: event.cache_write_tokens),
    ("output_tokens", "integer", lambda event: event.output_tokens),
    ("reasoning_tokens", "integer", lambda event: event.reasoning_tokens),
    ("unclassified_tokens", "integer", lambda event: event.unclassified_tokens),
    ("total_tokens", "integer", lambda event: event.total_tokens),
    ("cost_nanos", "integer", lambda event: event.cost_nanos),
    ("cost_usd", "dollars", lambda event: None if event.cost_nanos is None else dollars(event.cost_nanos)),
    ("cost_state", "text", lambda event: event.cost_state),
    ("cost_marks", "text", lambda event: " ".join(event.cost_marks)),
    ("cost_assumed", "boolean", lambda event: not _ASSUMED.isdisjoint(event.cost_marks)),
    ("cost_upper_bound", "boolean", lambda event: "upper_bound" in event.cost_marks),
    ("cost_lower_bound", "boolean", lambda event: "lower_bound" in event.cost_marks),
    ("cost_unknown", "boolean", lambda event: event.cost_nanos is None),
)

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Export:
    """What is exported. `settled`: messages up to this inbox id count; what arrives meanwhile does not."""

    selection: Selection
    span: Span
    order: Order
    bounds: Mapping[str, tuple[int, int]]
    text: Text | None
    settled: int
    form: str

    def pieces(self, snapshots: Callable[[], AbstractContextManager[Snapshot]], told: bytes) -> Iterator[bytes]:
        """The file in pieces, a stretch of requests or more each; `told` says what was selected, as JSON."""
        stretches = self._stretches(snapshots)
        match self.form:
            case "csv":
                yield csv_lines.comment(told) + csv_lines.line(name for name, _, _ in COLUMNS)
                for events in stretches:
                    yield b"".join(csv_lines.line(_cells(event)) for event in events)
            case "jsonl":
                yield told + b"\n"
                for events in stretches:
                    yield b"".join(_encoder.encode(event) + b"\n" for event in events)
            case "parquet":
                columns = [(name, kind) for name, kind, _ in COLUMNS]
                cells = ([_cells(event) for event in events] for events in stretches)
                yield from parquet.encoded(columns, cells, self.selection.zone.key, told)

    def _stretches(self, snapshots: Callable[[], AbstractContextManager[Snapshot]]) -> Iterator[list[Event]]:
        """Every request, a stretch at a time. Each takes a snapshot of its own."""
        after: Position | None = None
        while True:
            with snapshots() as snapshot:
                page = Page(snapshot, self.selection, self._left(snapshot, after), self.order, self.bounds, self.text)
                found, resume = page.rows(after, ROWS)
                told = [
                    rows.shape(row, snapshot.labels, self.selection.zone)
                    for row in found
                    if row.inbox_id <= self.settled
                ]
            if told:
                yield told
            if len(found) >= ROWS:
                after = self.order.position(found[-1])
            elif resume is not None:
                after = resume
            else:
                return

    def _left(self, snapshot: Snapshot, after: Position | None) -> Span:
        """What is left of the span: in the order of time, no block before that is looked at again."""
        span = kept(snapshot, self.span)
        if after is None or not self.order.by_time:
            return span
        moment = after.occurred_at // MILLISECOND * MILLISECOND
        if self.order.descending:
            return Span(span.start, min(span.end, moment + MILLISECOND))
        return Span(max(span.start, moment), span.end)


def _cells(event: Event) -> list[str | float | bool | None]:
    return [value(event) for _, _, value in COLUMNS]


def dollars(nanos: int) -> str:
    """`0.000012345`, exactly."""
    digits = f"{abs(nanos):0{_NANOS_DIGITS + 1}d}"
    whole = f"{digits[:-_NANOS_DIGITS]}.{digits[-_NANOS_DIGITS:]}"
    return f"-{whole}" if nanos < 0 else whole
