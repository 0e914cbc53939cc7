"""Every exchange with CPA has an end, and says nothing of the key."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from ingestd.cpa import tls
from ingestd.cpa.errors import CpaError, ErrorKind
from ingestd.cpa.http_client import HttpClient


class Server:
    """Serves each connection with `handler`."""

    def __init__(self, handler: Callable[[socket.socket], None]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._handler = handler
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with sock, contextlib.suppress(OSError):
                self._handler(sock)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)


@pytest.fixture
def client() -> Iterator[Callable[..., HttpClient]]:
    made: list[Server | HttpClient] = []

    def make(handler, *, timeout_seconds=0.4, key="made-up-key-7"):
        server = Server(handler)
        made.append(server)
        one = HttpClient(f"http://127.0.0.1:{server.port}", key, skip_verify=False, timeout_seconds=timeout_seconds)
        made.insert(0, one)
        return one

    yield make
    for each in made:
        each.close()


def trickling(head: bytes, part: bytes) -> Callable[[socket.socket], None]:
    def handler(sock: socket.socket) -> None:
        sock.recv(4096)
        sock.sendall(head)
        for _ in range(400):
            sock.sendall(part)
            time.sleep(0.05)

    return handler


@pytest.mark.parametrize(
    ("head", "part"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[", b" "),
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
        (b"", b"H"),
    ],
)
def test_an_answer_that_trickles_is_given_up_although_no_read_times_out(client, head, part):
    one = client(trickling(head, part))
    began = time.monotonic()
    with pytest.raises(CpaError) as caught:
        one.get("v0/x", bytearray(), limit=1000)
    assert caught.value.kind in (ErrorKind.INTERRUPTED, ErrorKind.UNANSWERED)
    assert time.monotonic() - began < 15


def test_what_had_arrived_of_a_body_is_kept(client):
    body = bytearray()
    with pytest.raises(CpaError):
        client(trickling(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[1,2", b" ")).get("v0/x", body, limit=1000)
    assert bytes(body).rstrip() == b"[1,2"


def test_a_body_without_end_is_cut_at_its_limit(client):
    def endless(sock: socket.socket) -> None:
        sock.recv(4096)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        with contextlib.suppress(OSError):
            while True:
                sock.sendall(b"x" * 65536)

    body = bytearray()
    with pytest.raises(CpaError) as caught:
        client(endless, timeout_seconds=30).get("v0/x", body, limit=200_000)
    assert caught.value.kind is ErrorKind.INTERRUPTED
    assert len(body) < 2_000_000


def test_a_key_in_any_script_goes_out_as_utf8_bytes(client):
    seen: list[bytes] = []

    def answer(sock: socket.socket) -> None:
        seen.append(sock.recv(4096))
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")

    body = bytearray()
    client(answer, key="密钥-一二三").get("v0/x", body, limit=10)
    assert body == b"[]"
    assert b"Bearer " + "密钥-一二三".encode() in seen[0]


def test_the_key_is_kept_out_of_what_an_echoing_server_says(client):
    def echo(sock: socket.socket) -> None:
        sock.recv(4096)
        sock.sendall(b"HTTP/1.1 418 X\r\nContent-Length: 24\r\n\r\nIP banned made-up-key-7 !")

    with pytest.raises(CpaError) as caught:
        client(echo).get("v0/x", bytearray(), limit=10)
    assert "made-up-key-7" not in str(caught.value)


def test_closing_wakes_whoever_waits(client):
    reached, release = threading.Event(), threading.Event()

    def silent(sock: socket.socket) -> None:
        sock.recv(4096)
        reached.set()
        release.wait(30)

    one = client(silent, timeout_seconds=60)
    ended = threading.Event()

    def ask() -> None:
        with pytest.raises(CpaError):
            one.get("v0/x", bytearray(), limit=10)
        ended.set()

    thread = threading.Thread(target=ask)
    thread.start()
    assert reached.wait(30)
    one.close()
    assert ended.wait(30)
    release.set()
    thread.join()
    with pytest.raises(CpaError):
        one.get("v0/x", bytearray(), limit=10)


def test_clients_share_what_takes_long_to_make(monkeypatch):
    """A refresh makes as many as a hundred at once; to read the authorities holds Python's lock for 20 ms each."""
    made = []
    create = ssl.create_default_context

    def counted():
        made.append(create())
        return made[-1]

    monkeypatch.setattr(ssl, "create_default_context", counted)
    tls.http_context.cache_clear()
    clients = [
        HttpClient("https://cpa.example", "made-up-key", skip_verify=skip_verify, timeout_seconds=1)
        for skip_verify in (False, True)
        for _ in range(20)
    ]
    for client in clients:
        client.close()
    tls.http_context.cache_clear()
    assert [each.verify_mode for each in made] == [ssl.CERT_REQUIRED, ssl.CERT_NONE]


def test_what_http_offers_is_not_offered_to_the_queue():
    """With ALPN, CPA takes RESP for HTTP: a context that HTTP has used is never the queue's."""
    assert tls.context(skip_verify=False) is not tls.context(skip_verify=False)
    assert tls.http_context(skip_verify=False) is not tls.context(skip_verify=False)
