"""What takes long never holds up collecting: the worker waits, the loop goes on, and is seen to."""

import time

import pytest

from tests.cpa.stand_in import StandIn
from tests.ingestd.conftest import payload
from tests.system.keeper import eventually

pytestmark = pytest.mark.system


def test_events_are_stored_while_the_management_api_hangs(cpa, keep):
    cpa.faults.management_delay_seconds = 3_600.0
    keeper = keep(cpa).start()
    asked = eventually(lambda: cpa.connections >= 2 and cpa.connections, "the worker asks")
    for number in range(100):
        cpa.publish(payload(number))
        time.sleep(0.01)
    keeper.wait_settled(100)
    eventually(lambda: keeper.get("/status")["ingestd"]["alive"], "it is seen to live")
    # All the while the worker waited for its first answer.
    assert keeper.sql("select name from task_run where name = 'check_usage'") == []
    assert cpa.connections == asked
    assert keeper.ingestd.stop() == 0


def test_a_cpa_that_takes_long_to_answer_is_never_called_a_dead_collector(cpa, keep):
    keeper = keep(cpa).start()
    cpa.publish(payload(1))
    keeper.wait_settled(1)
    cpa.faults.delay_seconds = 25.0
    cpa.publish(payload(2))
    end = time.monotonic() + 20
    seen: set[str] = set()
    while time.monotonic() < end:
        status = keeper.get("/status")
        assert status["ingestd"]["alive"]
        seen |= {problem["code"] for problem in status["problems"]}
        time.sleep(0.5)
    assert "slow_answers" in seen
    assert not seen & {"not_collecting", "collector_silent", "unanswered", "diverted", "shared"}
    cpa.faults.clear()
    keeper.wait_settled(2)


def test_metadata_of_a_credential_is_shown_where_its_account_is_not_known(keep):
    """A Kimi account has no address; CPA names the client's key in its place."""
    with StandIn(retention_seconds=600) as cpa:
        keeper = keep(cpa).start()
        key = "sk-demo-alice-0001"
        listed = eventually(
            lambda: keeper.sql("select auth_index from credential_name where provider = 'kimi'"), "kimi is listed"
        )
        cpa.publish(payload(1, source=key, api_key=key, auth_index=listed[0][0], provider="claude"))
        keeper.wait_settled(1)
        ((provider, name),) = keeper.sql(
            "select n.provider, n.display_name from event e join credential_name n on n.credential_id = e.credential_id"
        )
        assert provider == "kimi"
        assert "kimi" in name
        assert key[:6] not in name
