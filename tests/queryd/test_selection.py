"""The one parser: every range, comparison, granularity and filter, and how each mistake is named."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from queryd.errors import InvalidParameter, UnknownParameter
from queryd.params.calendar import instant, rfc3339
from queryd.params.parameters import Filter
from queryd.params.ranges import RANGES, ROLLING
from queryd.params.selection import COMPARE, GRANULARITY, SELECTION, Selection, parse
from shared.clock import DAY, HOUR

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
PARAMETERS = (*SELECTION, COMPARE, GRANULARITY)
TUESDAY = "2026-11-24T15:30:00+08:00"


def selection(query: str, *, now: str = TUESDAY, zone: ZoneInfo = SHANGHAI) -> Selection:
    return parse(query, PARAMETERS, zone, instant(datetime.fromisoformat(now)))[0]


def span(query: str, *, now: str = TUESDAY, zone: ZoneInfo = SHANGHAI) -> tuple[str, str]:
    found = selection(query, now=now, zone=zone).span(None, None)
    return rfc3339(found.start, zone), rfc3339(found.end, zone)


def before(query: str, *, now: str = TUESDAY, zone: ZoneInfo = SHANGHAI) -> tuple[str, str]:
    asked = selection(query, now=now, zone=zone)
    found = asked.comparison(asked.span(None, None))
    assert found is not None
    return rfc3339(found.start, zone), rfc3339(found.end, zone)


def days(first: str, last: str, offset: str = "+08:00") -> tuple[str, str]:
    return f"{first}T00:00:00{offset}", f"{last}T00:00:00{offset}"


def refusal(query: str) -> str:
    with pytest.raises((InvalidParameter, UnknownParameter)) as caught:
        selection(query)
    assert caught.value.status == 400
    assert caught.value.parameter is not None
    return caught.value.parameter


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", "2026-11-24", "2026-11-25"),
        ("yesterday", "2026-11-23", "2026-11-24"),
        ("7d", "2026-11-18", "2026-11-25"),
        ("14d", "2026-11-11", "2026-11-25"),
        ("30d", "2026-10-26", "2026-11-25"),
        ("90d", "2026-08-27", "2026-11-25"),
        ("365d", "2025-11-25", "2026-11-25"),
        ("this_week", "2026-11-23", "2026-11-30"),
        ("last_week", "2026-11-16", "2026-11-23"),
        ("this_month", "2026-11-01", "2026-12-01"),
        ("last_month", "2026-10-01", "2026-11-01"),
    ],
)
def test_calendar_ranges_are_whole_local_days(name, first, last):
    assert span(f"range={name}") == days(first, last)


@pytest.mark.parametrize("name", ROLLING)
def test_rolling_ranges_end_now(name):
    found = selection(f"range={name}").span(None, None)
    assert found.end == instant(datetime.fromisoformat(TUESDAY))
    assert found.end - found.start == ROLLING[name]


def test_without_a_range_it_is_the_last_seven_days():
    assert span("") == span("range=7d")


def test_dates_are_local_and_the_end_is_exclusive():
    assert span("from=2026-11-01&to=2026-11-03") == days("2026-11-01", "2026-11-03")


def test_moments_may_have_any_offset_and_a_plus_that_became_a_space():
    wanted = ("2026-11-18T08:00:00.123+08:00", "2026-11-18T09:00:00+08:00")
    assert span("from=2026-11-18T00:00:00.123456Z&to=2026-11-18T02:00:00+01:00") == wanted
    assert span("from=2026-11-18T00:00:00.123456Z&to=2026-11-18T02:00:00%2B01:00") == wanted


def test_a_range_may_begin_somewhere_and_end_now():
    assert span("from=2026-11-24") == ("2026-11-24T00:00:00+08:00", TUESDAY)


def test_everything_begins_with_the_day_of_the_first_event_and_ends_no_earlier_than_the_last():
    asked = selection("range=all")
    first, last = (instant(datetime.fromisoformat(text)) for text in ("2026-03-05T10:00:00Z", "2026-11-27T01:00:00Z"))
    found = asked.span(first, last)
    assert (rfc3339(found.start, SHANGHAI), rfc3339(found.end, SHANGHAI)) == days("2026-03-05", "2026-11-28")
    assert rfc3339(asked.span(first, first).end, SHANGHAI) == "2026-11-25T00:00:00+08:00"
    assert span("range=all") == days("2026-11-24", "2026-11-25")


@pytest.mark.parametrize(
    ("query", "start", "end"),
    [
        ("range=today", "2026-11-23T00:00:00+08:00", "2026-11-23T15:30:00+08:00"),
        ("range=yesterday", "2026-11-22T00:00:00+08:00", "2026-11-23T00:00:00+08:00"),
        ("range=7d", "2026-11-11T00:00:00+08:00", "2026-11-17T15:30:00+08:00"),
        ("range=this_week", "2026-11-16T00:00:00+08:00", "2026-11-17T15:30:00+08:00"),
        ("range=last_month", "2026-09-01T00:00:00+08:00", "2026-10-01T00:00:00+08:00"),
        ("range=1h", "2026-11-24T13:30:00+08:00", "2026-11-24T14:30:00+08:00"),
        ("from=2026-11-01&to=2026-11-04", "2026-10-29T00:00:00+08:00", "2026-11-01T00:00:00+08:00"),
        (
            "from=2026-11-01T10:00:00Z&to=2026-11-01T12:00:00Z",
            "2026-11-01T16:00:00+08:00",
            "2026-11-01T18:00:00+08:00",
        ),
    ],
)
def test_the_period_before_is_cut_at_the_same_elapsed_time(query, start, end):
    assert before(f"{query}&compare=previous") == (start, end)


def test_the_month_before_may_be_shorter_than_what_has_passed():
    assert before("range=this_month&compare=previous", now="2026-03-31T12:00:00+08:00") == (
        "2026-02-01T00:00:00+08:00",
        "2026-03-01T00:00:00+08:00",
    )


def test_a_week_earlier_is_the_same_time_on_the_wall():
    assert before("range=24h&compare=week", now="2026-11-03T12:00:00-05:00", zone=NEW_YORK) == (
        "2026-10-26T12:00:00-04:00",
        "2026-10-27T12:00:00-04:00",
    )


def test_whole_days_are_compared_whatever_their_length():
    found = before("range=yesterday&compare=previous", now="2026-11-02T09:00:00-05:00", zone=NEW_YORK)
    assert found == ("2026-10-31T00:00:00-04:00", "2026-11-01T00:00:00-04:00")


def test_everything_has_nothing_before_it():
    asked = selection("range=all&compare=previous")
    assert asked.comparison(asked.span(None, None)) is None
    assert selection("range=7d").comparison(selection("range=7d").span(None, None)) is None


def test_elapsed_is_the_part_in_the_past():
    asked = selection("range=today")
    assert asked.span(None, None).elapsed(asked.now) == 15 * HOUR + HOUR // 2
    asked = selection("range=yesterday")
    assert asked.span(None, None).elapsed(asked.now) == DAY
    asked = selection("from=2027-01-01&to=2027-01-02")
    assert asked.span(None, None).elapsed(asked.now) == 0


def test_filters_are_any_of_the_wanted_and_none_of_the_unwanted():
    found = selection("model=b&model=a&model=!c&api_key=!3&status=429").filters
    assert found == (Filter("model", ("a", "b"), ("c",)), Filter("api_key", (), ("3",)), Filter("status", ("429",)))


def test_a_name_that_begins_with_a_sign_is_escaped_and_comes_back_so():
    (found,) = selection("model=\\!odd&model=!\\!even&model=\\\\slash").filters
    assert found == Filter("model", ("!odd", "\\slash"), ("!even",))
    assert found.spelled() == ["\\!odd", "\\\\slash", "!\\!even"]


def test_an_empty_name_is_a_value():
    assert selection("service_tier=").filters == (Filter("service_tier", ("",)),)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("rnage=7d", "rnage"),
        ("range=8d", "range"),
        ("range=7d&range=7d", "range"),
        ("range=7d&from=2026-11-01", "range"),
        ("to=2026-11-01", "from"),
        ("from=2026-11-02&to=2026-11-01", "to"),
        ("from=2026-12-24", "from"),
        ("from=2026-02-30&to=2026-03-01", "from"),
        ("from=yesterday", "from"),
        ("from=2026-11-01T00:00:00", "from"),
        ("from=2026-11-01T25:00:00Z", "from"),
        ("from=1999-11-01&to=2026-11-01", "from"),
        ("from=20261101", "from"),
        ("granularity=second", "granularity"),
        ("compare=last", "compare"),
        ("result=ok", "result"),
        ("status=4xx", "status"),
        ("status=-1", "status"),
        ("api_key=abc", "api_key"),
        ("credential=01", "credential"),
        ("credential=%D9%A1", "credential"),
        ("error_class=boom", "error_class"),
        ("model=" + "m" * 600, "model"),
        ("model=%FF", "query"),
        ("&".join(["model=a"] * 600), "query"),
    ],
)
def test_a_mistake_is_a_400_that_names_its_parameter(query, parameter):
    assert refusal(query) == parameter


def test_too_many_buckets_are_refused():
    asked = selection("range=90d&granularity=minute")
    with pytest.raises(InvalidParameter, match="at most") as caught:
        asked.bucketing(asked.span(None, None))
    assert caught.value.parameter == "granularity"
    asked = selection("range=90d&granularity=hour")
    assert asked.bucketing(asked.span(None, None)) == "hour"


@pytest.mark.parametrize("name", RANGES)
def test_every_range_is_understood_at_any_moment(name):
    for now in ("2026-11-01T01:30:00-05:00", "2026-03-08T03:00:00-04:00", "2026-02-28T23:59:59-05:00"):
        asked = selection(f"range={name}&compare=previous", now=now, zone=NEW_YORK)
        found = asked.span(None, None)
        assert found.start < found.end
        assert asked.bucketing(found)
