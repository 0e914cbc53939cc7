"""The subscription: nothing lost at its seams, nothing lost in its stream, and a file that may be slow."""

import socket
import threading
import time
from typing import Any

import pytest

from ingestd.cpa.address import Address
from ingestd.cpa.errors import CpaError, ErrorKind
from ingestd.queue import Backoff
from ingestd.queue.failover import Failover
from ingestd.queue.pop import PopConsumer
from ingestd.queue.subscribe import SubscribeConsumer
from ingestd.queue.subscription_buffer import SubscriptionBuffer
from tests.cpa.stand_in import DEFAULT_KEY, StandIn
from tests.cpa.usage_queue import Counters

ACK = b"*3\r\n$9\r\nsubscribe\r\n$5\r\nusage\r\n:1\r\n"


def payload(number: int, size: int = 0) -> bytes:
    return b'{"n":%d,"pad":"%b"}' % (number, b"x" * size)


def message(body: bytes) -> bytes:
    return b"*3\r\n$7\r\nmessage\r\n$5\r\nusage\r\n$%d\r\n%b\r\n" % (len(body), body)


class Publisher:
    """Publishes without a pause, but never more than CPA's buffer for a subscriber holds ahead of its writer."""

    def __init__(self, cpa: StandIn) -> None:
        self._cpa = cpa
        self._stop = threading.Event()
        self.published = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._cpa.publish_many(payload(self.published + n) for n in range(20))
            self.published += 20
            time.sleep(0.004)


def address_of(server: Any, *, timeout_seconds: float = 10.0) -> Address:
    host, port = server.address
    return Address(host, port, DEFAULT_KEY, timeout_seconds=timeout_seconds)


def settled(cpa: StandIn) -> int:
    """How many different events CPA got rid of into our hands: written to the subscriber, or popped."""
    counters = cpa.queue.counters
    return counters.delivered + counters.popped


def test_events_arrive_by_subscription_and_the_older_ones_by_popping(cpa, consumer, take, collected):
    older, newer = [payload(n) for n in range(50)], [payload(n) for n in range(50, 80)]
    cpa.publish_many(older)
    collecting = consumer("subscribe", cpa)
    assert sorted(take(collecting, 50)) == sorted(older)
    # On a busy machine all of the older ones may have been popped before there was a subscription.
    collected(collecting).until(lambda: collecting.status().transport == "subscribe")
    cpa.publish_many(newer)
    assert take(collecting, 30) == newer
    status = collecting.status()
    assert (status.transport, status.connected, status.error) == ("subscribe", True, None)
    assert cpa.strikes == 0


def test_nothing_is_lost_at_the_seam_while_events_never_pause(cpa, consumer, collected, eventually):
    publisher = Publisher(cpa)
    eventually(lambda: publisher.published >= 200)
    collecting = consumer("subscribe", cpa)
    got = collected(collecting, limit=7)
    got.until(lambda: cpa.queue.counters.delivered > 400)
    publisher.stop()
    got.until(lambda: len(got) >= publisher.published)
    assert sorted(got) == sorted(payload(n) for n in range(publisher.published))
    assert cpa.queue.counters.popped > 0


def test_lost_connections_lose_only_what_cpa_itself_gives_up(cpa, consumer, collected):
    collecting = consumer("subscribe", cpa)
    got = collected(collecting)
    publisher = Publisher(cpa)
    for end in range(4):
        got.until(lambda: cpa.queue.counters.delivered > (end + 1) * 200)  # noqa: B023  (used at once)
        cpa.drop_connections()
    got.until(lambda: cpa.queue.subscribers() == 1)
    publisher.stop()
    counters: Counters = cpa.queue.counters

    def given_up() -> int:
        """What sat in CPA's buffer for the subscriber when the connection ended, what a full one left out, and at most
        the one event that was being written at each end.
        """
        return counters.abandoned + counters.overflowed + 4

    # CPA has nothing left for us, in the queue or in a subscriber's buffer, and we have all that it got rid of.
    got.until(lambda: cpa.queue.waiting() == 0 and counters.delivered + given_up() >= counters.diverted)
    got.until(lambda: len(set(got)) >= settled(cpa))
    assert publisher.published - len(set(got)) <= given_up()


