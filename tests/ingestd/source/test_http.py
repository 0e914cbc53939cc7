"""Popping over HTTP, against the stand-in and servers that break off."""

import socket
import threading

import pytest

from ingestd.source.trouble import Condition, Garbled, Refused, SourceError, Unreachable
from tests.cpa.stand_in import StandIn


def payload(number: int, size: int = 0) -> bytes:
    return b'{"n":%d, "pad" : "%b", "f": 1.50}' % (number, b"x" * size)


def answering(body: bytes, *, head: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"):
    def handler(sock: socket.socket) -> None:
        while sock.recv(4096):
            sock.sendall((head % len(body) if b"%d" in head else head) + body)

    return handler


def test_payloads_are_the_bytes_that_cpa_queued_not_reserialized(cpa, source):
    queued = [payload(n) for n in range(3)]
    cpa.publish_many(queued)
    delivery = source("http", cpa).receive(10)
    assert delivery.payloads == queued
    assert (delivery.transport, delivery.full, delivery.lost) == ("http", False, 0)


def test_an_empty_queue_is_an_empty_delivery_and_a_full_one_says_so(cpa, source):
    calling = source("http", cpa)
    assert calling.receive(2).payloads == []
    cpa.publish_many(payload(n) for n in range(3))
    assert [calling.receive(2).full for _ in range(2)] == [True, False]
    assert cpa.strikes == 0


def test_all_calls_share_one_connection(cpa, source, take):
    calling = source("http", cpa)
    for n in range(10):
        cpa.publish(payload(n))
        assert take(calling, 1) == [payload(n)]
    assert cpa.connections == 1


def test_big_bodies_arrive_whole(cpa, source, take):
    queued = [payload(n, size=200_000) for n in range(100)]
    cpa.publish_many(queued)
    assert take(source("http", cpa), 100) == queued


def test_a_body_cut_in_half_keeps_its_complete_events(cpa, source):
    queued = [payload(n, size=1000) for n in range(40)]
    cpa.publish_many(queued)
    cpa.faults.cut_replies = 1
    calling = source("http", cpa)
    delivery = calling.receive(40)
    assert 10 < len(delivery.payloads) < 40
    assert delivery.payloads == queued[: len(delivery.payloads)]
    assert (delivery.lost, delivery.full) == (1, False)
    with pytest.raises(SourceError) as caught:
        calling.receive(40)
    assert caught.value.condition is Condition.INTERRUPTED


def test_a_body_that_stalls_for_too_long_keeps_its_complete_events(cpa, source):
    queued = [payload(n, size=1000) for n in range(40)]
    cpa.publish_many(queued)
    cpa.faults.stall_seconds = 2.0
    delivery = source("http", cpa, timeout_seconds=0.3).receive(40)
    assert 10 < len(delivery.payloads) < 40
    assert delivery.lost == 1


def test_a_wrong_key_is_one_strike_and_then_silence(cpa, source, timeline):
    calling = source("http", cpa, management_key="not-the-key", monotonic=timeline)
    for _ in range(50):
        with pytest.raises(Refused) as caught:
            calling.receive(1)
        assert caught.value.condition is Condition.WRONG_KEY
    assert cpa.strikes == 1


def test_a_ban_is_waited_out(cpa, source, timeline):
    cpa.access.ban("127.0.0.1")
    calling = source("http", cpa, monotonic=timeline)
    with pytest.raises(Refused) as caught:
        calling.receive(1)
    assert caught.value.condition is Condition.BANNED
    assert 1790 < caught.value.retry_after <= 1802


def test_management_off_home_mode_and_an_old_cpa_are_told_apart(source, scripted):
    for off in (StandIn(management=False), StandIn(home=True)):
        with off, pytest.raises(Refused) as caught:
            source("http", off).receive(1)
        assert caught.value.condition is Condition.MANAGEMENT_DISABLED
    old = scripted(answering(b"", head=b"HTTP/1.1 404 Not Found\r\nX-Cpa-Version: 6.10.0\r\nContent-Length: 0\r\n\r\n"))
    with pytest.raises(Refused) as caught:
        source("http", old).receive(1)
    assert caught.value.condition is Condition.QUEUE_MISSING
    assert "6.10.0" in str(caught.value)


def test_remote_management_disabled_names_the_reverse_proxy_as_a_cause(source, scripted):
    body = b'{"error":"remote management disabled"}'
    proxy = scripted(answering(body, head=b"HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\n\r\n"))
    with pytest.raises(Refused) as caught:
        source("http", proxy).receive(1)
    assert caught.value.condition is Condition.REMOTE_DISABLED
    assert "X-Forwarded-For" in str(caught.value)
    assert "allow-remote" in str(caught.value)


def test_a_proxy_whose_cpa_is_away_is_unreachable(source, scripted):
    proxy = scripted(answering(b"<html>", head=b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: %d\r\n\r\n"))
    with pytest.raises(Unreachable) as caught:
        source("http", proxy).receive(1)
    assert caught.value.condition is Condition.UNREACHABLE


def test_a_page_or_a_redirect_is_not_cpa(source, scripted):
    page = scripted(answering(b"<!doctype html><title>router</title>"))
    moved = scripted(
        answering(b"", head=b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
    )
    for server in (page, moved):
        with pytest.raises(Garbled) as caught:
            source("http", server).receive(1)
        assert caught.value.condition is Condition.PROTOCOL


def test_an_array_with_an_invalid_item_loses_none_of_its_bytes(source, scripted):
    server = scripted(answering(b'[{"a":1},{"b":tru},{"c":3}]'))
    delivery = source("http", server).receive(10)
    assert delivery.payloads == [b'{"a":1}', b'{"b":tru},{"c":3}']


def test_a_plain_call_to_a_tls_port_is_a_mismatch_and_the_other_way_round(cpa, source, tls_files):
    with StandIn(tls=tls_files) as secure, pytest.raises(Unreachable) as caught:
        source("http", secure, base_url=secure.url.replace("https", "http")).receive(1)
    assert caught.value.condition is Condition.TLS_MISMATCH
    with pytest.raises(Unreachable) as caught:
        source("http", cpa, base_url=cpa.url.replace("http", "https")).receive(1)
    assert caught.value.condition is Condition.TLS_MISMATCH


def test_tls_is_verified_unless_told_not_to(source, tls_files):
    with StandIn(tls=tls_files) as secure:
        secure.publish(payload(1))
        with pytest.raises(Unreachable) as caught:
            source("http", secure).receive(1)
        assert caught.value.condition is Condition.CERTIFICATE
        assert source("http", secure, skip_verify=True).receive(1).payloads == [payload(1)]


def test_a_base_url_with_a_path_is_kept(source, scripted):
    asked: list[bytes] = []

    def handler(sock: socket.socket) -> None:
        asked.append(sock.recv(4096))
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")

    server = scripted(handler)
    source("http", server, base_url=server.url + "/cpa").receive(7)
    assert asked[0].startswith(b"GET /cpa/v0/management/usage-queue?count=7 HTTP/1.1\r\n")


def test_the_environments_proxy_never_sees_the_key(cpa, source, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    cpa.publish(payload(1))
    assert source("http", cpa).receive(1).payloads == [payload(1)]


def test_closing_wakes_a_call_that_waits_for_an_answer(source, scripted):
    reached, release, ended = threading.Event(), threading.Event(), threading.Event()

    def silent(sock: socket.socket) -> None:
        sock.recv(4096)
        reached.set()
        release.wait(30)

    calling = source("http", scripted(silent), timeout_seconds=60.0)

    def receive() -> None:
        with pytest.raises(SourceError):
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
