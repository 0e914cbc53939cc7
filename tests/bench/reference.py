"""The reference data set: 3.2 million events in 90 days, 500 credentials, 50 models, 50 client keys, 1 % failures.

Seeded and anchored to a fixed day, so that two runs, months apart, measure the same bytes. Made once through the real
pipeline and kept in `.cache/bench`.
"""

import random
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from ingestd import installation
from ingestd.dimensions import Dimensions
from ingestd.inbox import Inbox
from ingestd.pipeline import Pipeline
from ingestd.pricebook import catalogue, catalogue_format
from ingestd.pricebook.book import PriceBook
from ingestd.store import Store
from shared.clock import DAY
from shared.database import open_writer
from shared.migrations import SCHEMA_VERSION, migrate

EVENTS = 3_200_000
DAYS = 90
CREDENTIALS = 500
ANCHOR = int(datetime(2026, 11, 24, tzinfo=UTC).timestamp()) * 1_000_000
"""The end of the data, UTC epoch microseconds; live events of a run come after it."""

CACHE = Path(__file__).parents[2] / ".cache" / "bench"
FORMAT = 1
"""Raised when the data below change, so that an old cache is not measured by mistake."""

_FAMILIES = {
    "claude": ("ClaudeExecutor", "oauth", "POST /v1/messages", "claude-cli/2.1.220 (external, cli)"),
    "codex": ("CodexExecutor", "oauth", "POST /v1/responses", "codex_cli_rs/0.140.0 (Ubuntu 24.4.0; x86_64)"),
    "gemini": ("GeminiExecutor", "apikey", "POST /v1beta/models/*action", "google-genai-sdk/1.30.0"),
    "xai": ("XAIExecutor", "apikey", "POST /v1/chat/completions", "python-httpx/0.28.1"),
    "openai-compatible-openrouter": (
        "OpenAICompatExecutor",
        "apikey",
        "POST /v1/chat/completions",
        "OpenAI/Python 2.8.0",
    ),
}
_NAMED = (
    ("claude", "claude-opus-4-6"),
    ("claude", "claude-sonnet-4-5"),
    ("claude", "claude-haiku-4-5"),
    ("codex", "gpt-5.4"),
    ("codex", "gpt-5.4-mini"),
    ("gemini", "gemini-2.5-pro"),
    ("gemini", "gemini-2.5-flash"),
    ("xai", "grok-4"),
)
_HEADERS = (
    '{"Anthropic-Ratelimit-Unified-5h-Reset":["1795524315"],"Anthropic-Ratelimit-Unified-5h-Status":["allowed"],'
    '"Anthropic-Ratelimit-Unified-5h-Utilization":["0.31"],"Anthropic-Ratelimit-Unified-7d-Reset":["1795918315"],'
    '"Anthropic-Ratelimit-Unified-7d-Status":["allowed"],"Anthropic-Ratelimit-Unified-7d-Utilization":["0.12"],'
    '"Content-Type":["text/event-stream; charset=utf-8"],"Date":["Sat, 22 Aug 2026 14:41:08 GMT"],'
    '"Request-Id":["req_011CRfakeAAAA"],"Server":["cloudflare"]}'
)
_FAILURES = (
    (429, '{\\"type\\":\\"error\\",\\"error\\":{\\"type\\":\\"rate_limit_error\\",\\"message\\":\\"slow down\\"}}'),
    (500, "upstream error"),
    (401, "token expired"),
    (499, "context canceled"),
)


