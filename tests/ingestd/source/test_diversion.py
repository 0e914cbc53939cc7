"""Noticing that somebody else takes the events."""

from ingestd.source.diversion import Diversion
from ingestd.source.trouble import Condition


def verdicts(*marks: tuple[float, int, int], enabled: bool = True) -> list[Condition | None]:
    diversion = Diversion()
    return [diversion.observe(t, attempts=a, events=e, statistics_enabled=enabled) for t, a, e in marks]


def test_counters_that_rise_while_nothing_arrives_mean_a_subscriber():
    assert verdicts((0, 100, 0), (30, 110, 0), (60, 120, 0)) == [None, None, Condition.DIVERTED]


def test_a_single_streak_of_attempts_without_events_is_no_proof():
    assert verdicts((0, 100, 50), (60, 104, 50), (120, 104, 50), (600, 104, 50)) == [None] * 4


def test_an_idle_cpa_is_well():
    assert verdicts(*((60.0 * n, 100, 40) for n in range(60))) == [None] * 60


def test_events_that_keep_up_with_the_counters_are_well_even_if_some_streams_give_none():
    marks = [(60.0 * n, 100 * n, 90 * n) for n in range(60)]
    assert verdicts(*marks) == [None] * 60


def test_clearly_fewer_events_than_attempts_mean_a_second_collector():
    found = verdicts(*((60.0 * n, 100 * n, 50 * n) for n in range(8)))
    assert found[:5] == [None] * 5
    assert set(found[5:]) == {Condition.SHARED}


def test_the_verdict_ends_when_events_come_again():
    diversion = Diversion()
    for n in range(10):
        told = diversion.observe(60.0 * n, attempts=20 * n, events=0, statistics_enabled=True)
    assert told is Condition.DIVERTED
    later = [
        diversion.observe(60.0 * n, attempts=20 * n, events=20 * (n - 9), statistics_enabled=True)
        for n in range(10, 60)
    ]
    assert Condition.DIVERTED not in later
    assert later[-1] is None


def test_a_restart_of_cpa_begins_the_comparison_anew():
    assert verdicts((0, 1000, 0), (120, 3, 0), (130, 20, 0)) == [None, None, None]


def test_disabled_statistics_are_told_at_once():
    assert verdicts((0, 100, 0), enabled=False) == [Condition.STATISTICS_DISABLED]
