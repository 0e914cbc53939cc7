"""What a subscription brought and the file has not taken yet, in memory and bounded."""

import threading
from collections import deque
from typing import Final

BYTES: Final = 24 * 1024 * 1024
COUNT: Final = 50_000
_TAKE_BYTES: Final = 8 * 1024 * 1024


class SubscriptionBuffer:
    """A queue between the thread that reads a subscription and the one that fills the file.

    `put` never waits. Once `full`, the reader is to leave the subscription, and to come back when `drained`; what
    is on its way until then, at most CPA's 256 buffered messages and the sockets' buffers, is still taken in.
    """

    def __init__(self, wakeup: threading.Event, *, bytes_bound: int = BYTES, count_bound: int = COUNT) -> None:
        self._wakeup = wakeup
        self._bytes_bound = bytes_bound
        self._count_bound = count_bound
        self._lock = threading.Lock()
        self._payloads: deque[bytes] = deque()
        self._bytes = 0
        self._refresh = False
        self._lost = 0

    @property
    def waiting(self) -> bool:
        return bool(self._payloads) or self._refresh or bool(self._lost)

    @property
    def full(self) -> bool:
        return self._bytes >= self._bytes_bound or len(self._payloads) >= self._count_bound

    @property
    def drained(self) -> bool:
        return self._bytes * 4 <= self._bytes_bound and len(self._payloads) * 4 <= self._count_bound

    def put(self, payloads: list[bytes], *, refresh: bool = False, lost: int = 0) -> None:
        with self._lock:
            self._payloads.extend(payloads)
            self._bytes += sum(map(len, payloads))
            self._refresh |= refresh
            self._lost += lost
        self._wakeup.set()

    def take(self, limit: int) -> tuple[list[bytes], bool, int]:
        """The oldest payloads, at most `limit` and some 8 MiB; whether a refresh was asked for; how many were lost."""
        taken: list[bytes] = []
        weight = 0
        with self._lock:
            while self._payloads and len(taken) < limit and weight < _TAKE_BYTES:
                payload = self._payloads.popleft()
                weight += len(payload)
                taken.append(payload)
            self._bytes -= weight
            refresh, self._refresh = self._refresh, False
            lost, self._lost = self._lost, 0
        return taken, refresh, lost
