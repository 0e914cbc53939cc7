"""waitress, bounded against slow and greedy clients, and the same over TLS.

waitress gives a request to a thread only once it has all of it, and takes an answer off the thread at once, so that
slow clients hold no thread. What it leaves open is bounded here: how long a request may take to arrive, and how many
connections one address may hold. (A server that reads in its threads, as cheroot does, was measured: 60 clients that
send a byte every four seconds kept 32 threads from answering anybody for more than 15 s, and one that connects to the
TLS port and says nothing held everybody up for 9.5 s. Here both cost others nothing.)
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, create_server

from queryd.body import BODY_MAX
from queryd.callers import parse_address
from queryd.certificate import Certificate, WantsMore
from shared.settings import Network, Settings

THREADS = 44
"""Requests at once: all questions that may wait (admission), and some for what is answered at once."""

CONNECTIONS_MAX = 200
PER_ADDRESS_MAX = 64
"""Connections of one address, unless it is a trusted proxy's. A browser holds six."""

ARRIVAL_SECONDS = 20.0
"""How long a request may take to arrive; the largest is BODY_MAX and a few headers."""

IDLE_SECONDS = 60
TLS_RECORD_MAX = 16_384
_NO_SOCKET = -1


class Channel(HTTPChannel):
    """A connection whose requests must arrive in time."""

    _began: float | None = None

    def received(self, data: bytes) -> bool:
        """Bytes of a request; waitress' own."""
        taken: bool = super().received(data)
        if self.request is None:
            self._began = None
        elif self._began is None:
            self._began = time.monotonic()
        return taken

    def readable(self) -> bool:
        """Asked in every round of the loop, at least once a second."""
        if self._began is not None and time.monotonic() - self._began > ARRIVAL_SECONDS:
            self.will_close = True
        return bool(super().readable())


class TlsChannel(Channel):
    """The same over TLS. The handshake is part of reading, so that nobody waits for a client that is slow at it."""

    def __init__(self, server: Any, sock: Any, addr: Any, adj: Any, map: Any, certificate: Certificate) -> None:  # noqa: A002, PLR0917 - as waitress calls it
        sock.setblocking(False)
        # A thread may send while the loop reads, and OpenSSL does not bear that.
        self._tls = threading.Lock()
        self._handshake_until: float | None = time.monotonic() + ARRIVAL_SECONDS
        self._encrypted = certificate.wrap(sock)
        super().__init__(server, self._encrypted, addr, adj, map=map)

    def handle_read(self) -> None:
        """Read what there is; perhaps it was only TLS's own."""
        try:
            with self._tls:
                # A record is decrypted as a whole: what is left of it would never make the socket readable again.
                data = self._encrypted.recv(TLS_RECORD_MAX)
        except WantsMore:
            return
        except OSError:  # it does not speak TLS, or not ours; or it has gone
            self.handle_close()
            return
        self._handshake_until = None
        if data:
            self.last_activity = time.time()
            self.received(data)
        else:
            self.handle_close()

    def readable(self) -> bool:
        """While shaking hands as well, but not for ever."""
        if self._handshake_until is not None and time.monotonic() > self._handshake_until:
            self.will_close = True
        return super().readable()

    def send(self, data: bytes, do_close: bool = True) -> int:
        """How much of it was sent; 0 when the socket takes no more at the moment."""
        try:
            with self._tls:
                return self._encrypted.send(data)
        except WantsMore:
            return 0
        except OSError:
            if do_close:
                self.handle_close()
            return 0


class _Round:
    """A member of waitress' loop that has no socket: it is asked in every round, at least once a second."""

    accepting = False

    def __init__(self, turned: Callable[[], None]) -> None:
        self._turned = turned

    def readable(self) -> bool:
        """Asked before each wait."""
        self._turned()
        return False

    def writable(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing is open."""


class HttpServer:
    """waitress with our channels, on every address that was asked for."""

    def __init__(self, app: Any, settings: Settings, certificate: Certificate | None) -> None:
        """Raises `OSError` when it cannot listen."""
        self._trusted: Sequence[Network] = settings.trusted_proxy_cidrs
        self._certificate = certificate
        self._map: dict[int, Any] = {}
        self._server = create_server(
            app,
            map=self._map,
            listen=f"{bracketed(settings.app_host) or '*'}:{settings.app_port}",
            url_prefix=settings.app_base_path,
            url_scheme="http" if certificate is None else "https",
            threads=THREADS,
            connection_limit=CONNECTIONS_MAX,
            max_request_body_size=BODY_MAX,
            channel_timeout=IDLE_SECONDS,
            ident=None,
            clear_untrusted_proxy_headers=False,  # queryd.callers reads them, and believes whom it may
        )
        for listener in list(self._map.values()):
            if isinstance(listener, BaseWSGIServer):
                setattr(listener, "channel_class", self._channel)  # noqa: B010 - a function will do, though its type says a class

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Host and port of each socket, as the system gave them."""
        several = getattr(self._server, "effective_listen", None)  # waitress gives one server, or a bundle of them
        if several is not None:
            return [(host, int(port)) for host, port in several]
        return [(getattr(self._server, "effective_host"), int(getattr(self._server, "effective_port")))]  # noqa: B009 - mypy: a bundle of servers has none

    def run(self, turned: Callable[[], None] | None = None) -> None:
        """Until `SystemExit` in this thread; calls `turned` in every round."""
        if turned is not None:
            self._map[_NO_SOCKET] = _Round(turned)
        self._server.run()

    def close(self) -> None:
        """End `run`, from another thread."""
        listener: Any = next(each for each in self._map.values() if isinstance(each, BaseWSGIServer))
        # In the loop's own thread: it must not wait on what has been closed.
        listener.trigger.pull_trigger(lambda: wasyncore.close_all(self._map, ignore_all=True))

    def _channel(self, server: Any, sock: Any, addr: Any, adj: Any, map: Any) -> None:  # noqa: A002 - as waitress calls it
        if self._is_greedy(str(addr[0])):
            sock.close()
        elif self._certificate is None:
            Channel(server, sock, addr, adj, map=map)
        else:
            try:
                TlsChannel(server, sock, addr, adj, map, self._certificate)
            except OSError:  # it has gone already
                sock.close()

    def _is_greedy(self, host: str) -> bool:
        held = sum(isinstance(each, HTTPChannel) and each.addr[0] == host for each in self._map.values())
        if held < PER_ADDRESS_MAX:
            return False
        address = parse_address(host)
        return address is None or not any(
            address.version == network.version and address in network for network in self._trusted
        )


def bracketed(host: str) -> str:
    """A host as it stands before a port."""
    return f"[{host}]" if ":" in host else host
