"""The loop: it never takes what it cannot keep, tells each trouble once, and finishes what is in hand."""

import json
import random
import sqlite3
import time
from collections import namedtuple
from typing import cast

import pytest
import structlog

from ingestd import runner as runner_module
from ingestd.runner import Runner
from ingestd.schedule import TASKS, Outcome, Schedule, Task, Work
from ingestd.source import build
from ingestd.source.pace import Pace
from ingestd.watch import Observation, Watch
from shared import settings
from shared.clock import SECOND
from tests.cpa.stand_in import DEFAULT_KEY, StandIn
from tests.ingestd.conftest import NOW, payload

Usage = namedtuple("Usage", "free")  # noqa: PYI024 - what shutil.disk_usage gives is a named tuple too


class QuietWatch:
    """Nothing observed; the real watch has tests of its own."""

    observation = Observation()

    def stop(self) -> None:
        return


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        self.now += 1_000
        return self.now


@pytest.fixture
def cpa():
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def make_runner(open_line, cpa, tmp_path):
    made = []

    def make(tasks=(), clock=None) -> tuple[Runner, object]:
        line = open_line()
        clock = clock or Clock()
        host, port = cpa.address
        source = build(
            "pop",
            host=host,
            port=port,
            tls=False,
            base_url=cpa.url,
            management_key=DEFAULT_KEY,
            skip_verify=False,
            timeout_seconds=5.0,
        )
        chosen = settings.load({"CPA_BASE_URL": cpa.url, "CPA_MANAGEMENT_KEY": DEFAULT_KEY, "WORK_DIR": str(tmp_path)})
        runner = Runner(
            connection=line.connection,
            database=tmp_path / "app.db",
            pipeline=line.pipeline,
            source=source,
            pace=Pace(1.0),
            watch=cast(Watch, QuietWatch()),
            schedule=Schedule(tuple(tasks), clock(), lambda _: 0),
            work=Work(line.connection, line.inbox, chosen, tmp_path / "app.db"),
            mode="pop",
            batch_size=1_000,
            clock=clock,
        )
        made.append(source)
        return runner, line

    yield make
    for source in made:
        source.close()


def heartbeat(line) -> tuple[str, dict]:
    state, detail = line.connection.execute("select state, detail from heartbeat").fetchone()
    return state, json.loads(detail)


def test_a_round_takes_stores_and_says_when_to_come_back(make_runner, cpa):
    runner, line = make_runner()
    cpa.publish_many([payload(n) for n in range(5)])
    pause = runner.step(1.0)
    assert line.number("select count(*) from event") == 5
    assert 0 < pause <= 1.0
    state, detail = heartbeat(line)
    assert state == "running"
    assert detail["counters"]["stored"] == 5
    assert detail["lag_us"] == 0


def test_nothing_is_popped_while_the_disk_is_full(make_runner, cpa, monkeypatch):
    runner, line = make_runner()
    cpa.publish(payload(1))
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(1_000_000))
    with structlog.testing.capture_logs() as logged:
        assert runner.step(1.0) == runner_module.STORAGE_RETRY_SECONDS
        runner.step(3.0)
    assert cpa.queue.counters.popped == 0
    assert [entry["event"] for entry in logged] == ["storage.failed"]
    assert heartbeat(line)[1]["storage_trouble"]["code"] == "disk_full"
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(10**12))
    runner.step(5.0)
    assert line.number("select count(*) from event") == 1


def test_what_was_popped_stays_in_hand_until_the_file_takes_it(make_runner, cpa, tmp_path):
    runner, line = make_runner()
    runner.step(1.0)
    line.connection.execute("pragma busy_timeout = 10")
    blocker = sqlite3.connect(tmp_path / "app.db", isolation_level=None)
    cpa.publish_many([payload(1), payload(2)])
    blocker.execute("begin immediate")
    for second in (3.0, 5.0, 7.0):
        cpa.publish(payload(int(second)))
        assert runner.step(second) == runner_module.STORAGE_RETRY_SECONDS
    assert cpa.queue.counters.popped == 3
    blocker.execute("rollback")
    blocker.close()
    runner.step(9.0)
    runner.step(11.0)
    assert line.number("select count(*) from event") == 5


