"""Who asks: the address that a request comes from, and whether it came over https all the way.

What a proxy says of that counts only from the networks of TRUSTED_PROXY_CIDRS; anybody can send such headers.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

import falcon

from shared.settings import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

FORWARDED_MAX = 32
"""Proxies in a row that are looked at, the nearest first."""


@dataclass(frozen=True, slots=True)
class Caller:
    """`address`: of the browser, as far as trusted proxies tell. `host`: the name that it used, with its port."""

    address: str
    secure: bool
    host: str


class Callers:
    """Reads callers out of requests; `trusted`: the networks of proxies that are believed."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = trusted

    def caller(self, req: falcon.Request) -> Caller:
        """Who sent this request."""
        peer = parse_address(req.remote_addr or "")
        secure, host = req.scheme == "https", (req.get_header("Host") or "").lower()
        if peer is None or not self._trusts(peer):
            return Caller(str(peer or req.remote_addr or ""), secure, host)
        # Of several proxies each appends: the last word is the nearest one's, and that one is trusted.
        scheme = _last(req.get_header("X-Forwarded-Proto"))
        forwarded_host = _last(req.get_header("X-Forwarded-Host"))
        return Caller(
            address=str(self._origin(peer, req.get_header("X-Forwarded-For") or "")),
            secure=scheme == "https" if scheme else secure,
            host=forwarded_host or host,
        )

    def _origin(self, peer: Address, forwarded: str) -> Address:
        """The nearest address that is no trusted proxy; the farthest one that is known, where there is none."""
        found = peer
        for text in reversed(forwarded.split(",")[-FORWARDED_MAX:]):
            address = parse_address(text)
            if address is None:
                return found
            found = address
            if not self._trusts(address):
                return found
        return found

    def _trusts(self, address: Address) -> bool:
        return any(address.version == network.version and address in network for network in self._trusted)


def parse_address(text: str) -> Address | None:
    """The address of `1.2.3.4`, `1.2.3.4:5678`, `::1`, `[::1]:80`; an IPv4 address in IPv6 is the former."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])  # without the zone of a link
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _last(header: str | None) -> str:
    return (header or "").rpartition(",")[2].strip().lower()
