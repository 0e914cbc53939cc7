"""What can go wrong between a keeper and CPA, switchable while the stand-in runs."""

import socket
import threading
from dataclasses import dataclass, field
from typing import Literal


@dataclass(slots=True)
class Faults:
    """Every reply is sent through here. Counted faults apply to so many replies, then stop."""

    delay_seconds: float = 0.0
    """Wait so long before every reply."""
    management_delay_seconds: float = 0.0
    """Wait so long before every reply of the management API, except those of its usage queue."""
    stall_seconds: float = 0.0
    """Send the first half of every reply, wait so long, send the rest."""
    cut_replies: int = 0
    """So many replies break off after half their bytes, and the connection closes."""
    drop_replies: int = 0
    """So many replies are not sent at all: the connection closes after the command took effect."""
    only_pops: bool = True
    """Cut, drop and stall only replies that carry payloads; otherwise every reply."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _over: threading.Event = field(default_factory=threading.Event, repr=False)

    def send(self, sock: socket.socket, reply: bytes, *, pops: bool) -> bool:
        """Send a reply as the faults allow; False when the connection is to close. `pops`: it carries payloads."""
        if self.delay_seconds:
            self.wait(self.delay_seconds)
        fault = self._draw(pops=pops)
        if fault == "drop":
            return False
        half = len(reply) // 2 if fault else 0
        if half:
            sock.sendall(reply[:half])
        if fault == "cut":
            return False
        if fault == "stall":
            self.wait(self.stall_seconds)
        sock.sendall(reply[half:])
        return True

    def _draw(self, *, pops: bool) -> Literal["drop", "cut", "stall"] | None:
        if self.only_pops and not pops:
            return None
        with self._lock:
            if self.drop_replies:
                self.drop_replies -= 1
                return "drop"
            if self.cut_replies:
                self.cut_replies -= 1
                return "cut"
        return "stall" if self.stall_seconds else None

    def wait(self, seconds: float) -> None:
        """Sleep, unless the stand-in stops meanwhile."""
        self._over.wait(seconds)

    def end(self) -> None:
        """The stand-in stops: nobody waits any more."""
        self._over.set()

    def clear(self) -> None:
        with self._lock:
            self.delay_seconds = self.stall_seconds = self.management_delay_seconds = 0.0
            self.cut_replies = self.drop_replies = 0
            self.only_pops = True