def test_a_trouble_of_cpa_is_told_once_and_its_end_too(make_runner, cpa):
    runner, line = make_runner()
    cpa.refuse_connections()
    cpa.drop_connections()
    with structlog.testing.capture_logs() as logged:
        for _ in range(3):
            assert 0 < runner.step(time.monotonic()) <= runner_module.WAIT_SECONDS_MAX
        cpa.start()
        deadline = time.monotonic() + 20
        while not any(entry["event"] == "queue.connected" for entry in logged):
            assert time.monotonic() < deadline
            runner.step(time.monotonic())
            time.sleep(0.05)
    assert [entry["event"] for entry in logged] == ["queue.trouble", "queue.connected"]
    assert DEFAULT_KEY not in repr(logged)
    assert line.pipeline.pending == 0


def test_a_trouble_and_its_end_are_in_the_heartbeat_at_once(make_runner, cpa):
    runner, line = make_runner()
    runner.step(1.0)
    assert heartbeat(line)[1]["queue"]["connected"]
    cpa.set_management(False)
    while (seen := heartbeat(line)[1]["queue"])["connected"]:
        runner.step(time.monotonic())
    assert seen["trouble"]["code"] in ("interrupted", "management_disabled")
    cpa.set_management(True)
    while not (seen := heartbeat(line)[1]["queue"])["connected"]:
        runner.step(time.monotonic())
    assert seen["trouble"] is None


def test_the_end_stores_what_is_in_hand_and_empties_the_log(make_runner, cpa, tmp_path):
    runner, line = make_runner()
    cpa.publish_many([payload(n) for n in range(50)])
    runner.step(1.0)
    runner.stop.set()
    runner.run()
    assert heartbeat(line)[0] == "stopped"
    assert line.number("select count(*) from event") == 50
    assert (tmp_path / "app.db-wal").stat().st_size == 0


def test_a_task_runs_when_due_and_a_failing_one_does_not_stop_the_line(make_runner, cpa):
    ran = []

    def work(_work, now):
        ran.append(now)
        return Outcome("done it", again=len(ran) == 1)

    def broken(_work, _now):
        raise ZeroDivisionError

    clock = Clock()
    tasks = [
        Task("work", 60 * SECOND, 0, work, "counts"),
        Task("broken", 60 * SECOND, 0, broken, "fails"),
    ]
    runner, line = make_runner(tasks, clock)
    runner.step(1.0)
    assert ran == []
    clock.now += 6 * SECOND
    with structlog.testing.capture_logs() as logged:
        for second in range(4):
            runner.step(2.0 + second)
    assert len(ran) == 2
    assert [entry["event"] for entry in logged] == ["task.failed"]
    assert dict(line.connection.execute("select name, outcome from task_run").fetchall()) == {
        "work": "done",
        "broken": "failed",
    }
    cpa.publish(payload(1))
    runner.step(9.0)
    assert line.number("select count(*) from event") == 1


def test_missed_runs_are_skipped_not_made_up_for():
    task = Task("work", 60 * SECOND, 0, lambda *_: Outcome(""), "")
    schedule = Schedule((task,), NOW, lambda _: 0)
    later = NOW + 3_600 * SECOND
    assert schedule.next_due(later) is task
    schedule.ran(task, later, again=False)
    assert schedule.next_due(later + 59 * SECOND) is None
    assert schedule.next_due(later + 60 * SECOND) is task


def test_the_table_of_tasks_reads_as_a_manual():
    names = [task.name for task in TASKS]
    assert len(set(names)) == len(names)
    assert all(task.meaning and task.period >= 60 * SECOND and task.jitter < task.period for task in TASKS)


def test_jitter_spreads_the_first_runs():
    chance = random.Random(1)
    schedule = Schedule(TASKS, NOW, lambda jitter: chance.randrange(jitter + 1))
    assert len(set(schedule._due.values())) == len(TASKS)
    assert max(schedule._due.values()) <= NOW + 36 * SECOND
