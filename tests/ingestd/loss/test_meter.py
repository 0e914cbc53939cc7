"""The loss meter against a CPA that counts, on a real file: what it says, keeps, and does not say."""

import pytest
import structlog

from ingestd.loss.collecting import NOT_RUNNING
from ingestd.loss.store import last_collected, last_compared
from shared.clock import HOUR, MINUTE, SECOND
from tests.cpa.recorded import RecordedDocuments
from tests.cpa.stand_in import StandIn
from tests.ingestd.conftest import payload
from tests.ingestd.loss.test_collecting import Clock
from tests.ingestd.parts import Parts

LEO, MINA = "6c6d8f4e48a196dc", "50b676d1b75e50dd"
KEY = "ea9f69c2ff7f1a64"
"""An account, another, and the index of an upstream key, as the recordings list them."""


class Watch:
    """A meter, the CPA it asks, and what a collector would do between."""

    def __init__(self, cpa, open_line, clock, *, last=None, kept_by_cpa=True):
        self.cpa = cpa
        self.line = open_line()
        self.clock = clock
        self.parts = Parts()
        self.collecting = clock.collecting(last)
        self.meter = self.parts.loss(
            cpa,
            self.line,
            collecting=self.collecting,
            kept_by_cpa=lambda: kept_by_cpa,
            monotonic=clock.monotonic,
        )
        self.client = self.parts.management(cpa)
        self.number = 0

    def requests(self, count: int, *, collected: bool = True, auth_index: str = MINA) -> None:
        """Requests that CPA serves; their events come, or are lost."""
        first, self.number = self.number, self.number + count
        mark = f"{id(self) % 2**16:04x}"
        messages = [
            payload(number, auth_index=auth_index, request_id=f"{mark}{number:04x}")
            for number in range(first, self.number)
        ]
        self.cpa.publish_many(messages)
        if collected:
            self.line.store(*messages, now=self.clock())

    def collect(self, seconds: float = 0.0) -> None:
        for _ in range(round(seconds)):
            self.clock.monotonic.pass_by(1)
            self.collecting.went_well()
        self.collecting.went_well()

    def look(self, impaired=None) -> int | None:
        counters = self.client.counters()
        return self.meter.compare(self.line.connection, counters, impaired, self.clock())

    def gaps(self):
        return self.line.connection.execute(
            "select (started_at - 1795672800000000) / 1000000, (ended_at - 1795672800000000) / 1000000,"
            " reason, lost, unknown_because from collection_gap order by id"
        ).fetchall()

    def accounts(self) -> dict[str, int]:
        return dict(
            self.line.connection.execute("select auth_index, lost from collection_gap_credential order by 1").fetchall()
        )


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def cpa(clock):
    with StandIn(documents=RecordedDocuments(now=lambda: clock() / SECOND)) as stand_in:
        yield stand_in


@pytest.fixture
def watch(cpa, open_line, clock):
    made = []

    def watch(**options):
        made.append(Watch(cpa, open_line, clock, **options))
        return made[-1]

    yield watch
    for each in made:
        each.parts.close()


def begun(watch, **options):
    """A watch that has compared once, with some requests behind it."""
    made = watch(**options)
    made.collect(5)
    made.requests(30)
    assert made.look() is None
    made.requests(30)
    made.collect(60)
    assert made.look() is None
    return made


def test_nothing_is_said_while_everything_comes(watch):
    made = begun(watch)
    for _ in range(5):
        made.requests(10)
        made.collect(60)
        made.look()
    assert made.gaps() == []


def test_a_stop_longer_than_cpa_keeps_events_is_told_with_number_time_and_account(watch):
    """104 s at 2 requests a second, and CPA keeps 60 s: those of 44 s are gone."""
    made = begun(watch)
    left = made.clock()
    made.clock.monotonic.pass_by(104)
    back = watch(last=left)
    back.requests(86, collected=False, auth_index=MINA)
    back.requests(122)
    with structlog.testing.capture_logs() as logs:
        back.collect()
        assert back.look() == 3 * SECOND
        back.collect(4)
        assert back.look() is None
        back.collect(60)
        back.look()
    start = (left - 1_795_672_800_000_000) // SECOND
    assert back.gaps() == [(start, start + 44, NOT_RUNNING, 86, "")]
    assert back.accounts() == {MINA: 86}
    told = [entry for entry in logs if entry["event"] == "collection.gap"]
    assert len(told) == 1
    assert told[0]["message"].startswith("about 86 requests between 2026-")


