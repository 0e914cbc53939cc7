"""Times that cannot be are set aside with a reason and can be replayed; clocks that differ a little are named."""

from datetime import UTC, datetime, timedelta

import pytest

from ingestd.pipeline import AHEAD_MAX, AHEAD_TOLD_FOR
from ingestd.replay import Time, newest, replay
from shared.clock import DAY, HOUR, MINUTE, SECOND
from tests.ingestd.conftest import NOW, payload


def at(microseconds):
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)).isoformat()


def rejected(line):
    return line.connection.execute("select reason, detail from rejected order by id").fetchall()


@pytest.mark.parametrize(
    "timestamp",
    [
        *("1970-01-01T00:00:07Z", "2019-12-31T23:59:59Z", "2099-01-01T00:00:00Z", "9999-12-31T23:59:59.9Z"),
        *("2027-11-26T10:00:00+08:00", "0001-01-01T00:00:00Z"),
    ],
)
def test_a_time_that_cannot_be_is_set_aside_with_its_reason(line, timestamp):
    line.store(payload(1, timestamp=timestamp), payload(2))
    assert line.number("select count(*) from event") == 1
    [(reason, detail)] = rejected(line)
    assert reason in ("impossible_time", "invalid_timestamp")
    assert reason == "invalid_timestamp" or "$.timestamp" in detail


def test_an_event_some_minutes_ahead_is_kept_and_the_clocks_are_told(line):
    line.store(payload(1, timestamp=at(NOW + 10 * MINUTE)), payload(2, timestamp=at(NOW + 3 * MINUTE)))
    assert line.number("select count(*) from event") == 2
    told = line.pipeline.ahead(NOW)
    assert told
    assert told.microseconds == 10 * MINUTE
    assert line.pipeline.ahead(NOW + AHEAD_TOLD_FOR) is None


def test_clocks_of_two_machines_are_never_equal(line):
    line.store(payload(1, timestamp=at(NOW + 5 * SECOND)))
    assert line.pipeline.ahead(NOW) is None
    assert line.number("select count(*) from event") == 1


def test_a_clock_an_hour_off_loses_nothing_and_one_further_off_is_told_as_well(line):
    line.store(payload(1, timestamp=at(NOW + HOUR)), payload(2, timestamp=at(NOW + AHEAD_MAX + SECOND)))
    assert line.number("select count(*) from event") == 1
    assert [reason for reason, _ in rejected(line)] == ["impossible_time"]
    told = line.pipeline.ahead(NOW)
    assert told
    assert told.microseconds == AHEAD_MAX + SECOND


def test_a_machine_without_the_time_judges_nobody(line):
    line.store(payload(1), now=5 * SECOND)
    assert line.number("select count(*) from event") == 1


def test_what_was_set_aside_comes_back_with_its_arrival_time(line):
    line.store(
        payload(1, timestamp="2099-01-01T00:00:00Z"), payload(2, timestamp="1970-01-01T00:00:07Z"), b"{", now=NOW
    )
    line.store(payload(1, timestamp="2099-01-01T00:00:00Z"), now=NOW + SECOND)
    assert len(rejected(line)) == 4
    last = newest(line.connection)
    assert replay(line.connection, line.inbox, Time.ARRIVAL, up_to=last, now=NOW + DAY) == 4
    line.store(now=NOW + DAY)
    assert replay(line.connection, line.inbox, Time.ARRIVAL, up_to=last, now=NOW + DAY) == 0
    assert line.connection.execute("select occurred_at from event").fetchall() == [(NOW,), (NOW,)]
    assert [reason for reason, _ in rejected(line)] == ["invalid_json"]
    assert line.pipeline.pending == 0


def test_replaying_as_it_is_changes_nothing_until_the_reason_is_gone(line):
    line.store(payload(1, timestamp=at(NOW + DAY)), payload(2, timestamp="2099-01-01T00:00:00Z"))
    before = rejected(line)
    replay(line.connection, line.inbox, Time.AS_IS, up_to=newest(line.connection), now=NOW)
    line.store(now=NOW)
    assert rejected(line) == before
    replay(line.connection, line.inbox, Time.AS_IS, up_to=newest(line.connection), now=NOW + DAY)
    line.store(now=NOW + DAY)
    assert [reason for reason, _ in rejected(line)] == ["impossible_time"]
    assert line.number("select count(*) from event") == 1


def test_tokens_beyond_anything_are_set_aside_not_shown_as_none(line):
    tokens = {"input_tokens": 2**40, "output_tokens": 1, "total_tokens": 2**40 + 1}
    line.store(payload(1, tokens=tokens))
    [(reason, detail)] = rejected(line)
    assert reason == "number_out_of_range"
    assert "$.tokens" in detail
    assert line.number("select count(*) from event") == 0
