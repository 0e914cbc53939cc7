"""A real file with made-up events, written as ingestd writes it: rows, tail, chunks, merges, revision."""

import atexit
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from zoneinfo import ZoneInfo

from ingestd.seal import Seal
from queryd.aggregate.snapshot import Reader, Snapshot
from queryd.params.selection import parse
from shared.columns import ERROR_CLASS_SHIFT, FAILED, GENERATE, RECORD, UNMETERED, UNPRICED
from shared.database import open_reader, open_writer, snapshot, transaction
from shared.migrations import migrate
from shared.version import begin_epoch

MODELS = ("claude-opus-4-6", "gpt-5.4", "gemini-3-pro", "!odd")
CLIENTS = ("claude-cli/2.1", "codex/0.50")
API_KEYS = ("sk-…1", "sk-…2", "")
CREDENTIALS = (("claude", "ann@example.com"), ("codex", "bob@example.com"), ("gemini", ""))
ROUTES = (
    ("claude", "POST /v1/messages", "high", "auto", "claude", "oauth", "standard"),
    ("claude", "POST /v1/messages", "", "", "claude", "apikey", ""),
    ("codex", "POST /v1/responses", "high", "flex", "codex-ws", "oauth", "default"),
    ("gemini", "POST /v1/chat/completions", "", "auto", "gemini-cli", "oauth", ""),
)


@dataclass(frozen=True)
class Spent:
    """One event, with ids of the names above counted from 1. Every field has a value that is the plainest case."""

    occurred_at: int
    model: int = 1
    route: int = 1
    api_key: int = 1
    credential: int = 1
    client: int = 1
    failed: bool = False
    generate: bool = True
    status: int = 200
    error_class: int = 0
    latency_ms: int = 0
    ttft_ms: int = 0
    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    unclassified_tokens: int = 0
    cost_nanos: int | None = 0
    request: int = 0

    @property
    def unmetered(self) -> bool:
        tokens = self.input_tokens + self.output_tokens + self.unclassified_tokens
        return not self.failed and self.generate and not tokens


@cache
def _template() -> Path:
    """An empty file with names, made once: copies are what the tests write to."""
    folder = mkdtemp(prefix="ledger-")
    atexit.register(shutil.rmtree, folder)
    path = Path(folder) / "app.db"
    connection = open_writer(path, "ingestd")
    migrate(connection, 0)
    with transaction(connection):
        for name in MODELS:
            connection.execute("insert into model (name, first_seen_at) values (?, 0)", (name,))
        for name in CLIENTS:
            connection.execute("insert into client (name, first_seen_at) values (?, 0)", (name,))
        for mask in API_KEYS:
            connection.execute(
                "insert into api_key (instance_id, hmac, mask, first_seen_at) values (1, ?, ?, 0)",
                (mask.encode(), mask),
            )
        for number, (provider, account) in enumerate(CREDENTIALS):
            connection.execute(
                "insert into credential (instance_id, auth_index, provider, auth_type, account, first_seen_at)"
                " values (1, ?, ?, 'oauth', ?, 0)",
                (f"{number:016x}", provider, account),
            )
        connection.executemany(
            "insert into route (provider, endpoint, reasoning_effort, service_tier, executor_type, auth_type,"
            " response_service_tier, first_seen_at) values (?, ?, ?, ?, ?, ?, ?, 0)",
            ROUTES,
        )
        connection.execute(
            "insert into origin (client_ip, x_forwarded_for, user_agent, first_seen_at) values ('127.0.0.1', '', '', 0)"
        )
    connection.close()
    return path


@dataclass(frozen=True)
class Asked:
    """From where and when a question is asked; `now` in UTC epoch microseconds."""

    now: int
    zone: str = "UTC"
    reader: Reader | None = None


FULL_CHUNK_ROWS = 15
"""What the tests, which seal and merge every few events, take for a chunk that is never merged again."""


class Ledger:
    """The writing side and a reading side of one file."""

    def __init__(self, path: Path) -> None:
        shutil.copy(_template(), path)
        self.writer = open_writer(path, "ingestd")
        with transaction(self.writer) as connection:
            begin_epoch(connection)  # as when ingestd starts: no two copies have the same
        self.connection = open_reader(path)
        self.reader = Reader(full_chunk_rows=FULL_CHUNK_ROWS)
        self._seal = Seal(self.writer)
        self._digest = 0

    def add(self, events: Sequence[Spent]) -> None:
        """Store a batch, in one transaction."""
        records = []
        with transaction(self.writer) as connection:
            for event in events:
                self._digest += 1
                connection.execute(f"insert into event values ({', '.join('?' * 26)})", _row(event, self._digest))
                records.append(_record(event))
            if records:
                self._seal.append(b"".join(records))
            connection.execute(
                "insert into meta (key, number) values ('revision', 1)"
                " on conflict (key) do update set number = number + 1"
            )

    @contextmanager
    def snapshot(self, reader: Reader | None = None) -> Iterator[Snapshot]:
        """What a question sees now; with a reader of its own nothing is remembered from before."""
        with snapshot(self.connection):
            yield (reader or self.reader).snapshot(self.connection)

    def ask(self, question, parameters, query: str, **seen_from):
        """The answer of a question to a query string; see `snapshot` and `Asked`."""
        asked = Asked(**seen_from)
        with self.snapshot(asked.reader) as seen:
            selection, values = parse(query, parameters, ZoneInfo(asked.zone), asked.now)
            return question(seen, selection, values)

    def number(self, sql: str) -> int:
        return int(self.writer.execute(sql).fetchone()[0])

    def close(self) -> None:
        self.connection.close()
        self.writer.close()


def _row(event: Spent, digest: int) -> tuple[object, ...]:
    return (
        event.occurred_at,
        digest,
        event.model,
        None,
        event.route,
        event.api_key,
        event.credential,
        event.client,
        1,
        int(event.failed),
        int(event.generate),
        event.status,
        event.error_class,
        event.latency_ms,
        event.ttft_ms,
        event.input_tokens,
        event.cache_read_tokens,
        event.cache_write_tokens,
        event.output_tokens,
        event.reasoning_tokens,
        event.unclassified_tokens,
        0,
        event.cost_nanos,
        None,
        (event.request ^ 2**31) - 2**31 if event.request else None,
        digest,
    )


def _record(event: Spent) -> bytes:
    flags = FAILED * event.failed | GENERATE * event.generate
    flags |= UNMETERED * event.unmetered | UNPRICED * (event.cost_nanos is None)
    return RECORD.pack(
        event.occurred_at // 1_000,
        event.model,
        event.route,
        event.api_key,
        event.credential,
        event.client,
        event.status,
        flags | event.error_class << ERROR_CLASS_SHIFT,
        event.latency_ms,
        event.ttft_ms,
        event.input_tokens,
        event.cache_read_tokens,
        event.cache_write_tokens,
        event.output_tokens,
        event.reasoning_tokens,
        event.unclassified_tokens,
        event.cost_nanos or 0,
        event.request,
        0,
    )
