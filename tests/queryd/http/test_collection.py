"""What was not collected, as /status and the charts say it."""

import pytest

from queryd.endpoints import API
from shared.clock import DAY, HOUR, MINUTE, SECOND
from shared.heartbeat import Queue, Trouble
from shared.version import next_revision
from tests.queryd.http.conftest import NOW
from tests.queryd.http.test_events import request
from tests.queryd.http.test_status import beat, status


def gap(writer, start, end, lost, *, reason="not_running", because="", accounts=()):
    number = writer.execute(
        "insert into collection_gap (started_at, ended_at, reason, lost, unknown_because) values (?, ?, ?, ?, ?)",
        (start, end, reason, lost, because),
    ).lastrowid
    writer.executemany(
        "insert into collection_gap_credential values (?, ?, ?)", [(number, index, part) for index, part in accounts]
    )
    next_revision(writer)


def test_before_anything_was_compared_nothing_is_claimed(client, writer):
    beat(writer, collected_at=NOW - SECOND)
    said = status(client)["collection"]
    assert said == {"days": 30, "since": None, "compared_at": None, "lost": 0, "gaps": [], "pausing": None}


def test_gaps_of_a_month_are_told_with_their_accounts(client, collector):
    beat(collector.writer)
    collector.send(request(1))
    (index,) = collector.writer.execute("select auth_index from credential").fetchone()
    collector.writer.executemany(
        "insert into meta (key, number) values (?, ?)", [("loss_since", NOW - 60 * DAY), ("loss_compared_at", NOW)]
    )
    gap(collector.writer, NOW - 40 * DAY, NOW - 40 * DAY + HOUR, 5)
    gap(collector.writer, NOW - 3 * DAY, NOW - 3 * DAY + MINUTE, 86, accounts=[(index, 80), ("gone", 6)])
    gap(collector.writer, NOW - DAY, NOW - DAY + HOUR, None, reason="unreachable", because="cpa_restarted")
    said = status(client)["collection"]
    assert said["since"].startswith("2026-")
    assert said["lost"] == 86
    assert [(each["lost"], each["reason"], each["unknown_because"]) for each in said["gaps"]] == [
        (None, "unreachable", "cpa_restarted"),
        (86, "not_running", None),
    ]
    assert [part["lost"] for part in said["gaps"][1]["credentials"]] == [80]


@pytest.mark.parametrize("path", ["timeseries?", "timeseries?group_by=model&", "latency?"])
def test_charts_are_told_the_gaps_in_their_range(client, collector, path):
    collector.send(request(1))
    gap(collector.writer, NOW - 3 * DAY, NOW - 3 * DAY + MINUTE, 86)
    gap(collector.writer, NOW - HOUR, NOW - HOUR + MINUTE, 4)

    def lost(span):
        return [each["lost"] for each in client.simulate_get(f"{API}/{path}range={span}").json["gaps"]]

    assert lost("24h") == [4]
    assert lost("7d") == [4, 86]


def test_a_gap_makes_a_new_answer(client, collector):
    collector.send(request(1))
    first = client.simulate_get(f"{API}/timeseries?range=24h").headers["etag"]
    gap(collector.writer, NOW - HOUR, NOW - HOUR + MINUTE, 4)
    again = client.simulate_get(f"{API}/timeseries?range=24h", headers={"If-None-Match": first})
    assert again.status_code == 200


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"collected_at": NOW - SECOND}, None),
        ({"collected_at": NOW - HOUR}, "unanswered"),
        (
            {
                "collected_at": NOW - HOUR,
                "queue": Queue(
                    mode="pop",
                    connected=False,
                    trouble=Trouble(code="wrong_key", message="CPA refuses the key", since=NOW - HOUR),
                ),
            },
            "wrong_key",
        ),
    ],
)
def test_what_lasts_is_told_since_when_and_why(client, writer, told, reason):
    beat(writer, **told)
    pausing = status(client)["collection"]["pausing"]
    assert (pausing and pausing["reason"]) == reason


def test_a_collector_that_is_not_running_collects_nothing(client, writer):
    beat(writer, state="stopped", at=NOW - HOUR, collected_at=NOW - HOUR)
    assert status(client)["collection"]["pausing"]["reason"] == "not_running"
