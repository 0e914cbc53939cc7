"""What the demo needs of the traffic: the newest day first, and something every few seconds at any hour."""

import json
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest

from tests.cpa.accounts import CLIENT_KEYS
from tests.cpa.feed import History, live_attempts, nanoseconds_of, without_pauses
from tests.cpa.traffic.attempt import NANOSECONDS
from tests.cpa.usage_queue import UsageQueue
from tests.demo.aliases import ALIASES
from tests.demo.zone import machine_zone

ZONE = ZoneInfo("Europe/Berlin")
NIGHT = datetime(2026, 11, 24, 3, 30, tzinfo=ZONE)


def started(payload):
    return nanoseconds_of(json.loads(payload)["timestamp"].encode()) // NANOSECONDS


def test_a_history_can_begin_with_the_newest_day_and_holds_the_same_days():
    history = History(5, NIGHT, newest_first=True)
    seen = [started(line) for line in history]
    days = [datetime.fromtimestamp(second, ZONE).date() for second in seen]
    # A session of one evening may end after midnight: what matters is that whole days come one after the other.
    first_seen = list(dict.fromkeys(days))
    assert first_seen[0] == NIGHT.date() or first_seen[1] == NIGHT.date()
    assert abs(len(seen) - sum(1 for _ in History(5, NIGHT))) <= len(seen) // 50
    assert min(seen) >= (NIGHT - timedelta(days=5)).timestamp() - 1
    assert max(seen) < NIGHT.timestamp()
    assert (history.done, history.share) == (True, 1.0)
    newest = [index for index, day in enumerate(days) if day == NIGHT.date() - timedelta(days=1)]
    oldest = [index for index, day in enumerate(days) if day == NIGHT.date() - timedelta(days=4)]
    assert sum(newest) / len(newest) < sum(oldest) / len(oldest)


def test_live_events_need_not_wait_for_a_history():
    queue = UsageQueue(lambda: 0.0, 60.0)
    queue.preload((b"old %d" % number for number in range(5)), after_live=True)
    queue.publish([b"live"])
    assert queue.pop(3) == [b"live", b"old 0", b"old 1"]
    queue.publish([b"live too"])
    assert queue.pop(10) == [b"live too", b"old 2", b"old 3", b"old 4"]
    assert (queue.counters.published, queue.counters.popped) == (7, 7)


@pytest.mark.parametrize("hour", [3, 12])
def test_live_traffic_without_pauses_has_none_at_any_hour(hour):
    now = NIGHT.replace(hour=hour)
    some = list(islice(without_pauses(live_attempts(now), now, timedelta(seconds=3)), 400))
    completed = [attempt.completed for attempt in some]
    assert completed == sorted(completed)
    assert completed[0] - int(now.astimezone(UTC).timestamp()) * NANOSECONDS <= 3 * NANOSECONDS
    assert max(after - before for before, after in pairwise(completed)) <= 3 * NANOSECONDS
    assert len({attempt.request_id for attempt in some}) > 100


def test_every_alias_is_of_a_key_whose_mask_cannot_be_taken_for_another():
    assert len({client.key[-4:] for client in CLIENT_KEYS}) == len(CLIENT_KEYS)
    assert set(ALIASES) < set(CLIENT_KEYS)


def test_the_machines_zone_is_what_tz_says_and_always_one_that_exists(monkeypatch):
    monkeypatch.setenv("TZ", ":America/New_York")
    assert machine_zone() == "America/New_York"
    monkeypatch.setenv("TZ", "Moon/Crater")
    ZoneInfo(machine_zone())