def test_a_consumer_that_stalls_costs_nothing(cpa, consumer, take, eventually):
    collecting = consumer("subscribe", cpa)
    collecting.receive(1)
    eventually(lambda: cpa.queue.subscribers() == 1)
    count = 6_000
    for start in range(0, count, 100):
        cpa.publish_many(payload(n, size=2_000) for n in range(start, start + 100))
        # Twelve megabytes are read although nobody receives: no socket holds as much.
        eventually(lambda: cpa.queue.counters.delivered >= start + 100)  # noqa: B023  (used at once)
    assert [len(p) for p in take(collecting, count)] == [len(payload(n, size=2_000)) for n in range(count)]
    assert cpa.queue.counters.overflowed == 0


def test_a_file_that_falls_far_behind_gives_the_events_back_to_the_queue(cpa, collected, eventually):
    key = Backoff()
    address = address_of(cpa)
    wakeup = threading.Event()
    collecting = Failover(
        [
            SubscribeConsumer(
                address, Backoff(key), PopConsumer(address, Backoff(key)), SubscriptionBuffer(wakeup, count_bound=400)
            )
        ],
        wakeup=wakeup,
    )
    try:
        eventually(lambda: cpa.queue.subscribers() == 1)
        publisher = Publisher(cpa)
        eventually(lambda: cpa.queue.waiting() >= 500)
        publisher.stop()
        assert cpa.queue.subscribers() == 0
        got = collected(collecting, limit=100)
        got.until(lambda: cpa.queue.subscribers() == 1)
        got.until(lambda: cpa.queue.waiting() == 0 and len(got) >= settled(cpa))
        # The stand-in may also have one event in hand that it can no longer write.
        assert len(set(got)) == len(got) >= publisher.published - cpa.queue.counters.abandoned - 1
    finally:
        collecting.close()


def test_half_a_message_for_longer_than_any_read_waits_does_not_desynchronize(consumer, scripted, take):
    go_on = threading.Event()
    first, second = message(payload(1, size=5_000)), message(payload(2))

    def either(sock: socket.socket) -> None:
        sock.recv(100)
        sock.sendall(b"+OK\r\n")
        # Which of the two connections comes first is chance.
        while not (command := sock.recv(100)).startswith(b"*2\r\n$9\r\nSUBSCRIBE"):
            if not command:
                return
            sock.sendall(b"*0\r\n")
        sock.sendall(ACK + message(b'{"support_refresh":true}') + first[:3000])
        go_on.wait(30)
        for byte in first[3000:3020]:
            sock.sendall(bytes([byte]))
        sock.sendall(first[3020:] + second)
        sock.recv(100)

    server = scripted(either)
    collecting = consumer("subscribe", server)
    deadline = time.monotonic() + 1.0
    while time.monotonic() < deadline:
        assert collecting.receive(10).payloads == []
        collecting.wait(0.05)
    go_on.set()
    assert take(collecting, 2) == [payload(1, size=5_000), payload(2)]
    assert server.connections <= 3


def test_a_message_that_never_goes_on_ends_the_subscription(consumer, scripted, collected):
    release = threading.Event()

    def halting(sock: socket.socket) -> None:
        sock.recv(100)
        sock.sendall(b"+OK\r\n")
        if sock.recv(100).startswith(b"*2"):
            sock.sendall(ACK + message(payload(1)) + message(payload(2))[:30])
            release.wait(30)

    collecting = consumer("subscribe", scripted(halting), timeout_seconds=0.3)
    got = collected(collecting)
    got.until(lambda: got.lost)
    release.set()
    assert payload(1) in got


