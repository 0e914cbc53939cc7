"""What CPA can do to a keeper: each trouble has its code in /status, costs no strike, and is over by itself."""

import json
import time

import pytest

from tests.cpa.stand_in import StandIn
from tests.ingestd.conftest import payload
from tests.system.keeper import eventually

pytestmark = pytest.mark.system


class Clock:
    """CPA's clock, which a test can move on."""

    def __init__(self):
        self.ahead = 0.0

    def __call__(self):
        return time.monotonic() + self.ahead


def told(keeper, code):
    """Wait until /status complains of `code`, and give its message."""
    return eventually(lambda: keeper.problems().get(code), f"{code} in /status")


def collects_again(cpa, keeper, number):
    """An event published now is stored, and nothing is complained of any more."""
    before = keeper.settled
    cpa.publish(payload(number))
    keeper.wait_settled(before + 1)
    eventually(lambda: not keeper.problems(), "no complaint is left")
    eventually(lambda: keeper.get("/status")["ingestd"]["queue"]["connected"], "the queue is connected")


@pytest.mark.parametrize("mode", ["pop", "subscribe", "http"])
def test_a_cpa_that_restarts_or_refuses_connections_is_unreachable_until_it_is_back(cpa, keep, mode):
    keeper = keep(cpa, REDIS_QUEUE_MODE=mode).start()
    collects_again(cpa, keeper, 1)
    before = cpa.connections
    cpa.restart()
    # A pop that CPA read before it went away takes with it what comes next: that one is lost in the real one, too.
    eventually(lambda: cpa.connections > before, "a new connection")
    collects_again(cpa, keeper, 2)
    cpa.refuse_connections()
    cpa.drop_connections()
    message = told(keeper, "unreachable")
    assert "cannot be reached" in message
    assert not keeper.get("/status")["ingestd"]["queue"]["connected"]
    cpa.publish(payload(3))  # CPA keeps it meanwhile
    cpa.accept_connections()
    keeper.wait_settled(3)
    collects_again(cpa, keeper, 4)
    assert cpa.strikes == 0


def test_a_wrong_key_is_said_once_and_never_earns_a_ban(cpa, keep):
    keeper = keep(cpa, key="made-up-wrong-key-1").start()
    assert "CPA_MANAGEMENT_KEY" in told(keeper, "wrong_key")
    assert keeper.get("/status")["ingestd"]["queue"]["connected"] is False
    strikes = cpa.strikes
    assert keeper.ingestd.stop() == 0
    assert 1 <= strikes <= cpa.strikes < 5
    assert [line["code"] for line in logged(keeper, "trouble.began")] == ["wrong_key"]

    right = keep(cpa, folder="right").start()
    collects_again(cpa, right, 1)
    assert cpa.strikes == strikes


def test_a_ban_is_said_and_waited_out(keep):
    clock = Clock()
    with StandIn(now=clock) as cpa:
        keeper = keep(cpa).start()
        collects_again(cpa, keeper, 1)
        cpa.access.ban("127.0.0.1")
        clock.ahead += 30 * 60 - 4
        cpa.drop_connections()
        assert "banned" in told(keeper, "banned")
        collects_again(cpa, keeper, 2)
        assert cpa.strikes == 0


def test_management_that_is_turned_off_is_said_and_its_return_noticed(cpa, keep):
    keeper = keep(cpa).start()
    collects_again(cpa, keeper, 1)
    cpa.set_management(False)
    assert "remote-management.secret-key" in told(keeper, "management_disabled")
    cpa.set_management(True)
    collects_again(cpa, keeper, 2)
    assert cpa.strikes == 0


def test_statistics_that_are_off_are_said_and_their_return_noticed(keep):
    with StandIn(statistics=False) as cpa:
        keeper = keep(cpa).start()
        assert "usage-statistics-enabled" in told(keeper, "statistics_disabled")
        cpa.queue.statistics = True
        collects_again(cpa, keeper, 1)
        assert cpa.strikes == 0


def test_home_mode_is_said(keep):
    with StandIn(home=True) as cpa:
        keeper = keep(cpa).start()
        assert "Home" in told(keeper, "home_mode")
        assert cpa.strikes == 0


@pytest.mark.parametrize("mode", ["pop", "subscribe", "http"])
def test_a_cpa_that_does_not_answer_is_said_and_its_answers_are_taken(cpa, keep, mode):
    keeper = keep(cpa, REDIS_QUEUE_MODE=mode, REQUEST_TIMEOUT="300ms").start()
    collects_again(cpa, keeper, 1)
    cpa.faults.delay_seconds = 2.0
    cpa.drop_connections()
    assert "does not answer in time" in told(keeper, "unanswered")
    cpa.faults.clear()
    collects_again(cpa, keeper, 2)
    assert cpa.strikes == 0


@pytest.mark.parametrize("mode", ["pop", "http"])
def test_a_reply_that_breaks_off_keeps_what_came_of_it(cpa, keep, mode):
    keeper = keep(cpa, REDIS_QUEUE_MODE=mode).start()
    collects_again(cpa, keeper, 1)
    cpa.faults.cut_replies = 1
    cpa.publish_many(payload(number) for number in range(100, 200))
    broken = eventually(lambda: logged(keeper, "queue.reply_broken"), "a reply was cut")
    kept = broken[0]["kept"]
    assert 0 < kept < cpa.queue.counters.lost_to_faults
    keeper.wait_settled(1 + 100 - cpa.queue.counters.lost_to_faults + kept)
    collects_again(cpa, keeper, 2)


def logged(keeper, event):
    """Lines of ingestd's log about one kind of event."""
    lines = [json.loads(line) for line in keeper.ingestd.output.read_text().splitlines() if line.endswith("}")]
    return [line for line in lines if line["event"] == event]


def test_auto_collects_over_http_where_resp_is_cut_off_and_says_so(cpa, keep):
    """A queue address where nobody listens, beside a management API that answers."""
    keeper = keep(cpa, REDIS_QUEUE_MODE="auto", REDIS_QUEUE_ADDR="127.0.0.1:1").start()
    cpa.publish(payload(1))
    keeper.wait_settled(1)
    assert "127.0.0.1:1" in told(keeper, "resp_unavailable")
    assert keeper.get("/status")["ingestd"]["queue"]["mode"] == "http"
    assert keeper.sql("select distinct transport from inbox") == [("http",)]
    assert cpa.strikes == 0
