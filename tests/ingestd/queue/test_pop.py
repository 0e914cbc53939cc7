"""Popping over RESP, against the stand-in."""

import socket
import threading

import pytest

from ingestd.cpa.backoff import Backoff
from ingestd.cpa.errors import CpaError, ErrorKind, Interrupted, ProtocolError, Refused, Unreachable
from ingestd.queue.pop_size import REPLY_BYTES, PopSize
from shared.clock import SECOND, now
from tests.cpa.stand_in import StandIn


def payload(number: int, size: int = 0) -> bytes:
    return b'{"n":%d,"pad":"%b"}' % (number, b"x" * size)


def test_popped_payloads_are_the_bytes_that_cpa_queued_in_its_order(cpa, consumer):
    queued = [payload(1), b"\xff\xfe broken", payload(2), b'"text"', b"{", payload(3)]
    cpa.publish_many(queued)
    delivery = consumer("pop", cpa).receive(10)
    assert delivery.payloads == queued
    assert (delivery.transport, delivery.full, delivery.refresh, delivery.lost) == ("pop", False, False, 0)


def test_a_full_reply_says_to_come_back_at_once(cpa, consumer):
    cpa.publish_many(payload(n) for n in range(5))
    popping = consumer("pop", cpa)
    assert [popping.receive(2).full for _ in range(3)] == [True, True, False]


def test_nulls_and_control_messages_are_no_events_but_count_for_fullness(cpa, consumer):
    cpa.publish_many([b"null", b'{"refresh":true}', b" \n"])
    delivery = consumer("pop", cpa).receive(3)
    assert (delivery.payloads, delivery.refresh, delivery.full) == ([], True, True)


def test_the_right_key_earns_no_strike_and_one_connection_serves_many_pops(cpa, consumer, take):
    popping = consumer("pop", cpa)
    for n in range(20):
        cpa.publish(payload(n))
        assert take(popping, 1) == [payload(n)]
    assert (cpa.strikes, cpa.connections) == (0, 1)


def test_payloads_of_any_size_arrive_and_the_replies_stay_small(cpa, consumer, take):
    queued = [payload(n, size=300_000) for n in range(60)]
    cpa.publish_many(queued)
    popping = consumer("pop", cpa)
    assert take(popping, 60) == queued
    cpa.publish_many(queued)
    assert len(popping.receive(1000).payloads) < 30


def test_the_appetite_shrinks_at_once_and_grows_slowly():
    pop_size = PopSize()
    first = pop_size.count(10_000)
    pop_size.learn([b"x" * 1_000_000] * 3)
    assert pop_size.count(10_000) == REPLY_BYTES // 2_000_000
    for _ in range(40):
        pop_size.learn([b"x" * 2_000] * 10)
    assert first < pop_size.count(10_000) <= 10_000
    pop_size.learn([b"x" * 100_000_000])
    assert pop_size.count(10_000) == 1


def test_a_restart_of_cpa_between_two_pops_costs_nothing(cpa, consumer, collected):
    popping = consumer("pop", cpa)
    popping.receive(10)
    cpa.restart()
    cpa.publish(payload(1))
    got = collected(popping)
    got.until(lambda: got)
    assert list(got) == [payload(1)]
    # The end of the old connection may come through after a pop was sent; that one fails, and is not sent again.
    assert {error.kind for error in got.troubles} <= {ErrorKind.INTERRUPTED}


def test_a_reply_cut_in_half_keeps_its_complete_events_and_counts_the_others_as_lost(cpa, consumer, collected):
    cpa.publish_many(payload(n, size=1000) for n in range(40))
    cpa.faults.cut_replies = 1
    popping = consumer("pop", cpa)
    delivery = popping.receive(20)
    assert delivery.payloads == [payload(n, size=1000) for n in range(len(delivery.payloads))]
    assert len(delivery.payloads) in (9, 10)
    assert delivery.lost == 20 - len(delivery.payloads)
    assert popping.status().error.kind is ErrorKind.INTERRUPTED
    rest = collected(popping, limit=20)
    rest.until(lambda: len(rest) >= 20)
    assert list(rest) == [payload(n, size=1000) for n in range(20, 40)]
    assert all(0 < error.retry_after <= 0.25 for error in rest.troubles)
    assert popping.status().error is None


def test_a_reply_that_never_comes_is_told_and_the_pop_is_not_sent_again(cpa, consumer):
    cpa.publish_many(payload(n) for n in range(10))
    cpa.faults.drop_replies = 1
    popping = consumer("pop", cpa)
    with pytest.raises(Interrupted) as caught:
        popping.receive(4)
    assert cpa.queue.counters.popped == 4
    assert 0 < caught.value.retry_after <= 0.25
    assert not popping.connected


def test_a_slow_reply_that_goes_on_within_the_timeout_loses_nothing(cpa, consumer):
    cpa.publish_many(payload(n) for n in range(20))
    cpa.faults.stall_seconds = 0.2
    delivery = consumer("pop", cpa).receive(20)
    assert delivery.payloads == [payload(n) for n in range(20)]
    assert delivery.lost == 0


