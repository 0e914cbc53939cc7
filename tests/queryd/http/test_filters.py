from urllib.parse import urlencode

from queryd.dimensions import DIMENSIONS
from queryd.endpoints import API
from tests.queryd.http.test_events import request


def filters(client, query="range=24h"):
    return client.simulate_get(f"{API}/filters", query_string=query).json


def test_values_come_with_their_counts_most_requests_first(client, collector):
    collector.send(
        *(request(number, at_ms=number, model="a") for number in range(3)),
        *(request(10 + number, at_ms=number, model="b", failed=True) for number in range(5)),
        request(30, model="", endpoint=""),
    )
    found = filters(client)
    assert [(each["id"], each["requests"]) for each in found["model"]][:2] == [("b", 5), ("a", 3)]
    assert [(each["id"], each["requests"]) for each in found["result"]] == [("failed", 5), ("succeeded", 4)]
    assert [(each["id"], each["requests"]) for each in found["status"]] == [("429", 5), ("200", 4)]
    assert [(each["id"], each["requests"]) for each in found["error_class"]] == [("rate_limited", 5), ("none", 4)]
    assert found["credential"][0]["label"] == "alice@example.com"
    assert found["credential"][0]["provider"] == "claude"
    assert found["omitted"] == {}
    for dimension in ("model", "provider", "credential", "api_key", "endpoint", "client", "service_tier"):
        assert sum(each["requests"] for each in found[dimension]) == 9


def test_an_id_given_here_selects_what_was_counted(client, collector):
    collector.send(
        *(
            request(number, at_ms=number, model=f"!m{number % 3}", api_key=f"key-number-{number % 4}")
            for number in range(20)
        )
    )
    found = filters(client)
    for dimension in ("model", "api_key", "credential", "client", "endpoint", "result", "status"):
        for value in found[dimension]:
            spelled = value["id"].replace("!", "%5C!") if value["id"].startswith("!") else value["id"]
            answer = client.simulate_get(f"{API}/summary", query_string=f"range=24h&{dimension}={spelled}")
            assert answer.json["metrics"]["requests"] == value["requests"]


def test_a_dimensions_own_filter_leaves_its_other_values_to_choose(client, collector):
    collector.send(request(1, model="a"), request(2, model="b", failed=True))
    found = filters(client, "range=24h&model=a")
    assert [each["id"] for each in found["model"]] == ["a", "b"]
    assert [each["id"] for each in found["result"]] == ["succeeded"]


def test_what_is_left_out_is_counted_and_found_by_typing(client, collector):
    collector.send(*(request(number, model=f"Model-{number}") for number in range(12)))
    found = filters(client, "range=24h&limit=2")
    assert len(found["model"]) == 2
    assert found["omitted"] == {"model": 10}
    found = filters(client, "range=24h&limit=2&dimension=model&q=mODEL-1")
    assert [each["id"] for each in found["model"]] == ["Model-1", "Model-10"]
    assert found["omitted"] == {"model": 1}
    assert found["provider"] == []
    assert filters(client, "range=24h&q=no-such-thing")["omitted"] == {}


def test_a_malformed_text_is_refused(client):
    for wrong in ("dimension=colour", "q=%07", "q=" + "a" * 201, "limit=0"):
        assert client.simulate_get(f"{API}/filters", query_string=wrong).status_code == 400


def test_every_dimension_filters_groups_and_is_told_by_one_list(client, collector):
    collector.send(request(1), request(2, executor_type="codex-ws", auth_type="apikey", failed=True))
    found = filters(client)
    for dimension in DIMENSIONS:
        assert sum(each["requests"] for each in found[dimension]) == 2, dimension
        for value in found[dimension]:
            query = urlencode({"range": "24h", dimension: value["id"]})
            rows = client.simulate_get(f"{API}/breakdown", query_string=f"{query}&by={dimension}").json["rows"]
            assert [row["group"]["id"] for row in rows] == [value["id"]]
            log = client.simulate_get(f"{API}/events", query_string=query).json
            assert len(log["events"]) == rows[0]["metrics"]["requests"] == value["requests"]
    assert {each["id"] for each in found["executor"]} == {"ClaudeExecutor", "codex-ws"}
