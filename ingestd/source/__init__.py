"""How events leave CPA.

pop ─┐  LPOP on one lasting connection                         link ─ frames   one RESP connection
http ┼─ auto ─▶ Delivery     the first way that works          patience        when CPA may be asked again
subscribe ┘     a thread, arrivals, and the queue for the past   pace            how soon to come back
                                                               diversion       is somebody else taking them?
"""

import threading
import time
from collections.abc import Callable
from typing import Literal

from ingestd.source.arrivals import Arrivals
from ingestd.source.auto import Auto, Status, Trouble
from ingestd.source.delivery import Delivery, Source, Transport
from ingestd.source.http import HttpSource
from ingestd.source.link import Address
from ingestd.source.patience import Patience
from ingestd.source.pop import PopSource
from ingestd.source.subscribe import SubscribeSource
from ingestd.source.trouble import Condition, SourceError

__all__ = [
    "Auto",
    "Condition",
    "Delivery",
    "Patience",
    "Source",
    "SourceError",
    "Status",
    "Transport",
    "Trouble",
    "build",
]

Mode = Literal["auto", "pop", "subscribe", "http"]


def build(
    mode: Mode,
    *,
    host: str,
    port: int,
    tls: bool,
    base_url: str,
    management_key: str,
    skip_verify: bool,
    timeout_seconds: float,
    key_patience: Patience | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> Auto:
    """The source for a mode.

    `key_patience` is shared with whatever else presents the management key to the same CPA, so that a wrong key or a
    ban met by one is respected by all. Raises `ValueError` for an empty key, which CPA would count as a wrong one.
    """
    if not management_key:
        raise ValueError("CPA_MANAGEMENT_KEY is empty")
    key = key_patience or Patience(monotonic=monotonic)
    address = Address(host, port, management_key, tls=tls, skip_verify=skip_verify, timeout_seconds=timeout_seconds)
    bell = threading.Event()

    def pop() -> Source:
        return PopSource(address, Patience(key, monotonic=monotonic))

    def http() -> Source:
        return HttpSource(
            base_url,
            management_key,
            Patience(key, monotonic=monotonic),
            skip_verify=skip_verify,
            timeout_seconds=timeout_seconds,
        )

    if mode == "pop":
        return Auto([pop()], bell=bell)
    if mode == "http":
        return Auto([http()], bell=bell)
    if mode == "auto":
        return Auto([pop(), http()], bell=bell)
    queue = Auto([pop(), http()])
    return Auto([SubscribeSource(address, Patience(key, monotonic=monotonic), queue, Arrivals(bell))], bell=bell)
