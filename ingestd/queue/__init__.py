"""How events leave CPA.

pop ───────┐
http ──────┼─ failover ─▶ Delivery        the first consumer that works; `auto` also subscribes when it must
subscribe ─┘  a thread, a bounded buffer, and the queue for what is older

resp_connection, resp_parser   one RESP connection          pop_size            how many payloads to ask for
poll_interval                  how soon to poll again       competing_consumer  is somebody else taking events?
"""

import threading
import time
from collections.abc import Callable
from typing import Literal

from ingestd.cpa.address import Address
from ingestd.cpa.backoff import Backoff
from ingestd.cpa.errors import CpaError, ErrorKind
from ingestd.cpa.http_client import HttpClient
from ingestd.queue.auto import Auto
from ingestd.queue.delivery import Consumer, Delivery, Transport
from ingestd.queue.failover import Failover, Status
from ingestd.queue.http import HttpConsumer
from ingestd.queue.pop import PopConsumer
from ingestd.queue.subscribe import SubscribeConsumer
from ingestd.queue.subscription_buffer import SubscriptionBuffer

__all__ = [
    "Backoff",
    "Consumer",
    "CpaError",
    "Delivery",
    "ErrorKind",
    "Failover",
    "Status",
    "Transport",
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
    key_backoff: Backoff | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> Failover:
    """The consumer for a mode.

    `key_backoff` is shared with whatever else presents the management key to the same CPA, so that a wrong key or a
    ban met by one is respected by all. Raises `ValueError` for an empty key, which CPA would count as a wrong one.
    """
    if not management_key:
        raise ValueError("CPA_MANAGEMENT_KEY is empty")
    key = key_backoff or Backoff(monotonic=monotonic)
    address = Address(host, port, management_key, tls=tls, skip_verify=skip_verify, timeout_seconds=timeout_seconds)
    wakeup = threading.Event()

    def pop() -> Consumer:
        return PopConsumer(address, Backoff(key, monotonic=monotonic))

    def http() -> Consumer:
        client = HttpClient(base_url, management_key, skip_verify=skip_verify, timeout_seconds=timeout_seconds)
        return HttpConsumer(client, Backoff(key, monotonic=monotonic))

    if mode == "pop":
        return Failover([pop()], wakeup=wakeup)
    if mode == "http":
        return Failover([http()], wakeup=wakeup)

    def subscription(queue: Consumer) -> SubscribeConsumer:
        return SubscribeConsumer(address, Backoff(key, monotonic=monotonic), queue, SubscriptionBuffer(wakeup))

    if mode == "auto":
        return Auto([pop(), http()], subscription, wakeup=wakeup, monotonic=monotonic)
    return Failover([subscription(Failover([pop(), http()]))], wakeup=wakeup, own_copy=True)
