"""Malformed input, TLS and faults: what a client sees on the wire."""

import socket
import ssl
import threading

import httpx
import pytest

from tests.cpa import DEFAULT_KEY, StandIn
from tests.stand_in.conversation import DATA, PAYLOADS, Client

CERTIFICATE = str(DATA / "tls" / "certificate.pem")
TLS = (CERTIFICATE, str(DATA / "tls" / "key.pem"))
AUTH = b"*2\r\n$4\r\nAUTH\r\n$20\r\nlab-management-key-1\r\n"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"*2\r\n$4\r\nAUTH\r\n", b""),
        (b"*2\r\n$4\r\nAUTH\r\n$20\r\n", b""),
        (b"*2\r\n$4\r\nAUTH\r\n$20\r\nlab", b"-ERR unexpected EOF\r\n"),
        (b"*-1\r\n", b"-ERR protocol error\r\n"),
        (b"*1\r\n#x\r\n", b"-ERR protocol error\r\n"),
        (b"*1\r\n$x\r\n", b"-ERR protocol error\r\n"),
        (b"*1\n$4\nPING\r\n", b"-NOAUTH Authentication required.\r\n"),
    ],
)
def test_a_request_that_ends_or_errs_is_answered_as_go_would(sent, said):
    with StandIn() as cpa, Client(cpa.address) as client:
        client.sock.sendall(sent)
        client.sock.shutdown(socket.SHUT_WR)
        assert client.rest() == said


def test_a_count_may_have_a_sign_or_spaces():
    with StandIn() as cpa, Client(cpa.address) as client:
        cpa.publish_many(PAYLOADS[:4])
        client.auth()
        assert len(client.ask("LPOP", "usage", "+2")) == 2
        assert len(client.ask("LPOP", "usage", " 2 ")) == 2


def test_http_headers_come_in_the_order_and_case_of_a_real_cpa():
    with StandIn() as cpa, socket.create_connection(cpa.address, timeout=10) as sock:
        sock.sendall(
            b"GET /v0/management/api-keys HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b"X-Management-Key: lab-management-key-1\r\n\r\n"
        )
        head = sock.makefile("rb").read().partition(b"\r\n\r\n")[0].decode()
    names = [line.partition(":")[0] for line in head.split("\r\n")[1:]]
    assert names == [
        "Content-Type",
        "X-Cpa-Build-Date",
        "X-Cpa-Commit",
        "X-Cpa-Support-Plugin",
        "X-Cpa-Version",
        "Date",
        "Content-Length",
        "Connection",
    ]


def test_with_tls_the_whole_port_is_tls_for_resp_and_http():
    context = ssl.create_default_context(cafile=CERTIFICATE)
    with StandIn(tls=TLS) as cpa:
        cpa.publish(PAYLOADS[0])
        with (
            socket.create_connection(cpa.address, timeout=10) as raw,
            context.wrap_socket(raw, server_hostname="localhost") as sock,
        ):
            sock.sendall(AUTH + b"*2\r\n$4\r\nLPOP\r\n$5\r\nusage\r\n")
            stream = sock.makefile("rb")
            assert stream.readline() == b"+OK\r\n"
            assert stream.readline() == b"$%d\r\n" % len(PAYLOADS[0])
            stream.close()
        assert httpx.get(f"{cpa.url}/healthz", verify=context, trust_env=False).json() == {"status": "ok"}
        with Client(cpa.address) as plain:
            plain.sock.sendall(AUTH)
            assert plain.rest() == b""


def pop(cpa):
    """One pop of up to ten payloads on a connection of its own."""
    with Client(cpa.address) as client:
        return client.auth().ask("LPOP", "usage", 10)


def test_a_cut_reply_breaks_off_in_the_middle_and_its_payloads_are_counted_as_lost():
    with StandIn() as cpa:
        cpa.publish_many(PAYLOADS[:4])
        cpa.faults.cut_replies = 1
        with pytest.raises(ConnectionError):
            pop(cpa)
        assert cpa.queue.snapshot()["lost_to_faults"] == 4
        assert pop(cpa) == []


def test_a_dropped_reply_closes_the_connection_after_the_pop():
    with StandIn() as cpa:
        cpa.publish_many(PAYLOADS[:4])
        cpa.faults.drop_replies = 1
        with Client(cpa.address) as client:
            client.auth().send("LPOP", "usage", 10)
            assert client.rest() == b""
        assert cpa.queue.snapshot()["lost_to_faults"] == 4


def test_a_stalled_reply_halts_halfway_and_then_goes_on():
    with StandIn() as cpa, Client(cpa.address) as client:
        cpa.publish(PAYLOADS[0])
        cpa.faults.stall_seconds = 60.0
        client.auth().send("LPOP", "usage")
        whole = b"$%d\r\n%b\r\n" % (len(PAYLOADS[0]), PAYLOADS[0])
        assert client.stream.read(len(whole) // 2) == whole[: len(whole) // 2]
        client.sock.settimeout(0.05)
        with pytest.raises(TimeoutError):
            client.sock.recv(1)
        cpa.faults.end()
        client.sock.settimeout(10)
        assert client.sock.recv(65536) == whole[len(whole) // 2 :]


def test_refused_connections_keep_the_port_and_come_back():
    with StandIn() as cpa:
        cpa.refuse_connections()
        with pytest.raises(ConnectionRefusedError):
            Client(cpa.address)
        cpa.accept_connections()
        assert pop(cpa) == []


def test_faults_and_counters_can_be_driven_over_http():
    with StandIn() as cpa, httpx.Client(base_url=cpa.url, trust_env=False) as control:
        control.post("/stand-in/publish", content=b"\n".join(PAYLOADS[:3]))
        changed = control.put("/stand-in/faults", json={"cut_replies": 1, "statistics": False})
        assert changed.json()["cut_replies"] == 1
        assert cpa.faults.cut_replies == 1
        assert control.put("/stand-in/faults", json={"nonsense": 1}).status_code == 400
        assert control.put("/stand-in/faults", json={"cut_replies": "many"}).status_code == 400
        control.put("/stand-in/faults", json={"ban": "127.0.0.1"})
        with Client(cpa.address) as client:
            assert client.ask("AUTH", DEFAULT_KEY).startswith(b"-ERR IP banned")
        counters = control.get("/stand-in/counters").json()
        assert (counters["published"], counters["waiting"], counters["strikes"]) == (3, 3, 0)


def test_a_refusal_ordered_over_http_ends_by_itself():
    with StandIn() as cpa:
        httpx.put(f"{cpa.url}/stand-in/faults", json={"refuse_seconds": 0.2}, trust_env=False)
        attempts = 0
        while True:
            attempts += 1
            try:
                Client(cpa.address).close()
            except ConnectionRefusedError:
                continue
            break
        assert attempts > 1


def test_stopping_ends_every_thread_of_the_stand_in():
    cpa = StandIn()
    cpa.start()
    clients = [Client(cpa.address).auth() for _ in range(5)]
    clients[0].ask("SUBSCRIBE", "usage")
    cpa.stop()
    assert [client.rest() for client in clients[1:]] == [b""] * 4
    assert not [thread for thread in threading.enumerate() if thread.name == "stand-in"]
    for client in clients:
        client.close()
