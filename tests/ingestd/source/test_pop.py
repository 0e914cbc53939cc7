"""Popping over RESP, against the stand-in."""

import socket
import threading

import pytest

from ingestd.source.appetite import REPLY_BYTES, Appetite
from ingestd.source.trouble import Condition, Garbled, Interrupted, Refused, SourceError, Unreachable
from tests.cpa.stand_in import StandIn


def payload(number: int, size: int = 0) -> bytes:
    return b'{"n":%d,"pad":"%b"}' % (number, b"x" * size)


def test_popped_payloads_are_the_bytes_that_cpa_queued_in_its_order(cpa, source):
    queued = [payload(1), b"\xff\xfe broken", payload(2), b'"text"', b"{", payload(3)]
    cpa.publish_many(queued)
    delivery = source("pop", cpa).receive(10)
    assert delivery.payloads == queued
    assert (delivery.transport, delivery.full, delivery.refresh, delivery.lost) == ("pop", False, False, 0)


def test_a_full_reply_says_to_come_back_at_once(cpa, source):
    cpa.publish_many(payload(n) for n in range(5))
    popping = source("pop", cpa)
    assert [popping.receive(2).full for _ in range(3)] == [True, True, False]


def test_nulls_and_control_messages_are_no_events_but_count_for_fullness(cpa, source):
    cpa.publish_many([b"null", b'{"refresh":true}', b" \n"])
    delivery = source("pop", cpa).receive(3)
    assert (delivery.payloads, delivery.refresh, delivery.full) == ([], True, True)


def test_the_right_key_earns_no_strike_and_one_connection_serves_many_pops(cpa, source, take):
    popping = source("pop", cpa)
    for n in range(20):
        cpa.publish(payload(n))
        assert take(popping, 1) == [payload(n)]
    assert (cpa.strikes, cpa.connections) == (0, 1)


def test_payloads_of_any_size_arrive_and_the_replies_stay_small(cpa, source, take):
    queued = [payload(n, size=300_000) for n in range(60)]
    cpa.publish_many(queued)
    popping = source("pop", cpa)
    assert take(popping, 60) == queued
    cpa.publish_many(queued)
    assert len(popping.receive(1000).payloads) < 30


def test_the_appetite_shrinks_at_once_and_grows_slowly():
    appetite = Appetite()
    first = appetite.count(10_000)
    appetite.ate([b"x" * 1_000_000] * 3)
    assert appetite.count(10_000) == REPLY_BYTES // 2_000_000
    for _ in range(40):
        appetite.ate([b"x" * 2_000] * 10)
    assert first < appetite.count(10_000) <= 10_000
    appetite.ate([b"x" * 100_000_000])
    assert appetite.count(10_000) == 1


def test_a_restart_of_cpa_between_two_pops_costs_nothing(cpa, source, collected):
    popping = source("pop", cpa)
    popping.receive(10)
    cpa.restart()
    cpa.publish(payload(1))
    got = collected(popping)
    got.until(lambda: got)
    assert list(got) == [payload(1)]
    # The end of the old connection may come through after a pop was sent; that one fails, and is not sent again.
    assert {error.condition for error in got.troubles} <= {Condition.INTERRUPTED}


def test_a_reply_cut_in_half_keeps_its_complete_events_and_counts_the_others_as_lost(cpa, source, collected):
    cpa.publish_many(payload(n, size=1000) for n in range(40))
    cpa.faults.cut_replies = 1
    popping = source("pop", cpa)
    delivery = popping.receive(20)
    assert delivery.payloads == [payload(n, size=1000) for n in range(len(delivery.payloads))]
    assert len(delivery.payloads) in (9, 10)
    assert delivery.lost == 20 - len(delivery.payloads)
    assert popping.status().trouble.condition is Condition.INTERRUPTED
    rest = collected(popping, limit=20)
    rest.until(lambda: len(rest) >= 20)
    assert list(rest) == [payload(n, size=1000) for n in range(20, 40)]
    assert all(0 < error.retry_after <= 0.25 for error in rest.troubles)
    assert popping.status().trouble is None


def test_a_reply_that_never_comes_is_told_and_the_pop_is_not_sent_again(cpa, source):
    cpa.publish_many(payload(n) for n in range(10))
    cpa.faults.drop_replies = 1
    popping = source("pop", cpa)
    with pytest.raises(Interrupted) as caught:
        popping.receive(4)
    assert cpa.queue.counters.popped == 4
    assert 0 < caught.value.retry_after <= 0.25
    assert not popping.connected


