"""`/events/export`: every request of a selection, once, in order; nothing that a spreadsheet runs; short snapshots."""

import csv
import io
import json
import sys
from datetime import datetime
from urllib.parse import urlencode

import pyarrow.parquet as pq
import pytest

from ingestd.pricebook import catalogue, catalogue_format
from queryd import csv_lines
from queryd.endpoints import API
from queryd.request_log import export, parquet
from queryd.resources import export as resource
from tests.queryd.http.conftest import NOW, collector_of
from tests.queryd.http.test_events import pages, request

EXPORT = f"{API}/events/export"


@pytest.fixture
def traffic(collector, monkeypatch):
    monkeypatch.setattr(export, "ROWS", 7)
    collector.send(
        *(
            request(number, at_ms=number // 3, model=f"m{number % 4}", failed=number % 5 == 0, latency_ms=number % 9)
            for number in range(60)
        )
    )


def exported(client, **asked):
    answer = client.simulate_get(EXPORT, query_string=urlencode({"range": "24h"} | asked, doseq=True))
    assert answer.status_code == 200, answer.text
    return answer


def lines(client, **asked):
    """The objects of JSON Lines but for the first."""
    text = exported(client, format="jsonl", **asked).text
    return [json.loads(line) for line in text.splitlines()][1:]


@pytest.mark.usefixtures("traffic")
@pytest.mark.parametrize("sort", ["-occurred_at", "occurred_at", "-cost_nanos", "latency_ms", "-total_tokens"])
@pytest.mark.parametrize(
    "asked", [{}, {"model": ["m1", "m2"]}, {"q": "slow down"}, {"min_latency_ms": 4, "result": "!failed"}]
)
def test_it_has_what_the_log_has_in_the_same_order(client, sort, asked):
    told = lines(client, sort=sort, **asked)
    assert told == pages(client, range="24h", sort=sort, limit=50, **asked)
    assert told


@pytest.mark.usefixtures("traffic")
def test_the_first_line_says_what_was_selected(client):
    answer = exported(client, model="m1", sort="-latency_ms", min_cost_nanos=0)
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert 'filename="requests_' in answer.headers["Content-Disposition"]
    first, names, *rows = csv.reader(io.StringIO(answer.text))
    told = json.loads(first[0].removeprefix("# "))
    assert told["selection"]["filters"] == {"model": ["m1"]}
    assert (told["sort"], told["min_cost_nanos"]) == ("-latency_ms", 0)
    assert names == [name for name, _, _ in export.COLUMNS]
    assert len(rows) == 15
    found = [dict(zip(names, row, strict=True)) for row in rows]
    log = pages(client, range="24h", model="m1", sort="-latency_ms")
    for row, event in zip(found, log, strict=True):
        assert row["id"] == event["id"]
        assert row["credential"] == event["credential"]["label"]
        assert int(row["cost_usd"].replace(".", "") or 0) == (event["cost_nanos"] or 0)
    everything = [json.loads(line) for line in exported(client, format="jsonl", model="m1").text.splitlines()]
    assert everything[0]["selection"]["filters"] == {"model": ["m1"]}


@pytest.mark.usefixtures("traffic")
def test_parquet_has_the_same_rows_in_groups(client, monkeypatch):
    monkeypatch.setattr(parquet, "GROUP_ROWS", 20)
    filters = {"range": "24h", "model": ["m1", "m2", "m3"]}
    answer = exported(client, format="parquet", sort="-total_tokens", **filters)
    assert answer.headers["Content-Type"] == "application/vnd.apache.parquet"
    assert answer.headers["Content-Disposition"].endswith('.parquet"')
    file = pq.ParquetFile(io.BytesIO(answer.content))
    assert file.metadata.num_row_groups == 3
    assert json.loads(file.schema_arrow.metadata[b"selection"])["selection"]["filters"] == {"model": ["m1", "m2", "m3"]}
    rows, log = file.read().to_pylist(), lines(client, sort="-total_tokens", **filters)
    assert [row["id"] for row in rows] == [event["id"] for event in log]
    for row, event in zip(rows, log, strict=True):
        assert row["occurred_at"] == datetime.fromisoformat(event["occurred_at"])
        for name in ("cost_nanos", "total_tokens", "latency_ms", "generate", "provider"):
            assert row[name] == event[name]
    found = client.simulate_get(f"{API}/summary", query_string=urlencode(filters, doseq=True)).json["metrics"]
    assert sum(row["total_tokens"] for row in rows) == found["total_tokens"]


@pytest.mark.usefixtures("traffic")
def test_a_parquet_file_leaves_in_pieces(client, monkeypatch):
    monkeypatch.setattr(parquet, "GROUP_ROWS", 7)
    held: list[int] = []
    take = parquet._Sink.take

    def counted(sink):
        held.append(len(sink._held))
        return take(sink)

    monkeypatch.setattr(parquet._Sink, "take", counted)
    content = exported(client, format="parquet").content
    assert len(held) > 5
    assert sum(held) == len(content)
    assert max(held[:-1]) < len(content) / 4


@pytest.mark.usefixtures("traffic")
def test_without_pyarrow_parquet_is_refused_and_says_what_it_needs(client, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    answer = client.simulate_get(EXPORT, query_string="format=parquet")
    assert (answer.status_code, answer.json["error"]["parameter"]) == (400, "format")
    assert "[parquet]" in answer.json["error"]["message"]
    assert exported(client).status_code == 200


def test_what_must_be_said_beside_a_cost_is_a_column_each(client, writer):
    catalogue.seed(writer, catalogue_format.read(), NOW)
    kinds = {
        "cost_assumed": ("claude", "ClaudeExecutor", "claude-opus-4-5", {"cache_creation_tokens": 900}),
        "cost_upper_bound": ("kimi", "KimiExecutor", "kimi-k3", {}),
        "cost_lower_bound": ("vertex", "GeminiExecutor", "gemini-2.5-flash", {}),
        "cost_unknown": ("openai-compatible-x", "OpenAICompatExecutor", "nobody-knows", {}),
    }
    for number, (provider, executor, model, more) in enumerate(kinds.values()):
        tokens = {"input_tokens": 100, "output_tokens": 10, **more}
        sent = request(number, at_ms=number, provider=provider, executor_type=executor, model=model, alias="x",
                       tokens=tokens, auth_type="oauth")  # fmt: skip
        collector_of(writer).send(sent)
    _, names, *rows = csv.reader(io.StringIO(exported(client, sort="occurred_at").text))
    found = [dict(zip(names, row, strict=True)) for row in rows]
    assert [{name for name in kinds if row[name] == "true"} for row in found] == [{name} for name in kinds]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "  =1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "\nx",
        "＝1",
        " ＋1",
        "－1",
        "＠a",
        "\ufeff=1",
        "\u200b=1",
    ],
)
def test_no_text_is_a_formula(text):
    (cells,) = csv.reader(io.StringIO(csv_lines.line([text, "plain", -5, None, True]).decode(), newline=""))
    assert cells == ["'" + text, "plain", "-5", "", "true"]