def test_refresh_is_reported_once_and_the_greeting_not_at_all(cpa, consumer, collected, eventually):
    collecting = consumer("subscribe", cpa)
    eventually(lambda: cpa.queue.subscribers() == 1)
    assert not any(collecting.receive(10).refresh for _ in range(20))
    cpa.queue.refresh()
    got = collected(collecting)
    got.until(lambda: got.refreshes)
    assert not collecting.receive(10).refresh
    assert got == []


def test_a_silent_peer_is_pinged_and_a_dead_one_dropped(scripted, eventually):
    pings: list[bytes] = []
    release = threading.Event()

    def mute(sock: socket.socket) -> None:
        sock.recv(100)
        sock.sendall(b"+OK\r\n")
        sock.recv(100)
        sock.sendall(ACK)
        pings.append(sock.recv(100))
        release.wait(30)

    server = scripted(mute)
    address = address_of(server, timeout_seconds=0.2)
    waiting = PopConsumer(address, Backoff())
    collecting = SubscribeConsumer(
        address, Backoff(), waiting, SubscriptionBuffer(threading.Event()), ping_seconds=0.05
    )
    try:
        eventually(lambda: server.connections >= 2)
        assert pings[0] == b"*1\r\n$4\r\nPING\r\n"
        assert collecting.trouble is None or collecting.trouble.kind is ErrorKind.UNANSWERED
    finally:
        release.set()
        collecting.close()


def test_a_living_peer_answers_pings_and_the_subscription_stays(cpa, collected, eventually):
    address = address_of(cpa)
    buffer = SubscriptionBuffer(threading.Event())
    collecting = SubscribeConsumer(address, Backoff(), PopConsumer(address, Backoff()), buffer, ping_seconds=0.0)
    try:
        eventually(lambda: cpa.queue.subscribers() == 1)
        started = time.monotonic()
        eventually(lambda: time.monotonic() > started + 1.0)
        cpa.publish(payload(1))
        got = collected(collecting)
        got.until(lambda: got)
        assert (cpa.queue.subscribers(), cpa.strikes) == (1, 0)
        assert collecting.trouble is None
    finally:
        collecting.close()


def test_while_there_is_no_subscription_events_are_popped_and_it_is_said_why(consumer, scripted, take, collected):
    with StandIn() as cpa:

        def without_subscribe(sock: socket.socket) -> None:
            with socket.create_connection(cpa.address) as inner:
                while command := sock.recv(4096):
                    if b"SUBSCRIBE" in command:
                        sock.sendall(b"-ERR unknown command 'subscribe'\r\n")
                        continue
                    inner.sendall(command)
                    sock.sendall(inner.recv(65536))

        cpa.publish_many(payload(n) for n in range(5))
        collecting = consumer("subscribe", scripted(without_subscribe))
        assert take(collecting, 5) == [payload(n) for n in range(5)]
        collected(collecting).until(lambda: collecting.status().error)
        status = collecting.status()
        assert (status.transport, status.connected) == ("pop", True)
        assert status.error.kind is ErrorKind.SUBSCRIBE_MISSING


def test_a_wrong_key_costs_one_strike_although_there_are_two_connections(cpa, consumer):
    collecting = consumer("subscribe", cpa, management_key="not-the-key")
    for _ in range(100):
        with pytest.raises(CpaError) as caught:
            collecting.receive(1)
        assert caught.value.kind is ErrorKind.WRONG_KEY
        collecting.wait(0.005)
    assert cpa.strikes == 1


def test_closing_leaves_in_good_order_and_what_had_arrived_can_still_be_received(cpa, consumer, eventually):
    collecting = consumer("subscribe", cpa)
    collecting.receive(1)
    eventually(lambda: cpa.queue.subscribers() == 1)
    cpa.publish_many(payload(n) for n in range(150))
    collecting.close()
    eventually(lambda: cpa.queue.subscribers() == 0)
    got: list[bytes] = []
    while batch := collecting.receive(40).payloads:
        got += batch
    assert got == [payload(n) for n in range(150)]
    cpa.publish(payload(999))
    assert cpa.queue.waiting() == 1
