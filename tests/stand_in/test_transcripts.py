"""The stand-in answers every recorded conversation of a real CPA byte for byte."""

import json
import re
import socket
import time
from itertools import chain
from pathlib import Path

import httpx
import pytest

from tests.cpa import StandIn

DATA = Path(__file__).parent.parent / "data" / "cpa"
CONVERSATIONS = [json.loads(line) for line in (DATA / "transcripts.jsonl").read_text("utf-8").splitlines()]
PAYLOADS = (DATA / "captured-usage.jsonl").read_bytes().splitlines()
QUIET_SECONDS = 0.01
"""How long a connection must say nothing more before a reply counts as complete.

What came later would fail the next step."""


class Player:
    """Plays the steps of one conversation; the sleep moves the clock instead of waiting."""

    def __init__(self, state):
        self.seconds = 0.0
        self.stand_in = StandIn(
            management=state["management"],
            statistics=state["statistics"],
            retention_seconds=state["retention_seconds"],
            now=lambda: self.seconds,
        )
        self.sockets = {}
        self.payloads = chain.from_iterable([PAYLOADS] * 2)

    def play(self, step):
        if "event" in step:
            self.stand_in.publish_many([next(self.payloads) for _ in range(step["event"])])
        elif "sleep" in step:
            self.seconds += step["sleep"]
        elif "close" in step:
            self.sockets.pop(step["conn"]).close()
            self.wait_for_no_subscriber()
        elif "http" in step:
            self.ask(step)
        else:
            self.talk(step)

    def talk(self, step):
        if step["conn"] not in self.sockets:
            self.sockets[step["conn"]] = socket.create_connection(self.stand_in.address, timeout=10)
        sock = self.sockets[step["conn"]]
        sock.sendall(step["send"].encode("latin-1"))
        said, closed = read_reply(sock, pattern(step["recv"]), step["closed"])
        assert pattern(step["recv"]).fullmatch(said), said
        assert closed == step["closed"]

    def ask(self, step):
        method, path = step["http"].split(" ")
        answer = httpx.request(
            method, self.stand_in.url + path, headers=step["headers"], json=step["request_body"], trust_env=False
        )
        assert answer.status_code == step["status"]
        assert pattern(step["body"]).fullmatch(answer.content), answer.content
        assert sorted(name for name in answer.headers if name.startswith("x-cpa-")) == step["x_cpa_headers"]

    def wait_for_no_subscriber(self):
        while self.stand_in.queue.subscribers():
            time.sleep(0.001)

    def close(self):
        for sock in self.sockets.values():
            sock.close()


def pattern(text):
    """The regular expression of a recorded reply with its placeholders."""
    parts = re.split(r"(<payload>|<n>|<duration>)", text)
    wild = {"<payload>": rb"\{[^\r\n]+\}", "<n>": rb"\d+", "<duration>": rb"(?:\d+m)?\d+s"}
    return re.compile(b"".join(wild.get(part) or re.escape(part.encode("latin-1")) for part in parts))


def read_reply(sock, expected, closes):
    """Read until the reply is complete and nothing follows it; also tells whether the peer closed."""
    said = b""
    while True:
        complete = expected.fullmatch(said) and not closes
        sock.settimeout(QUIET_SECONDS if complete else 10)
        try:
            chunk = sock.recv(65536)
        except TimeoutError:
            return said, False
        if not chunk:
            return said, True
        said += chunk


@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=[talk["name"] for talk in CONVERSATIONS])
def test_the_stand_in_answers_like_the_real_cpa(conversation):
    player = Player(conversation["state"])
    with player.stand_in:
        for step in conversation["steps"]:
            player.play(step)
        player.close()


def test_one_cpa_answers_all_conversations_of_a_run_in_turn():
    """Conversations that are not marked fresh go on from the state the ones before them left."""
    player = Player(CONVERSATIONS[0]["state"])
    player.stand_in.start()
    for conversation in CONVERSATIONS:
        if conversation["state"]["fresh"]:
            player.stand_in.stop()
            player = Player(conversation["state"])
            player.stand_in.start()
        for step in conversation["steps"]:
            player.play(step)
        player.close()
        player.sockets.clear()
        player.wait_for_no_subscriber()
    player.stand_in.stop()
