"""A heartbeat's age is what has passed, whatever the clocks say."""

import msgspec
import pytest

from shared.clock import DAY, SECOND
from shared.heartbeat import STALE, Counters, Detail, Inbox, Queue, Trouble, Uptime, age, encode, uptime

NOW = 1_795_500_000_000_000


def at(seconds: float, boot_id: str = "boot-1") -> Uptime:
    return Uptime(boot_id=boot_id, monotonic_ns=int(seconds * 1e9))


@pytest.mark.parametrize("clock_error", [0, -3_600 * SECOND, 365 * DAY])
def test_within_one_boot_the_wall_clock_decides_nothing(clock_error):
    written_at = NOW + clock_error
    assert age(written_at, at(100.0), now=NOW, here=at(103.5)) == 3.5 * SECOND
    assert age(written_at, at(100.0), now=NOW, here=at(160.0)) == 60 * SECOND > STALE


def test_a_heartbeat_of_an_earlier_boot_is_stale_whatever_its_time():
    assert age(NOW, at(100.0), now=NOW, here=at(200.0, "boot-2")) > STALE
    assert age(NOW, at(100.0), now=NOW, here=at(5.0)) > STALE
    assert age(NOW - DAY, at(100.0), now=NOW, here=at(200.0, "boot-2")) == DAY


@pytest.mark.parametrize("written", [None, Uptime(boot_id="", monotonic_ns=1)])
def test_without_a_boot_id_the_wall_clock_counts_in_both_directions(written):
    assert age(NOW - SECOND, written, now=NOW, here=at(1.0)) == SECOND
    assert age(NOW + DAY, written, now=NOW, here=at(1.0)) == DAY


def test_this_machine_has_an_uptime_that_goes_on():
    first, second = uptime(), uptime()
    assert first.boot_id == second.boot_id
    assert first.monotonic_ns <= second.monotonic_ns


def test_details_of_an_earlier_version_are_still_read():
    old = '{"queue":{"mode":"pop","connected":true,"trouble":{"code":"banned","message":"x","since":1}}'
    old += ',"inbox":{"pending":0,"rejected":0},"lag_us":0,"counters":{}}'
    detail = msgspec.json.decode(old, type=Detail)
    assert detail.uptime is None
    assert detail.queue.trouble is not None
    assert detail.queue.trouble.severity == "error"
    new = Detail(
        queue=Queue(mode="pop", connected=True),
        inbox=Inbox(pending=0, rejected=0),
        lag_us=0,
        counters=Counters(),
        troubles=(Trouble(code="banned", message="x", since=1, parameters={"until": 7}),),
    )
    assert msgspec.json.decode(encode(new), type=Detail) == new