class Traffic:
    """Payloads of the reference data set, from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        names = [f"model-{number:02d}" for number in range(50 - len(_NAMED))]
        providers = list(_FAMILIES)
        self._models = [*_NAMED, *((providers[n % len(providers)], name) for n, name in enumerate(names))]
        self._model_weights = [1 / (rank + 1) for rank in range(len(self._models))]
        self._keys = [f"sk-bench-client-{number:04d}" for number in range(50)]
        self._key_weights = [10] * 15 + [3] * 25 + [1] * 10
        self.credentials = [f"{self._random.getrandbits(64):016x}" for _ in range(CREDENTIALS)]

    def events(self, count: int, first: int, last: int) -> Iterator[bytes]:
        """`count` payloads whose attempts begin between two moments (UTC epoch microseconds), in order."""
        chance = self._random
        step = (last - first) / count
        models = chance.choices(self._models, self._model_weights, k=count)
        keys = chance.choices(self._keys, self._key_weights, k=count)
        for number in range(count):
            at = first + int((number + chance.random()) * step)
            yield self._payload(at, models[number], keys[number])

    def _payload(self, at: int, model: tuple[str, str], key: str) -> bytes:
        chance = self._random
        provider, name = model
        executor, auth_type, endpoint, agent = _FAMILIES[provider]
        seconds, micros = divmod(at, 1_000_000)
        moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        latency = min(600_000, int(chance.lognormvariate(8.4, 0.9)))
        ttft = int(latency * chance.uniform(0.05, 0.5))
        failed = chance.random() < 0.01
        status, body = chance.choice(_FAILURES) if failed else (200, "")
        read = 0 if failed else int(chance.lognormvariate(9.5, 1.2))
        uncached = 0 if failed else int(chance.lognormvariate(7.0, 1.0)) + 1
        write = uncached // 3 if provider == "claude" else 0
        output = 0 if failed else int(chance.lognormvariate(6.2, 1.0)) + 1
        reasoning = output // 4
        total_in = uncached + read + write
        credential = self.credentials[int(chance.random() ** 2 * CREDENTIALS)]
        raw_in = uncached if provider == "claude" else total_in
        return (
            f'{{"timestamp":"{moment}.{micros:06d}{chance.randrange(1, 1000):03d}Z","latency_ms":{latency},'
            f'"ttft_ms":{ttft},"source":"account-{credential[:4]}@example.com","auth_index":"{credential}",'
            f'"client_ip":"172.18.0.5","x_forwarded_for":"","user_agent":"{agent}","tokens":{{"input_tokens":{raw_in},'
            f'"output_tokens":{output},"reasoning_tokens":{reasoning},"cached_tokens":{read},'
            f'"cache_read_tokens":{read},"cache_read_tokens_present":true,"cache_creation_tokens":{write},'
            f'"total_tokens":{total_in + output}}},"failed":{"true" if failed else "false"},"generate":true,'
            f'"fail":{{"status_code":{status},"body":"{body}"}},"response_headers":{_HEADERS},"accounting_version":2,'
            f'"token_breakdown":{{"schema_version":2,"quality":"complete","total_tokens":{total_in + output},'
            f'"input":{{"total_tokens":{total_in},"uncached_tokens":{uncached},"cache_read_tokens":{read},'
            f'"cache_write_tokens":{write}}},"output":{{"total_tokens":{output},'
            f'"non_reasoning_tokens":{output - reasoning},"reasoning_tokens":{reasoning}}},"unclassified_tokens":0}},'
            f'"provider":"{provider}","executor_type":"{executor}","model":"{name}","alias":"{name}",'
            f'"endpoint":"{endpoint}","auth_type":"{auth_type}","api_key":"{key}",'
            f'"request_id":"{chance.getrandbits(32):08x}","reasoning_effort":"{chance.choice(("", "high", "medium"))}",'
            f'"service_tier":"auto"}}'
        ).encode()


def file(progress: bool = True) -> Path:
    """The reference file, made on first use (some three minutes)."""
    path = CACHE / f"reference-{FORMAT}-schema-{SCHEMA_VERSION}.db"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        for old in CACHE.glob("reference-*"):
            old.unlink()
        making = path.with_suffix(".making")
        for leftover in CACHE.glob(f"{making.name}*"):
            leftover.unlink()
        _make(making, progress)
        making.rename(path)
    return path


def copy(target: Path) -> Path:
    """A copy to work on."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file(), target)
    return target


def _make(path: Path, progress: bool) -> None:
    connection = open_writer(path, "ingestd")
    migrate(connection, ANCHOR)
    catalogue.seed(connection, catalogue_format.read(), ANCHOR)
    inbox = Inbox(connection)
    pipeline = Pipeline(
        inbox,
        Store(
            connection,
            Dimensions(connection, installation.secret(connection), installation.instance(connection, "bench", ANCHOR)),
            PriceBook(connection),
        ),
    )
    batch: list[bytes] = []
    for number, payload in enumerate(Traffic(1).events(EVENTS, ANCHOR - DAYS * DAY, ANCHOR), start=1):
        batch.append(payload)
        if len(batch) == 2_000 or number == EVENTS:
            pipeline.file(batch, "replay", ANCHOR)
            while pipeline.drain(ANCHOR):
                pass
            inbox.clean(ANCHOR + 1, 4_000)
            batch.clear()
            if progress and number % 100_000 == 0:
                print(f"\rreference data set: {number:,} of {EVENTS:,} events", end="", file=sys.stderr, flush=True)
    if progress:
        print(file=sys.stderr)
    connection.execute("pragma wal_checkpoint(truncate)")
    connection.close()


def bytes_per_event(path: Path) -> dict[str, float]:
    """Bytes of each table and its indexes, and of the file, for each event."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    (events,) = connection.execute("select sum(rows) from chunk").fetchone()
    tail = connection.execute("select coalesce(sum(rows), 0) from tail").fetchone()[0]
    sizes = dict(
        connection.execute(
            "select m.tbl_name, sum(s.pgsize) from dbstat s join sqlite_master m on m.name = s.name group by 1"
        ).fetchall()
    )
    connection.close()
    total = events + tail
    by_table = {name: round(size / total, 2) for name, size in sorted(sizes.items(), key=lambda item: -item[1])}
    counted = sum(size for name, size in sizes.items() if name not in ("inbox", "event_detail"))
    return {"all_but_inbox_and_details": round(counted / total, 2)} | {k: v for k, v in by_table.items() if v >= 0.01}
