"""What can go wrong between a keeper and CPA, switchable while the stand-in runs."""

import threading
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Faults:
    """Each reply asks `plan` what is to happen to it. Counted faults apply to so many replies, then stop."""

    delay_seconds: float = 0.0
    """Wait so long before every reply."""
    stall_seconds: float = 0.0
    """Send the first half of every reply, wait so long, send the rest."""
    cut_replies: int = 0
    """So many replies break off after half their bytes, and the connection closes."""
    drop_replies: int = 0
    """So many replies are not sent at all: the connection closes after the command took effect."""
    only_pops: bool = True
    """Cut, drop and stall only replies that carry payloads; otherwise every reply."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def plan(self, *, pops: bool) -> tuple[str, float]:
        """What happens to the next reply: `send`, `stall`, `cut` or `drop`, and the seconds of the stall."""
        if self.delay_seconds:
            time.sleep(self.delay_seconds)
        if self.only_pops and not pops:
            return "send", 0.0
        with self._lock:
            if self.drop_replies:
                self.drop_replies -= 1
                return "drop", 0.0
            if self.cut_replies:
                self.cut_replies -= 1
                return "cut", 0.0
        return ("stall", self.stall_seconds) if self.stall_seconds else ("send", 0.0)

    def clear(self) -> None:
        with self._lock:
            self.delay_seconds = self.stall_seconds = 0.0
            self.cut_replies = self.drop_replies = 0
            self.only_pops = True
