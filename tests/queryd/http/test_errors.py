"""`/errors` over real events: what they say, without secrets, and which requests they are."""

from queryd.endpoints import API
from tests.queryd.http.test_events import request


def errors(client, query="range=24h"):
    answer = client.simulate_get(f"{API}/errors", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_groups_say_what_the_upstream_says_and_whether_another_account_served(client, collector):
    key = "sk-ant-REDACTED"
    collector.send(
        *(
            request(
                number,
                at_ms=number,
                failed=True,
                request_id=f"0a1b2c{number:02x}",
                fail={"status_code": 429, "body": f'{{"error":{{"message":"{number} tokens left for {key}"}}}}'},
            )
            for number in range(4)
        ),
        request(10, at_ms=20, request_id="0a1b2c00", auth_index="other", source="bob@example.com"),
        request(11, at_ms=30, failed=True, fail={"status_code": 499, "body": ""}),
    )
    found = errors(client)
    assert (found["failed"], found["cancelled"], found["groups_total"], found["other_failed"]) == (5, 1, 2, 0)
    group = found["groups"][0]
    assert (group["error_class"], group["status_code"], group["count"]) == ("rate_limited", 429, 4)
    assert group["rate"] == 4 / 5
    assert group["clients"] == {"client_requests": 4, "client_succeeded": 1, "succeeded_elsewhere": 1}
    (message,) = group["messages"]
    assert message["count"] == group["looked_at"] == 4
    assert message["shape"].startswith("# tokens left for")
    assert key not in str(found)
    for sample in message["samples"]:
        assert client.simulate_get(f"{API}/events/{sample}").json["error_class"] == "rate_limited"
    assert errors(client, "range=24h&limit=1")["other_failed"] == 1
    assert errors(client, "range=24h&result=succeeded")["groups"] == []


def test_nothing_failed(client, collector):
    collector.send(request(1))
    assert errors(client)["groups"] == []


LATELY = "range=24h&now_minutes=1440"


def test_one_failure_that_a_success_followed_is_over(client, collector):
    collector.send(request(1, at_ms=0, failed=True, fail={"status_code": 502, "body": ""}))
    (group,) = errors(client, LATELY)["groups"]
    assert (group["state"], errors(client, LATELY)["failing_now"]) == ("now", 1)
    assert (group["run"]["count"], group["run"]["rate"]) == (1, 1)
    collector.send(request(2, at_ms=10))
    (group,) = errors(client, LATELY)["groups"]
    assert (group["state"], errors(client, LATELY)["failing_now"]) == ("stopped", 0)
    assert group["run"]["rate"] is None


def test_what_failed_thrice_fails_although_its_account_serves(client, collector):
    collector.send(
        *(request(number, at_ms=number, failed=True, fail={"status_code": 429, "body": ""}) for number in range(3)),
        request(4, at_ms=10),
    )
    found = errors(client, LATELY)
    assert (found["groups"][0]["state"], found["failing_now"]) == ("now", 1)
    assert found["groups"][0]["run"]["rate"] == 3 / 4


def test_messages_of_a_group_are_told_apart_and_found_by_a_search(client, collector):
    def failure(number, said):
        fail = {"status_code": 503, "body": f'{{"error":{{"message":"{said}"}}}}'}
        return request(number, at_ms=number * 10, failed=True, fail=fail)

    refused = [failure(n, f"dial tcp 10.0.0.{n}:443: connection refused") for n in range(1, 131)]
    busy = [failure(200 + n, f"The model is overloaded, try again in {n} s") for n in range(1, 21)]
    collector.send(*refused, *busy)
    (group,) = errors(client)["groups"]
    assert (group["count"], group["looked_at"], group["messages_total"]) == (150, 100, 2)
    first, second = group["messages"]
    assert (first["shape"], first["count"]) == ("dial tcp …: connection refused", 80)
    assert (second["shape"], second["count"]) == ("The model is overloaded, try again in # s", 20)
    assert first["first_seen"] < first["last_seen"] < second["first_seen"] < second["last_seen"]
    for message, held in ((first, 130), (second, 20)):
        query = {"range": "24h", "status": "503", "q": message["search"], "limit": "200"}
        found = client.simulate_get(f"{API}/events", params=query).json["events"]
        assert len(found) == held
        assert set(message["samples"]) <= {each["id"] for each in found}


def test_a_group_tells_its_most_frequent_messages_and_how_many_there_are(client, collector):
    words = [f"{'abcdefghijkl'[n]} is not allowed" for n in range(12)]
    said = [word for times, word in enumerate(words, 1) for _ in range(times)]
    collector.send(
        *(
            request(number, at_ms=number, failed=True, fail={"status_code": 403, "body": body})
            for number, body in enumerate(said, 1)
        )
    )
    (group,) = errors(client)["groups"]
    assert (group["messages_total"], group["looked_at"]) == (12, 78)
    assert [each["count"] for each in group["messages"]] == list(range(12, 2, -1))
