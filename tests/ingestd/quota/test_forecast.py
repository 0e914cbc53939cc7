"""When windows run dry: back-tested on simulated weeks, silent where the past carries no answer."""

from collections import Counter
from typing import get_args

import pytest

from ingestd.quota.forecast import LOOKED_BACK, LOOKED_BACK_SHORT, Point, forecast
from ingestd.quota.judge import AGAIN, judge
from ingestd.quota.keep import keep
from ingestd.quota.rows import Answer, Length, Row
from shared.clock import DAY, HOUR, MINUTE, SECOND
from tests.ingestd.conftest import NOW
from tests.ingestd.quota.simulated import START, Pattern, account

FIVE_HOURS, WEEK = 300, 10_080  # minutes


def back_test(pattern, length, load, days, step):
    """How often it spoke, was right within 15 % of the time left, cried wolf; how many ran dry; and said to last."""
    counted: Counter[str] = Counter()
    back = LOOKED_BACK_SHORT if length == FIVE_HOURS else LOOKED_BACK
    simulated = account(pattern, length, load, seed=length + round(load * 10), days=days)
    for now, known, reset, dry in simulated.moments(START + 5 * DAY, step):
        found = forecast([point for point in known if point.observed_at > now - back], length * 60, now)
        counted["moments"] += 1
        counted["ran dry"] += dry is not None
        if found.outlook == "lasts" and dry is not None:
            counted["wrongly calm"] += 1
        if found.outlook != "runs_dry":
            continue
        assert found.empty_at is not None
        counted["spoke"] += 1
        counted["false"] += dry is None
        counted["right"] += dry is not None and abs(found.empty_at - dry) <= 0.15 * (reset - now)
    return counted


@pytest.fixture(scope="module")
def results():
    return {
        (pattern, length, load): back_test(pattern, length, load, days, step)
        for pattern in get_args(Pattern)
        for length, days, step in ((FIVE_HOURS, 8, 149), (WEEK, 15, 487))
        for load in (0.7, 1.5)
    }


def total(results, *patterns):
    counted: Counter[str] = Counter()
    for key, found in results.items():
        if not patterns or key[0] in patterns:
            counted += found
    return counted


def test_it_is_right_in_four_of_five_cases_and_rarely_cries_wolf(results):
    counted = total(results)
    assert counted["spoke"] >= 40
    assert counted["right"] / counted["spoke"] >= 0.8
    assert counted["false"] / counted["spoke"] <= 0.1


@pytest.mark.parametrize("pattern", ["steady", "night"])
def test_where_use_is_regular_it_speaks(results, pattern):
    counted = total(results, pattern)
    assert counted["spoke"] - counted["false"] >= 0.6 * counted["ran dry"]


def test_an_account_that_is_said_to_last_does(results):
    counted = total(results)
    assert counted["wrongly calm"] <= 0.1 * counted["ran dry"]


def steady(hours, percent_an_hour, *, start=NOW - 30 * HOUR, resets_at=NOW + 3 * HOUR):
    """A reading every twelve minutes; the last is of now."""
    every = HOUR // 5
    return [
        Point(start + n * every, start + n * every, n * percent_an_hour / 5, resets_at) for n in range(hours * 5 + 1)
    ]


def test_a_plain_pace_goes_on():
    points = steady(4, 15, start=NOW - 4 * HOUR, resets_at=NOW + HOUR * 5 // 2)
    found = forecast(points, 18_000, NOW)
    assert found.percent_per_hour == pytest.approx(15, rel=0.05)
    assert found.outlook != "runs_dry"  # 60 used, 15 an hour: 97 at the reset
    points = steady(4, 18, start=NOW - 4 * HOUR, resets_at=NOW + HOUR * 7 // 2)
    found = forecast(points, 18_000, NOW)
    assert (found.outlook, found.confidence) == ("runs_dry", "high")
    assert found.empty_at == pytest.approx(NOW + 28 / 18 * HOUR, abs=10 * MINUTE)
    assert forecast(steady(4, 5, start=NOW - 4 * HOUR), 18_000, NOW).outlook == "lasts"


@pytest.mark.parametrize(
    "points",
    [
        [],
        [Point(NOW - MINUTE, NOW, 40.0, NOW + HOUR)],
        steady(1, 60, start=NOW - HOUR),  # an hour says little
        steady(4, 0.2, start=NOW - 4 * HOUR),
        [Point(NOW - HOUR, NOW, 40.0, None)],
        [Point(NOW - 9 * HOUR, NOW - 8 * HOUR, 40.0, NOW - HOUR)],
        [*steady(4, 15, start=NOW - 4 * HOUR), Point(NOW, NOW, 100.0, NOW + 3 * HOUR)],
    ],
)
def test_what_the_past_does_not_carry_is_not_said(points):
    assert forecast(points, 18_000, NOW).outlook != "runs_dry"


def test_of_a_week_nights_have_to_be_known():
    day = steady(20, 4, start=NOW - 20 * HOUR, resets_at=NOW + 5 * DAY)
    assert forecast(day, 604_800, NOW).outlook == "unknown"


def read(line, credential, percent, at, resets):
    row = Row(
        key="five_hour", label="5h", scope="window", used_percent=percent, window=Length(seconds=18_000),
        reset_at=str(resets // SECOND),
    )  # fmt: skip
    keep(line.connection, credential, Answer(rows=[row]), "headers", at)


def test_outlooks_are_kept_beside_the_readings(line):
    shown = "select outlook, empty_at > 0, confidence, judged_at from quota_window"
    for point in steady(4, 18, start=NOW - 4 * HOUR, resets_at=NOW + HOUR * 7 // 2):
        read(line, 1, point.used_percent, point.observed_at, point.resets_at)
    assert judge(line.connection, NOW) == 1
    assert line.connection.execute(shown).fetchone() == ("runs_dry", 1, "high", NOW)
    revision = line.number("select number from meta where key = 'revision'")
    assert judge(line.connection, NOW + MINUTE) == 0  # nothing new
    assert judge(line.connection, NOW + AGAIN + 1) == 1
    assert judge(line.connection, NOW + 100 * HOUR) == 0  # it is over
    assert line.number("select number from meta where key = 'revision'") >= revision
