"""Raw messages that are settled, packed: some hundred of them one after another, compressed together.

They are nearly all of a file's bytes while they are kept, and alike: packed they take a tenth.
"""

import sqlite3
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

_LEVEL = 6
UNPACKED_MAX = 64 * 1024 * 1024
"""Bytes that a pack may come to: many times what ingestd puts into one, so that a damaged one fills no memory."""


class RawMessage(NamedTuple):
    arrived_at: int  # UTC epoch microseconds
    transport: str
    payload: bytes


def pack(messages: Sequence[RawMessage]) -> bytes:
    """The blob of a pack."""
    return zlib.compress(msgspec.msgpack.encode(messages), _LEVEL)


def unpack(data: bytes) -> list[RawMessage]:
    """The messages of a pack, in the order of their ids. Raises `ValueError` for a blob that is none."""
    try:
        plain = zlib.decompressobj().decompress(data, UNPACKED_MAX)
        return [RawMessage(*message) for message in msgspec.msgpack.decode(plain, type=list[tuple[int, str, bytes]])]
    except (zlib.error, msgspec.MsgspecError) as problem:
        raise ValueError(f"no pack of messages: {problem}") from problem


def find(connection: sqlite3.Connection, inbox_id: int) -> RawMessage | None:
    """The message that had this id in the inbox, or None when it is kept no longer."""
    row = connection.execute("select arrived_at, transport, payload from inbox where id = ?", (inbox_id,)).fetchone()
    if row is not None:
        return RawMessage(*row)
    row = connection.execute(
        "select first_id, last_id, data from inbox_pack where first_id <= ? order by first_id desc limit 1", (inbox_id,)
    ).fetchone()
    if row is None or inbox_id > row[1]:
        return None
    first_id: int = row[0]
    return unpack(row[2])[inbox_id - first_id]
