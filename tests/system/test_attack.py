"""Everything a stranger can send, over every route of the OpenAPI document, at the real process."""

import json
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from http.client import HTTPConnection
from urllib.parse import quote, urlsplit

import httpx
import pytest

from queryd.openapi import document
from queryd.routes import OPEN_PATHS, PROBES
from tests.bench.process import memory
from tests.ingestd.conftest import payload

pytestmark = pytest.mark.system

PASSWORD = "made-up password"
OPERATIONS = [(method.upper(), path) for path, methods in document()["paths"].items() for method in methods]
FORGED = {
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "127.0.0.1",
    "Forwarded": "for=127.0.0.1;proto=https;host=localhost",
    "X-Real-IP": "127.0.0.1",
    "X-Original-URL": "/healthz",
    "X-Rewrite-URL": "/healthz",
    "X-HTTP-Method-Override": "GET",
    "Authorization": "Bearer made-up",
    "Cookie": "keeper_session=x; keeper_session_8080=x; session=admin; role=admin",
    "Remote-User": "admin",
}
IDS = [
    "1",
    "../status",
    "..%2f..%2fstatus",
    "%2e%2e/status",
    "1'%20or%20'1'='1",
    "1;drop%20table%20session",
    "%00",
    "-1",
    "9" * 30,
    "%F0%9F%92%A9",
    quote("<script>alert(1)</script>"),
    "a" * 2_000,
]
QUERIES = [
    "",
    "?range=all",
    "?range=all'%20or%20'1'='1",
    "?model=x&model=!y&range=%00",
    "?q=%27%3B--&range=all",
    "?" + "a=b&" * 2_000,
    "?range=%0d%0aSet-Cookie:%20x=1",
]
PATHS = [
    "/../../../../etc/passwd",
    "/%2e%2e/%2e%2e/app.db",
    "/assets/..%2f..%2f..%2fapp.db",
    "/assets/..\\..\\app.db",
    "/app.db",
    "/.env",
    "//api/v1/summary",
    "/api//v1/summary",
    "/api/v1/../v1/summary",
    "/api/v1/session/../summary",
    "/api/v1/healthz/%2e%2e/summary",
    "/./api/v1/summary",
    "/API/v1/summary",
    "/api/v1/summary%00",
    "/api/v1;x=1/summary",
    "/api/v1/summary/",
    "/%61pi/v1/summary",
    "/api%2fv1%2fsummary",
    "/healthz/../api/v1/summary",
    "http://127.0.0.1/api/v1/summary",
    "*",
]
FIGURES = re.compile(r'"metrics"|"events"|"database"|"api_keys"|"problems":\[\{|SQLite format|root:x:|CPA_MANAGEMENT')
"""What none of them may see."""


@pytest.fixture
def keeper(cpa, keep):
    """With one request in it; nobody's forwarded headers count."""
    one = keep(cpa, LOGIN_PASSWORD=PASSWORD, TRUSTED_PROXY_CIDRS="10.0.0.0/8", LOG_LEVEL="info").start()
    cpa.publish(payload(1))
    one.wait_settled(1)
    yield one
    one.queryd.check()
    log = one.queryd.output.read_text("utf-8")
    assert "Traceback" not in log
    assert PASSWORD not in log


