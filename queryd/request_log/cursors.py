"""Where a page of the request log ended, as an opaque text: a place in the order, not a count of rows."""

import base64
import binascii
import hashlib
from typing import NamedTuple

import msgspec

from queryd.errors import InvalidParameter
from queryd.params.parameters import Parameter

_FORMAT = 1


class Position(NamedTuple):
    """A row's place in an order: the value it is sorted by, then its identity."""

    value: int
    occurred_at: int
    digest: int


class Cursor(NamedTuple):
    """`position` None: before the first row.

    `arrivals`, `settled`: how many requests the file held when the first page was made, and the last settled inbox id.
    `question` is a fingerprint: a cursor is of no use for another order or other filters.
    """

    question: int
    position: Position | None
    arrivals: int
    settled: int


def fingerprint(*parts: object) -> int:
    """Tells questions apart."""
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=6).digest(), "big")


def encode(cursor: Cursor) -> str:
    """The opaque text."""
    packed = msgspec.msgpack.encode((_FORMAT, *cursor))
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def decode(text: str, question: int) -> Cursor:
    """The cursor of that question that `text` stands for; raises `InvalidParameter`."""
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        form, of, position, arrivals, settled = msgspec.msgpack.decode(
            packed, type=tuple[int, int, Position | None, int, int]
        )
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise InvalidParameter("cursor", "cursor is not one that this API gave") from None
    if form != _FORMAT:
        raise InvalidParameter("cursor", "cursor is of another version: begin with the first page")
    if of != question:
        raise InvalidParameter("cursor", "cursor belongs to another order or other filters: begin with the first page")
    if arrivals < 0 or any(not -(2**63) <= number < 2**63 for number in (*(position or ()), settled)):
        raise InvalidParameter("cursor", "cursor is not one that this API gave")
    return Cursor(of, position, arrivals, settled)


CURSOR = Parameter("cursor", "`next_cursor` or `head_cursor` of an earlier page of the same question.")