def test_a_slow_reply_that_goes_on_within_the_timeout_loses_nothing(cpa, source):
    cpa.publish_many(payload(n) for n in range(20))
    cpa.faults.stall_seconds = 0.2
    delivery = source("pop", cpa).receive(20)
    assert delivery.payloads == [payload(n) for n in range(20)]
    assert delivery.lost == 0


def test_after_a_timeout_in_the_middle_of_a_reply_the_stream_is_not_used_again(cpa, source, collected):
    cpa.publish_many(payload(n, size=1000) for n in range(20))
    cpa.faults.stall_seconds = 1.5
    popping = source("pop", cpa, timeout_seconds=0.3)
    first = popping.receive(10)
    assert 0 < len(first.payloads) < 10
    assert first.lost == 10 - len(first.payloads)
    cpa.faults.clear()
    second = collected(popping)
    second.until(lambda: second)
    assert list(second) == [payload(n, size=1000) for n in range(10, 20)]


def test_a_wrong_key_costs_one_strike_then_is_not_presented_for_ten_minutes(cpa, source, timeline):
    popping = source("pop", cpa, management_key="not-the-key", monotonic=timeline)
    for _ in range(50):
        with pytest.raises(Refused) as caught:
            popping.receive(10)
        assert caught.value.condition is Condition.WRONG_KEY
        timeline.pass_by(10)
    assert cpa.strikes == 1
    assert caught.value.retry_after == pytest.approx(110)
    assert "CPA_MANAGEMENT_KEY" in str(caught.value)
    assert "not-the-key" not in str(caught.value)


def test_a_wrong_key_presented_for_three_days_never_bans_the_address(source, timeline):
    with StandIn(now=timeline) as cpa:
        popping = source("pop", cpa, management_key="not-the-key", monotonic=timeline)
        for _ in range(3 * 24 * 60):
            timeline.pass_by(60)
            with pytest.raises(SourceError) as caught:
                popping.receive(10)
            assert caught.value.condition is Condition.WRONG_KEY
        assert cpa.strikes > 10


def test_a_key_that_becomes_right_is_noticed_and_everything_flows(cpa, source, timeline):
    cpa.access.key = "new"
    popping = source("pop", cpa, management_key="late-key", monotonic=timeline)
    with pytest.raises(Refused):
        popping.receive(10)
    cpa.access.key = "late-key"
    cpa.publish(payload(1))
    timeline.pass_by(601)
    assert popping.receive(10).payloads == [payload(1)]
    assert popping.status().trouble is None


def test_a_ban_is_waited_out_by_what_cpa_says_is_left_of_it(source, timeline):
    with StandIn(now=timeline) as cpa:
        cpa.access.ban("127.0.0.1")
        timeline.pass_by(100)
        popping = source("pop", cpa, monotonic=timeline)
        with pytest.raises(Refused) as caught:
            popping.receive(10)
        assert caught.value.condition is Condition.BANNED
        assert caught.value.retry_after == pytest.approx(1702)
        asked = cpa.connections
        timeline.pass_by(1701)
        with pytest.raises(Refused):
            popping.receive(10)
        assert cpa.connections == asked
        cpa.publish(payload(1))
        timeline.pass_by(2)
        assert popping.receive(10).payloads == [payload(1)]
        assert cpa.strikes == 0


def test_an_authenticated_connection_goes_on_popping_during_a_ban(cpa, source):
    popping = source("pop", cpa)
    popping.receive(1)
    cpa.access.ban("127.0.0.1")
    cpa.publish(payload(1))
    assert popping.receive(1).payloads == [payload(1)]


def test_management_turned_off_is_told_apart_from_a_tls_port(source, tls_files):
    with StandIn(management=False) as cpa, pytest.raises(Refused) as caught:
        source("pop", cpa).receive(1)
    assert caught.value.condition is Condition.MANAGEMENT_DISABLED
    assert "secret-key" in str(caught.value)
    with StandIn(tls=tls_files) as cpa, pytest.raises(Unreachable) as caught_tls:
        source("pop", cpa, tls=False).receive(1)
    assert caught_tls.value.condition is Condition.TLS_MISMATCH


