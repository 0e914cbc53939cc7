"""The second thread: commands and long work, and the collector never waits for it."""

import json
import sqlite3
import threading
import time
from contextlib import closing

import pytest
import structlog

from ingestd.command_kinds import KINDS
from ingestd.commands import INTERRUPTED, CommandError, Commands, Kind, Stopping
from ingestd.schedule import Outcome, Schedule, Task
from ingestd.short_write import short_write
from ingestd.worker import Worker
from shared.clock import MINUTE
from shared.database import open_writer
from tests.cpa.stand_in import StandIn
from tests.ingestd.conftest import NOW, payload
from tests.ingestd.parts import Monotonic, Parts


@pytest.fixture
def cpa():
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def parts():
    made = Parts()
    yield made
    made.close()


class Asked:
    """A file with commands, and a worker that runs them."""

    def __init__(self, parts, cpa, line, folder):
        self.line = line
        self.folder = folder
        self.monotonic = Monotonic()
        self.work = parts.work(cpa, line, parts.queue(cpa), folder)
        self.queryd = open_writer(folder / "app.db", "queryd")

    def ask(self, kind, arguments="{}", cancelled_at=None):
        return self.queryd.execute(
            "insert into command (kind, arguments, requested_at, requested_by, cancelled_at) values (?, ?, ?, '', ?)",
            (kind, arguments, NOW, cancelled_at),
        ).lastrowid

    def cancel(self, command_id) -> None:
        self.queryd.execute("update command set cancelled_at = ? where id = ?", (NOW, command_id))

    def commands(self, **kinds) -> Commands:
        return Commands(self.work, kinds, clock=lambda: NOW, monotonic=self.monotonic)

    def run(self, command_id):
        return self.line.connection.execute(
            "select state, progress, result, error from command_run where command_id = ?", (command_id,)
        ).fetchone()

    def worker(self, *tasks, kinds=None) -> Worker:
        return Worker(
            self.work,
            Schedule(tasks, self.monotonic(), lambda _: 0),
            self.commands(**(kinds or {})),
            cancel_calls=lambda: None,
            clock=lambda: NOW,
            monotonic=self.monotonic,
        )


@pytest.fixture
def asked(parts, cpa, line, tmp_path):
    made = Asked(parts, cpa, line, tmp_path)
    with closing(made.queryd):
        yield made


def test_a_command_is_claimed_run_and_answered(asked):
    seen = []

    def double(_work, arguments, progress):
        seen.append(arguments)
        progress(0.5)
        return {"twice": arguments["number"] * 2}

    command_id = asked.ask("double", '{"number": 21}')
    commands = asked.commands(double=Kind(double, "doubles"))
    assert commands.run_next()
    assert not commands.run_next()
    state, progress, result, error = asked.run(command_id)
    assert (state, progress, json.loads(result), error) == ("done", 1.0, {"twice": 42}, "")
    assert seen == [{"number": 21}]


def test_commands_run_in_the_order_they_were_asked_for(asked):
    order = []

    def note(_work, arguments, _progress):
        order.append(arguments["n"])
        return {}

    for n in range(3):
        asked.ask("note", json.dumps({"n": n}))
    commands = asked.commands(note=Kind(note, ""))
    while commands.run_next():
        pass
    assert order == [0, 1, 2]


