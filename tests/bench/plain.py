"""The yardstick for collecting: the least that keeps events at all, on the same machine and the same messages.

Decode, file the raw message durably, insert one row an event; no names, no figures, no prices, no columns, no socket.
"""

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from shared.clock import DAY
from shared.database import open_writer, transaction
from tests.bench.reference import ANCHOR, Traffic

EVENTS = 40_000
BATCH = 2_000
ROUNDS = 3


class _Tokens(msgspec.Struct):
    input_tokens: int
    output_tokens: int
    reasoning_tokens: int
    cache_read_tokens: int
    cache_creation_tokens: int
    total_tokens: int


class _Fail(msgspec.Struct):
    status_code: int
    body: str


class _Message(msgspec.Struct):
    timestamp: str
    latency_ms: int
    ttft_ms: int
    source: str
    auth_index: str
    client_ip: str
    user_agent: str
    tokens: _Tokens
    failed: bool
    fail: _Fail
    provider: str
    executor_type: str
    model: str
    alias: str
    endpoint: str
    auth_type: str
    api_key: str
    request_id: str
    reasoning_effort: str
    service_tier: str
    response_headers: dict[str, list[str]]


_INBOX = "create table inbox (id integer primary key, arrived_at integer, transport text, payload blob)"
_EVENT = (
    "create table event (timestamp text, request_id text, source text, auth_index text, client_ip text,"
    " user_agent text, provider text, executor_type text, model text, alias text, endpoint text, auth_type text,"
    " api_key text, reasoning_effort text, service_tier text, failed integer, status_code integer, latency_ms integer,"
    " ttft_ms integer, input_tokens integer, output_tokens integer, reasoning_tokens integer,"
    " cache_read_tokens integer, cache_creation_tokens integer, total_tokens integer,"
    " primary key (timestamp, request_id)) without rowid"
)
_INSERT = f"insert or ignore into event values ({', '.join('?' * 25)})"


def measure(folder: Path) -> dict[str, Any]:
    """Events a second and microseconds of CPU an event; the best of some rounds."""
    payloads = list(Traffic(2).events(EVENTS, ANCHOR - DAY, ANCHOR))
    rounds = [_once(folder / f"plain-{number}.db", payloads) for number in range(ROUNDS)]
    return {
        "events_per_second": round(EVENTS / min(seconds for seconds, _ in rounds)),
        "cpu_us_per_event": round(min(busy for _, busy in rounds) / EVENTS * 1e6, 1),
    }


def _once(path: Path, payloads: Sequence[bytes]) -> tuple[float, float]:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = open_writer(path, "ingestd")
    connection.execute(_INBOX)
    connection.execute(_EVENT)
    began, busy = time.monotonic(), time.process_time()
    for first in range(0, len(payloads), BATCH):
        _batch(connection, first, payloads[first : first + BATCH])
    spent = time.monotonic() - began, time.process_time() - busy
    connection.close()
    path.unlink()
    return spent


def _batch(connection: sqlite3.Connection, first: int, payloads: Sequence[bytes]) -> None:
    with transaction(connection, durable=True):
        connection.executemany(
            "insert into inbox values (?, ?, ?, ?)",
            [(first + number, ANCHOR, "pop", payload) for number, payload in enumerate(payloads)],
        )
    decoder = msgspec.json.Decoder(_Message)
    with transaction(connection):
        for payload in payloads:
            it = decoder.decode(payload)
            tokens = it.tokens
            connection.execute(
                _INSERT,
                (
                    *(it.timestamp, it.request_id, it.source, it.auth_index, it.client_ip, it.user_agent, it.provider),
                    *(it.executor_type, it.model, it.alias, it.endpoint, it.auth_type, it.api_key),
                    *(it.reasoning_effort, it.service_tier, it.failed, it.fail.status_code, it.latency_ms, it.ttft_ms),
                    *(tokens.input_tokens, tokens.output_tokens, tokens.reasoning_tokens, tokens.cache_read_tokens),
                    *(tokens.cache_creation_tokens, tokens.total_tokens),
                ),
            )
