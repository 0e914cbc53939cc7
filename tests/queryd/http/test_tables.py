"""Figures as CSV, by content negotiation: the rows are those of the JSON, and none is a formula."""

import csv
import io
import json
from zoneinfo import ZoneInfo

import pytest

from queryd.endpoints import API
from queryd.questions import timeseries
from queryd.routes import ENDPOINTS
from tests.ingestd.conftest import DATA
from tests.queryd.http.test_events import BASE, request

TABLES = [endpoint.path for endpoint in ENDPOINTS if "text/csv" in endpoint.tables and not endpoint.streamed]
KEYS = 60


@pytest.fixture
def traffic(collector):
    """Sixty models, one of them named like a formula; one request each on two days, one in three failed."""
    collector.send(
        *(
            request(number, at_ms=at, model=f"m{number:02}" if number else "=1+1", failed=number % 3 == 0)
            for number in range(KEYS)
            for at in (number, number - 86_400_000)
        )
    )


@pytest.fixture
def captured(collector):
    collector.send(*(DATA / "captured-usage.jsonl").read_bytes().splitlines())


def ask(client, path, accept, **query):
    answer = client.simulate_get(f"{API}/{path}", params=query, headers={"Accept": accept})
    assert answer.status_code == 200, answer.text
    return answer


def table(client, path, **query):
    """The first line, and the rows by the names of their columns."""
    answer = ask(client, path, "text/csv", **query)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    first, names, *rows = csv.reader(io.StringIO(answer.text, newline=""))
    assert len(set(names)) == len(names)
    return json.loads(first[0].removeprefix("# ")), [dict(zip(names, row, strict=True)) for row in rows]


@pytest.mark.usefixtures("traffic")
def test_tokens_a_day_have_a_row_for_every_value_and_none_for_others(client):
    asked = {
        "range": "7d", "granularity": "day", "group_by": "model", "metrics": "total_tokens,cost_nanos", "top": "500",
    }  # fmt: skip
    told, rows = table(client, "timeseries", **asked)
    assert told["question"] == "timeseries"
    assert told["metrics"] == ["total_tokens", "cost_nanos"]
    found = ask(client, "timeseries", "application/json", **asked).json
    assert told["selection"] == found["selection"]
    assert len(found["series"]) == KEYS
    expected = [
        (at, series["group"]["id"], str(tokens))
        for place, at in enumerate(found["buckets"])
        for series in found["series"]
        if (tokens := series["metrics"]["total_tokens"][place]) is not None
    ]
    assert [(row["time"], row["model_id"].removeprefix("'"), row["total_tokens"]) for row in rows] == expected
    assert {row["model"] for row in rows} >= {"'=1+1", "m01"}
    assert all(int(row["cost_usd"].replace(".", "")) == int(row["cost_nanos"]) for row in rows)


@pytest.mark.usefixtures("traffic")
def test_the_file_is_called_by_what_it_holds_and_the_days_it_covers(client):
    answer = ask(client, "timeseries", "text/csv", range="7d", granularity="day", group_by="api_key")
    told = json.loads(next(csv.reader(io.StringIO(answer.text)))[0].removeprefix("# "))
    first, last = told["selection"]["from"][:10], "2026-11-24"
    assert answer.headers["content-disposition"] == (f'attachment; filename="timeseries_by_api_key_{first}_{last}.csv"')


@pytest.mark.usefixtures("traffic")
def test_a_breakdown_has_its_rows_what_is_beyond_them_and_what_was_before(client):
    asked = {"range": "today", "by": "model,result", "limit": "5", "sort": "-requests", "compare": "previous"}
    found = ask(client, "breakdown", "application/json", **asked).json
    _, rows = table(client, "breakdown", **asked)
    assert [(row["model_id"].removeprefix("'"), row["result_id"]) for row in rows[:-1]] == [
        tuple(group["id"] for group in row["groups"]) for row in found["rows"]
    ]
    for row, given in zip(rows, [*found["rows"], found["other"]], strict=True):
        for name in ("requests", "failed", "total_tokens"):
            assert int(row[name]) == given["metrics"][name]
            assert int(row[f"{name}_before"]) == given["compare"][name]
        assert row["latency_ms_p95"] == str(given["metrics"]["latency_ms"]["p95"] or "")
    assert (rows[-1]["model_id"], rows[-1]["model"]) == ("", "(others)")
    assert sum(int(row["requests"]) for row in rows) == KEYS


@pytest.mark.usefixtures("captured")
@pytest.mark.parametrize("path", TABLES)
def test_whatever_is_a_table_answers_as_one(client, path):
    asked = {"range": "30d"} | ({"compare": "previous"} if path != "/errors" else {})
    told, rows = table(client, path.strip("/"), **asked)
    assert told["question"] == path.strip("/")
    assert rows
    json_answer = ask(client, path.strip("/"), "application/json", **asked)
    csv_answer = ask(client, path.strip("/"), "text/csv", **asked)
    assert json_answer.headers["etag"] != csv_answer.headers["etag"]
    for answer in (json_answer, csv_answer):
        assert {each.strip() for each in answer.headers["vary"].split(",")} == {"Accept", "Accept-Encoding"}


@pytest.mark.usefixtures("captured")
@pytest.mark.parametrize("accept", ["*/*", "application/json, text/csv;q=0.5", "text/html, */*;q=0.8", "image/png"])
def test_without_a_wish_for_csv_it_is_json(client, accept):
    assert ask(client, "breakdown", accept).headers["content-type"] == "application/json"


@pytest.mark.usefixtures("traffic")
def test_more_figures_than_an_answer_may_have_are_refused(client, monkeypatch):
    monkeypatch.setattr(timeseries, "VALUES_MAX", 100)
    answer = client.simulate_get(
        f"{API}/timeseries", params={"range": "7d", "granularity": "day", "group_by": "model", "top": "500"}
    )
    assert (answer.status_code, answer.json["error"]["parameter"]) == (400, "top")


def test_a_heatmap_is_a_row_a_cell(client, collector):
    collector.send(*(request(number, at_ms=number) for number in range(4)))
    _, rows = table(client, "heatmap", range="7d", x="hour", y="weekday", metric="requests")
    assert len(rows) == 7 * 24
    assert sum(int(row["requests"] or 0) for row in rows) == 4
    (full,) = [row for row in rows if row["requests"] == "4"]
    moment = BASE.astimezone(ZoneInfo("Asia/Shanghai"))
    assert (full["weekday"], full["hour"]) == (str(moment.isoweekday()), str(moment.hour))
