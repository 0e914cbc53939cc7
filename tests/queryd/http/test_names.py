"""What accounts and keys are called: the same in every answer, found by the same texts, and nobody else's key."""

import json
from urllib.parse import urlencode

import pytest

from queryd.endpoints import API
from tests.queryd.http.conftest import NOW
from tests.queryd.http.test_events import request

KIMI_KEY = "sk-kimi-client-0123456789"


@pytest.fixture
def kimi(collector):
    """An account without an e-mail address: CPA names the client's own key as its source."""
    collector.send(request(1, provider="kimi", auth_index="kimi0", source=KIMI_KEY, api_key=KIMI_KEY))


def ask(client, path, **parameters):
    answer = client.simulate_get(f"{API}/{path}", query_string=urlencode({"range": "24h"} | parameters, doseq=True))
    assert answer.status_code == 200, answer.text
    return answer.json


def shown(client, dimension="credential"):
    """What the one account or key is called, wherever it is named."""
    event = ask(client, "events")["events"][0]
    detail = client.simulate_get(f"{API}/events/{event['id']}").json
    series = ask(client, "timeseries", group_by=dimension)["series"]
    names = [
        ask(client, "filters")[dimension][0],
        ask(client, "breakdown", by=dimension)["rows"][0]["group"],
        ask(client, "heatmap", x="hour", y=dimension)["y"][0],
        series[0]["group"],
        event[dimension],
        detail[dimension],
        detail["attempts"][0][dimension],
    ]
    names = [{key: name[key] for key in ("id", "label", "provider") if key in name} for name in names]
    assert all(name == names[0] for name in names), names
    return names[0]


def describe(writer, **facts):
    """CPA's metadata of the one account."""
    columns = {
        "listed_in": "auth-files",
        "provider": "",
        "label": "",
        "name": "",
        "email": "",
        "account_type": "oauth",
        "plan": "",
        "project": "",
        "note": "",
        "prefix": "",
        "base_url": "",
        "key_mask": "",
        "status": "",
        "status_message": "",
        "disabled": 0,
        "unavailable": 0,
        "seen_at": NOW,
        "changed_at": NOW,
    } | facts
    writer.execute("delete from credential_metadata")
    writer.execute(
        f"insert into credential_metadata (credential_id, {', '.join(columns)})"
        f" values (1, {', '.join('?' * len(columns))})",
        tuple(columns.values()),
    )


@pytest.mark.usefixtures("kimi")
def test_an_account_is_called_by_the_first_that_is_known(client, writer):
    assert shown(client) == {"id": "1", "label": "kimi/kimi0", "provider": "kimi"}
    writer.execute("update credential set account = 'ann@example.com'")
    assert shown(client)["label"] == "ann@example.com"
    describe(writer, label="ann@example.com · Max", provider="moonshot", email="ann@example.com", name="kimi-ann.json")
    assert shown(client) == {"id": "1", "label": "ann@example.com · Max", "provider": "moonshot"}
    client.simulate_patch(f"{API}/credentials/1", body='{"label": "Ann"}', headers={"Content-Type": "application/json"})
    assert shown(client) == {"id": "1", "label": "Ann", "provider": "moonshot"}


@pytest.mark.usefixtures("kimi")
def test_an_account_is_found_by_whatever_it_is_known_by(client, writer):
    describe(writer, label="Ann's Kimi", email="ann@example.com", name="kimi-ann.json")
    for text in ("ann's k", "ANN@", "kimi-ann.json", "kimi/kimi0"):
        assert len(ask(client, "events", q=text)["events"]) == 1, text
        assert len(ask(client, "filters", q=text, dimension="credential")["credential"]) == 1, text
    assert ask(client, "events", q="kimi-bob")["events"] == []


@pytest.mark.usefixtures("kimi")
def test_no_account_is_called_by_a_clients_key(client, writer):
    """An earlier version kept its mask as the account; a file of that time shows, and finds, none of it."""
    (mask,) = writer.execute("select mask from api_key").fetchone()
    writer.execute("update credential set account = ?", (mask,))
    assert shown(client)["label"] == "kimi/kimi0"
    assert ask(client, "filters", q=mask, dimension="credential")["credential"] == []
    assert shown(client, "api_key")["label"] == mask
    for path in ("filters", "events", "breakdown?by=credential"):
        assert KIMI_KEY not in json.dumps(client.simulate_get(f"{API}/{path}").json)
