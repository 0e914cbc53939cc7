"""Slow questions are bounded, and what is no question is not among them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from queryd.__main__ import CONNECTIONS
from queryd.admission import HEAVY_RUNNING, HEAVY_WAITING, LIGHT_RUNNING, LIGHT_WAITING, Admission, Lane
from queryd.errors import Busy
from queryd.serving import THREADS


def test_one_too_many_is_told_at_once_and_those_that_wait_get_their_turn():
    lane = Lane(running=2, waiting=3, patience=30)
    full, leave = threading.Barrier(6), threading.Event()
    most, now, lock = 0, 0, threading.Lock()

    def work():
        nonlocal most, now
        full.wait(10)
        with lane.admitted():
            with lock:
                now += 1
                most = max(most, now)
            leave.wait(10)
            with lock:
                now -= 1

    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(work) for _ in range(6)]
        refused = next(each for each in iter(lambda: [one for one in asked if one.done()], None) if each)[0]
        assert isinstance(refused.exception(), Busy)
        leave.set()
        assert sum(each.exception() is None for each in asked) == 5
    assert most == 2
    with lane.admitted():
        pass


def test_who_waits_too_long_is_told():
    lane = Lane(running=1, waiting=1, patience=0.01)
    with lane.admitted(), pytest.raises(Busy), lane.admitted():
        pass


def test_threads_and_connections_are_left_for_what_is_no_question():
    running = HEAVY_RUNNING + LIGHT_RUNNING
    assert running + HEAVY_WAITING + LIGHT_WAITING + 4 <= THREADS
    assert running + 4 <= CONNECTIONS


def test_a_light_question_does_not_wait_for_heavy_ones():
    admission = Admission(heavy=Lane(running=1, waiting=0), light=Lane(running=1, waiting=0))
    with admission.admitted():
        with admission.admitted(heavy=False):
            pass
        with pytest.raises(Busy), admission.admitted():
            pass
