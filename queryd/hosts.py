"""Under which names the dashboard may be reached: a page of strangers must not reach it through their own name.

A browser sends the name that it was given. If that name belongs to somebody else and merely leads here (DNS
rebinding), their page could read everything. An IP address cannot be pointed elsewhere, so any of them is welcome:
on a LAN and behind a container's port it is how people reach the dashboard, and often not an address of its own.
"""

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

SHOWN_MAX = 100
"""Characters of a name in a refusal."""


def host_name(netloc: str) -> str:
    """The name or bare address of a `host:port`, in lower case: `[::1]:80` gives `::1`."""
    text = netloc.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0].rstrip(".")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`; an empty host is every interface."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class AllowedHosts:
    """`names`: names and, with a leading dot, whole domains; `*` allows every name."""

    def __init__(self, names: Iterable[str]) -> None:
        names = frozenset(name.lower().rstrip(".") for name in names if name)
        self._every = "*" in names
        self._names = frozenset(name for name in names if not name.startswith("."))
        self._domains = tuple(name for name in names if name.startswith("."))

    def __contains__(self, name: str) -> bool:
        return self.lists(name) or name == "localhost" or name.endswith(".localhost") or _is_address(name)

    def lists(self, name: str) -> bool:
        """Whether `name` is among what was listed, addresses and localhost aside."""
        return (
            self._every
            or name in self._names
            or any(name.endswith(domain) or name == domain[1:] for domain in self._domains)
        )


def allowed_hosts(app_host: str, cpa_public_url: str, more: Iterable[str]) -> AllowedHosts:
    """What the settings allow, and this machine's own name."""
    own = socket.gethostname().lower()
    public = urlsplit(cpa_public_url).hostname if cpa_public_url else None
    return AllowedHosts((app_host, public or "", own, f"{own.partition('.')[0]}.local", *more))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
