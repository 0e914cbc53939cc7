"""A CPA to test against: one port that speaks RESP and the management API like the real one."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from io import BufferedReader
from types import TracebackType
from typing import Self

from tests.cpa.access import Access, peer_address
from tests.cpa.api_call import ApiCalls, Upstream
from tests.cpa.control import StandInControl
from tests.cpa.faults import Faults
from tests.cpa.management import Documents, Management
from tests.cpa.recorded import RecordedDocuments
from tests.cpa.resp import RespConnection
from tests.cpa.samples import SampleProviders
from tests.cpa.usage_queue import UsageQueue
from tests.cpa.web import WebConnection

FIRST_BYTE_SECONDS = 10.0
_STOP_SECONDS = 5.0
_TLS_HANDSHAKE = b"\x16"
DEFAULT_KEY = "lab-management-key-1"
_HOME_REFUSAL = b"-ERR redis usage output disabled in home mode\r\n"


class StandIn:
    """CPA's port, in threads of this process; use it as a context manager, or `start` and `stop` it.

    Times are in seconds. `now` is a monotonic clock for bans and retention. With `tls` (a certificate file and
    its key file) the whole port is TLS, as in CPA. `home` makes it a node of a cluster, which refuses both.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        key: str = DEFAULT_KEY,
        management: bool = True,
        statistics: bool = True,
        retention_seconds: float = 60.0,
        allow_remote: bool = False,
        home: bool = False,
        tls: tuple[str, str] | None = None,
        documents: Documents | None = None,
        upstream: Upstream | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.queue = UsageQueue(now, retention_seconds)
        self.queue.switch(management and not home)
        self.queue.statistics = statistics
        self.access = Access(key, allow_remote=allow_remote, now=now)
        self.faults = Faults()
        self._home = home
        self._documents = documents or RecordedDocuments()
        self.api_calls = ApiCalls(self._documents.tokens, upstream or SampleProviders())
        self._management = Management(self.queue, self._documents, self.api_calls.reply)
        self._control = StandInControl(self)
        self._tls = _tls_context(tls) if tls else None
        self._family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # Holds the port while the listener is away, so that nobody else can get it.
        self._holder = self._bind(host, port)
        self.address: tuple[str, int] = self._holder.getsockname()[:2]
        self.connections = 0
        """How many connections were accepted so far."""
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._acceptor: threading.Thread | None = None
        self._threads: set[threading.Thread] = set()
        self._stopped = False
        self._switching = threading.RLock()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """The base URL, without a trailing slash."""
        host, port = self.address
        return f"{'https' if self._tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"

    @property
    def strikes(self) -> int:
        return self.access.strikes

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen and answer, unless it does already or was stopped."""
        with self._switching:
            if self._listener is not None or self._stopped:
                return
            self._listener = listener = self._bind(*self.address)
            listener.listen(128)
            self._acceptor = threading.Thread(
                target=self._accept, args=(listener,), name="stand-in accept", daemon=True
            )
            self._acceptor.start()

    def stop(self) -> None:
        """Stop listening for good, close every connection and wait for their threads."""
        with self._switching:
            self._stopped = True
            self.faults.end()
            self.api_calls.release.set()
            self.refuse_connections()
        self.drop_connections()
        self._holder.close()
        for thread in list(self._threads):
            thread.join(_STOP_SECONDS)

    def publish(self, payload: bytes) -> None:
        """Queue one usage payload, or divert it to the subscribers; its attempt counts."""
        self.publish_many((payload,))

    def publish_many(self, payloads: Iterable[bytes]) -> None:
        batch = list(payloads)
        self._documents.published(batch)
        self.queue.publish(batch)

    def publish_paced(self, payloads: Iterable[bytes]) -> None:
        """Publish no faster than reading subscribers follow, as CPA's own pace would be."""
        self.queue.publish_paced(payloads)

    def publish_error(self, payload: bytes) -> None:
        """Send a payload to the subscribers of the errors channel."""
        self.queue.publish_error(payload)

    def count_unreported(self, auth_index: str, succeeded: int = 0, failed: int = 0) -> None:
        """Count results that no event reports, as CPA does for count_tokens and for streams without usage."""
        self._documents.count(auth_index, succeeded, failed)

    def hide(self, *paths: str) -> None:
        """Answer 404 to these management paths, such as `usage-statistics-enabled`, and to no others."""
        self._management.missing = frozenset(paths)

    @property
    def hidden(self) -> frozenset[str]:
        return self._management.missing

    def set_management(self, enabled: bool) -> None:
        """Turn management on or off, as reloading a configuration with or without a key does."""
        self.queue.switch(enabled)

    def refuse_connections(self) -> None:
        """Stop listening: new connections are refused, open ones stay. `accept_connections` undoes it."""
        with self._switching:
            if self._listener is None or self._acceptor is None:
                return
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._acceptor.join(_STOP_SECONDS)
            self._listener = None

    def accept_connections(self) -> None:
        """Listen again, on the same port."""
        self.start()

    def drop_connections(self) -> None:
        """Close every open connection without a word."""
        with self._lock:
            connections = list(self._open)
        for sock in connections:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def restart(self) -> None:
        """Lose what a restart of CPA loses: the queue, subscriptions, connections, counters, strikes and bans."""
        enabled = self.queue.enabled
        self.queue.switch(False)
        self.drop_connections()
        self.access.pardon()
        self._documents.restart()
        self.queue.switch(enabled)

    def _bind(self, host: str, port: int) -> socket.socket:
        sock = socket.socket(self._family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        return sock

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                sock, peer = listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(sock, peer[0]), name="stand-in", daemon=True)
            with self._lock:
                self._threads.add(thread)
            thread.start()

    def _serve(self, raw: socket.socket, host: str) -> None:
        sock = raw
        try:
            with contextlib.suppress(OSError):
                raw.settimeout(FIRST_BYTE_SECONDS)
                raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._tls:
                    if raw.recv(1, socket.MSG_PEEK) != _TLS_HANDSHAKE:
                        raw.recv(65536)
                        return
                    sock = self._tls.wrap_socket(raw, server_side=True)
                with self._lock:
                    self._open.add(sock)
                    late = self._stopped
                if not late:
                    with sock.makefile("rb") as stream:
                        self._route(sock, stream, peer_address(host))
        finally:
            sock.close()
            with self._lock:
                self._open.discard(sock)
                self._threads.discard(threading.current_thread())

    def _route(self, sock: socket.socket, stream: BufferedReader, peer: str) -> None:
        """Contract 1.1: the first byte alone decides, except that a negotiated ALPN means HTTP."""
        first = stream.peek(1)[:1]
        sock.settimeout(None)
        if not first:
            return
        http = isinstance(sock, ssl.SSLSocket) and sock.selected_alpn_protocol() is not None
        if http or first not in b"*$+-:":
            WebConnection(
                sock,
                stream,
                peer,
                access=self.access,
                queue=self.queue,
                faults=self.faults,
                management=self._management,
                control=self._control,
            )
        elif self._home:
            sock.sendall(_HOME_REFUSAL)
        else:
            RespConnection(sock, stream, peer, access=self.access, queue=self.queue, faults=self.faults).serve()
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def _tls_context(files: tuple[str, str]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    # CPA offers h2 as well; the stand-in speaks only HTTP/1.1.
    context.set_alpn_protocols(["http/1.1"])
    return context
