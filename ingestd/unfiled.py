"""Messages that left CPA and that the file would not take: kept beside it, and filed by the first start that can.

CPA has no acknowledgement, so what was popped when the file turned out to be damaged, locked or full exists nowhere
else. It stays in memory and is tried again; this is for the process that ends before that works.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ingestd.inbox import Inbox

_PATTERN = "unfiled-*.msgpack"


class _Delivery(msgspec.Struct, frozen=True):
    transport: str
    payloads: list[bytes]


def keep(folder: Path, transport: str, payloads: Sequence[bytes], now: int) -> Path:
    """Write messages to a private file of `folder`, and wait for the disk. Raises `OSError`."""
    path = folder / f"unfiled-{now}.msgpack"
    partial = path.with_suffix(".partial")
    with open(partial, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(msgspec.msgpack.encode(_Delivery(transport, list(payloads))))
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
    return path


def take_back(folder: Path, inbox: Inbox, now: int) -> int:
    """File what earlier processes kept, oldest first; gives how many messages. What is there already stays one event.

    Raises `sqlite3.Error` or `OSError`, and then everything not filed is still kept.
    """
    count = 0
    for path in sorted(folder.glob(_PATTERN)):
        delivery = msgspec.msgpack.decode(path.read_bytes(), type=_Delivery)
        inbox.file(delivery.payloads, delivery.transport, now)
        count += len(delivery.payloads)
        path.unlink()
    return count
