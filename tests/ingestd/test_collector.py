"""The loop: it never takes what it cannot keep, tells each trouble once, and finishes what is in hand."""

import json
import sqlite3
import threading
import time
from collections import namedtuple
from dataclasses import dataclass

import pytest
import structlog

from ingestd import collector as collector_module
from ingestd.collector import Collector
from ingestd.commands import Commands
from ingestd.diagnosis import Situation
from ingestd.heartbeat import Heartbeat
from ingestd.queue.poll_interval import PollInterval
from ingestd.schedule import Outcome, Schedule, Task
from ingestd.worker import Worker
from shared.clock import DAY, MINUTE, SECOND
from shared.database import open_writer
from shared.systemd import Notifier
from tests.cpa.stand_in import DEFAULT_KEY, StandIn
from tests.ingestd.conftest import NOW, Line, payload
from tests.ingestd.loss.test_collecting import Clock as LossClock
from tests.ingestd.parts import Monotonic, Parts

Usage = namedtuple("Usage", "free")  # noqa: PYI024 - what shutil.disk_usage gives is a named tuple too


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


@dataclass
class Running:
    """A collector with what it tells."""

    collector: Collector
    line: Line
    heart: Heartbeat
    worker: Worker
    monotonic: Monotonic
    refreshes: list[None]

    def step(self, *, after: float = 2.0) -> float:
        self.monotonic.pass_by(after)
        return self.collector.step()

    def heartbeat(self) -> tuple[str, dict]:
        self.heart.write()
        state, detail = self.line.connection.execute("select state, detail from heartbeat").fetchone()
        return state, json.loads(detail)

    def codes(self) -> list[str]:
        return [trouble["code"] for trouble in self.heartbeat()[1]["troubles"]]


@pytest.fixture
def start(open_line, cpa, tmp_path):
    connections, workers = [], []
    parts = Parts()

    def make(tasks=(), mode="pop", clock=None, collecting=None, **options) -> Running:
        line = open_line()
        clock = clock or Clock()
        monotonic = Monotonic()
        of_queue = parts.queue(cpa, mode, **options)
        refreshes: list[None] = []
        work = parts.work(cpa, line, of_queue, tmp_path, collecting=collecting)
        collector = Collector(
            connection=line.connection,
            database=tmp_path / "app.db",
            pipeline=line.pipeline,
            queue=of_queue,
            poll_interval=PollInterval(1.0),
            schedule=Schedule(tuple(tasks), monotonic(), lambda _: 0),
            work=work,
            batch_size=1_000,
            refresh=lambda: refreshes.append(None),
            notifier=Notifier({}),
            clock=clock,
            monotonic=monotonic,
        )
        connections.append(open_writer(tmp_path / "app.db", "ingestd"))
        workers.append(
            Worker(
                work,
                Schedule((), monotonic(), lambda _: 0),
                Commands(work, {}, clock=clock, monotonic=monotonic),
                cancel_calls=lambda: None,
                clock=clock,
                monotonic=monotonic,
            )
        )
        heart = Heartbeat(
            connections[-1],
            line.pipeline,
            line.inbox,
            situation=lambda: Situation(
                queue=of_queue.status(),
                findings=work.monitor.findings,
                storage=collector.storage_trouble,
                waiting=collector.waiting,
                mode=mode,
                queue_address="127.0.0.1:8317",
            ),
            disk_free=lambda: collector.disk_free,
            clock=clock,
        )
        return Running(collector, line, heart, workers[-1], monotonic, refreshes)

    yield make
    parts.close()
    for connection in connections:
        connection.close()


def test_a_round_takes_stores_and_says_when_to_come_back(start, cpa):
    running = start()
    cpa.publish_many([payload(n) for n in range(5)])
    pause = running.step()
    assert running.line.number("select count(*) from event") == 5
    assert 0 < pause <= 1.0
    state, detail = running.heartbeat()
    assert state == "running"
    assert detail["counters"]["stored"] == 5
    assert (detail["lag_us"], detail["troubles"]) == (0, [])
    assert detail["uptime"]["monotonic_ns"] > 0


