"""What the worker asks CPA beside the queue: is usage recorded, and does somebody else take it?"""

import pytest

from ingestd.cpa.backoff import Backoff
from ingestd.cpa.counters import Counter, Counters
from ingestd.cpa.errors import CpaError, ErrorKind
from ingestd.cpa.http_client import HttpClient
from ingestd.monitor import SOON
from shared.heartbeat import Statistics
from tests.cpa.stand_in import DEFAULT_KEY, StandIn
from tests.ingestd.conftest import NOW, payload
from tests.ingestd.parts import Monotonic, Parts


@pytest.fixture
def parts():
    made = Parts()
    yield made
    made.close()


@pytest.fixture
def cpa():
    with StandIn() as stand_in:
        yield stand_in


def test_the_switch_and_the_counters_of_cpa_are_read(parts, cpa):
    client = parts.management(cpa)
    assert client.statistics_enabled() is True
    cpa.queue.statistics = False
    assert client.statistics_enabled() is False
    assert client.counters().total > 0


def test_the_version_of_cpa_is_what_its_answers_say(cpa):
    client = HttpClient(cpa.url, DEFAULT_KEY, skip_verify=False, timeout_seconds=5.0)
    assert client.cpa_version is None
    client.get("/v0/management/usage-statistics-enabled", bytearray(), limit=1_000)
    client.close()
    assert client.cpa_version == "dev"


def test_a_wrong_key_is_presented_once(parts, cpa):
    client = parts.management(cpa, "made-up-wrong-key", Backoff())
    for _ in range(3):
        with pytest.raises(CpaError) as refused:
            client.statistics_enabled()
        assert refused.value.kind is ErrorKind.WRONG_KEY
    assert cpa.strikes == 1


def test_a_key_in_any_script_is_presented_as_utf8(parts):
    with StandIn(key="密钥-一二三") as cpa:
        assert parts.management(cpa, "密钥-一二三").statistics_enabled() is True
        assert parts.queue(cpa, "http", management_key="密钥-一二三").receive(1).payloads == []
        assert parts.queue(cpa, "pop", management_key="密钥-一二三").receive(1).payloads == []
        assert cpa.strikes == 0


def test_the_switch_has_three_states(parts, cpa, line):
    watched = parts.monitor(cpa, line, parts.queue(cpa), Monotonic())
    assert watched.findings.statistics == Statistics()
    cpa.queue.statistics = False
    assert watched.check().next_in == SOON
    assert watched.findings.statistics.enabled is False
    cpa.queue.statistics = True
    assert watched.check().next_in is None
    assert watched.findings.statistics == Statistics(enabled=True, checked_at=NOW)


def test_an_answer_that_does_not_come_is_told_after_two_tries_and_is_no_yes(parts, cpa, line):
    watched = parts.monitor(cpa, line, parts.queue(cpa), Monotonic())
    watched.check()
    cpa.refuse_connections()
    cpa.drop_connections()
    watched.check()
    assert watched.findings.statistics.enabled is True
    assert watched.findings.refused is None
    watched.check()
    found = watched.findings
    assert (found.statistics.enabled, found.statistics.unknown_because) == (None, "unreachable")
    assert found.refused is not None


def test_a_key_that_was_changed_is_noticed_at_the_next_check(parts, cpa, line):
    watched = parts.monitor(cpa, line, parts.queue(cpa), Monotonic())
    cpa.access.key = "another"
    watched.check()
    assert watched.findings.refused is not None
    assert watched.findings.refused.kind is ErrorKind.WRONG_KEY


class Attempts:
    """CPA's counters, which rise as told."""

    def __init__(self, watched):
        self.total = 0
        watched._management.counters = lambda: Counters({"50b676d1b75e50dd": Counter(self.total)})


def test_attempts_without_events_are_suspected_and_then_told(parts, cpa, line):
    monotonic = Monotonic()
    of_queue = parts.queue(cpa)
    suspicions: list[None] = []
    of_queue.suspect = lambda: suspicions.append(None)
    watched = parts.monitor(cpa, line, of_queue, monotonic)
    counters = Attempts(watched)
    found = []
    for _ in range(6):
        watched.check()
        found.append(watched.findings.competition)
        counters.total += 10
        monotonic.pass_by(60)
    assert found == [None, None, None, None, "diverted", "diverted"]
    assert len(suspicions) == 5


def test_a_hundred_token_counts_are_not_told(parts, cpa, line):
    monotonic = Monotonic()
    watched = parts.monitor(cpa, line, parts.queue(cpa), monotonic)
    counters = Attempts(watched)
    for minute in range(15):
        watched.check()
        assert watched.findings.competition is None
        counters.total += 100 if minute == 1 else 0
        monotonic.pass_by(60)


def test_events_that_cannot_be_collected_are_not_missed(parts, cpa, line):
    """A full disk, a locked file, a queue that is away: CPA goes on counting, and nobody else takes anything."""
    monotonic = Monotonic()
    watched = parts.monitor(cpa, line, parts.queue(cpa), monotonic, able=False)
    counters = Attempts(watched)
    for _ in range(20):
        watched.check()
        assert watched.findings.competition is None
        counters.total += 20
        monotonic.pass_by(60)


def test_events_that_come_are_compared_with_what_cpa_counts(parts, cpa, line):
    monotonic = Monotonic()
    watched = parts.monitor(cpa, line, parts.queue(cpa), monotonic)
    counters = Attempts(watched)
    for number in range(12):
        watched.check()
        assert watched.findings.competition is None
        counters.total += 20
        line.store(*(payload(number * 20 + n) for n in range(20)))
        monotonic.pass_by(60)
