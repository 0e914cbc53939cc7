"""What of the inbox goes at a day's end, and what that costs."""

from shared import version
from shared.clock import DAY, SECOND
from tests.ingestd.conftest import NOW, payload


def rows_read(line, action):
    """How many virtual machine steps `action` takes, in hundreds: a measure that no busy machine changes."""
    steps = 0

    def count():
        nonlocal steps
        steps += 1
        return 0

    line.connection.set_progress_handler(count, 100)
    try:
        action()
    finally:
        line.connection.set_progress_handler(None, 0)
    return steps


def test_looking_for_old_messages_costs_nothing_however_many_are_of_today(line):
    line.store(*(payload(n) for n in range(3_000)))
    assert rows_read(line, lambda: line.inbox.clean(NOW - SECOND, 2_000)) < 20


def test_messages_that_came_under_a_wrong_clock_do_not_hold_up_the_others(line):
    line.store(payload(1), now=NOW)
    line.store(payload(2), now=NOW + 365 * DAY)
    line.store(payload(3), now=NOW)
    line.store(payload(4), now=NOW + DAY)
    assert line.inbox.clean(NOW + DAY, 2_000) == 3
    assert line.number("select id from inbox") == 4


def test_a_clean_up_is_a_new_version_and_one_that_finds_nothing_is_not(line):
    line.store(payload(1))
    before = version.read(line.connection)
    assert line.inbox.clean(NOW, 10) == 0
    assert version.read(line.connection) == before
    assert line.inbox.clean(NOW + 1, 10) == 1
    assert version.read(line.connection) != before
