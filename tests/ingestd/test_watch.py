"""What the collector asks CPA beside the line: is usage recorded, and does somebody else take it?"""

import pytest
import structlog

from ingestd.management import Management
from ingestd.source import Condition, Patience, SourceError
from ingestd.watch import Observation, Watch
from tests.cpa.stand_in import DEFAULT_KEY, StandIn
from tests.ingestd.conftest import NOW


@pytest.fixture
def cpa():
    with StandIn() as stand_in:
        yield stand_in


def management(cpa: StandIn, key: str = DEFAULT_KEY, patience: Patience | None = None) -> Management:
    return Management(cpa.url, key, patience or Patience(), skip_verify=False, timeout_seconds=5.0)


def test_the_switch_and_the_counters_of_cpa_are_read(cpa):
    client = management(cpa)
    assert client.statistics_enabled() is True
    cpa.queue.statistics = False
    assert client.statistics_enabled() is False
    assert client.attempts() > 0
    client.close()


def test_a_wrong_key_is_presented_once(cpa):
    client = management(cpa, "made-up-wrong-key", Patience())
    for _ in range(3):
        with pytest.raises(SourceError) as refused:
            client.statistics_enabled()
        assert refused.value.condition is Condition.WRONG_KEY
    assert cpa.strikes == 1
    client.close()


def test_statistics_that_are_off_are_told_once_and_forgotten_when_on(cpa):
    watch = Watch(management(cpa), lambda: 0, own_copy=False, clock=lambda: NOW)
    cpa.queue.statistics = False
    with structlog.testing.capture_logs() as logged:
        watch.look(1.0)
        watch.look(61.0)
    assert [entry["condition"] for entry in logged if entry["event"] == "watch.trouble"] == ["statistics_disabled"]
    assert watch.observation.statistics_enabled is False
    assert watch.observation.trouble is not None
    assert "usage-statistics-enabled" in watch.observation.trouble.message
    cpa.queue.statistics = True
    watch.look(121.0)
    assert watch.observation == Observation(True, None)
    watch.stop()


def test_a_cpa_that_does_not_answer_changes_nothing(cpa):
    watch = Watch(management(cpa), lambda: 0, own_copy=True, clock=lambda: NOW)
    watch.look(1.0)
    known = watch.observation
    cpa.refuse_connections()
    cpa.drop_connections()
    watch.look(61.0)
    assert watch.observation == known == Observation(True, None)
    watch.stop()
