"""Which version is the newest: asked when somebody wants to know, remembered, and silent where nothing answers."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ingestd import updates
from ingestd.updates import BYTES_MAX, check, fetch
from shared.clock import HOUR
from shared.updates import Newest, is_newer, newest
from tests.daemons import free_port
from tests.ingestd.conftest import NOW

RELEASE = {"tag_name": "v0.2.0", "html_url": "https://releases.example/v0.2.0", "body": "much text"}


@pytest.fixture
def releases():
    """Where releases are told: `(url, said, asked)`; a test decides what is said."""
    said: dict[str, Any] = {"status": 200, "body": json.dumps(RELEASE).encode()}
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(said["status"])
            self.end_headers()
            self.wfile.write(said["body"])

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/latest", said, asked
    server.shutdown()
    server.server_close()


def test_the_newest_version_is_asked_for_once_an_hour(line, releases):
    url, _, asked = releases
    told = {"version": "0.2.0", "url": "https://releases.example/v0.2.0"}
    assert check(line.connection, url, NOW) == told
    assert check(line.connection, url, NOW + HOUR - 1) == told
    assert len(asked) == 1
    assert check(line.connection, url, NOW + HOUR) == told
    assert len(asked) == 2
    assert newest(line.connection) == Newest("0.2.0", "https://releases.example/v0.2.0", NOW + HOUR)


def test_offline_it_says_nothing_and_keeps_what_was_known(line, releases):
    url, _, _ = releases
    check(line.connection, url, NOW)
    nobody = f"http://127.0.0.1:{free_port()}/latest"
    assert check(line.connection, nobody, NOW + 2 * HOUR) == {"version": None, "url": ""}
    assert newest(line.connection) == Newest("0.2.0", RELEASE["html_url"], NOW)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"{}"),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b'{"tag_name": 7}'),
        (200, b'{"tag_name": "nightly"}'),
        (200, b'{"tag_name": "1.0<script>"}'),
        (200, b"\xff\xfe"),
        (200, b" " * (BYTES_MAX + 1)),
    ],
)
def test_what_names_no_version_is_no_answer(releases, status, body):
    url, said, _ = releases
    said.update(status=status, body=body)
    assert fetch(url, NOW) is None


def test_a_page_that_is_no_web_page_is_not_linked(releases):
    url, said, _ = releases
    said["body"] = json.dumps({"tag_name": "1.0", "html_url": "javascript:alert(1)"}).encode()
    assert fetch(url, NOW) == Newest("1.0", "", NOW)
    assert updates.REMEMBERED == HOUR


@pytest.mark.parametrize(
    ("version", "than", "newer"),
    [
        ("0.2.0", "0.1.0", True),
        ("0.10.0", "0.9.1", True),
        ("0.1.0", "0.1.0", False),
        ("0.1", "0.1.0", False),
        ("0.1.0", "0.2.0", False),
        ("1.0.0-rc1", "1.0.0", False),
        ("1.0.0", "1.0.0-rc1", True),
    ],
)
def test_versions_are_compared_by_their_numbers(version, than, newer):
    assert is_newer(version, than) is newer