def test_after_a_timeout_in_the_middle_of_a_reply_the_stream_is_not_used_again(cpa, consumer, collected):
    cpa.publish_many(payload(n, size=1000) for n in range(20))
    cpa.faults.stall_seconds = 1.5
    popping = consumer("pop", cpa, timeout_seconds=0.3)
    first = popping.receive(10)
    assert 0 < len(first.payloads) < 10
    assert first.lost == 10 - len(first.payloads)
    cpa.faults.clear()
    second = collected(popping)
    second.until(lambda: second)
    assert list(second) == [payload(n, size=1000) for n in range(10, 20)]


def test_a_wrong_key_costs_one_strike_then_is_not_presented_for_ten_minutes(cpa, consumer, monotonic):
    popping = consumer("pop", cpa, management_key="not-the-key", monotonic=monotonic)
    for _ in range(50):
        with pytest.raises(Refused) as caught:
            popping.receive(10)
        assert caught.value.kind is ErrorKind.WRONG_KEY
        monotonic.pass_by(10)
    assert cpa.strikes == 1
    assert caught.value.retry_after == pytest.approx(110)
    assert "CPA_MANAGEMENT_KEY" in str(caught.value)
    assert "not-the-key" not in str(caught.value)


def test_a_wrong_key_presented_for_three_days_never_bans_the_address(consumer, monotonic):
    with StandIn(now=monotonic) as cpa:
        popping = consumer("pop", cpa, management_key="not-the-key", monotonic=monotonic)
        for _ in range(3 * 24 * 60):
            monotonic.pass_by(60)
            with pytest.raises(CpaError) as caught:
                popping.receive(10)
            assert caught.value.kind is ErrorKind.WRONG_KEY
        assert cpa.strikes > 10


def test_a_key_that_becomes_right_is_noticed_and_everything_flows(cpa, consumer, monotonic):
    cpa.access.key = "new"
    popping = consumer("pop", cpa, management_key="late-key", monotonic=monotonic)
    with pytest.raises(Refused):
        popping.receive(10)
    cpa.access.key = "late-key"
    cpa.publish(payload(1))
    monotonic.pass_by(601)
    assert popping.receive(10).payloads == [payload(1)]
    assert popping.status().error is None


def test_during_a_ban_cpa_is_asked_every_half_minute_and_no_strike_comes_of_it(consumer, monotonic):
    with StandIn(now=monotonic) as cpa:
        cpa.access.ban("127.0.0.1")
        monotonic.pass_by(100)
        popping = consumer("pop", cpa, monotonic=monotonic)
        before = now()
        with pytest.raises(Refused) as caught:
            popping.receive(10)
        assert caught.value.kind is ErrorKind.BANNED
        assert caught.value.until is not None
        assert caught.value.until - before == pytest.approx(1700 * SECOND, abs=60 * SECOND)
        assert "UTC" in str(caught.value)
        waits = []
        for _ in range(10):
            monotonic.pass_by(caught.value.retry_after)
            with pytest.raises(Refused) as caught:
                popping.receive(10)
            waits.append(caught.value.retry_after)
        assert 15 <= min(waits) <= max(waits) <= 30
        cpa.publish(payload(1))
        cpa.restart()
        cpa.publish(payload(2))
        monotonic.pass_by(30)
        assert popping.receive(10).payloads == [payload(2)]
        assert cpa.strikes == 0


def test_a_ban_that_runs_out_is_noticed(consumer, monotonic):
    with StandIn(now=monotonic) as cpa:
        popping = consumer("pop", cpa, monotonic=monotonic)
        cpa.access.ban("127.0.0.1")
        with pytest.raises(Refused):
            popping.receive(10)
        monotonic.pass_by(30 * 60 + 1)
        assert popping.receive(10).payloads == []


def test_a_ban_or_a_changed_key_met_elsewhere_never_closes_a_connection_that_works(cpa, consumer):
    for error in (Refused(ErrorKind.BANNED, "until later"), Refused(ErrorKind.WRONG_KEY, "changed")):
        key = Backoff()
        popping = consumer("pop", cpa, key_backoff=key)
        popping.receive(1)
        key.failed(error)
        cpa.publish(payload(1))
        assert popping.receive(1).payloads == [payload(1)]
        assert popping.status().connected
        assert popping.status().error is error


def test_an_authenticated_connection_goes_on_popping_during_a_ban(cpa, consumer):
    popping = consumer("pop", cpa)
    popping.receive(1)
    cpa.access.ban("127.0.0.1")
    cpa.publish(payload(1))
    assert popping.receive(1).payloads == [payload(1)]