def test_nothing_is_popped_while_the_disk_is_full(start, cpa, monkeypatch):
    running = start()
    cpa.publish(payload(1))
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(1_000_000))
    with structlog.testing.capture_logs() as logged:
        assert running.step() == collector_module.STORAGE_RETRY_SECONDS
        running.step()
    assert cpa.queue.counters.popped == 0
    assert [entry["event"] for entry in logged] == ["storage.failed"]
    state, detail = running.heartbeat()
    assert (state, detail["storage_trouble"]["code"]) == ("degraded", "disk_full")
    assert running.codes() == ["disk_full"]
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(10**12))
    running.step()
    assert running.line.number("select count(*) from event") == 1
    assert running.codes() == []


def test_what_was_popped_stays_in_hand_until_the_file_takes_it(start, cpa, tmp_path):
    running = start()
    running.step()
    running.line.connection.execute("pragma busy_timeout = 10")
    blocker = sqlite3.connect(tmp_path / "app.db", isolation_level=None)
    cpa.publish_many([payload(1), payload(2)])
    blocker.execute("begin immediate")
    for number in (3, 5, 7):
        cpa.publish(payload(number))
        assert running.step() == collector_module.STORAGE_RETRY_SECONDS
    assert cpa.queue.counters.popped == 3
    trouble = running.collector.storage_trouble
    assert trouble is not None
    assert trouble.code == "storage_locked"
    assert str(tmp_path / "app.db") in trouble.message
    blocker.execute("rollback")
    blocker.close()
    running.step()
    running.step()
    assert running.line.number("select count(*) from event") == 5
    assert running.collector.storage_trouble is None


def test_a_damaged_file_stops_the_popping_and_not_the_process(start, cpa, monkeypatch):
    running = start()
    running.step()

    def damaged(*_):
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error

    cpa.publish_many([payload(1), payload(2)])
    monkeypatch.setattr(running.line.pipeline, "drain", damaged)
    running.step()
    cpa.publish(payload(3))
    running.step()
    assert cpa.queue.counters.popped <= 2
    assert running.codes() == ["storage_damaged"]
    monkeypatch.undo()
    running.step()
    running.step()
    assert running.line.number("select count(*) from event") == 3


def test_a_trouble_of_cpa_is_logged_once_and_its_end_too(start, cpa):
    running = start()
    cpa.refuse_connections()
    cpa.drop_connections()
    with structlog.testing.capture_logs() as logged:
        for _ in range(3):
            assert 0 < running.step() <= collector_module.WAIT_SECONDS_MAX
            running.heart.write()
        cpa.start()
        deadline = time.monotonic() + 20
        while not any(entry["event"] == "trouble.ended" for entry in logged):
            assert time.monotonic() < deadline
            running.step()
            running.heart.write()
            time.sleep(0.05)
    assert [(entry["event"], entry["code"]) for entry in logged] == [
        ("trouble.began", "unreachable"),
        ("trouble.ended", "unreachable"),
    ]
    assert DEFAULT_KEY not in repr(logged)
    assert running.line.pipeline.pending == 0


def test_a_trouble_and_its_end_are_in_the_heartbeat(start, cpa):
    running = start()
    running.step()
    assert running.heartbeat()[1]["queue"]["connected"]
    cpa.set_management(False)
    while (seen := running.heartbeat()[1]["queue"])["connected"]:
        running.step()
    assert seen["trouble"]["code"] in ("interrupted", "management_disabled")
    cpa.set_management(True)
    while not (seen := running.heartbeat()[1]["queue"])["connected"]:
        running.step()
    assert seen["trouble"] is None


def test_the_heartbeat_goes_on_while_cpa_keeps_the_loop_waiting(start, cpa):
    running = start()
    running.step()
    cpa.faults.delay_seconds = 30.0
    asking = threading.Thread(target=running.collector.step)
    asking.start()
    try:
        while running.collector.waiting == 0:
            running.monotonic.pass_by(1)
        running.monotonic.pass_by(11)
        for _ in range(3):
            state, detail = running.heartbeat()
            assert state == "running"
            assert [(trouble["code"], trouble["severity"]) for trouble in detail["troubles"]] == [
                ("slow_answers", "warning")
            ]
    finally:
        cpa.faults.end()
        asking.join()
    assert running.codes() == []


