"""SIGTERM ends both daemons in time, whatever is going on, and nothing is lost by it."""

import threading
from functools import partial

import pytest

from tests.ingestd.conftest import payload
from tests.system.keeper import eventually

pytestmark = pytest.mark.system

MODES = ("pop", "subscribe", "http")


@pytest.mark.parametrize("mode", MODES)
def test_a_cpa_that_hangs_does_not_hold_up_the_end(cpa, keep, mode):
    keeper = keep(cpa, REDIS_QUEUE_MODE=mode).start()
    cpa.publish(payload(1))
    keeper.wait_settled(1)
    asked = cpa.connections
    cpa.faults.delay_seconds = 60
    cpa.drop_connections()
    eventually(lambda: cpa.connections > asked, "ingestd asks again, in vain")
    assert keeper.ingestd.stop() == 0
    assert keeper.queryd.stop() == 0
    assert "ingestd.stopped" in keeper.ingestd.output.read_text()


@pytest.mark.parametrize("mode", ["pop", "http"])
def test_a_reply_that_is_half_there_is_taken_whole(cpa, keep, mode):
    keeper = keep(cpa, REDIS_QUEUE_MODE=mode).start()
    cpa.faults.stall_seconds = 0.8
    cpa.publish_many(payload(number) for number in range(500))
    popped = eventually(lambda: cpa.queue.counters.popped, "a reply is under way")
    assert keeper.ingestd.stop() == 0
    cpa.faults.clear()
    assert keeper.stored == cpa.queue.counters.popped >= popped
    assert keeper.stored + cpa.queue.waiting() == 500


class Flood(threading.Thread):
    """Publishes distinct events, some thousands a second, until it is told that it is enough."""

    def __init__(self, cpa):
        super().__init__(daemon=True)
        self._cpa = cpa
        self._enough = threading.Event()
        self.published = 0

    def run(self):
        while not self._enough.wait(0.003):
            self._cpa.publish_paced(payload(number) for number in range(self.published, self.published + 20))
            self.published += 20

    def end(self):
        self._enough.set()
        self.join()
        return self.published


@pytest.mark.parametrize("mode", MODES)
def test_a_stop_in_a_flood_keeps_all_that_cpa_gave_and_the_next_start_goes_on(cpa, keep, mode):
    keeper = keep(cpa, REDIS_QUEUE_MODE=mode).start()
    flood = Flood(cpa)
    flood.start()
    try:
        for _ in range(3):
            before = keeper.settled
            eventually(partial(moved, keeper, before), "the flood is being stored")
            assert keeper.ingestd.stop() == 0
            assert keeper.settled == keeper.number("select max(id) from inbox")
            keeper.ingestd.start()
    finally:
        count = flood.end()
    eventually(lambda: keeper.settled == count - dropped(cpa), "the rest is stored")
    assert keeper.ingestd.stop() == 0
    assert keeper.stored == count - dropped(cpa)
    assert cpa.strikes == 0


def dropped(cpa):
    """What CPA had buffered for a subscriber that left, and drops (contract 1.6)."""
    return cpa.queue.counters.diverted - cpa.queue.counters.delivered


def moved(keeper, before):
    return keeper.settled > before


def test_questions_under_way_do_not_hold_up_the_end(cpa, keep):
    keeper = keep(cpa).start()
    cpa.publish_many(payload(number) for number in range(1_000))
    keeper.wait_settled(1_000)
    busy = [threading.Thread(target=keeper.answers, daemon=True) for _ in range(8)]
    for thread in busy:
        thread.start()
    assert keeper.queryd.stop() == 0
    for thread in busy:
        thread.join()
