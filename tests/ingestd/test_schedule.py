"""What is due when: on a clock that nobody sets."""

import random

from ingestd.schedule import Outcome, Schedule, Task
from ingestd.tasks import TASKS
from shared.clock import HOUR, MINUTE, SECOND

START = 1_000 * SECOND


def task(name: str = "work", period: int = MINUTE) -> Task:
    return Task(name, "worker", period, 0, lambda *_: Outcome(""), "")


def test_missed_runs_are_skipped_not_made_up_for():
    work = task()
    schedule = Schedule((work,), START, lambda _: 0)
    later = START + HOUR
    assert schedule.next_due(later) is work
    schedule.ran(work, later, Outcome(""))
    assert schedule.next_due(later + 59 * SECOND) is None
    assert schedule.next_due(later + MINUTE) is work


def test_a_run_may_ask_for_the_next_at_once_or_later_and_a_failed_one_waits_its_turn():
    work = task()
    schedule = Schedule((work,), START, lambda _: 0)
    schedule.ran(work, START, Outcome("", again=True))
    assert schedule.wait(START) == 0
    schedule.ran(work, START, Outcome("", next_in=5 * SECOND))
    assert schedule.wait(START) == 5 * SECOND
    schedule.ran(work, START, None)
    assert schedule.wait(START) == MINUTE
    schedule.hasten("work", START + SECOND)
    assert schedule.wait(START) == SECOND
    schedule.hasten("work", START + HOUR)
    assert schedule.wait(START) == SECOND


def test_the_one_that_waits_longest_comes_first_so_that_none_starves():
    often, seldom = task("often", SECOND), task("seldom", HOUR)
    schedule = Schedule((often, seldom), START, lambda _: 0)
    ran = []
    now = START + 10 * SECOND
    for _ in range(3):
        due = schedule.next_due(now)
        assert due is not None
        ran.append(due.name)
        schedule.ran(due, now, Outcome("", again=due is often))
        now += SECOND
    assert "seldom" in ran


def test_the_table_of_tasks_reads_as_a_manual():
    names = [task.name for task in TASKS]
    assert len(set(names)) == len(names)
    assert all(task.meaning and task.period >= MINUTE and task.jitter < task.period for task in TASKS)
    assert {task.thread for task in TASKS} == {"collector", "worker"}


def test_jitter_spreads_the_first_runs_within_a_minute():
    chance = random.Random(1)
    schedule = Schedule(TASKS, START, lambda jitter: chance.randrange(jitter + 1))
    spread = [task for task in TASKS if task.jitter]
    assert len({schedule._due[task.name] for task in spread}) == len(spread)
    assert max(schedule._due.values()) <= START + 36 * SECOND
