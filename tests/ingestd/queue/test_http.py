"""Popping over HTTP, against the stand-in and servers that break off."""

import socket
import threading

import pytest

from ingestd.cpa.errors import CpaError, ErrorKind, ProtocolError, Refused, Unreachable
from tests.cpa.stand_in import StandIn


def payload(number: int, size: int = 0) -> bytes:
    return b'{"n":%d, "pad" : "%b", "f": 1.50}' % (number, b"x" * size)


def answering(body: bytes, *, head: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"):
    def handler(sock: socket.socket) -> None:
        while sock.recv(4096):
            sock.sendall((head % len(body) if b"%d" in head else head) + body)

    return handler


def test_payloads_are_the_bytes_that_cpa_queued_not_reserialized(cpa, consumer):
    queued = [payload(n) for n in range(3)]
    cpa.publish_many(queued)
    delivery = consumer("http", cpa).receive(10)
    assert delivery.payloads == queued
    assert (delivery.transport, delivery.full, delivery.lost) == ("http", False, 0)


def test_an_empty_queue_is_an_empty_delivery_and_a_full_one_says_so(cpa, consumer):
    calling = consumer("http", cpa)
    assert calling.receive(2).payloads == []
    cpa.publish_many(payload(n) for n in range(3))
    assert [calling.receive(2).full for _ in range(2)] == [True, False]
    assert cpa.strikes == 0


def test_all_calls_share_one_connection(cpa, consumer, take):
    calling = consumer("http", cpa)
    for n in range(10):
        cpa.publish(payload(n))
        assert take(calling, 1) == [payload(n)]
    assert cpa.connections == 1


def test_big_bodies_arrive_whole(cpa, consumer, take):
    queued = [payload(n, size=200_000) for n in range(100)]
    cpa.publish_many(queued)
    assert take(consumer("http", cpa), 100) == queued


def test_a_body_cut_in_half_keeps_its_complete_events(cpa, consumer):
    queued = [payload(n, size=1000) for n in range(40)]
    cpa.publish_many(queued)
    cpa.faults.cut_replies = 1
    calling = consumer("http", cpa)
    delivery = calling.receive(40)
    assert 10 < len(delivery.payloads) < 40
    assert delivery.payloads == queued[: len(delivery.payloads)]
    assert (delivery.lost, delivery.full) == (1, False)
    with pytest.raises(CpaError) as caught:
        calling.receive(40)
    assert caught.value.kind is ErrorKind.INTERRUPTED


def test_a_body_that_stalls_for_too_long_keeps_its_complete_events(cpa, consumer):
    queued = [payload(n, size=1000) for n in range(40)]
    cpa.publish_many(queued)
    # Long enough for a busy machine to send the first half in, and a stall that outlasts it many times.
    cpa.faults.stall_seconds = 60.0
    delivery = consumer("http", cpa, timeout_seconds=3.0).receive(40)
    assert 10 < len(delivery.payloads) < 40
    assert delivery.lost == 1


def test_a_wrong_key_is_one_strike_and_then_silence(cpa, consumer, monotonic):
    calling = consumer("http", cpa, management_key="not-the-key", monotonic=monotonic)
    for _ in range(50):
        with pytest.raises(Refused) as caught:
            calling.receive(1)
        assert caught.value.kind is ErrorKind.WRONG_KEY
    assert cpa.strikes == 1


def test_during_a_ban_it_asks_every_half_minute(cpa, consumer, monotonic):
    cpa.access.ban("127.0.0.1")
    calling = consumer("http", cpa, monotonic=monotonic)
    with pytest.raises(Refused) as caught:
        calling.receive(1)
    assert caught.value.kind is ErrorKind.BANNED
    assert 15 <= caught.value.retry_after <= 30


def test_management_off_home_mode_and_an_old_cpa_are_told_apart(consumer, scripted):
    for off in (StandIn(management=False), StandIn(home=True)):
        with off, pytest.raises(Refused) as caught:
            consumer("http", off).receive(1)
        assert caught.value.kind is ErrorKind.MANAGEMENT_DISABLED
    old = scripted(answering(b"", head=b"HTTP/1.1 404 Not Found\r\nX-Cpa-Version: 6.10.0\r\nContent-Length: 0\r\n\r\n"))
    with pytest.raises(Refused) as caught:
        consumer("http", old).receive(1)
    assert caught.value.kind is ErrorKind.QUEUE_MISSING
    assert "6.10.0" in str(caught.value)


def test_remote_management_disabled_names_the_reverse_proxy_as_a_cause(consumer, scripted):
    body = b'{"error":"remote management disabled"}'
    proxy = scripted(answering(body, head=b"HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\n\r\n"))
    with pytest.raises(Refused) as caught:
        consumer("http", proxy).receive(1)
    assert caught.value.kind is ErrorKind.REMOTE_DISABLED
    assert "X-Forwarded-For" in str(caught.value)
    assert "allow-remote" in str(caught.value)


def test_a_proxy_whose_cpa_is_away_is_unreachable(consumer, scripted):
    proxy = scripted(answering(b"<html>", head=b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: %d\r\n\r\n"))
    with pytest.raises(Unreachable) as caught:
        consumer("http", proxy).receive(1)
    assert caught.value.kind is ErrorKind.UNREACHABLE


def test_a_page_or_a_redirect_is_not_cpa(consumer, scripted):
    page = scripted(answering(b"<!doctype html><title>router</title>"))
    moved = scripted(
        answering(b"", head=b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
    )
    for server in (page, moved):
        with pytest.raises(ProtocolError) as caught:
            consumer("http", server).receive(1)
        assert caught.value.kind is ErrorKind.PROTOCOL


def test_an_array_with_an_invalid_item_loses_none_of_its_bytes(consumer, scripted):
    server = scripted(answering(b'[{"a":1},{"b":tru},{"c":3}]'))
    delivery = consumer("http", server).receive(10)
    assert delivery.payloads == [b'{"a":1}', b'{"b":tru},{"c":3}']


def test_a_plain_call_to_a_tls_port_is_a_mismatch_and_the_other_way_round(cpa, consumer, tls_files):
    with StandIn(tls=tls_files) as secure, pytest.raises(Unreachable) as caught:
        consumer("http", secure, base_url=secure.url.replace("https", "http")).receive(1)
    assert caught.value.kind is ErrorKind.TLS_MISMATCH
    with pytest.raises(Unreachable) as caught:
        consumer("http", cpa, base_url=cpa.url.replace("http", "https")).receive(1)
    assert caught.value.kind is ErrorKind.TLS_MISMATCH


def test_tls_is_verified_unless_told_not_to(consumer, tls_files):
    with StandIn(tls=tls_files) as secure:
        secure.publish(payload(1))
        with pytest.raises(Unreachable) as caught:
            consumer("http", secure).receive(1)
        assert caught.value.kind is ErrorKind.CERTIFICATE
        assert consumer("http", secure, skip_verify=True).receive(1).payloads == [payload(1)]


def test_a_base_url_with_a_path_is_kept(consumer, scripted):
    asked: list[bytes] = []

    def handler(sock: socket.socket) -> None:
        asked.append(sock.recv(4096))
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")

    server = scripted(handler)
    consumer("http", server, base_url=server.url + "/cpa").receive(7)
    assert asked[0].startswith(b"GET /cpa/v0/management/usage-queue?count=7 HTTP/1.1\r\n")


def test_the_environments_proxy_never_sees_the_key(cpa, consumer, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    cpa.publish(payload(1))
    assert consumer("http", cpa).receive(1).payloads == [payload(1)]


def test_closing_wakes_a_call_that_waits_for_an_answer(consumer, scripted):
    reached, release, ended = threading.Event(), threading.Event(), threading.Event()

    def silent(sock: socket.socket) -> None:
        sock.recv(4096)
        reached.set()
        release.wait(30)

    calling = consumer("http", scripted(silent), timeout_seconds=60.0)

    def receive() -> None:
        with pytest.raises(CpaError):
            calling.receive(1)
        ended.set()

    thread = threading.Thread(target=receive)
    thread.start()
    assert reached.wait(30)
    calling.close()
    assert ended.wait(30)
    release.set()
    thread.join()
    assert calling.receive(1).payloads == []