@pytest.mark.parametrize(
    ("kind", "arguments", "words"),
    [
        ("unheard_of", "{}", "knows no command 'unheard_of'"),
        ("refuses", "{}", "not on a Thursday"),
        ("refuses", "[1]", "no JSON object"),
        ("breaks", "{}", "ZeroDivisionError"),
    ],
)
def test_what_cannot_be_done_says_so_in_a_sentence(asked, kind, arguments, words):
    def refuses(*_):
        raise CommandError("not on a Thursday")

    def breaks(*_):
        return {"x": 1 // 0}

    command_id = asked.ask(kind, arguments)
    with structlog.testing.capture_logs():
        assert asked.commands(refuses=Kind(refuses, ""), breaks=Kind(breaks, "")).run_next()
    state, _, result, error = asked.run(command_id)
    assert (state, result) == ("failed", "")
    assert words in error


def test_a_command_taken_back_before_it_began_is_not_run(asked):
    command_id = asked.ask("never", cancelled_at=NOW)
    assert asked.commands().run_next()
    assert asked.run(command_id)[0] == "cancelled"


def test_a_running_command_ends_when_it_is_taken_back(asked):
    def long(_work, _arguments, progress):
        for step in range(100):
            asked.monotonic.pass_by(1)
            progress(step / 100)
            if step == 10:
                asked.cancel(command_id)
        return {}

    command_id = asked.ask("long")
    assert asked.commands(long=Kind(long, "")).run_next()
    state, progress, _, _ = asked.run(command_id)
    assert state == "cancelled"
    assert progress == pytest.approx(0.10)


def test_an_end_of_ingestd_leaves_a_command_for_the_next_start(asked):
    def long(_work, _arguments, progress):
        commands.stop()
        progress(0.1)
        return {}

    again, once = asked.ask("again"), asked.ask("once")
    kinds = {"again": Kind(long, "", resumable=True), "once": Kind(long, "")}
    commands = asked.commands(**kinds)
    assert commands.run_next()
    commands = asked.commands(**kinds)
    commands._seen = again
    assert commands.run_next()
    assert [asked.run(each)[0] for each in (again, once)] == ["running", "running"]

    ran = []

    def finish(*_):
        ran.append(1)
        return {}

    commands = asked.commands(again=Kind(finish, "", resumable=True), once=Kind(finish, ""))
    with structlog.testing.capture_logs():
        commands.recover()
    assert asked.run(once)[0::3] == ("failed", INTERRUPTED)
    while commands.run_next():
        pass
    assert asked.run(again)[0] == "done"
    assert ran == [1]


def test_progress_raises_when_ingestd_ends(asked):
    ended: list[bool] = []

    def long(_work, _arguments, progress):
        try:
            commands.stop()
            progress(0.0)
        except Stopping:
            ended.append(True)
            raise
        return {}

    asked.ask("long")
    commands = asked.commands(long=Kind(long, ""))
    commands.run_next()
    assert ended == [True]


def test_every_registered_command_says_what_it_does():
    assert all(kind.meaning for kind in KINDS.values())
    assert "refresh_metadata" in KINDS


def test_refreshing_metadata_can_be_asked_for(asked):
    command_id = asked.ask("refresh_metadata")
    assert asked.commands(**KINDS).run_next()
    state, _, result, _ = asked.run(command_id)
    assert state == "done"
    assert "credentials" in json.loads(result)


def test_tasks_run_when_due_and_a_failing_one_stops_no_other(asked):
    ran = []

    def good(_work, _now):
        ran.append("good")
        return Outcome("fine")

    def bad(_work, _now):
        raise ZeroDivisionError

    worker = asked.worker(Task("bad", "worker", MINUTE, 0, bad, ""), Task("good", "worker", MINUTE, 0, good, ""))
    assert worker.step() > 0
    asked.monotonic.pass_by(6)
    with structlog.testing.capture_logs() as logged:
        while worker.step() == 0:
            pass
    assert ran == ["good"]
    assert [entry["event"] for entry in logged] == ["task.failed"]
    told = asked.line.connection.execute("select name, outcome, next_at from task_run order by name").fetchall()
    assert [tuple(row) for row in told] == [("bad", "failed", NOW + MINUTE), ("good", "done", NOW + MINUTE)]
    worker.hasten("good")
    assert worker.step() == 0
    assert ran == ["good", "good"]


def test_a_locked_file_is_told_once_and_the_worker_goes_on(asked):
    def locked(_work, _now):
        raise sqlite3.OperationalError("database is locked")

    worker = asked.worker(Task("locked", "worker", MINUTE, 0, locked, ""))
    asked.monotonic.pass_by(6)
    with pytest.raises(sqlite3.OperationalError):
        worker.step()
    assert worker.step() > 0


def test_the_thread_ends_when_told_and_cuts_what_is_under_way(asked):
    hanging, cut = threading.Event(), threading.Event()

    def hang(_work, _now):
        hanging.set()
        cut.wait(30)
        return Outcome("")

    worker = Worker(
        asked.work,
        Schedule((Task("hang", "worker", MINUTE, 0, hang, ""),), asked.monotonic(), lambda _: 0),
        asked.commands(),
        cancel_calls=cut.set,
        clock=lambda: NOW,
        monotonic=asked.monotonic,
    )
    asked.monotonic.pass_by(6)
    worker.start()
    assert hanging.wait(30)
    worker.stop()
    worker.join()
    assert not worker._thread.is_alive()


def test_writes_of_the_worker_let_the_collector_in(line, tmp_path):
    """A writer that never pauses would starve another: SQLite's lock is not fair."""
    line.connection.execute("create table scratch (n integer)")
    over = threading.Event()

    def write_all_the_time():
        with closing(open_writer(tmp_path / "app.db", "ingestd")) as own:
            while not over.is_set():
                with short_write(own):
                    own.execute("insert into scratch values (1)")
                    time.sleep(0.03)

    writer = threading.Thread(target=write_all_the_time)
    writer.start()
    try:
        waits = []
        for number in range(20):
            began = time.monotonic()
            line.connection.execute("insert into scratch values (?)", (number,))
            waits.append(time.monotonic() - began)
            time.sleep(0.01)
    finally:
        over.set()
        writer.join()
    assert sorted(waits)[len(waits) // 2] < 1.0


def collecting(asked):
    """A thread that does what the collector does for the worker, and drains the inbox."""
    over = threading.Event()

    def rounds():
        while not over.is_set():
            if not asked.work.handover.run_one(asked.line.connection):
                over.wait(0.005)

    thread = threading.Thread(target=rounds)
    thread.start()
    return over, thread


def test_rejected_messages_are_read_again_and_impossible_times_become_arrivals(asked):
    line = asked.line
    line.store(b"no json", payload(1, timestamp="1970-01-01T00:00:07Z"), payload(2, timestamp="9999-12-31T23:59:59Z"))
    assert line.number("select count(*) from rejected") == 3
    command_id = asked.ask("replay_rejected")
    over, thread = collecting(asked)
    try:
        assert asked.commands(**KINDS).run_next()
    finally:
        over.set()
        thread.join()
    assert json.loads(asked.run(command_id)[2]) == {"messages": 3}
    while line.pipeline.drain(NOW):
        pass
    assert line.number("select count(*) from event") == 2
    assert line.number(f"select count(*) from event where occurred_at between {NOW} - 1000000 and {NOW}") == 2
    assert line.number("select count(*) from rejected") == 1


def test_only_messages_of_one_reason_are_read_again_when_that_was_asked(asked):
    line = asked.line
    line.store(b"no json", payload(1, timestamp="1970-01-01T00:00:07Z"))
    command_id = asked.ask("replay_rejected", '{"reason": "impossible_time"}')
    over, thread = collecting(asked)
    try:
        assert asked.commands(**KINDS).run_next()
    finally:
        over.set()
        thread.join()
    assert json.loads(asked.run(command_id)[2]) == {"messages": 1}


def test_a_replay_that_nobody_carries_out_ends_with_the_daemon(asked):
    asked.line.store(b"no json")
    command_id = asked.ask("replay_rejected")
    commands = asked.commands(**KINDS)
    stopper = threading.Timer(0.3, commands.stop)
    stopper.start()
    assert commands.run_next()
    stopper.join()
    assert asked.run(command_id)[0] == "running"


@pytest.mark.parametrize(
    ("arguments", "messages", "left"),
    [
        ('{"up_to": "9", "reason": null}', 3, 0),
        ('{"up_to": "9", "reason": "impossible_time"}', 1, 2),
        ('{"up_to": "2"}', 2, 1),
    ],
)
def test_rejected_messages_can_be_discarded_up_to_what_was_seen(asked, arguments, messages, left):
    line = asked.line
    line.store(b"no json", payload(1, timestamp="1970-01-01T00:00:07Z"), b"neither")
    command_id = asked.ask("discard_rejected", arguments)
    assert asked.commands(**KINDS).run_next()
    assert json.loads(asked.run(command_id)[2]) == {"messages": messages}
    assert line.number("select count(*) from rejected") == left


def test_rejected_messages_get_the_time_of_their_arrival_when_that_was_asked(asked):
    line = asked.line
    early = payload(1, timestamp="2026-08-01T00:00:07Z")
    line.connection.execute(
        "insert into rejected (id, arrived_at, rejected_at, transport, reason, detail, payload)"
        " values (1, ?, ?, 'pop', 'mistake', '', ?)",
        (NOW - MINUTE, NOW, early),
    )
    asked.ask("replay_rejected", '{"reason": null, "time": "arrival"}')
    over, thread = collecting(asked)
    try:
        assert asked.commands(**KINDS).run_next()
    finally:
        over.set()
        thread.join()
    while line.pipeline.drain(NOW):
        pass
    assert line.number("select occurred_at from event") == NOW - MINUTE
