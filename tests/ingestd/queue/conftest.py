"""A stand-in for CPA, consumers that are closed in the end, and servers that follow a script where CPA never would."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ingestd.queue import Consumer, CpaError, Failover, build
from tests.cpa.stand_in import DEFAULT_KEY, StandIn

PATIENT_SECONDS = 30.0
"""Long enough for the slowest machine; a test that waits so long has failed."""


class FakeMonotonic:
    """Monotonic seconds that pass only when told to."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds


class Scripted:
    """A server that hands each connection to the next of its handlers, the last one again and again."""

    def __init__(self, *handlers: Callable[[socket.socket], None]) -> None:
        self._handlers = list(handlers)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.connections = 0
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.address[1]}"

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            handler = self._handlers[min(self.connections, len(self._handlers) - 1)]
            self.connections += 1
            self._open.append(sock)
            threading.Thread(target=self._serve, args=(handler, sock), daemon=True).start()

    @staticmethod
    def _serve(handler: Callable[[socket.socket], None], sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError):
            handler(sock)


@pytest.fixture
def monotonic() -> FakeMonotonic:
    return FakeMonotonic()


@pytest.fixture
def cpa() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def tls_files() -> tuple[str, str]:
    """A self-signed certificate for 127.0.0.1 and its key, made up for these tests."""
    folder = Path(__file__).parent / "tls"
    return str(folder / "certificate.pem"), str(folder / "key.pem")


@pytest.fixture
def scripted() -> Iterator[Callable[..., Scripted]]:
    servers: list[Scripted] = []

    def start(*handlers: Callable[[socket.socket], None]) -> Scripted:
        servers.append(Scripted(*handlers))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def consumer() -> Iterator[Callable[..., Failover]]:
    """Builds a consumer for a stand-in or scripted server; keywords of `build` override what follows from it."""
    consumers: list[Failover] = []

    def start(mode: Any, server: StandIn | Scripted, **options: Any) -> Failover:
        host, port = server.address
        known: dict[str, Any] = {
            "host": host,
            "port": port,
            "tls": server.url.startswith("https"),
            "base_url": server.url,
            "management_key": DEFAULT_KEY,
            "skip_verify": False,
            "timeout_seconds": 10.0,
        }
        consumers.append(build(mode, **(known | options)))
        return consumers[-1]

    yield start
    for built in consumers:
        built.close()


def wait_until(truth: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENT_SECONDS
    while not truth():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.002)


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    """Waits until something is true; that it becomes so is the assertion."""
    return wait_until


class Collected(list[bytes]):
    """What a consumer delivers."""

    def __init__(self, consumer: Consumer, *, limit: int = 1000) -> None:
        super().__init__()
        self._source = consumer
        self._limit = limit
        self.refreshes = 0
        self.lost = 0
        self.troubles: list[CpaError] = []

    def until(self, truth: Callable[[], object]) -> None:
        """Receive until something is true, as a collector would: errors are noted, and waited out."""

        def check() -> object:
            try:
                delivery = self._source.receive(self._limit)
            except CpaError as error:
                self.troubles.append(error)
            else:
                self.extend(delivery.payloads)
                self.refreshes += delivery.refresh
                self.lost += delivery.lost
            return truth()

        wait_until(check)


@pytest.fixture
def collected() -> Callable[..., Collected]:
    return Collected


@pytest.fixture
def take() -> Callable[..., list[bytes]]:
    """Receives until so many payloads have come."""

    def receive(consumer: Consumer, count: int) -> list[bytes]:
        got = Collected(consumer)
        got.until(lambda: len(got) >= count)
        return list(got)

    return receive
