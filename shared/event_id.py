"""An event's identity: the moment it began and a digest of the exact bytes CPA sent.

CPA sends no unique id (`request_id` is one per client request, and one per WebSocket connection), but its
timestamps carry nanoseconds, so identical bytes are the same event, whether popped twice, replayed or imported.
"""

import hashlib
import re

DIGEST_BITS = 48
"""Six bytes, SQLite's widest integer below eight: of 1,000 events in one microsecond two collide with p < 2e-9."""

_TEXT = re.compile(r"([0-9a-f]{1,16})-([0-9a-f]{12})")


def digest(payload: bytes) -> int:
    """48 bits of BLAKE2b over the payload as it left CPA."""
    return int.from_bytes(hashlib.blake2b(payload, digest_size=DIGEST_BITS // 8).digest(), "big")


def encode(occurred_at: int, payload_digest: int) -> str:
    """The opaque id that the API hands out; `occurred_at` in UTC epoch microseconds."""
    return f"{occurred_at:x}-{payload_digest:012x}"


def decode(event_id: str) -> tuple[int, int] | None:
    """(occurred_at, digest) of an id, or None when the text is no id of ours."""
    match = _TEXT.fullmatch(event_id)
    if match is None:
        return None
    occurred_at = int(match[1], 16)
    return (occurred_at, int(match[2], 16)) if occurred_at < 2**63 else None


def request_number(request_id: str) -> int | None:
    """CPA's eight hex digits as a signed 32-bit integer (four bytes in the file); None for any other spelling."""
    if len(request_id) != 8:
        return None
    try:
        number = int(request_id, 16)
    except ValueError:
        return None
    if f"{number:08x}" != request_id:
        return None
    return number - 2**32 if number >= 2**31 else number


def request_text(number: int) -> str:
    """The inverse of `request_number`."""
    return f"{number & 0xFFFFFFFF:08x}"