def test_the_heartbeat_does_not_look_at_the_clock_to_know_when(start):
    """Its own thread waits on monotonic time: a clock set back or forth changes what is written, not when."""
    clock = Clock()
    running = start(clock=clock)
    running.step()
    running.heart.start()
    try:
        for change in (-DAY, 365 * DAY, -3_600 * SECOND):
            clock.now += change
            before = running.line.connection.execute("select detail from heartbeat").fetchone()
            running.heart.news()
            deadline = time.monotonic() + 20
            while running.line.connection.execute("select detail from heartbeat").fetchone() == before:
                assert time.monotonic() < deadline
                time.sleep(0.01)
    finally:
        running.heart.stop()


def test_a_change_in_cpa_is_passed_on(start, cpa):
    running = start()
    cpa.publish_many([b'{"refresh":true}', payload(1)])
    running.step()
    assert len(running.refreshes) == 1


def test_the_end_stores_what_is_in_hand_and_empties_the_log(start, cpa, tmp_path):
    running = start()
    cpa.publish_many([payload(n) for n in range(50)])
    running.step()
    running.collector.stop.set()
    running.collector.run(running.heart, running.worker)
    assert running.line.connection.execute("select state from heartbeat").fetchone() == ("stopped",)
    assert running.line.number("select count(*) from event") == 50
    assert (tmp_path / "app.db-wal").stat().st_size == 0


def test_a_task_runs_when_due_and_a_failing_one_does_not_stop_the_line(start, cpa):
    ran = []

    def work(_work, now):
        ran.append(now)
        return Outcome("done it", again=len(ran) == 1)

    def broken(_work, _now):
        raise ZeroDivisionError

    tasks = [
        Task("work", "collector", MINUTE, 0, work, "counts"),
        Task("broken", "collector", MINUTE, 0, broken, "fails"),
    ]
    running = start(tasks)
    running.step()
    assert ran == []
    running.monotonic.pass_by(6)
    with structlog.testing.capture_logs() as logged:
        for _ in range(4):
            running.step(after=0.1)
    assert len(ran) == 2
    assert [entry["event"] for entry in logged] == ["task.failed"]
    assert dict(running.line.connection.execute("select name, outcome from task_run").fetchall()) == {
        "work": "done",
        "broken": "failed",
    }
    cpa.publish(payload(1))
    running.step()
    assert running.line.number("select count(*) from event") == 1


def test_tasks_go_on_when_the_clock_is_set(start):
    ran = []
    clock = Clock()

    def work(_work, now):
        ran.append(now)
        return Outcome("")

    running = start([Task("work", "collector", MINUTE, 0, work, "")], clock=clock)
    for change in (0, -DAY, 365 * DAY, -DAY):
        clock.now += change
        running.step(after=61)
    assert len(ran) == 4


def test_a_cpa_that_is_away_for_an_hour_costs_nothing_that_it_keeps_and_is_told_as_one_pause(start, cpa):
    time_of = LossClock()
    collecting = time_of.collecting()
    running = start(collecting=collecting, monotonic=time_of.monotonic.seconds)
    cpa.publish(payload(1))
    running.step()
    cpa.refuse_connections()
    cpa.drop_connections()
    with structlog.testing.capture_logs() as logs:
        for _ in range(360):
            time_of.monotonic.pass_by(10)
            assert running.step(after=10) <= 1.0
            running.heart.write()
        assert running.codes() == ["unreachable"]
    assert [entry["code"] for entry in logs if entry["event"] == "trouble.began"] == ["unreachable"]
    assert running.line.number("select count(*) from event") == 1
    cpa.publish_many(payload(number) for number in range(2, 12))
    cpa.accept_connections()
    time_of.monotonic.pass_by(30)
    running.step(after=30)
    assert running.line.number("select count(*) from event") == 11
    assert running.codes() == []
    (pause,) = collecting.pauses()
    assert (pause.reason, (pause.end - pause.start) // SECOND) == ("unreachable", 3_630)
