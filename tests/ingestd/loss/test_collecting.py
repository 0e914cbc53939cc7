"""When events were collected and when not."""

from ingestd.loss.collecting import NOT_RUNNING, Collecting, Pause
from shared.clock import SECOND
from tests.ingestd.conftest import NOW
from tests.ingestd.parts import Monotonic


class Clock:
    """A wall clock that goes with monotonic time, and can be set."""

    def __init__(self) -> None:
        self.monotonic = Monotonic()
        self.set_by = 0

    def __call__(self) -> int:
        return NOW + self.monotonic.now - 1_000_000_000 + self.set_by

    def collecting(self, last: int | None = None) -> Collecting:
        return Collecting(last, clock=self, monotonic=self.monotonic)


def test_rounds_that_go_well_are_no_pause():
    clock = Clock()
    made = clock.collecting()
    assert made.pausing
    for _ in range(100):
        made.went_well()
        clock.monotonic.pass_by(1)
    assert made.pauses() == ()
    assert made.settled(3 * SECOND)
    assert made.last == clock() - SECOND


def test_a_time_in_which_cpa_was_away_is_one_pause_with_its_reason():
    clock = Clock()
    made = clock.collecting()
    made.went_well()
    for reason in ("unreachable", "unreachable", "wrong_key"):
        clock.monotonic.pass_by(40)
        made.failed(reason)
    assert made.pausing
    made.went_well()
    assert made.pauses() == (Pause(NOW, NOW + 120 * SECOND, "wrong_key"),)
    assert made.uncompared_since == NOW
    assert not made.settled(3 * SECOND)
    clock.monotonic.pass_by(3)
    assert made.settled(3 * SECOND)
    made.forget(made.pauses())
    assert made.pauses() == ()
    assert made.uncompared_since is None


def test_a_moment_is_no_pause():
    clock = Clock()
    made = clock.collecting()
    made.went_well()
    clock.monotonic.pass_by(4)
    made.failed("unreachable")
    made.went_well()
    assert made.pauses() == ()


def test_what_an_earlier_process_left_is_told_as_not_running():
    clock = Clock()
    made = clock.collecting(NOW - 104 * SECOND)
    made.failed("unreachable")
    clock.monotonic.pass_by(1)
    made.went_well()
    assert made.pauses() == (Pause(NOW - 104 * SECOND, NOW + SECOND, NOT_RUNNING),)


def test_a_short_stop_before_a_long_refusal_is_told_as_the_refusal():
    clock = Clock()
    made = clock.collecting(NOW - 2 * SECOND)
    made.failed("banned")
    clock.monotonic.pass_by(600)
    made.went_well()
    assert [pause.reason for pause in made.pauses()] == ["banned"]


def test_a_clock_that_is_set_makes_no_pause():
    clock = Clock()
    made = clock.collecting()
    made.went_well()
    clock.set_by = 365 * 86_400 * SECOND
    clock.monotonic.pass_by(1)
    made.went_well()
    assert made.pauses() == ()
