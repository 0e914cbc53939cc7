"""What systemd is told, when it has started this process: that it is ready, that its loop turns, that it stops.

The protocol is that of sd_notify(3): a datagram of NAME=VALUE lines to the socket that NOTIFY_SOCKET names. Without
that variable nothing is said. Processes that a daemon starts inherit it; units take messages of the daemon only.
"""

import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress

from shared import clock

_PARTS = 3
"""A loop that turns says so this often at least within the time that systemd waits."""


class Notifier:
    """`turned` in every round of a daemon's main loop, `stopping` when it ends. From one thread."""

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        *,
        longest_round: int = 0,
        monotonic: Callable[[], int] = clock.monotonic,
    ) -> None:
        """`longest_round`: microseconds that one round may take by right; systemd then waits for twice as long."""
        environ = os.environ if environment is None else environment
        self._address = environ.get("NOTIFY_SOCKET", "").replace("@", "\0", 1)
        self._monotonic = monotonic
        self._patience = int(environ.get("WATCHDOG_USEC") or 0)
        self._longer = 2 * longest_round if 0 < self._patience < 2 * longest_round else 0
        self._told_at: int | None = None

    def turned(self) -> None:
        """The loop has gone round: the first time that means ready, later that nothing hangs."""
        now = self._monotonic()
        if self._told_at is None:
            self._tell("READY=1" + (f"\nWATCHDOG_USEC={self._longer}" if self._longer else ""))
        elif not self._patience or now - self._told_at < self._patience // _PARTS:
            return
        else:
            self._tell("WATCHDOG=1")
        self._told_at = now

    def stopping(self) -> None:
        """What is in hand is finished, and nothing is begun."""
        self._tell("STOPPING=1")

    def _tell(self, message: str) -> None:
        if not self._address:
            return
        # Nobody who could be told of a failure: systemd judges by silence.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.setblocking(False)
            sender.sendto(message.encode(), self._address)
