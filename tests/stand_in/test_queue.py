"""The queue loses what CPA's queue loses, counts it, and nothing else."""

import threading
import time
from itertools import islice

from tests.cpa import StandIn
from tests.stand_in.conversation import PAYLOADS, Client


def test_pops_take_the_oldest_whatever_their_name():
    with StandIn() as cpa, Client(cpa.address) as client:
        cpa.publish_many(PAYLOADS[:4])
        client.auth()
        assert client.ask("RPOP", "usage") == PAYLOADS[0]
        assert client.ask("LPOP", "usage", 2) == PAYLOADS[1:3]
        assert client.ask("RPOP", "usage", 9) == PAYLOADS[3:4]
        assert cpa.queue.snapshot()["popped"] == 4


def test_payloads_expire_after_the_retention_time_and_are_counted():
    seconds = 0.0
    with StandIn(retention_seconds=60, now=lambda: seconds) as cpa, Client(cpa.address) as client:
        cpa.publish_many(PAYLOADS[:2])
        seconds = 30.0
        cpa.publish(PAYLOADS[2])
        seconds = 61.0
        assert client.auth().ask("LPOP", "usage", 9) == [PAYLOADS[2]]
        assert cpa.queue.snapshot()["expired"] == 2


def test_a_preloaded_history_comes_first_and_does_not_expire():
    seconds = 0.0
    with StandIn(now=lambda: seconds) as cpa, Client(cpa.address) as client:
        cpa.queue.preload(iter(PAYLOADS[:5]))
        seconds = 3600.0
        cpa.publish(PAYLOADS[5])
        assert client.auth().ask("LPOP", "usage", 3) == PAYLOADS[:3]
        assert client.ask("LPOP", "usage", 9) == PAYLOADS[3:6]
        assert cpa.queue.snapshot()["published"] == 6


def test_events_published_while_statistics_are_off_are_gone():
    with StandIn(statistics=False) as cpa, Client(cpa.address) as client:
        cpa.publish(PAYLOADS[0])
        assert client.auth().ask("LPOP", "usage", 9) == []
        assert cpa.queue.snapshot()["refused"] == 1


def test_turning_management_off_clears_the_queue_and_closes_subscribers_without_a_word():
    with StandIn() as cpa, Client(cpa.address) as reader, Client(cpa.address) as subscriber:
        cpa.publish(PAYLOADS[0])
        reader.auth()
        subscriber.subscribe()
        cpa.set_management(False)
        assert subscriber.rest() == b""
        # The switch is looked at before each command is read: this one was already being waited for.
        assert reader.ask("LPOP", "usage", 9) == []
        assert reader.rest() == b""
        assert cpa.queue.snapshot()["cleared"] == 1


def test_a_restart_loses_queue_connections_and_bans():
    with StandIn() as cpa, Client(cpa.address) as client:
        client.auth()
        cpa.access.ban("127.0.0.1")
        cpa.publish(PAYLOADS[0])
        cpa.restart()
        assert client.rest() == b""
        with Client(cpa.address) as again:
            assert again.auth().ask("LPOP", "usage", 9) == []


def test_every_subscriber_gets_every_event_and_poppers_get_none():
    with StandIn() as cpa, Client(cpa.address) as one, Client(cpa.address) as two, Client(cpa.address) as popper:
        one.subscribe()
        two.subscribe()
        cpa.publish_many(PAYLOADS[:3])
        assert [one.message() for _ in range(3)] == PAYLOADS[:3]
        assert [two.message() for _ in range(3)] == PAYLOADS[:3]
        assert popper.auth().ask("LPOP", "usage", 9) == []
        assert cpa.queue.snapshot()["diverted"] == 3


def test_when_the_last_subscriber_leaves_events_queue_again():
    with StandIn() as cpa, Client(cpa.address) as subscriber, Client(cpa.address) as popper:
        subscriber.subscribe()
        assert subscriber.ask("UNSUBSCRIBE") == [b"unsubscribe", b"usage", 0]
        assert subscriber.rest() == b""
        until(lambda: cpa.queue.subscribers() == 0)
        cpa.publish(PAYLOADS[0])
        assert popper.auth().ask("LPOP", "usage") == PAYLOADS[0]


def test_a_subscriber_that_does_not_read_is_dropped_and_loses_one_message_beyond_its_buffer():
    """Measured on v7.2.140: of 320 events sent, 299 were delivered, one was lost, 20 were queued."""
    large = b'{"body":"' + b"x" * 100_000 + b'"}'
    with StandIn() as cpa, Client(cpa.address) as slow:
        slow.subscribe()
        sent = 0
        while not cpa.queue.snapshot()["overflowed"]:
            cpa.publish(large)
            sent += 1
        cpa.publish_many([large] * 20)
        received = slow.rest()
        assert received.count(b"$7\r\nmessage\r\n") == sent - 1
        assert received.endswith(large + b"\r\n")
        assert cpa.queue.waiting() == 20
        until(lambda: cpa.queue.snapshot()["delivered"] == sent - 1)


def test_paced_publishing_loses_nothing_to_a_subscriber_that_reads():
    with StandIn() as cpa, Client(cpa.address) as subscriber:
        subscriber.subscribe()
        wanted = list(islice(PAYLOADS * 20, 2000))
        received: list[bytes] = []
        reader = threading.Thread(target=lambda: received.extend(subscriber.message() for _ in wanted))
        reader.start()
        cpa.publish_paced(wanted)
        reader.join(30)
        assert received == wanted


def test_a_refresh_is_broadcast_to_usage_subscribers_and_never_queued():
    with StandIn() as cpa, Client(cpa.address) as usage, Client(cpa.address) as errors, Client(cpa.address) as popper:
        usage.subscribe()
        errors.subscribe("errors")
        cpa.queue.refresh()
        cpa.publish_error(b'{"status_code":500}')
        assert usage.message() == b'{"refresh":true}'
        assert errors.message() == b'{"status_code":500}'
        assert popper.auth().ask("LPOP", "usage", 9) == []


def test_error_messages_without_a_subscriber_are_dropped():
    with StandIn() as cpa, Client(cpa.address) as errors:
        cpa.publish_error(b'{"status_code":500}')
        errors.subscribe("errors")
        cpa.publish_error(b'{"status_code":503}')
        assert errors.message() == b'{"status_code":503}'


def until(condition):
    """Wait for what another thread is about to do; a test that never sees it runs into its timeout."""
    while not condition():
        time.sleep(0.001)
