"""The columns that answer every aggregate: their order, record layout and chunk encoding.

Each stored event leaves one fixed-width record in `tail`; a full tail is sealed into a `chunk`, one narrow
little-endian array a column. This module is the whole format. It needs no numpy: ingestd seals with `array`,
queryd maps the same layout onto numpy.
"""

import array
import struct
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

TAIL_ROWS = 8_192
"""A tail of this many records is sealed."""

MERGE_CHUNKS = 8
"""This many neighbouring chunks of one size become one: a query pays for each chunk it opens."""

CHUNK_ROWS_MAX = TAIL_ROWS * MERGE_CHUNKS
"""Chunks stop growing here: what an answer holds in memory at once."""

COLUMN_SLOTS = 64
"""`chunk_column.id` = chunk id * COLUMN_SLOTS + column number; new columns go to the end."""

FAILED = 1
GENERATE = 2
UNMETERED = 4
UNPRICED = 8
ERROR_CLASS_SHIFT = 4
"""`flags`: four bits, and the error class (shared.error_class) in the four above them."""


@dataclass(frozen=True, slots=True)
class Column:
    number: int
    name: str
    code: str  # its struct format in a tail record
    meaning: str


COLUMNS: tuple[Column, ...] = tuple(
    Column(number, name, code, meaning)
    for number, (name, code, meaning) in enumerate(
        (
            ("occurred_ms", "q", "start of the attempt, UTC epoch milliseconds (in a chunk: after its first)"),
            ("model", "I", "model.id"),
            ("route", "I", "route.id: provider, executor, endpoint, effort and tiers"),
            ("api_key", "I", "api_key.id"),
            ("credential", "I", "credential.id"),
            ("client", "I", "client.id"),
            ("status", "H", "HTTP status code as CPA reports it"),
            ("flags", "B", "FAILED, GENERATE, UNMETERED, UNPRICED and the error class"),
            ("latency_ms", "I", "start of the attempt to its usage event, milliseconds"),
            ("ttft_ms", "I", "time to the first body byte, milliseconds; 0 = not observed"),
            ("input_tokens", "q", "canonical input"),
            ("cache_read_tokens", "q", "part of input"),
            ("cache_write_tokens", "q", "part of input"),
            ("output_tokens", "q", "canonical output"),
            ("reasoning_tokens", "q", "part of output"),
            ("unclassified_tokens", "q", "known only as a total; not priced"),
            ("cost_nanos", "q", "nano-dollars; 0 when UNPRICED"),
            ("request", "I", "request_id as an unsigned 32-bit number; a digest of any other spelling"),
            ("charge", "I", "charge.id: how it was charged; 0 = by no price, or not recorded"),
        )
    )
)

NUMBER = {column.name: column.number for column in COLUMNS}

RECORD = struct.Struct("<" + "".join(column.code for column in COLUMNS))
"""One event in `tail.records`: COLUMNS in order, packed, little-endian."""

EARLIER_RECORD_BYTES = RECORD.size - 4
"""A record before it had `charge`: a tail may still hold some."""

_WIDTH_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}


@dataclass(frozen=True, slots=True)
class Encoded:
    """A column of a chunk as it is stored: unsigned integers of `width` bytes, each plus `base`."""

    width: int
    base: int
    data: bytes


def current_records(records: bytes, rows: int) -> bytes:
    """The records of a tail row in today's layout, whatever layout they were written in."""
    if not rows or len(records) == rows * RECORD.size:
        return records
    size = EARLIER_RECORD_BYTES
    return b"".join(records[at : at + size] + bytes(RECORD.size - size) for at in range(0, rows * size, size))


ABSENT = Encoded(0, 0, b"")
"""A column that a chunk was sealed without: all zero."""


def encode(values: Sequence[int], *, rebase: bool = False) -> Encoded:
    """The narrowest encoding of non-empty `values`; `rebase` stores distances from the smallest (for times)."""
    low, high = min(values), max(values)
    if low == high:
        return Encoded(0, low, b"")
    base = low if rebase or low < 0 else 0
    if base:
        values = [value - base for value in values]
        high -= base
    width = 1 if high < 1 << 8 else 2 if high < 1 << 16 else 4 if high < 1 << 32 else 8
    packed = array.array(_WIDTH_CODES[width], values)
    if sys.byteorder == "big":
        packed.byteswap()
    return Encoded(width, base, packed.tobytes())


def decode(column: Encoded, rows: int) -> Sequence[int]:
    """The values of a stored column of `rows` rows."""
    if column.width == 0:
        return [column.base] * rows
    values = array.array(_WIDTH_CODES[column.width])
    values.frombytes(column.data)
    if sys.byteorder == "big":
        values.byteswap()
    if column.base:
        return [value + column.base for value in values]
    return values


def concatenate(parts: Iterable[tuple[Encoded, int]], *, rebase: bool = False) -> Encoded:
    """One column from the same column of neighbouring chunks, given as (column, rows)."""
    known = list(parts)
    first = known[0][0]
    if first.width and all(part.width == first.width and part.base == first.base for part, _ in known):
        return Encoded(first.width, first.base, b"".join(part.data for part, _ in known))
    values: list[int] = []
    for part, rows in known:
        values.extend(decode(part, rows))
    return encode(values, rebase=rebase)
