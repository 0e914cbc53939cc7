"""Noticing that somebody else takes the events, and that nobody does."""

from ingestd.queue.competing_consumer import CompetingConsumerDetector, Finding


def verdicts(*marks: tuple[float, int, int]) -> list[Finding | None]:
    detector = CompetingConsumerDetector()
    return [detector.observe(t, attempts=a, events=e) for t, a, e in marks]


def test_counters_that_rise_while_nothing_arrives_are_suspected_after_a_minute_and_told_after_four():
    found = verdicts(*((60.0 * n, 100 + 10 * n, 0) for n in range(8)))
    assert found == [None, "suspected", "suspected", "suspected", "diverted", "diverted", "diverted", "diverted"]


def test_a_few_attempts_without_events_are_nothing():
    assert verdicts((0, 100, 50), (60, 104, 50), (120, 104, 50), (600, 104, 50)) == [None] * 4


def test_a_burst_of_calls_that_make_no_event_is_never_told():
    """Claude Code counts tokens a hundred times at once, before its first message."""
    marks = [(0.0, 100, 50), *((60.0 * n, 200, 50) for n in range(1, 30))]
    assert "diverted" not in verdicts(*marks)
    assert "shared" not in verdicts(*marks)


def test_messages_between_bursts_of_token_counts_are_never_told():
    attempts, events, marks = 0, 0, []
    for n in range(30):
        attempts += 38 + (76 if n % 5 == 0 else 0)
        events += 38
        marks.append((60.0 * n, attempts, events))
    assert set(verdicts(*marks)) <= {None, "suspected"}


def test_an_idle_cpa_is_well():
    assert verdicts(*((60.0 * n, 100, 40) for n in range(60))) == [None] * 60


def test_events_that_keep_up_with_the_counters_are_well_even_if_some_streams_give_none():
    marks = [(60.0 * n, 100 * n, 90 * n) for n in range(60)]
    assert verdicts(*marks) == [None] * 60


def test_clearly_fewer_events_than_attempts_for_long_mean_a_second_collector():
    found = verdicts(*((60.0 * n, 100 * n, 50 * n) for n in range(12)))
    assert found[:8] == [None] * 8
    assert set(found[8:]) == {"shared"}


def test_the_verdict_ends_when_events_come_again():
    detector = CompetingConsumerDetector()
    for n in range(10):
        told = detector.observe(60.0 * n, attempts=20 * n, events=0)
    assert told == "diverted"
    later = [detector.observe(60.0 * n, attempts=20 * n, events=20 * (n - 9)) for n in range(10, 60)]
    assert "diverted" not in later
    assert later[-1] is None


def test_a_restart_of_cpa_begins_the_comparison_anew():
    assert verdicts((0, 1000, 0), (120, 3, 0), (130, 20, 0)) == [None, None, None]


def test_what_was_forgotten_does_not_count():
    detector = CompetingConsumerDetector()
    for n in range(4):
        detector.observe(60.0 * n, attempts=100 * n, events=0)
    detector.forget()
    assert detector.observe(300.0, attempts=500, events=0) is None
