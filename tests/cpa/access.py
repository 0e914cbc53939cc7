"""Who may use the management API and the queue: key, strikes, and the ban both protocols share.

Contract 1.4 and 5.1: five failures per client address, then 30 minutes during which even the right key is
refused. The map is one for RESP and HTTP.
"""

import ipaddress
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

STRIKES = 5
BAN_SECONDS = 30 * 60
IDLE_SECONDS = 2 * 60 * 60
LOCAL = ("127.0.0.1", "::1")

BANNED = "IP banned due to too many failed attempts. Try again in "
REMOTE_DISABLED = "remote management disabled"
KEY_MISSING = "missing management key"
KEY_WRONG = "invalid management key"


@dataclass(slots=True)
class _Record:
    failures: int = 0
    last_failure: float = 0.0
    banned_until: float | None = None


class Access:
    """Checks keys and keeps the strikes. `now` gives monotonic seconds."""

    def __init__(self, key: str, *, allow_remote: bool, now: Callable[[], float]) -> None:
        self.key = key
        self.allow_remote = allow_remote
        self.strikes = 0
        """All failed attempts so far, of every address."""
        self._now = now
        self._records: dict[str, _Record] = {}
        self._lock = threading.Lock()

    def refusal(self, address: str, key: str) -> str | None:
        """Why this key from this address is refused, or None. Counts the failure, or forgives the earlier ones."""
        with self._lock:
            now = self._now()
            record = self._records.get(address)
            if record is not None:
                if record.banned_until is not None and record.banned_until > now:
                    return BANNED + go_duration(record.banned_until - now)
                if record.banned_until is not None or now - record.last_failure > IDLE_SECONDS:
                    del self._records[address]
            if address not in LOCAL and not self.allow_remote:
                return REMOTE_DISABLED
            if key == self.key:
                self._records.pop(address, None)
                return None
            self._strike(address, now)
            return KEY_WRONG if key else KEY_MISSING

    def ban(self, address: str) -> None:
        """Ban an address now, as five strikes would."""
        with self._lock:
            self._records[address] = _Record(STRIKES, self._now(), self._now() + BAN_SECONDS)

    def pardon(self) -> None:
        """Forget every strike and ban, as a restart of CPA does."""
        with self._lock:
            self._records.clear()

    def _strike(self, address: str, now: float) -> None:
        self.strikes += 1
        record = self._records.setdefault(address, _Record())
        record.failures += 1
        record.last_failure = now
        if record.failures >= STRIKES:
            record.banned_until = now + BAN_SECONDS


def go_duration(seconds: float) -> str:
    """Seconds the way Go prints a duration rounded to seconds: `29m58s`, `30m0s`, `7s`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def peer_address(host: str) -> str:
    """A socket peer as CPA keys it: IPv4 in IPv6 is folded to IPv4."""
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def client_address(peer: str, headers: Mapping[str, str]) -> str:
    """The address HTTP is judged by: gin trusts every proxy, so the first forwarded address wins (measured)."""
    for name in ("X-Forwarded-For", "X-Real-IP"):
        value = headers.get(name, "")
        if not value:
            continue
        try:
            addresses = [peer_address(part.strip()) for part in value.split(",")]
        except ValueError:
            continue
        return addresses[0]
    return peer
