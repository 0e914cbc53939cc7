"""Questions without a bound of their own are refused at once, with the parameter and the way out."""

from time import monotonic

import pytest

from tests.queryd.http.test_events import request

API = "/api/v1"
CENTURIES = "from=2000-01-01&to=2199-12-31"


@pytest.mark.parametrize(
    ("question", "parameter"),
    [
        (f"heatmap?{CENTURIES}", "range"),
        (f"heatmap?{CENTURIES}&x=day&y=model", "range"),
        (f"heatmap?{CENTURIES}&x=hour&y=model", "range"),
        (f"timeseries?{CENTURIES}&granularity=hour", "granularity"),
        (f"latency?{CENTURIES}&granularity=minute", "granularity"),
    ],
)
def test_a_range_of_centuries_is_refused_before_its_buckets_are_made(client, collector, question, parameter):
    collector.send(request(1))
    began = monotonic()
    path, query = question.split("?")
    answer = client.simulate_get(f"{API}/{path}", query_string=query)
    assert answer.status_code == 400
    assert answer.json["error"]["parameter"] == parameter
    assert "range" in answer.json["error"]["message"]
    assert monotonic() - began < 5


@pytest.mark.parametrize(
    "question", ["timeseries?{}", "latency?{}", "summary?{}&compare=previous&contribution=requests&sparkline=28"]
)
def test_centuries_without_a_granularity_are_answered_in_months(client, collector, question):
    collector.send(request(1))
    path, query = question.format(CENTURIES).split("?")
    assert client.simulate_get(f"{API}/{path}", query_string=query).status_code == 200


def test_a_heatmap_of_years_is_still_a_heatmap(client, collector):
    collector.send(request(1))
    answer = client.simulate_get(f"{API}/heatmap", query_string="from=2022-01-01&to=2027-01-01")
    assert sum(sum(row) for row in answer.json["requests"]) == 1
