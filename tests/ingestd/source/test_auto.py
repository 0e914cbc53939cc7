"""Falling back, coming back, and what is said meanwhile."""

import socket

import pytest

from ingestd.source import Patience
from ingestd.source.trouble import Condition, Refused, SourceError
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


def test_pop_is_preferred(cpa, source):
    cpa.publish(payload(1))
    collecting = source("auto", cpa)
    assert collecting.receive(10).transport == "pop"
    status = collecting.status()
    assert (status.transport, status.connected, status.trouble) == ("pop", True, None)
    assert status.last_event_at is not None


def test_without_resp_it_collects_over_http_says_why_and_comes_back(cpa, source, scripted, timeline):
    away = [True]
    collecting = source("auto", scripted(without_resp(cpa, away)), monotonic=timeline)
    cpa.publish(payload(1))
    delivery = collecting.receive(10)
    assert (delivery.transport, delivery.payloads) == ("http", [payload(1)])
    status = collecting.status()
    assert (status.transport, status.connected) == ("http", True)
    assert status.trouble.condition is Condition.RESP_DISABLED
    assert "over HTTP only" in status.trouble.message
    away[0] = False
    cpa.publish(payload(2))
    assert collecting.receive(10).transport == "http"
    timeline.pass_by(61)
    cpa.publish(payload(3))
    assert collecting.receive(10).transport == "pop"
    assert collecting.status().trouble is None
    assert cpa.strikes == 0


def test_where_only_http_is_reachable_it_is_used(cpa, source):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        collecting = source("auto", cpa, port=taken.getsockname()[1])
        cpa.publish(payload(1))
        assert collecting.receive(10).payloads == [payload(1)]
        assert collecting.status().trouble.condition is Condition.UNREACHABLE


def test_a_wrong_key_is_presented_by_one_way_only(cpa, source, timeline):
    collecting = source("auto", cpa, management_key="not-the-key", monotonic=timeline)
    for _ in range(100):
        with pytest.raises(SourceError) as caught:
            collecting.receive(10)
        assert caught.value.condition is Condition.WRONG_KEY
        timeline.pass_by(5)
    assert cpa.strikes == 1


def test_a_wrong_key_never_bans_in_any_mode(source, timeline):
    with StandIn(now=timeline) as cpa:
        modes = ("pop", "http", "auto")
        for mode in modes:
            collecting = source(mode, cpa, management_key="not-the-key", monotonic=timeline)
            for _ in range(24 * 30):
                timeline.pass_by(120)
                with pytest.raises(SourceError) as caught:
                    collecting.receive(10)
                assert caught.value.condition is Condition.WRONG_KEY
            cpa.access.pardon()


def test_the_most_telling_trouble_of_all_ways_is_told(source, timeline):
    with StandIn(management=False) as cpa:
        collecting = source("auto", cpa, base_url="http://127.0.0.1:9", monotonic=timeline)
        with pytest.raises(SourceError) as caught:
            collecting.receive(10)
        assert caught.value.condition is Condition.MANAGEMENT_DISABLED
        # Told until the first of the ways is asked again.
        assert caught.value.retry_after == 0.25
        status = collecting.status()
        assert (status.connected, status.trouble.condition) == (False, Condition.MANAGEMENT_DISABLED)


def test_trouble_keeps_the_time_it_began(cpa, source, timeline):
    cpa.refuse_connections()
    collecting = source("auto", cpa, monotonic=timeline)
    began = []
    for _ in range(3):
        with pytest.raises(SourceError):
            collecting.receive(1)
        timeline.pass_by(60)
        began.append(collecting.status().trouble.since)
    assert len(set(began)) == 1
    cpa.start()
    collecting.receive(1)
    assert collecting.status().trouble is None


def test_key_trouble_met_elsewhere_holds_back_every_way(cpa, source, timeline):
    key = Patience(monotonic=timeline)
    collecting = source("auto", cpa, key_patience=key, monotonic=timeline)
    key.failed(Refused(Condition.BANNED, "IP banned", retry_after=100.0))
    with pytest.raises(Refused):
        collecting.receive(1)
    assert cpa.connections == 0
    timeline.pass_by(103)
    assert collecting.receive(1).payloads == []


def test_after_close_deliveries_are_empty(cpa, source):
    for mode in ("pop", "http", "auto", "subscribe"):
        collecting = source(mode, cpa)
        collecting.receive(1)
        collecting.close()
        cpa.publish(payload(1))
        assert collecting.receive(1).payloads == []
