"""What systemd is told: ready after the first round, then that the loop turns, and nothing without it."""

import socket

import pytest

from shared.systemd import Notifier

SECOND = 1_000_000


class Clock:
    now = 0

    def __call__(self):
        return self.now


@pytest.fixture
def listening(tmp_path):
    """A socket as systemd's, and what it has been told since the last look."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "notify"))
        receiver.setblocking(False)

        def heard():
            found = []
            while True:
                try:
                    found.append(receiver.recv(4_096).decode())
                except BlockingIOError:
                    return found

        yield {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": str(60 * SECOND)}, heard


def test_the_first_round_is_ready_and_later_ones_are_told_in_time(listening):
    environment, heard = listening
    clock = Clock()
    notifier = Notifier(environment, monotonic=clock)
    assert heard() == []
    notifier.turned()
    notifier.turned()
    assert heard() == ["READY=1"]
    for _ in range(60):
        clock.now += SECOND
        notifier.turned()
    assert heard() == ["WATCHDOG=1"] * 3
    notifier.stopping()
    assert heard() == ["STOPPING=1"]


def test_a_loop_that_hangs_says_nothing(listening):
    environment, heard = listening
    clock = Clock()
    notifier = Notifier(environment, monotonic=clock)
    notifier.turned()
    clock.now += 600 * SECOND
    assert heard() == ["READY=1"]


def test_a_round_that_may_take_long_has_systemd_wait_for_it(listening):
    environment, heard = listening
    Notifier(environment, longest_round=600 * SECOND, monotonic=Clock()).turned()
    Notifier(environment, longest_round=30 * SECOND, monotonic=Clock()).turned()
    assert heard() == [f"READY=1\nWATCHDOG_USEC={1_200 * SECOND}", "READY=1"]


def test_without_a_watchdog_only_ready_is_told(listening):
    environment, heard = listening
    clock = Clock()
    notifier = Notifier({"NOTIFY_SOCKET": environment["NOTIFY_SOCKET"]}, monotonic=clock)
    notifier.turned()
    clock.now += 3_600 * SECOND
    notifier.turned()
    assert heard() == ["READY=1"]


def test_without_systemd_or_once_it_is_gone_nothing_happens(tmp_path):
    for environment in ({}, {"NOTIFY_SOCKET": str(tmp_path / "gone")}, {"NOTIFY_SOCKET": "@gone-abstract"}):
        notifier = Notifier(environment, monotonic=Clock())
        notifier.turned()
        notifier.stopping()
