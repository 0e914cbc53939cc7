"""Asks queryd everything, in every wrong way, and remembers what it answered."""

import json
import socket
import threading
import time
from collections import Counter
from contextlib import suppress
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from tests.daemons import ROOT

SLOW_SECONDS = 30.0
"""An answer that takes longer counts as none."""
_VALUES = (
    "", "0", "-1", "1", "7d", "24h", "all", "8d", "today", "model", "!model", "2026-02-30", "0001-01-01", "9999-12-31",
    "2000-01-01", "2199-12-31", "99999999999999999999", "1e9", "null", "NaN", "'; drop table event; --", "%00", "\x00",
    "../../etc/passwd", "a" * 3_000, "模型", "\u202e", "cost_nanos", "requests,latency_p95_ms", "day", "minute", "hour",
    "-cost_nanos", "api_key", "credential", "claude-opus-4-6", "[]", "{}", "=1+1", "200", "1000000",
)  # fmt: skip
_HOSTS = ("evil.example", "", "127.0.0.1:99999", "a" * 300, "localhost", "[::1", "x y", "127.0.0.1\t")
_BODIES = (b"", b"{}", b"null", b"[" * 20_000, b'{"label":' + b'"x"' * 9, b"\xff" * 500, b"x" * 2_000_000)


class Adversary:
    """Threads that go on until `stop`. `pause` is the mean time between two attempts of one thread, in seconds."""

    def __init__(self, url: str, seed: int, pause: float) -> None:
        self.statuses: Counter[str] = Counter()
        self.faults: list[str] = []
        """Answers of 500 and above but 503, and requests that were not answered in time."""
        self.slowest = 0.0
        self._url = httpx.URL(url)
        self._pause = pause
        document = json.loads((ROOT / "webui" / "openapi.json").read_text("utf-8"))
        self._routes = [
            (method, path, one)
            for path, item in document["paths"].items()
            for method, one in item.items()
            if method in ("get", "put", "post", "patch", "delete")
        ]
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        kinds = (self._ask, self._ask, self._ask, self._as_another_host, self._with_a_body, self._half, self._dribble)
        self._threads = [
            threading.Thread(target=self._run, args=(kind, Random(f"{seed}/{number}")))
            for number, kind in enumerate(kinds)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _run(self, attempt: Any, rng: Random) -> None:
        while not self._stopped.wait(rng.expovariate(1 / self._pause)):
            with suppress(OSError):  # a refused or broken connection is queryd's right
                attempt(rng)

    def _target(self, rng: Random) -> tuple[str, str]:
        method, path, operation = rng.choice(self._routes)
        query: list[tuple[str, str]] = []
        for parameter in operation.get("parameters", []):
            known = parameter.get("schema", {}).get("enum") or parameter.get("schema", {}).get("items", {}).get("enum")
            value = str(rng.choice(known)) if known and rng.random() < 0.6 else rng.choice(_VALUES)
            if parameter["in"] == "path":
                path = path.replace("{" + parameter["name"] + "}", quote(value or "x", safe=""))
            elif parameter.get("required") or rng.random() < 0.3:
                query.append((parameter["name"], value))
        if rng.random() < 0.1:
            query.append((rng.choice(_VALUES)[:50], rng.choice(_VALUES)))
        base = "" if path in ("/healthz", "/readyz") else "/api/v1"
        return method, f"{base}{path}?{urlencode(query, errors='replace')}"

    def _ask(self, rng: Random) -> None:
        method, target = self._target(rng)
        if rng.random() < 0.1:
            method = rng.choice(["delete", "options", "head", "post", "brew"])
        self._send(method, target)

    def _as_another_host(self, rng: Random) -> None:
        _, target = self._target(rng)
        self._raw(f"GET {target} HTTP/1.1\r\nHost: {rng.choice(_HOSTS)}\r\nConnection: close\r\n\r\n".encode())

    def _with_a_body(self, rng: Random) -> None:
        _, target = self._target(rng)
        kind = rng.choice(["application/json", "text/plain", "application/json; charset=utf-7"])
        self._send(
            rng.choice(["patch", "post", "put", "get"]),
            target,
            content=rng.choice(_BODIES),
            headers={"Content-Type": kind},
        )

    def _half(self, rng: Random) -> None:
        self._raw(
            rng.choice(
                [b"GET /", b"\x00\x01\x02\r\n\r\n", b"*1\r\n$4\r\nPING\r\n", b"G" * 300_000, b"GET / HTTP/9.9\r\n\r\n"]
            )
        )

    def _dribble(self, rng: Random) -> None:
        """A client that sends a byte now and then, and reads as slowly."""
        _, target = self._target(rng)
        with socket.create_connection((self._url.host, self._url.port or 80), timeout=5) as connection:
            for byte in f"GET {target[:200]} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode():
                if self._stopped.wait(0.05):
                    return
                connection.sendall(bytes([byte]))
            while connection.recv(64) and not self._stopped.wait(0.05):
                pass

    def _raw(self, data: bytes) -> None:
        begun = time.monotonic()
        with socket.create_connection((self._url.host, self._url.port or 80), timeout=SLOW_SECONDS) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            head = connection.recv(4096).partition(b"\r\n")[0].decode("latin-1")
        self._note(head.split(" ")[1] if head.startswith("HTTP/") else "closed", repr(data[:200]), begun)

    def _send(self, method: str, target: str, **more: Any) -> None:
        begun = time.monotonic()
        try:
            with httpx.Client(timeout=SLOW_SECONDS, trust_env=False) as client:
                status = str(client.request(method.upper(), f"{self._url}{target}", **more).status_code)
        except httpx.TimeoutException:
            status = "timeout"
        except httpx.TransportError:
            status = "closed"
        except httpx.InvalidURL:
            return
        self._note(status, f"{method.upper()} {target[:300]}", begun)

    def _note(self, status: str, what: str, begun: float) -> None:
        with self._lock:
            took = time.monotonic() - begun
            self.slowest = max(self.slowest, took)
            self.statuses[status] += 1
            if status == "timeout" or (status.startswith("5") and status != "503"):
                self.faults.append(f"{status} after {took:.1f} s: {what}")
