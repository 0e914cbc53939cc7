"""Local time: where days, weeks, months and hours begin, in zones that make it hard."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queryd.params import calendar
from queryd.params.calendar import AUTO_BUCKETS, bucket_starts, day_start, instant, local, offsets, rfc3339, shift_days
from shared.clock import DAY, HOUR, MINUTE
from tests.queryd import oracle

NEW_YORK, LORD_HOWE = ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")
ZONES = [
    ZoneInfo(name)
    for name in (
        "Asia/Shanghai",
        "UTC",
        "America/New_York",
        "Asia/Kolkata",
        "Asia/Kathmandu",
        "Africa/Cairo",
        "America/Santiago",
        "Africa/Casablanca",
    )
]


def at(text: str) -> int:
    return instant(datetime.fromisoformat(text))


def hours_of(day: date, zone: ZoneInfo) -> list[str]:
    start, end = day_start(day, zone), day_start(day + timedelta(days=1), zone)
    return [rfc3339(start, zone) for start in bucket_starts(start, end, "hour", zone)]


def test_a_day_has_as_many_hours_as_the_clock_says():
    assert [len(hours_of(date(2026, *day), NEW_YORK)) for day in ((3, 7), (3, 8), (11, 1), (11, 2))] == [24, 23, 25, 24]


def test_an_hour_that_the_clock_repeats_is_two_buckets():
    assert hours_of(date(2026, 11, 1), NEW_YORK)[1:4] == [
        "2026-11-01T01:00:00-04:00",
        "2026-11-01T01:00:00-05:00",
        "2026-11-01T02:00:00-05:00",
    ]


def test_a_clock_that_moves_half_an_hour_lengthens_or_cuts_an_hour():
    assert hours_of(date(2026, 4, 5), LORD_HOWE)[1:3] == ["2026-04-05T01:00:00+11:00", "2026-04-05T02:00:00+10:30"]
    assert hours_of(date(2026, 10, 4), LORD_HOWE)[1:4] == [
        "2026-10-04T01:00:00+10:30",
        "2026-10-04T02:30:00+11:00",
        "2026-10-04T03:00:00+11:00",
    ]


def test_hours_of_a_zone_between_hours_begin_on_its_own_clock():
    starts = bucket_starts(at("2026-11-24T10:20:00Z"), at("2026-11-24T12:20:00Z"), "hour", ZoneInfo("Asia/Kathmandu"))
    assert [rfc3339(start, ZoneInfo("UTC")) for start in starts] == [
        "2026-11-24T10:15:00+00:00",
        "2026-11-24T11:15:00+00:00",
        "2026-11-24T12:15:00+00:00",
    ]


def test_a_day_whose_midnight_the_clock_skips_begins_after_the_gap():
    cairo = ZoneInfo("Africa/Cairo")
    assert rfc3339(day_start(date(2026, 4, 24), cairo), cairo) == "2026-04-24T01:00:00+03:00"


def test_the_start_of_a_day_moves_to_the_start_of_a_day():
    cairo = ZoneInfo("Africa/Cairo")
    moved = shift_days(day_start(date(2026, 4, 24), cairo), -7, cairo)
    assert moved == day_start(date(2026, 4, 17), cairo)
    assert shift_days(day_start(date(2026, 4, 17), cairo), 7, cairo) == day_start(date(2026, 4, 24), cairo)


def test_a_day_that_the_calendar_skips_is_no_bucket():
    apia = ZoneInfo("Pacific/Apia")
    starts = bucket_starts(day_start(date(2011, 12, 29), apia), day_start(date(2012, 1, 1), apia), "day", apia)
    assert [local(start, apia).day for start in starts] == [29, 31]


def test_weeks_begin_on_monday_and_months_on_the_first():
    start, end = at("2026-11-18T12:00:00Z"), at("2027-01-02T00:00:00Z")
    utc = ZoneInfo("UTC")
    assert {local(each, utc).weekday() for each in bucket_starts(start, end, "week", utc)} == {0}
    assert [rfc3339(each, utc)[:10] for each in bucket_starts(start, end, "month", utc)] == [
        "2026-11-01",
        "2026-12-01",
        "2027-01-01",
    ]


def test_milliseconds_are_written_only_where_there_are_some():
    assert rfc3339(at("2026-11-18T00:00:00.120Z"), ZoneInfo("Asia/Shanghai")) == "2026-11-18T08:00:00.120+08:00"
    assert rfc3339(at("2026-11-18T00:00:00Z"), ZoneInfo("UTC")) == "2026-11-18T00:00:00+00:00"


@pytest.mark.parametrize(
    ("length", "granularity"),
    [(15 * MINUTE, "minute"), (6 * HOUR, "minute"), (8 * HOUR, "hour"), (14 * DAY, "hour"), (30 * DAY, "day")],
)
def test_auto_is_the_finest_granularity_with_few_enough_buckets(length, granularity):
    assert calendar.auto(0, length) == granularity


def test_auto_falls_back_to_weeks_and_months():
    assert calendar.auto(0, (AUTO_BUCKETS + 1) * DAY) == "week"
    assert calendar.auto(0, 100 * 365 * DAY) == "month"


@given(
    zone=st.sampled_from(ZONES),
    start=st.integers(at("2025-01-01T00:00:00Z"), at("2027-12-31T00:00:00Z")),
    length=st.integers(1, 40 * DAY),
    granularity=st.sampled_from(["hour", "day", "week", "month"]),
)
def test_buckets_are_where_a_clock_and_a_calendar_on_the_wall_change(zone, start, length, granularity):
    end = start + length
    starts = bucket_starts(start, end, granularity, zone)
    assert starts[0] <= start
    assert all(first < second for first, second in pairwise(starts))
    assert starts[-1] < end
    for first, following in pairwise([*starts, end]):
        bucket = oracle.bucket(max(first, start), granularity, zone)
        assert oracle.bucket(following - 1, granularity, zone) == bucket
        if following != end:
            assert oracle.bucket(following, granularity, zone) != bucket


@given(
    zone=st.sampled_from(ZONES),
    moments=st.lists(st.integers(at("2025-01-01T00:00:00Z"), at("2027-12-31T00:00:00Z")), min_size=1, max_size=20),
)
def test_offsets_are_those_of_the_zone(zone, moments):
    ascending = sorted(moments)
    ahead = [local(moment, zone).utcoffset() or timedelta() for moment in ascending]
    assert offsets(ascending, zone) == [each // timedelta(microseconds=1) for each in ahead]
