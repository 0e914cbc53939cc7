"""A collector's line on a real file, and payloads as CPA sends them."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection

import pytest

from ingestd import installation
from ingestd.dimensions import Dimensions
from ingestd.inbox import Inbox
from ingestd.pipeline import Pipeline
from ingestd.pricebook.book import PriceBook
from ingestd.store import Store
from shared.database import open_writer
from shared.migrations import migrate

DATA = Path(__file__).parents[1] / "data" / "cpa"
NOW = 1_795_672_800_000_000  # 2026-11-26


@dataclass
class Line:
    """One collector on one file; `reopen` is a restart."""

    connection: Connection
    inbox: Inbox
    pipeline: Pipeline

    def store(self, *payloads: bytes, now: int = NOW) -> None:
        self.pipeline.file(payloads, "pop", now)
        while self.pipeline.drain(now):
            pass

    def number(self, sql: str) -> int:
        return int(self.connection.execute(sql).fetchone()[0])


@pytest.fixture
def open_line(tmp_path) -> Iterator[Callable[..., Line]]:
    opened: list[Connection] = []

    def open_line(**options) -> Line:
        connection = open_writer(tmp_path / "app.db", "ingestd")
        opened.append(connection)
        migrate(connection, NOW)
        inbox = Inbox(connection)
        dimensions = Dimensions(
            connection, installation.secret(connection), installation.instance(connection, "http://cpa.local", NOW)
        )
        pipeline = Pipeline(inbox, Store(connection, dimensions, PriceBook(connection)), **options)
        return Line(connection, inbox, pipeline)

    yield open_line
    for connection in opened:
        connection.close()


@pytest.fixture
def line(open_line: Callable[..., Line]) -> Line:
    return open_line()


@pytest.fixture(scope="session")
def samples() -> list[bytes]:
    """Every recorded and sampled payload, byte for byte."""
    return [
        text
        for name in ("usage-samples.jsonl", "captured-usage.jsonl")
        for text in (DATA / name).read_bytes().splitlines()
    ]


def payload(number: int = 0, **changes: object) -> bytes:
    """One plausible event; `number` makes it distinct."""
    event = {
        "timestamp": f"2026-11-24T10:{number // 60 % 60:02d}:{number % 60:02d}.{number % 10**6:06d}789+08:00",
        "latency_ms": 1200 + number % 5000,
        "ttft_ms": 300,
        "source": "alice@example.com",
        "auth_index": "50b676d1b75e50dd",
        "client_ip": "127.0.0.1",
        "x_forwarded_for": "",
        "user_agent": "claude-cli/2.1.220 (external, cli)",
        "tokens": {
            "input_tokens": 100 + number % 50,
            "output_tokens": 20,
            "reasoning_tokens": 5,
            "cached_tokens": 0,
            "cache_read_tokens": 0,
            "cache_read_tokens_present": True,
            "cache_creation_tokens": 0,
            "total_tokens": 120 + number % 50,
        },
        "failed": False,
        "generate": True,
        "fail": {"status_code": 200, "body": ""},
        "provider": "claude",
        "executor_type": "ClaudeExecutor",
        "model": "claude-opus-4-6",
        "alias": "claude-opus-4-6",
        "endpoint": "POST /v1/messages",
        "auth_type": "oauth",
        "api_key": "sk-made-up-client-key-1",
        "request_id": f"{number:08x}",
        "reasoning_effort": "",
        "service_tier": "auto",
    }
    return json.dumps(event | changes, separators=(",", ":")).encode()