@pytest.fixture
def stranger(keeper):
    with httpx.Client(base_url=keeper.url, timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture
def owner(keeper):
    with httpx.Client(base_url=keeper.url, timeout=30, trust_env=False) as client:
        assert client.post("/api/v1/session", json={"password": PASSWORD}).status_code == 200
        yield client


def address(keeper):
    parts = urlsplit(keeper.url)
    return (parts.hostname, parts.port)


def raw(keeper, data, seconds=30):
    """What comes back for these bytes, until the server hangs up or says nothing for a second."""
    answer = b""
    with socket.create_connection(address(keeper), timeout=seconds) as connection, suppress(OSError):
        connection.sendall(data)
        while part := connection.recv(65_536):
            answer += part
            connection.settimeout(1)
    return answer


def test_no_route_answers_a_stranger_whatever_is_forged(stranger):
    for method, path in OPERATIONS:
        for headers in ({}, FORGED):
            for part in IDS if "{id}" in path else ("",):
                # Written as it is: httpx would resolve the dots.
                url = httpx.URL(str(stranger.base_url)).copy_with(
                    raw_path=f"/api/v1{path.replace('{id}', part)}".encode()
                )
                for query in QUERIES if method == "GET" and not part else ("",):
                    answer = stranger.request(method, f"{url}{query}", headers=headers)
                    assert answer.status_code < 500, (method, path, part, query, answer.text)
                    assert not FIGURES.search(answer.text), (method, path, part, query)
                    assert "set-cookie" not in answer.headers or method == "DELETE"
                    if f"/api/v1{path}" not in OPEN_PATHS:
                        assert answer.status_code in (400, 401), (method, path, part, query, answer.status_code)
    assert set(PROBES) <= OPEN_PATHS


def test_no_path_leads_around_it(keeper):
    for path in PATHS:
        for method in ("GET", "HEAD", "POST", "PUT", "TRACE", "CONNECT", "PROPFIND"):
            answer = raw(keeper, f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
            status = answer[:12].decode("latin-1")
            assert status.startswith("HTTP/1.") or answer == b"", (method, path, answer[:200])
            assert not status.endswith(("500", "502", "503")), (method, path, answer[:500])
            assert not FIGURES.search(answer.decode("latin-1")), (method, path, answer[:500])


def test_no_request_is_split_smuggled_or_too_large(keeper):
    session = b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    inner = b"GET /api/v1/summary?range=all HTTP/1.1\r\nHost: x\r\n\r\n"
    sent = {
        "two lengths": session + b"Content-Length: 0\r\nContent-Length: 60\r\n\r\n" + inner,
        "length and chunks": session + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner,
        "odd chunks": session + b"Transfer-Encoding: xchunked\r\n\r\n" + inner,
        "negative length": session + b"Content-Length: -1\r\n\r\n" + inner,
        "huge length": session + b"Content-Length: 99999999999999999999\r\n\r\n",
        "chunk of no size": session + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + inner,
        "endless chunks": session
        + b"Transfer-Encoding: chunked\r\n\r\n"
        + b"8000\r\n"
        + b"x" * 32_768
        + b"\r\n"
        + b"8000\r\n"
        + b"x" * 32_768
        + b"\r\n8000\r\n"
        + b"x" * 32_768
        + b"\r\n0\r\n\r\n",
        "long header": b"GET / HTTP/1.1\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n",
        "many headers": b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % number for number in range(60_000)) + b"\r\n",
        "long path": b"GET /" + b"x" * 1_000_000 + b" HTTP/1.1\r\n\r\n",
        "folded header": b"GET /api/v1/summary HTTP/1.1\r\nHost: x\r\nCookie: a\r\n b\r\n\r\n",
        "bare feeds": b"GET /api/v1/summary HTTP/1.1\nHost: x\n\n",
        "no protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        "binary cookie": b"GET /api/v1/summary HTTP/1.1\r\nHost: x\r\nCookie: keeper_session_"
        + str(address(keeper)[1]).encode()
        + b"=\xff\xfe\x00\r\n\r\n",
    }
    with ThreadPoolExecutor(len(sent)) as pool:
        answers = dict(zip(sent, pool.map(lambda data: raw(keeper, data), sent.values()), strict=True))
    for name, answer in answers.items():
        assert not re.search(rb"HTTP/1\.[01] 5\d\d(?! Not Implemented)", answer), (name, answer[:300])
        assert not FIGURES.search(answer.decode("latin-1")), (name, answer[:300])
    split = raw(keeper, b"GET /api/v1/x%0d%0aSet-Cookie:%20keeper=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b"\r\nset-cookie:" not in split.lower().partition(b"\r\n\r\n")[0]
    assert httpx.get(f"{keeper.url}/healthz").status_code == 200


def test_no_page_of_another_site_writes_with_the_owners_session(owner, keeper):
    writes = [(method, path) for method, path in OPERATIONS if method != "GET"]
    assert len(writes) >= 8
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://127.0.0.1:{address(keeper)[1] + 1}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": keeper.url},
        {"Origin": "https://evil.example", "X-Forwarded-Host": "evil.example"},
    ):
        for method, path in writes:
            answer = owner.request(method, f"/api/v1{path.replace('{id}', '1')}", headers=headers, json={"label": "x"})
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "cross_site"), (method, path, headers)
    for method, path in writes:  # what a form can send
        body = httpx.Request(method, "http://x", data={"label": "x"}).read()
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "cross-site"}
        assert (
            owner.request(method, f"/api/v1{path.replace('{id}', '1')}", headers=kind, content=body).status_code == 403
        )
    assert owner.get("/api/v1/status").status_code == 200


def test_ten_thousand_logins_get_nothing_and_cost_nothing(keeper, stranger):
    body = {"password": "made-up passwore"}
    codes = {stranger.post("/api/v1/session", json=body).status_code for _ in range(500)}
    before = memory(keeper.queryd.pid)["resident_mib"]
    sent = json.dumps(body).encode()
    with closing(HTTPConnection(*address(keeper))) as connection:  # its requests cost a third of httpx's
        for number in range(9_500):
            forged = {"X-Forwarded-For": f"203.0.{number >> 8}.{number & 255}", "User-Agent": "x" * 1_000}
            connection.request("POST", "/api/v1/session", sent, {"Content-Type": "application/json", **forged})
            with connection.getresponse() as answer:
                answer.read()
            codes.add(answer.status)
    assert codes == {401, 429}
    assert memory(keeper.queryd.pid)["resident_mib"] - before < 8
    assert keeper.number("select count(*) from session") == 0
    refused = stranger.post("/api/v1/session", json={"password": PASSWORD})  # not even the right one, from there
    assert refused.status_code in (200, 429)  # a window may just have ended
    assert keeper.queryd.output.read_text("utf-8").count("wrong password") < 500


def test_slow_bodies_silence_nobody(keeper):
    with httpx.Client(base_url=keeper.url, timeout=10) as client:
        held = [socket.create_connection(address(keeper)) for _ in range(50)]
        for one in held:
            one.sendall(b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n{")
        begun = time.monotonic()
        assert client.get("/healthz").status_code == 200
        assert time.monotonic() - begun < 10
        for one in held:
            one.close()