def test_hostile_names_reach_the_file_as_text(client, collector):
    collector.send(request(1, model='=HYPERLINK("http://x","y")', endpoint="\t=1"))
    _, names, row = csv.reader(io.StringIO(exported(client).text, newline=""))
    assert dict(zip(names, row, strict=True))["model"] == '\'=HYPERLINK("http://x","y")'


@pytest.mark.usefixtures("traffic")
def test_what_arrives_meanwhile_is_left_out_and_nothing_is_twice(client, collector, monkeypatch):
    made = export.Export._left
    arriving = iter(range(1_000, 2_000))

    def arrive(self, snapshot, after):
        collector.send(request(next(arriving), at_ms=5))
        return made(self, snapshot, after)

    monkeypatch.setattr(export.Export, "_left", arrive)
    told = lines(client, sort="occurred_at")
    assert len({each["id"] for each in told}) == len(told) == 60


@pytest.mark.usefixtures("traffic")
def test_a_reader_that_stops_holds_neither_the_log_nor_a_place(client, writer):
    for _ in range(resource.EXPORTS + 1):
        result = client.simulate_get(EXPORT, query_string="range=24h")
        assert result.status_code == 200
    held = [resource._slots.acquire(blocking=False) for _ in range(resource.EXPORTS)]
    assert all(held)
    try:
        busy = client.simulate_get(EXPORT, query_string="range=24h")
        assert (busy.status_code, busy.headers["Retry-After"]) == (503, "1")
    finally:
        for _ in held:
            resource._slots.release()
    assert client.simulate_head(EXPORT).status_code == 200
    busy_pages, _, _ = writer.execute("pragma wal_checkpoint(truncate)").fetchone()
    assert busy_pages == 0


def test_wrong_parameters_are_an_answer_of_their_own(client):
    for wrong in ("format=xlsx", "cursor=x", "limit=5", "sort=colour"):
        assert client.simulate_get(EXPORT, query_string=wrong).status_code == 400
