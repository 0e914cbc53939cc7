"""What was lost is told: how many, when, on which account, once."""

from contextlib import closing

import pytest

from ingestd.loss.collecting import NOT_RUNNING
from shared.clock import SECOND, now
from shared.database import open_writer
from tests.cpa.stand_in import StandIn
from tests.ingestd.conftest import payload
from tests.system.keeper import eventually

pytestmark = pytest.mark.system

STOPPED_SECONDS, REQUESTS_PER_SECOND, KEPT_SECONDS = 104, 2, 60
LOST = (STOPPED_SECONDS - KEPT_SECONDS) * REQUESTS_PER_SECOND
ACCOUNT = "50b676d1b75e50dd"


class StoppedClock:
    """CPA's clock, which goes on only when a test says so: what expires does not depend on how busy the machine is."""

    seconds = 1_000.0

    def __call__(self):
        return self.seconds


def set_back(keeper, seconds: int) -> None:
    """What the file says of its last collecting becomes so much older: a long stop without waiting for one."""
    with closing(open_writer(keeper.database, "ingestd")) as writer:
        writer.execute(
            "update heartbeat set detail = json_set(detail, '$.collected_at',"
            " json_extract(detail, '$.collected_at') - ?)",
            (seconds * SECOND,),
        )
        writer.execute("update meta set number = number - ? where key = 'loss_compared_at'", (seconds * SECOND,))


def test_a_stop_of_ingestd_says_how_many_requests_were_lost_when_and_on_which_account(keep):
    clock = StoppedClock()
    with StandIn(retention_seconds=KEPT_SECONDS, now=clock) as cpa:
        keeper = keep(cpa, REDIS_QUEUE_MODE="pop", TZ="UTC").start()
        cpa.publish_many([payload(number, auth_index=ACCOUNT) for number in range(30)])
        keeper.wait_settled(30)
        eventually(lambda: keeper.number("select attempts from cpa_counter where auth_index = ?", ACCOUNT), "compared")
        keeper.ingestd.stop()
        stopped_at = now()
        set_back(keeper, STOPPED_SECONDS)
        for number in range(STOPPED_SECONDS * REQUESTS_PER_SECOND):
            clock.seconds += 1 / REQUESTS_PER_SECOND
            cpa.publish(payload(1_000 + number, auth_index=ACCOUNT))
        keeper.ingestd.start()
        gaps = eventually(lambda: keeper.sql("select started_at, ended_at, reason, lost from collection_gap"), "a gap")
        (began, ended, reason, lost) = gaps[0]
        assert len(gaps) == 1
        assert reason == NOT_RUNNING
        assert abs(lost - LOST) <= 3
        back_at = now()
        assert stopped_at - (STOPPED_SECONDS + 10) * SECOND <= began < ended <= back_at - KEPT_SECONDS * SECOND
        accounts = keeper.sql("select auth_index, lost from collection_gap_credential")
        assert accounts == [(ACCOUNT, lost)]

        said = keeper.get("/status")["collection"]
        assert (said["lost"], [gap["lost"] for gap in said["gaps"]]) == (lost, [lost])
        assert said["gaps"][0]["credentials"][0]["credential"]["label"] != ""
        series = keeper.get("/timeseries?range=24h")
        assert [gap["reason"] for gap in series["gaps"]] == [NOT_RUNNING]
        lines = keeper.ingestd.output.read_text().splitlines()
        told = [line for line in lines if "collection.gap" in line]
        assert len(told) == 1
        assert f"about {lost} requests between" in told[0]
        assert keeper.stored == 30 + STOPPED_SECONDS * REQUESTS_PER_SECOND - lost
