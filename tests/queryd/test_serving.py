"""The server against slow, greedy and broken clients, plain and over TLS."""

import shutil
import socket
import ssl
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from queryd import serving
from queryd.certificate import Certificate, CertificateError
from queryd.serving import PER_ADDRESS_MAX, HttpServer
from tests.queryd.http.conftest import settings_in

DATA = Path(__file__).parents[1] / "data"
CPA_TLS = DATA / "cpa" / "tls"
RENEWED = DATA / "tls"
BODY = b"x" * 300_000


def app(environ, start_response):
    """Answers what it was sent, and much more when it is asked for /much."""
    body = environ["wsgi.input"].read()
    if environ["PATH_INFO"] == "/much":
        body = BODY
    headers = [
        ("Content-Length", str(len(body))),
        ("X-Scheme", environ["wsgi.url_scheme"]),
        ("X-Caller", environ["REMOTE_ADDR"]),
    ]
    start_response("200 OK", headers)
    return [body]


@pytest.fixture
def pair(tmp_path):
    """A certificate and its key, as files that may be renewed."""
    for name in ("certificate.pem", "key.pem"):
        shutil.copy(CPA_TLS / name, tmp_path / name)
    return tmp_path / "certificate.pem", tmp_path / "key.pem"


@pytest.fixture
def serve(tmp_path):
    """Starts servers, plain or with a certificate; gives (host, port)."""
    (tmp_path / "no.env").touch(0o600)
    running = []

    def start(certificate=None, **values):
        server = HttpServer(app, settings_in(tmp_path, APP_PORT="0", **values), certificate)
        thread = threading.Thread(target=server.run)
        thread.start()
        running.append((server, thread))
        return server.addresses[0]

    yield start
    for server, thread in running:
        server.close()
        thread.join(10)
        assert not thread.is_alive()


def trusting():
    return ssl.create_default_context(cafile=CPA_TLS / "certificate.pem")


def closed(connection, seconds=20):
    """Whether the server hangs up on it."""
    connection.settimeout(seconds)
    with suppress(ConnectionError):
        return connection.recv(100) == b""
    return True


def test_it_answers_over_tls_with_large_bodies_both_ways_on_one_connection(serve, pair):
    host, port = serve(Certificate(*pair))
    with httpx.Client(base_url=f"https://{host}:{port}", verify=trusting()) as client:
        for size in (0, 1, 16_384, 16_385, 60_000):
            answer = client.post("/", content=b"y" * size)
            assert answer.content == b"y" * size
            assert (answer.headers["X-Scheme"], answer.headers["X-Caller"]) == ("https", "127.0.0.1")
        assert client.get("/much").content == BODY


def test_many_at_once_over_tls_each_get_their_own(serve, pair):
    host, port = serve(Certificate(*pair))
    wrong = []

    def ask(number):
        with httpx.Client(base_url=f"https://{host}:{port}", verify=trusting(), timeout=60) as client:
            for turn in range(5):
                sent = f"{number} {turn} ".encode() * 5_000
                answers = (client.post("/", content=sent[:60_000]).content, client.get("/much").content)
                if answers != (sent[:60_000], BODY):
                    wrong.append((number, turn))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_old_tls_is_refused(serve, pair):
    host, port = serve(Certificate(*pair))
    context = trusting()
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(OSError), socket.create_connection((host, port)) as plain:  # noqa: PT011 - which one depends on OpenSSL
        context.wrap_socket(plain, server_hostname="localhost")


def test_who_says_nothing_or_speaks_no_tls_holds_up_nobody(serve, pair):
    host, port = serve(Certificate(*pair))
    with ExitStack() as held:
        for _ in range(20):
            held.enter_context(socket.create_connection((host, port)))
        plain = held.enter_context(socket.create_connection((host, port)))
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert closed(plain)
        assert httpx.get(f"https://{host}:{port}/", verify=trusting(), timeout=5).status_code == 200


def test_a_renewed_certificate_is_served_and_a_broken_one_is_not(serve, pair, monkeypatch):
    monkeypatch.setattr("queryd.certificate.LOOK_EVERY_SECONDS", 0.0)
    host, port = serve(Certificate(*pair))
    first = ssl.get_server_certificate((host, port))
    pair[0].write_text("half of it")
    assert ssl.get_server_certificate((host, port)) == first
    for name, path in zip(("certificate.pem", "key.pem"), pair, strict=True):
        shutil.copy(RENEWED / name, path)
    renewed = ssl.get_server_certificate((host, port))
    assert renewed != first
    assert renewed.strip() in (RENEWED / "certificate.pem").read_text()


@pytest.mark.parametrize(
    ("break_it", "told"),
    [
        (lambda certificate, _: certificate.unlink(), "TLS_CERT_FILE"),
        (lambda _, key: key.unlink(), "TLS_KEY_FILE"),
        (lambda certificate, _: certificate.write_text("no certificate"), "PEM"),
        (lambda _, key: shutil.copy(RENEWED / "key.pem", key), "KEY_VALUES_MISMATCH"),
    ],
)
def test_files_that_cannot_be_used_are_told(pair, break_it, told):
    break_it(*pair)
    with pytest.raises(CertificateError, match=told):
        Certificate(*pair)


@pytest.mark.parametrize("secure", [False, True])
def test_a_request_must_arrive_in_time_however_steadily_it_drips(serve, pair, monkeypatch, secure):
    monkeypatch.setattr(serving, "ARRIVAL_SECONDS", 0.5)
    host, port = serve(Certificate(*pair) if secure else None)
    with ExitStack() as held:
        plain = held.enter_context(socket.create_connection((host, port)))
        slow = held.enter_context(trusting().wrap_socket(plain, server_hostname="localhost")) if secure else plain
        slow.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        begun = time.monotonic()
        with suppress(OSError):
            while time.monotonic() - begun < 20:
                slow.sendall(b"x")
                slow.settimeout(0.05)
                try:
                    if slow.recv(100) == b"":
                        break
                except TimeoutError:
                    continue
        assert time.monotonic() - begun < 15


def test_slow_clients_hold_no_thread(serve):
    host, port = serve(TRUSTED_PROXY_CIDRS="127.0.0.0/8")
    with ExitStack() as held:
        for _ in range(100):
            slow = held.enter_context(socket.create_connection((host, port)))
            slow.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx")
        assert httpx.get(f"http://{host}:{port}/", timeout=10).status_code == 200


def test_one_address_holds_so_many_connections_and_a_proxy_more(serve):
    for trusted, kept in (("10.0.0.0/8", PER_ADDRESS_MAX), ("127.0.0.0/8", PER_ADDRESS_MAX + 10)):
        host, port = serve(TRUSTED_PROXY_CIDRS=trusted)
        with ExitStack() as held:
            connections = [
                held.enter_context(socket.create_connection((host, port))) for _ in range(PER_ADDRESS_MAX + 10)
            ]
            answered = 0
            for connection in connections:
                connection.settimeout(20)
                with suppress(ConnectionError):
                    connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                    answered += connection.recv(1_000).startswith(b"HTTP/1.1 200")
            assert answered == kept