def test_management_turned_off_and_on_again_is_followed(cpa, source, timeline):
    popping = source("pop", cpa, monotonic=timeline)
    popping.receive(1)
    cpa.set_management(False)
    cpa.drop_connections()
    with pytest.raises(SourceError):
        popping.receive(1)
    timeline.pass_by(1)
    with pytest.raises(Refused) as caught:
        popping.receive(1)
    assert caught.value.condition is Condition.MANAGEMENT_DISABLED
    cpa.set_management(True)
    cpa.publish(payload(1))
    timeline.pass_by(61)
    assert popping.receive(1).payloads == [payload(1)]
    assert cpa.strikes == 0


def test_home_mode_is_told_and_earns_no_strike(source):
    with StandIn(home=True) as cpa:
        with pytest.raises(Refused) as caught:
            source("pop", cpa).receive(1)
        assert caught.value.condition is Condition.HOME_MODE
        assert cpa.strikes == 0


def test_a_cpa_that_is_not_there_is_unreachable_and_asked_ever_less_often(cpa, source, timeline):
    cpa.refuse_connections()
    popping = source("pop", cpa, monotonic=timeline)
    waits = []
    for _ in range(9):
        with pytest.raises(Unreachable) as caught:
            popping.receive(1)
        waits.append(caught.value.retry_after)
        timeline.pass_by(caught.value.retry_after)
    assert caught.value.condition is Condition.UNREACHABLE
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (0.25, 30.0)
    cpa.start()
    cpa.publish(payload(1))
    assert popping.receive(1).payloads == [payload(1)]


def test_a_cpa_that_accepts_but_does_not_answer_is_given_up_after_the_timeout(source, scripted):
    release = threading.Event()
    server = scripted(lambda _: release.wait(30))
    with pytest.raises(Unreachable) as caught:
        source("pop", server, timeout_seconds=0.1).receive(1)
    release.set()
    assert caught.value.condition is Condition.UNANSWERED


def test_closing_wakes_a_receive_that_waits_for_an_answer(source, scripted):
    reached, release = threading.Event(), threading.Event()

    def silent(sock: socket.socket) -> None:
        sock.recv(100)
        reached.set()
        release.wait(30)

    popping = source("pop", scripted(silent), timeout_seconds=60.0)
    ended = threading.Event()

    def receive() -> None:
        with pytest.raises(SourceError):
            popping.receive(1)
        ended.set()

    thread = threading.Thread(target=receive)
    thread.start()
    assert reached.wait(30)
    popping.close()
    assert ended.wait(30)
    release.set()
    thread.join()
    assert popping.receive(1).payloads == []


def test_what_is_not_cpa_is_called_so(source, scripted):
    def ssh(sock: socket.socket) -> None:
        sock.recv(100)
        sock.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")

    def redis(sock: socket.socket) -> None:
        sock.recv(100)
        sock.sendall(b"-ERR AUTH called without any password configured\r\n")
        sock.recv(100)

    for handler in (ssh, redis):
        with pytest.raises(Garbled) as caught:
            source("pop", scripted(handler)).receive(1)
        assert caught.value.condition is Condition.PROTOCOL


def test_the_key_is_kept_out_of_what_an_echoing_server_says(source, scripted):
    def echo(sock: socket.socket) -> None:
        sock.sendall(b"-ERR bad " + sock.recv(100).split(b"\r\n")[4] + b"\r\n")

    with pytest.raises(SourceError) as caught:
        source("pop", scripted(echo), management_key="made-up-key-7").receive(1)
    assert "***" in str(caught.value)
    assert "made-up-key-7" not in repr(caught.value)


def test_tls_is_spoken_when_asked_for_and_verified_unless_told_not_to(source, tls_files):
    with StandIn(tls=tls_files) as cpa:
        cpa.publish(payload(1))
        with pytest.raises(Unreachable) as caught:
            source("pop", cpa).receive(1)
        assert caught.value.condition is Condition.CERTIFICATE
        assert source("pop", cpa, skip_verify=True).receive(1).payloads == [payload(1)]
        assert cpa.strikes == 0


def test_tls_towards_a_plain_port_is_a_mismatch(cpa, source):
    with pytest.raises(Unreachable) as caught:
        source("pop", cpa, tls=True).receive(1)
    assert caught.value.condition is Condition.TLS_MISMATCH
    assert cpa.strikes == 0


def test_an_empty_key_is_refused_before_it_can_cost_a_strike(cpa, source):
    with pytest.raises(ValueError, match="CPA_MANAGEMENT_KEY"):
        source("pop", cpa, management_key="")
