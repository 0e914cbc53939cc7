"""What has gone stays gone, is never counted twice, and never goes because a clock was wrong for a moment."""

from zoneinfo import ZoneInfo

import pytest

from ingestd import retention
from ingestd.check import of_columns, of_rows
from ingestd.retention import SteadyClock
from shared import version
from shared.clock import DAY, HOUR, MINUTE, SECOND
from tests.ingestd.conftest import NOW, payload

ZONE = ZoneInfo("Asia/Shanghai")


class Machine:
    """A machine with a counter nobody sets, and a wall clock that somebody does."""

    def __init__(self):
        self.counter = 5_000 * SECOND
        self.wall = NOW
        self.steady = SteadyClock(lambda: self.counter)

    def passes(self, span, connection):
        """Time goes by; the hourly and ten-minute tasks look at the clock. Whether it was ever believed."""
        believed = False
        for _ in range(span // (10 * MINUTE) or 1):
            step = min(span, 10 * MINUTE)
            self.counter += step
            self.wall += step
            believed |= self.steady.confirms(connection, self.wall)
        return believed


@pytest.fixture
def machine(line):
    line.store(payload(1, timestamp="2026-11-26T05:00:00Z"))
    machine = Machine()
    machine.steady.look(machine.wall)
    return machine


def test_a_steady_clock_that_events_agree_with_is_believed_after_an_hour(line, machine):
    assert not machine.passes(50 * MINUTE, line.connection)
    assert machine.passes(10 * MINUTE, line.connection)


def test_a_clock_a_year_ahead_for_a_moment_removes_nothing(line, machine):
    assert machine.passes(2 * HOUR, line.connection)
    machine.wall += 365 * DAY
    assert not machine.steady.confirms(line.connection, machine.wall)
    assert not machine.passes(12 * HOUR, line.connection)
    machine.wall -= 365 * DAY
    assert not machine.steady.confirms(line.connection, machine.wall)
    assert machine.passes(2 * HOUR, line.connection)


def test_a_machine_that_starts_a_year_ahead_waits_a_day_for_somebody_to_notice(line, machine):
    machine = Machine()
    machine.wall += 365 * DAY
    assert not machine.passes(23 * HOUR, line.connection)
    assert machine.passes(2 * HOUR, line.connection)


def test_a_clock_that_a_time_server_keeps_right_is_steady(line, machine):
    for _ in range(5):
        machine.passes(20 * MINUTE, line.connection)
        machine.wall += 2 * SECOND
    assert machine.steady.confirms(line.connection, machine.wall)


@pytest.mark.parametrize("keep_days", [0, 1, 400])
def test_a_message_of_a_removed_day_is_not_counted_again_whatever_is_set_now(open_line, keep_days):
    line = open_line()
    line.store(payload(1), payload(2))
    later = NOW + 30 * DAY
    assert retention.clean_events(line.connection, ZONE, 1, later) == 2
    line.connection.close()
    line = open_line()
    retention.clean_events(line.connection, ZONE, keep_days, later)
    line.store(payload(1), payload(2), now=later)
    assert line.number("select sum(rows) from tail") == 2
    assert line.number("select count(*) from event") == 0
    assert line.connection.execute("select distinct reason from rejected").fetchall() == [("older_than_retention",)]
    assert line.pipeline.counters.duplicates == 0
    assert of_rows(line.connection)[1] == {}
    assert sum(of_columns(line.connection)[1].values()) == 2


def test_before_anything_was_removed_old_events_are_events(line):
    line.store(payload(1, timestamp="2025-01-01T00:00:00Z"))
    assert line.number("select count(*) from event") == 1


def test_removing_is_a_new_version(line):
    line.store(payload(1))
    before = version.read(line.connection)
    retention.clean_events(line.connection, ZONE, 1, NOW + 30 * DAY)
    assert version.read(line.connection) != before


def steps_of(line, step):
    """How many rows each step changed, until one has nothing to do."""
    changed: list[int] = []
    while True:
        before = line.connection.total_changes
        if not step():
            return changed
        changed.append(line.connection.total_changes - before)


def test_what_leaves_leaves_in_steps_of_a_bounded_number_of_rows_and_figures_stay(line, monkeypatch):
    """A step is one transaction, and no more than that is waited for."""
    monkeypatch.setattr(retention, "STEP_ROWS", 20)
    line.store(*(payload(number) for number in range(100)), *(b"no event %d" % number for number in range(50)))
    later = NOW + 30 * DAY
    for kind, rows, step in (
        ("inbox", 150, lambda: retention.clean_inbox(line.inbox, ZONE, later)),
        ("rejected", 50, lambda: retention.clean_rejected(line.connection, later)),
        ("event", 100, lambda: retention.clean_events(line.connection, ZONE, 1, later)),
    ):
        assert line.number(f"select count(*) from {kind}") == rows
        changed = steps_of(line, step)
        assert line.number(f"select count(*) from {kind}") == 0
        assert len(changed) >= rows / 20
        # Beside the rows: what some of them have in `event_detail`, the mark, the revision.
        assert max(changed) <= 2 * 20 + 2
    assert sum(of_columns(line.connection)[1].values()) == 100


def test_more_events_of_one_microsecond_than_a_step_removes_leave_all_the_same(line, monkeypatch):
    monkeypatch.setattr(retention, "STEP_ROWS", 20)
    line.store(*(payload(number, timestamp="2026-11-24T10:00:00Z") for number in range(50)))
    assert line.number("select count(distinct occurred_at) from event") == 1
    later = NOW + 30 * DAY
    assert retention.clean_events(line.connection, ZONE, 1, later) == 20
    line.store(*(payload(number, timestamp="2026-11-24T10:00:00Z") for number in range(50)), now=later)
    assert line.number("select count(*) from event") == 30, "what has left is not counted again"
    assert steps_of(line, lambda: retention.clean_events(line.connection, ZONE, 1, later))
    assert line.number("select count(*) from event") == 0
    assert sum(of_columns(line.connection)[1].values()) == 50
