"""Falling back, coming back, and what is said meanwhile."""

import socket

import pytest

from ingestd.cpa.errors import CpaError, ErrorKind, Refused
from ingestd.queue import Backoff
from tests.cpa.stand_in import StandIn


def payload(number: int) -> bytes:
    return b'{"n":%d}' % number


def without_resp(cpa: StandIn, away: list[bool]):
    """CPA v7.1.17, which answers RESP with a refusal while `away` holds True; HTTP goes through to `cpa`."""

    def handler(sock: socket.socket) -> None:
        first = sock.recv(4096)
        if first.startswith(b"*") and away[0]:
            sock.sendall(b"-ERR RESP AUTH disabled; use mTLS\r\n")
            return
        with socket.create_connection(cpa.address) as inner:
            while first:
                inner.sendall(first)
                sock.sendall(inner.recv(65536))
                first = sock.recv(4096)

    return handler


def test_pop_is_preferred(cpa, consumer):
    cpa.publish(payload(1))
    collecting = consumer("auto", cpa)
    assert collecting.receive(10).transport == "pop"
    status = collecting.status()
    assert (status.transport, status.connected, status.error) == ("pop", True, None)
    assert status.last_event_at is not None


def test_without_resp_it_collects_over_http_says_why_and_comes_back(cpa, consumer, scripted, monotonic):
    away = [True]
    collecting = consumer("auto", scripted(without_resp(cpa, away)), monotonic=monotonic)
    cpa.publish(payload(1))
    delivery = collecting.receive(10)
    assert (delivery.transport, delivery.payloads) == ("http", [payload(1)])
    status = collecting.status()
    assert (status.transport, status.connected) == ("http", True)
    assert status.error.kind is ErrorKind.RESP_DISABLED
    assert "over HTTP only" in str(status.error)
    away[0] = False
    cpa.publish(payload(2))
    assert collecting.receive(10).transport == "http"
    monotonic.pass_by(61)
    cpa.publish(payload(3))
    assert collecting.receive(10).transport == "pop"
    assert collecting.status().error is None
    assert cpa.strikes == 0


def test_where_only_http_is_reachable_it_is_used(cpa, consumer):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        collecting = consumer("auto", cpa, port=taken.getsockname()[1])
        cpa.publish(payload(1))
        assert collecting.receive(10).payloads == [payload(1)]
        assert collecting.status().error.kind is ErrorKind.UNREACHABLE


def test_a_wrong_key_is_presented_by_one_way_only(cpa, consumer, monotonic):
    collecting = consumer("auto", cpa, management_key="not-the-key", monotonic=monotonic)
    for _ in range(100):
        with pytest.raises(CpaError) as caught:
            collecting.receive(10)
        assert caught.value.kind is ErrorKind.WRONG_KEY
        monotonic.pass_by(5)
    assert cpa.strikes == 1


def test_a_wrong_key_never_bans_in_any_mode(consumer, monotonic):
    with StandIn(now=monotonic) as cpa:
        modes = ("pop", "http", "auto")
        for mode in modes:
            collecting = consumer(mode, cpa, management_key="not-the-key", monotonic=monotonic)
            for _ in range(24 * 30):
                monotonic.pass_by(120)
                with pytest.raises(CpaError) as caught:
                    collecting.receive(10)
                assert caught.value.kind is ErrorKind.WRONG_KEY
            cpa.access.pardon()


def test_the_most_telling_trouble_of_all_ways_is_told(consumer, monotonic):
    with StandIn(management=False) as cpa:
        collecting = consumer("auto", cpa, base_url="http://127.0.0.1:9", monotonic=monotonic)
        with pytest.raises(CpaError) as caught:
            collecting.receive(10)
        assert caught.value.kind is ErrorKind.MANAGEMENT_DISABLED
        # Told until the first of the ways is asked again.
        assert caught.value.retry_after == 0.25
        status = collecting.status()
        assert (status.connected, status.error.kind) == (False, ErrorKind.MANAGEMENT_DISABLED)


def test_a_wrong_key_met_elsewhere_holds_back_every_consumer(cpa, consumer, monotonic):
    key = Backoff(monotonic=monotonic)
    collecting = consumer("auto", cpa, key_backoff=key, monotonic=monotonic)
    key.failed(Refused(ErrorKind.WRONG_KEY, "invalid management key"))
    with pytest.raises(Refused):
        collecting.receive(1)
    assert cpa.connections == 0
    monotonic.pass_by(601)
    assert collecting.receive(1).payloads == []


def test_where_resp_is_banned_and_http_is_not_http_is_used(cpa, consumer, scripted):
    """CPA sees the proxy's address over RESP, and the forwarded one over HTTP."""

    def banned(sock: socket.socket) -> None:
        sock.recv(4096)
        sock.sendall(b"-ERR IP banned due to too many failed attempts. Try again in 29m58s\r\n")

    collecting = consumer("auto", cpa, port=scripted(banned).address[1])
    cpa.publish(payload(1))
    delivery = collecting.receive(10)
    assert (delivery.transport, delivery.payloads) == ("http", [payload(1)])
    assert collecting.status().error.kind is ErrorKind.BANNED


def test_after_close_deliveries_are_empty(cpa, consumer):
    for mode in ("pop", "http", "auto", "subscribe"):
        collecting = consumer(mode, cpa)
        collecting.receive(1)
        collecting.close()
        cpa.publish(payload(1))
        assert collecting.receive(1).payloads == []
