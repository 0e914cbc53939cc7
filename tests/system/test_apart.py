"""The daemons share a file and nothing else: either may be absent, killed, restarted, upgraded or hammered."""

import itertools
import threading

import httpx
import pytest

from tests.daemons import Daemon
from tests.ingestd.conftest import payload
from tests.system.keeper import eventually

pytestmark = pytest.mark.system

ALL = "from=2026-01-01&to=2027-01-01"


def requests(keeper):
    return keeper.get(f"/summary?{ALL}")["metrics"]["requests"]


def test_queryd_says_that_nobody_collects_until_there_is_a_file_and_then_answers_by_itself(cpa, keep):
    keeper = keep(cpa, new=True)
    keeper.queryd.start()
    assert eventually(keeper.refusal, "queryd is up") == (503, "no_collector")
    response = keeper.ask(f"/summary?{ALL}")
    assert (response.status_code, response.json()["error"]["code"]) == (503, "no_collector")
    assert int(response.headers["retry-after"]) > 0
    assert httpx.get(f"{keeper.url}/healthz", trust_env=False).status_code == 200
    assert httpx.get(f"{keeper.url}/readyz", trust_env=False).status_code == 503
    keeper.ingestd.start()
    eventually(keeper.answers, "queryd answers")
    assert requests(keeper) == 0
    assert httpx.get(f"{keeper.url}/readyz", trust_env=False).status_code == 200


def test_queryd_answers_while_ingestd_is_stopped_or_killed(cpa, keep):
    keeper = keep(cpa).start()
    cpa.publish_many(payload(number) for number in range(100))
    keeper.wait_settled(100)
    assert keeper.ingestd.stop() == 0
    cpa.publish_many(payload(number) for number in range(100, 150))
    assert requests(keeper) == 100
    assert "not_collecting" in keeper.problems()
    ready = httpx.get(f"{keeper.url}/readyz", trust_env=False)
    assert ready.status_code == 200
    assert "not_collecting" in [problem["code"] for problem in ready.json()["problems"]]

    keeper.ingestd.start()
    keeper.wait_settled(150)
    assert requests(keeper) == 150
    eventually(lambda: "not_collecting" not in keeper.problems(), "ingestd is seen again")
    keeper.ingestd.kill()
    assert requests(keeper) == 150
    assert len(keeper.events(ALL)) == 150


def test_ingestd_collects_while_queryd_is_away_and_queryd_comes_back_to_all_of_it(cpa, keep):
    keeper = keep(cpa).start()
    for round_, end in enumerate((keeper.queryd.kill, keeper.queryd.stop), start=1):
        end()
        cpa.publish_many(payload(number) for number in range(round_ * 100, round_ * 100 + 100))
        keeper.wait_settled(round_ * 100)
        keeper.queryd.start()
        eventually(keeper.answers, "queryd answers again")
        assert requests(keeper) == round_ * 100
    assert keeper.ingestd.alive()


def test_an_upgrade_is_a_503_that_says_so_and_ends_by_itself(cpa, keep, tmp_path):
    keeper = keep(cpa).start()
    cpa.publish(payload(1))
    keeper.wait_settled(1)
    keeper.queryd.stop()
    may_end = tmp_path / "step_may_end"

    def next_version(daemon):
        settings = keeper.installation.settings | {"DAEMON": daemon, "STEP_MAY_END": str(may_end)}
        return Daemon("tests.system.next_version", settings, keeper.folder / f"{daemon}.out").start()

    upgraded = []
    try:
        # The new reader finds the old file, while the old collector still runs.
        upgraded.append(next_version("queryd"))
        assert eventually(keeper.refusal, "the new queryd is up") == (503, "schema_mismatch")
        assert "upgraded when ingestd of this version starts" in keeper.ask("/status").json()["error"]["message"]
        cpa.publish(payload(2))
        keeper.wait_settled(2)
        assert keeper.ingestd.stop() == 0
        # The step is under way: the reader neither waits for it nor sees half of it.
        upgraded.append(next_version("ingestd"))
        cpa.publish(payload(3))
        eventually(
            lambda: "is being upgraded" in keeper.ask("/status").json()["error"]["message"], "the reason is told"
        )
        for _ in range(5):
            assert keeper.refusal() == (503, "schema_mismatch")
        assert keeper.settled == 2
        may_end.touch()
        eventually(keeper.answers, "the new queryd answers")
        keeper.wait_settled(3)
        assert requests(keeper) == 3
        # Neither daemon of the version before touches the file any more.
        assert upgraded[1].stop() == 0
        old = Daemon("ingestd", keeper.installation.settings, keeper.folder / "old.out").start()
        eventually(lambda: not old.alive(), "the old ingestd refuses")
        assert old.stop() == 1
        assert "upgrade the program" in old.output.read_text()
    finally:
        for daemon in upgraded:
            daemon.kill()


def test_both_keep_their_pace_while_queryd_is_hammered_and_killed_at_full_rate(cpa, keep):
    count = 20_000
    keeper = keep(cpa).start()
    cpa.publish(payload(0))
    keeper.wait_settled(1)
    enough, refused = threading.Event(), []
    questions = (
        f"/summary?{ALL}&compare=previous",
        f"/timeseries?{ALL}&group_by=model",
        f"/breakdown?{ALL}&by=api_key",
        f"/events?{ALL}&q=alice",
        "/status",
    )

    def hammer():
        with httpx.Client(timeout=30, trust_env=False) as client:
            for question in itertools.cycle(questions):
                if enough.is_set():
                    return
                try:
                    response = client.get(f"{keeper.url}/api/v1{question}")
                except httpx.TransportError:
                    continue  # it was killed
                if not response.is_success and response.json()["error"]["code"] != "busy":
                    refused.append((question, response.text))

    hammers = [threading.Thread(target=hammer, daemon=True) for _ in range(4)]
    for thread in hammers:
        thread.start()
    try:
        for first in range(1, count, 4_000):
            cpa.publish_many(payload(number) for number in range(first, min(first + 4_000, count)))
            keeper.queryd.kill()
            keeper.queryd.start()
            eventually(keeper.answers, "queryd answers again")
        keeper.wait_settled(count)
    finally:
        enough.set()
        for thread in hammers:
            thread.join()
    assert not refused
    assert requests(keeper) == keeper.stored == count
    assert keeper.get("/status")["database"]["events"] == count
