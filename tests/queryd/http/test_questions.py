"""What all questions have in common: shapes, tags, compression, one revision an answer."""

import gzip
from datetime import UTC, datetime

import msgspec
import pytest

from queryd import version
from queryd.app import create_app
from queryd.endpoints import API
from queryd.routes import ENDPOINTS
from shared.clock import DAY, HOUR, MINUTE, SECOND
from tests.ingestd.conftest import DATA
from tests.queryd.http.conftest import NOW, client_of
from tests.queryd.http.test_events import request

ANSWERS = {endpoint.path: endpoint.answer for endpoint in ENDPOINTS}


class SettableClock:
    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return SettableClock(NOW)


@pytest.fixture
def client(settings, connections, dist, clock):
    return client_of(create_app(settings, connections, clock, dist))


@pytest.fixture
def captured(collector):
    collector.send(*(DATA / "captured-usage.jsonl").read_bytes().splitlines())
    return collector


@pytest.mark.usefixtures("captured")
@pytest.mark.parametrize(
    "question",
    [
        "/summary?range=7d&compare=previous&sparkline=28&contribution=cost_nanos",
        "/summary?range=all&compare=week&days=count",
        "/timeseries?range=24h&granularity=hour&metrics=cost_nanos,requests,latency_p95_ms&group_by=model&top=3",
        "/timeseries?range=7d&compare=previous&model=!claude-demo",
        "/breakdown?by=model&range=30d&compare=previous",
        "/breakdown?by=credential&range=all&limit=2&sort=-requests",
        "/breakdown?by=error_class&range=all&result=failed",
        "/heatmap?x=hour&y=weekday&metric=requests&range=30d",
        "/heatmap?x=hour&y=weekday&metric=cost_nanos&range=30d&peaks=4",
        "/heatmap?x=hour&y=day&metric=success_rate&range=7d",
        "/heatmap?x=model&y=api_key&metric=cost_nanos&range=all",
        "/heatmap?x=hour&y=provider&metric=latency_p95_ms&range=7d&compare=previous",
        "/distribution?range=30d&of=output_speed&compare=previous",
        "/concentration?range=30d&percent=5",
        "/concentration?range=30d&model=!claude-demo&result=failed",
        "/latency?range=30d&granularity=day",
        "/live?window=60m",
        "/events?range=all&limit=200",
        "/events?range=all&result=failed&sort=-latency_ms&limit=1",
        "/filters?range=all&provider=claude",
        "/status",
        "/version",
        "/healthz",
        "/readyz",
    ],
)
def test_an_answer_is_of_its_documented_shape(client, question):
    path, _, query = question.partition("?")
    answer = client.simulate_get(API + path, query_string=query)
    assert answer.status_code == 200, answer.text
    msgspec.json.decode(answer.content, type=ANSWERS[path])


QUESTIONS = ("/summary", "/timeseries", "/breakdown", "/heatmap", "/latency", "/events", "/filters")
REQUIRED = {"/breakdown": "&by=model", "/heatmap": "&x=hour&y=day&metric=requests"}


def ask(client, path, query="range=7d", etag=None):
    headers = {"If-None-Match": etag} if etag else {}
    return client.simulate_get(API + path, query_string=query + REQUIRED.get(path, ""), headers=headers)


@pytest.mark.parametrize("path", QUESTIONS)
def test_a_quiet_file_gives_a_304_until_an_event_arrives(client, captured, path):
    first = ask(client, path)
    assert first.headers["etag"].startswith('W/"')
    assert first.headers["cache-control"] == "no-cache"
    again = ask(client, path, etag=first.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    captured.send(request(1))
    changed = ask(client, path, etag=first.headers["etag"])
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]


@pytest.mark.usefixtures("captured")
@pytest.mark.parametrize(
    ("query", "still", "moved"),
    [
        ("range=15m", 0, SECOND),
        ("range=24h", 20 * SECOND, MINUTE + 30 * SECOND),
        ("range=today", 20 * SECOND, MINUTE + 30 * SECOND),
        ("range=7d", 20 * SECOND, MINUTE),
        ("range=all", 20 * SECOND, MINUTE),
        ("from=2026-11-20", 0, MINUTE),
        ("range=yesterday", 3 * HOUR, 5 * HOUR),  # it is 20:00 in the zone, so that yesterday is another day then
        ("from=2026-11-01&to=2026-11-08", 30 * DAY, None),
    ],
)
def test_a_tag_holds_while_the_clock_changes_no_figure_and_no_longer(client, clock, query, still, moved):
    first = ask(client, "/summary", query).headers["etag"]
    clock.now = NOW + still
    assert ask(client, "/summary", query, first).status_code == 304
    if moved is not None:
        clock.now = NOW + moved
        assert ask(client, "/summary", query, first).status_code == 200