def test_a_stop_shorter_than_that_says_nothing(watch):
    made = begun(watch)
    left = made.clock()
    made.clock.monotonic.pass_by(55)
    back = watch(last=left)
    back.cpa.count_unreported(MINA, succeeded=40)  # count_tokens in the meantime
    back.requests(110)
    back.collect(5)
    assert back.look() is None
    assert back.gaps() == []


def test_upstream_keys_are_told_by_the_account_that_events_name(watch):
    made = begun(watch)
    left = made.clock()
    made.clock.monotonic.pass_by(HOUR / SECOND)
    back = watch(last=left)
    back.requests(20, collected=False, auth_index=KEY)
    back.requests(10, collected=False, auth_index=LEO)
    back.collect(5)
    back.look()
    assert [gap[3] for gap in back.gaps()] == [30]
    assert back.accounts() == {KEY: 20, LEO: 10}


def test_what_cpa_counts_without_an_event_is_subtracted(watch, cpa):
    """As much count_tokens as requests, in good times and in the gap."""
    made = watch()
    made.collect(5)
    made.look()
    for _ in range(6):
        made.requests(20)
        cpa.count_unreported(MINA, succeeded=20)
        made.collect(60)
        made.look()
    left = made.clock()
    made.clock.monotonic.pass_by(600)
    back = watch(last=left)
    cpa.count_unreported(MINA, succeeded=100)
    back.requests(100, collected=False)
    back.collect(5)
    back.look()
    (gap,) = back.gaps()
    assert 85 <= gap[3] <= 115


def test_a_restart_of_cpa_in_a_pause_cannot_be_told(watch, cpa):
    made = begun(watch)
    made.clock.monotonic.pass_by(30)
    made.collecting.failed("unreachable")
    cpa.restart()
    made.requests(3)
    made.collect(5)
    made.look()
    assert [gap[2:] for gap in made.gaps()] == [("unreachable", None, "cpa_restarted")]
    made.requests(20)
    made.collect(60)
    made.look()
    assert len(made.gaps()) == 1


def test_a_restart_of_cpa_while_events_are_collected_is_no_gap(watch, cpa):
    made = begun(watch)
    cpa.restart()
    made.requests(3)
    made.collect(60)
    made.look()
    assert made.gaps() == []


def test_a_subscription_that_was_away_is_looked_into_however_short_it_was(watch):
    made = begun(watch, kept_by_cpa=False)
    made.clock.monotonic.pass_by(7)
    made.collecting.failed("interrupted")
    made.requests(27, collected=False)
    made.collect(5)
    made.look()
    assert [gap[2:] for gap in made.gaps()] == [("interrupted", 27, "")]


def test_statistics_that_were_off_are_a_gap(watch):
    made = begun(watch)
    made.look("statistics_disabled")
    made.requests(12, collected=False)
    made.collect(300)
    made.look("statistics_disabled")
    made.collect(60)
    made.look()
    assert [gap[2:] for gap in made.gaps()] == [("statistics_disabled", 12, "")]


def test_another_collector_makes_it_impossible_to_tell(watch):
    made = begun(watch)
    made.requests(50, collected=False)
    made.collect(240)
    made.look("shared")
    made.collect(60)
    made.look()
    assert [gap[2:] for gap in made.gaps()] == [("shared", None, "competition")]


def test_a_cpa_without_counters_cannot_be_told(watch):
    made = watch(last=None)
    made.collect(5)
    made.clock.monotonic.pass_by(600)
    made.collecting.failed("unreachable")
    made.collect(5)
    assert made.meter.compare(made.line.connection, None, None, made.clock()) is None
    assert [gap[2:] for gap in made.gaps()] == [("unreachable", None, "no_counters")]


def test_a_pause_that_was_not_looked_into_is_left_to_the_next_process(watch):
    made = begun(watch)
    left = made.clock()
    made.clock.monotonic.pass_by(100)
    made.collecting.failed("unreachable")
    made.collecting.went_well()
    assert made.collecting.uncompared_since == left
    made.line.connection.execute(
        "insert into heartbeat values ('ingestd', 0, 0, '', 'stopped', json_object('collected_at', ?,"
        " 'uncompared_since', ?))",
        (made.collecting.last, made.collecting.uncompared_since),
    )
    assert last_collected(made.line.connection) == left


def test_a_file_without_a_heartbeat_was_last_collected_when_it_was_last_compared(watch):
    """As a restored backup is: what came since is missing in it."""
    made = begun(watch)
    compared = last_compared(made.line.connection)
    assert compared is not None
    assert last_collected(made.line.connection) == compared.at
    made.clock.monotonic.pass_by(MINUTE / SECOND)
    assert made.clock() > compared.at
