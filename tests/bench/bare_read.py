"""The yardstick for answers: how long it takes to read the bytes that a new question reads, and nothing else.

Both in this process, without HTTP, in milliseconds of CPU: the least of some rounds, taken by turns.
"""

import random
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec

from queryd.aggregate.snapshot import Reader
from queryd.params.selection import parse
from queryd.questions import breakdown, heatmap, latency, summary, timeseries
from queryd.storage.chunks import Chunk
from shared.columns import COLUMN_SLOTS, NUMBER
from shared.database import open_reader, snapshot
from tests.bench.answering import AGGREGATES, unseen

ROUNDS = 9
QUESTIONS: Mapping[str, tuple[Any, Any]] = {
    "summary": (summary.summary, summary.PARAMETERS),
    "timeseries": (timeseries.timeseries, timeseries.PARAMETERS),
    "breakdown": (breakdown.breakdown, breakdown.PARAMETERS),
    "latency": (latency.latency, latency.PARAMETERS),
    "heatmap": (heatmap.heatmap, heatmap.PARAMETERS),
}
NOW = int(datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp()) * 1_000_000

Read = dict[int, set[str]]
"""The columns that were read of each chunk."""


def measure(path: Path) -> dict[str, Any]:
    chance = random.Random(4)
    reader, results = Reader(), {}
    with closing(open_reader(path)) as connection:
        for name, (question, query) in AGGREGATES.items():
            if question not in QUESTIONS:
                continue
            ask = partial(_ask, connection, reader, question)
            read: Read = {}
            with patch.object(Chunk, "load", _recording(read)):
                ask(urlencode((*query, *unseen(chance))))
            answers, reads = [], []
            for _ in range(ROUNDS):
                answers.append(_cpu(partial(ask, urlencode((*query, *unseen(chance))))))
                reads.append(_cpu(partial(_read, connection, read)))
            results[name] = {
                "answer_ms": round(min(answers), 1),
                "bare_read_ms": round(min(reads), 1),
                "ratio": round(min(answers) / min(reads), 2),
            }
    return results


def _ask(connection: sqlite3.Connection, reader: Reader, question: str, query: str) -> bytes:
    answer, parameters = QUESTIONS[question]
    with snapshot(connection):
        selection, values = parse(query, parameters, ZoneInfo("UTC"), NOW)
        return msgspec.json.encode(answer(reader.snapshot(connection), selection, values))


def _recording(read: Read) -> Any:
    original = Chunk.load

    def load(chunk: Chunk, names: Sequence[str]) -> None:
        wanted = list(names)
        read.setdefault(chunk.id, set()).update(wanted)
        original(chunk, wanted)

    return load


def _read(connection: sqlite3.Connection, read: Read) -> None:
    for chunk, names in read.items():
        ids = [chunk * COLUMN_SLOTS + NUMBER[name] for name in sorted(names)]
        for _ in connection.execute(f"select data from chunk_column where id in ({','.join('?' * len(ids))})", ids):
            pass


def _cpu(work: Any) -> float:
    began = time.thread_time()
    work()
    return (time.thread_time() - began) * 1_000