@pytest.mark.usefixtures("captured")
@pytest.mark.parametrize("metric", ["cost_nanos", "total_tokens", "requests"])
def test_a_map_of_a_sum_names_those_with_the_most_of_it(client, metric):
    most = ask(client, "/breakdown", f"range=all&sort=-{metric}&limit=3").json["rows"]
    question = f"range=all&x=model&y=provider&metric={metric}&limit=3"
    shown = client.simulate_get(f"{API}/heatmap", query_string=question).json["x"]
    assert [each["id"] for each in shown if each] == [row["group"]["id"] for row in most]


@pytest.mark.usefixtures("captured")
def test_the_live_strip_moves_with_its_buckets(client, clock):
    first = client.simulate_get(f"{API}/live").headers["etag"]
    clock.now += 10 * SECOND
    assert client.simulate_get(f"{API}/live", headers={"If-None-Match": first}).status_code == 200


@pytest.mark.usefixtures("captured")
def test_a_tag_is_of_one_question(client):
    first = ask(client, "/summary", "range=7d").headers["etag"]
    for path, query in (("/summary", "range=30d"), ("/summary", "range=7d&model=x"), ("/filters", "range=7d")):
        assert ask(client, path, query, first).status_code == 200


@pytest.mark.usefixtures("captured")
def test_answers_above_a_kibibyte_are_compressed_when_that_is_wanted(client):
    plain = ask(client, "/breakdown")
    assert len(plain.content) > 1024
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == "Accept-Encoding, Accept"
    packed = client.simulate_get(
        f"{API}/breakdown", query_string="range=7d&by=model", headers={"Accept-Encoding": "gzip, br"}
    )
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    small = client.simulate_get(f"{API}/version", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in small.headers


@pytest.mark.usefixtures("captured")
@pytest.mark.parametrize("path", QUESTIONS)
def test_head_is_get_without_a_body(client, path):
    query = "range=7d" + REQUIRED.get(path, "")
    got = client.simulate_get(API + path, query_string=query)
    head = client.simulate_head(API + path, query_string=query)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == got.headers["etag"]
    assert head.headers["content-length"] == got.headers["content-length"]


@pytest.mark.usefixtures("captured")
@pytest.mark.parametrize("path", QUESTIONS)
def test_a_parameter_that_cannot_be_used_is_named(client, path):
    for query, parameter in (
        ("range=8d", "range"),
        ("from=yesterday", "from"),
        ("from=2026-02-30", "from"),
        ("range=7d&from=2026-11-01", "range"),
        ("to=2026-11-01", "from"),
        ("range=7d&range=7d", "range"),
        ("api_key=sk-x", "api_key"),
        ("status=!abc", "status"),
        ("result=maybe", "result"),
        ("modle=x", "modle"),
    ):
        answer = ask(client, path, query)
        assert answer.status_code == 400, query
        assert answer.json["error"]["parameter"] == parameter
        assert "etag" not in answer.headers


@pytest.mark.usefixtures("captured")
def test_values_that_no_request_ever_had_select_nothing(client):
    for query in ("model=no-such-model", "api_key=999999999", "status=65535", "client=%F0%9F%A6%80"):
        assert ask(client, "/summary", f"range=all&{query}").json["metrics"]["requests"] == 0
        assert ask(client, "/events", f"range=all&{query}").json["events"] == []


@pytest.mark.usefixtures("captured")
def test_the_log_and_the_totals_agree(client):
    for query in (
        "range=all",
        "range=all&result=failed",
        "range=all&provider=!claude",
        "range=all&api_key=1&status=!200",
    ):
        metrics = ask(client, "/summary", query).json["metrics"]
        events = ask(client, "/events", f"{query}&limit=200").json["events"]
        assert metrics["requests"] == len(events)
        assert metrics["total_tokens"] == sum(event["total_tokens"] for event in events)
        assert metrics["cost_nanos"] == sum(event["cost_nanos"] or 0 for event in events)
        assert metrics["unpriced_requests"] == sum(event["cost_state"] == "unpriced" for event in events)
        assert metrics["unmetered_requests"] == sum(event["cost_state"] == "unmetered" for event in events)


def test_an_answer_names_its_revision_and_its_moment(client, captured):
    answer = ask(client, "/summary").json
    assert answer["revision"] == str(version.read(captured.writer))
    assert datetime.fromisoformat(answer["as_of"]) == datetime.fromtimestamp(NOW / SECOND, UTC)
    assert answer["as_of"].endswith("+08:00")


@pytest.mark.parametrize("now", [["claude"], []])
def test_a_heatmap_compares_what_there_is_now_though_there_was_more_before(client, collector, now):
    day = 86_400_000
    collector.send(*(request(n, at_ms=-day, provider=one) for n, one in enumerate(["claude", "codex"], 1)))
    collector.send(*(request(n, provider=one) for n, one in enumerate(now, 3)))
    answer = client.simulate_get(f"{API}/heatmap", query_string="range=24h&x=hour&y=provider&compare=previous")
    assert answer.status_code == 200, answer.text
    assert [side["id"] for side in answer.json["y"]] == now
    assert [sum(row) for row in answer.json["compare"]["requests"]] == [1 for _ in now]
