"""How soon to look again."""

import pytest

from ingestd.queue.delivery import Delivery, Transport
from ingestd.queue.poll_interval import PollInterval


def delivery(count: int, *, transport: Transport = "pop", full: bool = False) -> Delivery:
    return Delivery([b"{}"] * count, transport, full=full)


def walk(
    poll_interval: PollInterval, *, start: float, rate: float, seconds: float, transport: Transport = "pop"
) -> list[tuple[int, float]]:
    """Looks as a collector would at a steady rate of events a second; each look's count and pause."""
    now, left, looks = start, 0.0, []
    pause = 0.0
    while now < start + seconds:
        left += rate * pause
        count = int(left)
        left -= count
        pause = poll_interval.after(delivery(count, transport=transport), now)
        looks.append((count, pause))
        now += max(pause, 1e-4)
    return looks


def test_an_idle_daemon_looks_once_an_idle_interval():
    poll_interval = PollInterval(1.0)
    assert {pause for _, pause in walk(poll_interval, start=0.0, rate=0, seconds=60)} == {1.0}


def test_while_traffic_flows_no_event_waits_longer_than_a_fifth_of_a_second():
    poll_interval = PollInterval(1.0)
    looks = walk(poll_interval, start=0.0, rate=2, seconds=30)[5:]
    assert max(pause for _, pause in looks) <= 0.2
    looks = walk(poll_interval, start=30.0, rate=0.2, seconds=120)[5:]
    assert max(pause for _, pause in looks) <= 0.2


def test_at_any_rate_up_to_500_a_second_a_look_brings_few_events():
    for rate in (50, 100, 200, 500):
        looks = walk(PollInterval(1.0), start=0.0, rate=rate, seconds=10)
        steady = [count for count, _ in looks[len(looks) // 2 :]]
        assert max(steady) <= 5, rate


def test_looks_are_never_closer_than_needed():
    looks = walk(PollInterval(1.0), start=0.0, rate=20_000, seconds=2)[1:]
    assert min(pause for _, pause in looks) >= 0.008
    slow = walk(PollInterval(1.0), start=0.0, rate=10, seconds=20)[200:]
    assert min(pause for _, pause in slow) >= 0.024


def test_the_pause_grows_gently_to_the_idle_interval_after_traffic():
    poll_interval = PollInterval(1.0)
    poll_interval.after(delivery(3), 0.0)
    pauses = [poll_interval.after(delivery(0), now) for now in (0.5, 2.0, 10.0, 200.0, 600.0, 3000.0)]
    assert pauses == pytest.approx([0.025, 0.08, 0.2, 0.2, 0.4, 1.0])


def test_a_shorter_idle_interval_is_respected_everywhere():
    poll_interval = PollInterval(0.05)
    assert max(pause for _, pause in walk(poll_interval, start=0.0, rate=1, seconds=10)) <= 0.05


def test_a_full_delivery_is_followed_at_once():
    assert PollInterval(1.0).after(delivery(10, full=True), 5.0) == 0.0


def test_http_is_asked_at_most_once_a_second_and_every_three_seconds_when_idle():
    poll_interval = PollInterval(1.0)
    assert {pause for _, pause in walk(poll_interval, start=0.0, rate=0, seconds=30, transport="http")} == {3.0}
    busy = walk(poll_interval, start=30.0, rate=100, seconds=30, transport="http")
    assert {pause for count, pause in busy if count} == {1.0}
    assert poll_interval.after(delivery(0, transport="http"), 1000.0) == 3.0
