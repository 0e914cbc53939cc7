"""`auto` on suspicion: subscribing proves whether somebody else takes the events, and heals it."""

import threading

import pytest

from ingestd.queue.auto import PROOF_SECONDS, Auto


def payload(number: int) -> bytes:
    return b'{"n":%d}' % number


@pytest.fixture
def auto(cpa, consumer, monotonic) -> Auto:
    made = consumer("auto", cpa, monotonic=monotonic)
    assert isinstance(made, Auto)
    return made


def subscribed(cpa, collecting, eventually, count=1):
    def looked():
        collecting.receive(10)
        return cpa.queue.subscribers() == count

    eventually(looked)


def test_without_suspicion_it_never_subscribes(cpa, auto):
    for n in range(5):
        cpa.publish(payload(n))
        assert auto.receive(10).transport == "pop"
    assert (cpa.queue.subscribers(), auto.own_copy) == (0, False)


def test_events_that_went_to_a_subscriber_come_to_us_too_and_go_on_coming(cpa, auto, collected, eventually, monotonic):
    other = cpa.queue.subscribe("usage")
    cpa.publish_many(payload(n) for n in range(5))
    assert auto.receive(10).payloads == []
    auto.suspect()
    subscribed(cpa, auto, eventually, count=2)
    assert auto.own_copy
    got = collected(auto)
    cpa.publish_many(payload(n) for n in range(5, 10))
    got.until(lambda: len(got) >= 5)
    assert list(got) == [payload(n) for n in range(5, 10)]
    # Proved: it stays, however long nothing comes.
    monotonic.pass_by(10 * PROOF_SECONDS)

    def by_subscription():  # once what was queued before it is known to be nothing
        auto.receive(1)
        return auto.status().transport == "subscribe"

    eventually(by_subscription)
    assert auto.own_copy
    cpa.queue.unsubscribe(other)


def test_a_subscription_that_brings_nothing_is_given_up_and_nobody_is_suspected_for_a_while(
    cpa, auto, eventually, monotonic
):
    auto.suspect()
    subscribed(cpa, auto, eventually)
    monotonic.pass_by(PROOF_SECONDS + 1)
    auto.receive(1)
    eventually(lambda: cpa.queue.subscribers() == 0)
    assert (auto.own_copy, auto.cleared) == (False, True)
    auto.suspect()
    auto.receive(1)
    assert not auto.own_copy
    cpa.publish(payload(1))
    delivery = auto.receive(10)
    assert (delivery.payloads, delivery.transport) == ([payload(1)], "pop")
    monotonic.pass_by(601)
    assert not auto.cleared
    auto.suspect()
    auto.receive(1)
    assert auto.own_copy


def test_nothing_is_lost_when_events_never_pause_while_it_subscribes(cpa, auto, collected):
    over = threading.Event()
    published: list[int] = []

    def publish():
        while not over.is_set():
            cpa.publish(payload(len(published)))
            published.append(1)
            over.wait(0.002)

    publisher = threading.Thread(target=publish)
    publisher.start()
    got = collected(auto)
    got.until(lambda: len(got) > 50)
    auto.suspect()
    got.until(lambda: cpa.queue.counters.delivered > 100)
    over.set()
    publisher.join()
    got.until(lambda: len(got) >= len(published))
    assert sorted(got) == sorted(payload(n) for n in range(len(published)))


def test_what_arrives_at_the_very_end_of_a_vain_subscription_is_still_received(cpa, auto, eventually, monotonic):
    auto.suspect()
    subscribed(cpa, auto, eventually)
    cpa.publish(payload(7))
    eventually(lambda: cpa.queue.counters.delivered == 1 and auto._subscription._buffer.waiting)
    monotonic.pass_by(PROOF_SECONDS + 1)
    assert auto.receive(10).payloads == [payload(7)]
    assert not auto.own_copy
    cpa.publish(payload(8))
    assert auto.receive(10).payloads == [payload(8)]


def test_other_modes_have_nothing_to_do_about_a_suspicion(cpa, consumer):
    for mode, own_copy in (("pop", False), ("http", False), ("subscribe", True)):
        collecting = consumer(mode, cpa)
        collecting.suspect()
        collecting.receive(1)
        assert (collecting.own_copy, collecting.cleared) == (own_copy, False)
