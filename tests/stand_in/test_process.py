"""`python -m tests.cpa`, as a process of its own."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.stand_in.conversation import DATA, PAYLOADS, Client

ROOT = Path(__file__).parents[2]


@contextmanager
def process(*arguments):
    """The stand-in's address, once it says that it listens."""
    command = [sys.executable, "-m", "tests.cpa", "--port", "0", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ) as child:
        try:
            assert child.stdout is not None
            url = child.stdout.readline().split()[-1]
            yield child, httpx.URL(url)
        finally:
            child.kill()


def drain(url):
    with Client((url.host, url.port)) as client:
        client.auth()
        payloads = []
        while batch := client.ask("LPOP", "usage", 500):
            payloads += batch
        return payloads


def test_it_replays_a_file_as_it_is():
    with process("--replay", str(DATA / "captured-usage.jsonl")) as (_, url):
        assert drain(url) == PAYLOADS


def test_it_preloads_a_history_and_says_when_it_was_read():
    with process("--history", "2d", "--live") as (child, url):
        assert len(drain(url)) > 500
        assert "history of" in child.stdout.readline()
        assert httpx.get(f"{url}/stand-in/counters", trust_env=False).json()["popped"] > 500


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_it_quietly(number):
    with process() as (child, _):
        child.send_signal(number)
        assert child.wait(10) == 0
