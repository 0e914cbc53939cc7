"""How often passwords may be tried: per address, and by all together, without shutting the owner out.

An attempt counts before the password is looked at. While all addresses together try more than GLOBAL_MAX times a
window, each has one attempt a window instead of PER_ADDRESS_MAX: many addresses guess hardly faster than a few, and
whoever comes from an address of their own still has a try. In memory only, for at most ADDRESSES_MAX addresses.
"""

import ipaddress
import threading
from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from time import monotonic

WINDOW_SECONDS = 60.0
PER_ADDRESS_MAX = 5
GLOBAL_MAX = 60
ADDRESSES_MAX = 4_096

IPV6_PREFIX = 64
"""Bits. One subscriber has at least so many addresses to choose from, so they count as one."""


class LoginLimit:
    """Counts attempts in windows that begin with an address's first one."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._addresses: OrderedDict[str, tuple[float, int]] = OrderedDict()  # when its window began, attempts in it
        self._window, self._attempts = clock(), 0

    def attempt(self, address: str) -> int | None:
        """Count an attempt: None when it may be made, else the seconds after which one may."""
        key = _network(address)
        with self._lock:
            now = self._clock()
            if now - self._window >= WINDOW_SECONDS:
                self._window, self._attempts = now, 0
            begun, attempts = self._addresses.pop(key, (now, 0))
            if now - begun >= WINDOW_SECONDS:
                begun, attempts = now, 0
            allowed = PER_ADDRESS_MAX if self._attempts < GLOBAL_MAX else 1
            refused = attempts >= allowed
            if not refused:
                attempts += 1
                self._attempts += 1
            self._addresses[key] = (begun, attempts)
            while len(self._addresses) > ADDRESSES_MAX:
                self._addresses.popitem(last=False)
            return max(1, ceil(begun + WINDOW_SECONDS - now)) if refused else None

    def succeeded(self, address: str) -> None:
        """Forget this address's attempts; everybody's are still counted."""
        with self._lock:
            self._addresses.pop(_network(address), None)

    def __len__(self) -> int:
        return len(self._addresses)


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False))