def test_management_turned_off_is_told_apart_from_a_tls_port(consumer, tls_files):
    with StandIn(management=False) as cpa, pytest.raises(Refused) as caught:
        consumer("pop", cpa).receive(1)
    assert caught.value.kind is ErrorKind.MANAGEMENT_DISABLED
    assert "secret-key" in str(caught.value)
    with StandIn(tls=tls_files) as cpa, pytest.raises(Unreachable) as caught_tls:
        consumer("pop", cpa, tls=False).receive(1)
    assert caught_tls.value.kind is ErrorKind.TLS_MISMATCH


def test_management_turned_off_and_on_again_is_followed(cpa, consumer, monotonic):
    popping = consumer("pop", cpa, monotonic=monotonic)
    popping.receive(1)
    cpa.set_management(False)
    cpa.drop_connections()
    with pytest.raises(CpaError):
        popping.receive(1)
    monotonic.pass_by(1)
    with pytest.raises(Refused) as caught:
        popping.receive(1)
    assert caught.value.kind is ErrorKind.MANAGEMENT_DISABLED
    cpa.set_management(True)
    cpa.publish(payload(1))
    monotonic.pass_by(61)
    assert popping.receive(1).payloads == [payload(1)]
    assert cpa.strikes == 0


def test_home_mode_is_told_and_earns_no_strike(consumer):
    with StandIn(home=True) as cpa:
        with pytest.raises(Refused) as caught:
            consumer("pop", cpa).receive(1)
        assert caught.value.kind is ErrorKind.HOME_MODE
        assert cpa.strikes == 0


def test_a_cpa_that_is_not_there_is_unreachable_and_asked_ever_less_often(cpa, consumer, monotonic):
    cpa.refuse_connections()
    popping = consumer("pop", cpa, monotonic=monotonic)
    waits = []
    for _ in range(9):
        with pytest.raises(Unreachable) as caught:
            popping.receive(1)
        waits.append(caught.value.retry_after)
        monotonic.pass_by(caught.value.retry_after)
    assert caught.value.kind is ErrorKind.UNREACHABLE
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (0.25, 30.0)
    cpa.start()
    cpa.publish(payload(1))
    assert popping.receive(1).payloads == [payload(1)]


def test_a_cpa_that_accepts_but_does_not_answer_is_given_up_after_the_timeout(consumer, scripted):
    release = threading.Event()
    server = scripted(lambda _: release.wait(30))
    with pytest.raises(Unreachable) as caught:
        consumer("pop", server, timeout_seconds=0.1).receive(1)
    release.set()
    assert caught.value.kind is ErrorKind.UNANSWERED


def test_closing_wakes_a_receive_that_waits_for_an_answer(consumer, scripted):
    reached, release = threading.Event(), threading.Event()

    def silent(sock: socket.socket) -> None:
        sock.recv(100)
        reached.set()
        release.wait(30)

    popping = consumer("pop", scripted(silent), timeout_seconds=60.0)
    ended = threading.Event()

    def receive() -> None:
        with pytest.raises(CpaError):
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


def test_what_is_not_cpa_is_called_so(consumer, scripted):
    def ssh(sock: socket.socket) -> None:
        sock.recv(100)
        sock.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")

    def redis(sock: socket.socket) -> None:
        sock.recv(100)
        sock.sendall(b"-ERR AUTH called without any password configured\r\n")
        sock.recv(100)

    for handler in (ssh, redis):
        with pytest.raises(ProtocolError) as caught:
            consumer("pop", scripted(handler)).receive(1)
        assert caught.value.kind is ErrorKind.PROTOCOL


def test_the_key_is_kept_out_of_what_an_echoing_server_says(consumer, scripted):
    def echo(sock: socket.socket) -> None:
        sock.sendall(b"-ERR bad " + sock.recv(100).split(b"\r\n")[4] + b"\r\n")

    with pytest.raises(CpaError) as caught:
        consumer("pop", scripted(echo), management_key="made-up-key-7").receive(1)
    assert "***" in str(caught.value)
    assert "made-up-key-7" not in repr(caught.value)


def test_tls_is_spoken_when_asked_for_and_verified_unless_told_not_to(consumer, tls_files):
    with StandIn(tls=tls_files) as cpa:
        cpa.publish(payload(1))
        with pytest.raises(Unreachable) as caught:
            consumer("pop", cpa).receive(1)
        assert caught.value.kind is ErrorKind.CERTIFICATE
        assert consumer("pop", cpa, skip_verify=True).receive(1).payloads == [payload(1)]
        assert cpa.strikes == 0


def test_tls_towards_a_plain_port_is_a_mismatch(cpa, consumer):
    with pytest.raises(Unreachable) as caught:
        consumer("pop", cpa, tls=True).receive(1)
    assert caught.value.kind is ErrorKind.TLS_MISMATCH
    assert cpa.strikes == 0


def test_an_empty_key_is_refused_before_it_can_cost_a_strike(cpa, consumer):
    with pytest.raises(ValueError, match="CPA_MANAGEMENT_KEY"):
        consumer("pop", cpa, management_key="")
