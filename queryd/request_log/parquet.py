"""Requests as Parquet, a group of rows at a time: in memory is never more than one. It needs pyarrow, an extra."""

import importlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from types import ModuleType
from typing import Any, Literal

from queryd.errors import InvalidParameter

Kind = Literal["text", "integer", "boolean", "moment", "dollars"]

GROUP_ROWS = 20_000
"""Rows of one group: readers skip groups, and each costs some hundred bytes at the file's end."""


def pyarrow() -> ModuleType:
    """The library. Raises `InvalidParameter` where it is not installed."""
    try:
        importlib.import_module("pyarrow.parquet")
        return importlib.import_module("pyarrow")
    except ModuleNotFoundError:
        raise InvalidParameter(
            "format", "parquet needs pyarrow, which is not installed here: pip install 'cpa-usage-keeper[parquet]'"
        ) from None


class _Sink:
    """What the writer writes to: bytes that wait to be sent."""

    closed = False

    def __init__(self) -> None:
        self._held = bytearray()
        self._sent = 0

    def write(self, data: Any) -> int:
        self._held += data
        return len(data)

    def tell(self) -> int:
        return self._sent + len(self._held)

    def flush(self) -> None:
        """Bytes leave when they are taken."""

    def close(self) -> None:
        self.closed = True

    def take(self) -> bytes:
        """What was written since the last time."""
        held = bytes(self._held)
        self._sent += len(held)
        self._held.clear()
        return held


def encoded(
    columns: Sequence[tuple[str, Kind]], stretches: Iterable[Sequence[Sequence[Any]]], zone: str, told: bytes
) -> Iterator[bytes]:
    """A Parquet file in pieces; `stretches` are rows in the order of `columns`, `told` the metadata `selection`."""
    arrow = pyarrow()
    types: dict[Kind, Any] = {
        "text": arrow.string(),
        "integer": arrow.int64(),
        "boolean": arrow.bool_(),
        "moment": arrow.timestamp("ms", tz=zone),
        "dollars": arrow.decimal128(38, 9),
    }
    schema = arrow.schema([arrow.field(name, types[kind]) for name, kind in columns], {"selection": told})
    sink = _Sink()
    with arrow.parquet.ParquetWriter(arrow.PythonFile(sink, "w"), schema, compression="zstd") as writer:
        held: list[Any] = []  # stretches as arrays: the values of rows take five times as much
        for rows in stretches:
            arrays = [
                arrow.array([_value(kind, row[place]) for row in rows], types[kind])
                for place, (_, kind) in enumerate(columns)
            ]
            held.append(arrow.RecordBatch.from_arrays(arrays, schema=schema))
            if sum(len(batch) for batch in held) >= GROUP_ROWS:
                writer.write_table(arrow.Table.from_batches(held, schema))
                held = []
                yield sink.take()
        if held:
            writer.write_table(arrow.Table.from_batches(held, schema))
    yield sink.take()


def _value(kind: Kind, value: Any) -> Any:
    if value is None or kind not in {"moment", "dollars"}:
        return value
    return datetime.fromisoformat(value) if kind == "moment" else Decimal(value)
