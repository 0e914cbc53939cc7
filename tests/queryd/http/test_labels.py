"""Names that people give to keys and credentials: what may be one, and what an edit moves."""

import msgspec
import pytest

from queryd.endpoints import API
from queryd.storage import labels
from shared.clock import DAY, HOUR, MILLISECOND, SECOND
from shared.schema.metadata import CredentialMetadata
from tests.queryd.http.conftest import NOW
from tests.queryd.http.test_events import request

KEYS = f"{API}/api-keys"


@pytest.fixture
def two_keys(collector):
    collector.send(request(1, api_key="sk-alice-0123456789"), request(2, api_key="sk-bobby-0123456789"))


def rename(client, path, body, **headers):
    sent = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return client.simulate_patch(path, body=sent, headers={"Content-Type": "application/json", **headers})


def label(client, key, text):
    return rename(client, f"{KEYS}/{key}", {"label": text})


def revision(writer):
    row = writer.execute("select number from edit_state where name = 'edit_revision'").fetchone()
    return row[0] if row else 0


def error_of(answer):
    assert set(answer.json) == {"error"}
    return answer.json["error"]


@pytest.mark.usefixtures("two_keys")
def test_a_key_gets_a_name_another_one_and_none(client, writer):
    first = client.simulate_get(KEYS).json["api_keys"]
    assert [(key["id"], key["label"], key["label_edited_at"]) for key in first] == [
        ("1", None, None),
        ("2", None, None),
    ]
    assert first[0]["mask"]
    named = label(client, 1, "  Alice's laptop ")
    assert named.status_code == 200
    assert named.json | {"mask": ""} == {
        "id": "1",
        "label": "Alice's laptop",
        "mask": "",
        "listing": "unlisted",
        "listed_at": None,
        "removed_at": None,
        "first_seen_at": first[0]["first_seen_at"],
        "last_used_on": "2026-11-24",
        "requests": 1,
        "label_edited_at": "2026-11-24T20:00:00+08:00",
    }
    assert label(client, 1, "Alice").json["label"] == "Alice"
    assert [key["label"] for key in client.simulate_get(KEYS).json["api_keys"]] == ["Alice", None]
    assert label(client, 1, None).json["label"] is None
    assert writer.execute("select count(*) from label").fetchone() == (0,)
    assert revision(writer) == NOW + 2  # three edits within one moment


def test_how_often_and_when_last_each_was_used(client, collector, monkeypatch):
    monkeypatch.setattr("ingestd.seal.TAIL_ROWS", 3)
    assert client.simulate_get(KEYS).json == {"api_keys": []}
    day = DAY // MILLISECOND
    collector.send(
        request(1, at_ms=-2 * day, api_key="sk-alice-0123456789"),
        request(2, at_ms=-day, api_key="sk-bobby-0123456789"),
        request(3, at_ms=-day + 8 * HOUR // MILLISECOND, api_key="sk-alice-0123456789"),  # midnight has passed here
        request(4, at_ms=-3 * day, api_key="sk-alice-0123456789"),
    )
    keys = client.simulate_get(KEYS).json["api_keys"]
    assert [(key["requests"], key["last_used_on"]) for key in keys] == [(3, "2026-11-24"), (1, "2026-11-23")]
    (credential,) = client.simulate_get(f"{API}/credentials").json["credentials"]
    assert (credential["requests"], credential["last_used_on"]) == (4, "2026-11-24")


def test_last_uses_are_told_of_more_years_than_one_question_has_days(client, collector):
    day = DAY // MILLISECOND
    collector.send(
        request(1, at_ms=-2_500 * day, api_key="sk-alice-0123456789"),
        request(2, at_ms=-2_400 * day, api_key="sk-bobby-0123456789"),
        request(3, at_ms=-1, api_key="sk-bobby-0123456789"),
    )
    keys = client.simulate_get(KEYS).json["api_keys"]
    assert [(key["requests"], key["last_used_on"]) for key in keys] == [(1, "2020-01-20"), (2, "2026-11-24")]


@pytest.mark.usefixtures("two_keys")
def test_what_cpa_lists_is_told_beside(client, writer):
    writer.execute("insert into api_key_listing values (1, ?, null), (2, ?, ?)", (NOW, NOW, NOW + SECOND))
    keys = client.simulate_get(KEYS).json["api_keys"]
    assert [(key["listing"], key["removed_at"]) for key in keys] == [
        ("listed", None),
        ("removed", "2026-11-24T20:00:01+08:00"),
    ]
    (credential,) = client.simulate_get(f"{API}/credentials").json["credentials"]
    assert credential["metadata"] is None
    row: dict[str, object] = dict.fromkeys(CredentialMetadata._meta.fields, "")
    numbers = {"credential_id": 1, "disabled": 1, "unavailable": 0, "seen_at": NOW, "changed_at": NOW}
    nothing = ("priority", "weight", "next_retry_after", "last_refresh", "subscription_until", "deleted_at")
    row |= (
        {"listed_in": "auth-files", "name": "a.json", "provider": "kimi", "plan": "plus"}
        | numbers
        | dict.fromkeys(nothing)
    )
    writer.execute(
        f"insert into credential_metadata ({', '.join(row)}) values ({', '.join('?' * len(row))})", (*row.values(),)
    )
    (credential,) = client.simulate_get(f"{API}/credentials").json["credentials"]
    assert credential["provider"] == "kimi"
    assert credential["metadata"] == {
        "listed_in": "auth-files",
        "name": "a.json",
        "email": "",
        "account_type": "",
        "plan": "plus",
        "project": "",
        "note": "",
        "priority": None,
        "status": "",
        "status_message": "",
        "disabled": True,
        "unavailable": False,
        "next_retry_after": None,
        "changed_at": "2026-11-24T20:00:00+08:00",
        "deleted_at": None,
    }


@pytest.mark.usefixtures("two_keys")
def test_an_edit_that_changes_nothing_moves_nothing(client, writer):
    label(client, 1, "Alice")
    moved = revision(writer)
    assert label(client, 1, "Alice").status_code == 200
    assert label(client, 2, None).status_code == 200
    assert revision(writer) == moved


@pytest.mark.usefixtures("two_keys")
def test_two_keys_never_have_the_same_name_and_a_credential_may(client):
    assert label(client, 1, "Alice").status_code == 200
    for same in ("Alice", "alice", " ALICE ", "Ａｌｉｃｅ"):
        taken = label(client, 2, same)
        assert taken.status_code == 409
        assert error_of(taken) == {
            "code": "conflict",
            "message": "another API key has this label already",
            "parameter": "label",
        }
    assert rename(client, f"{API}/credentials/1", {"label": "Alice"}).json["label"] == "Alice"
    assert client.simulate_get(f"{API}/credentials").json["credentials"][0]["label"] == "Alice"


@pytest.mark.usefixtures("two_keys")
@pytest.mark.parametrize("text", ["x" * 50, "研发 🚀", "<b>bold</b>", "a\u0301", "!=@,&"])
def test_any_characters_that_can_be_seen_make_a_label(client, text):
    assert label(client, 1, text).status_code == 200


@pytest.mark.usefixtures("two_keys")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "\u3164",
        "x" * 51,
        "a\nb",
        "a\x00b",
        "a\u200bb",
        "a\u202eb",
        "\ufeffa",
        "a\u2066b",
        "a\u2028b",
        "\u2800",
    ],
)
def test_what_cannot_be_seen_or_turns_a_line_round_is_no_label(client, writer, text):
    answer = label(client, 1, text)
    assert answer.status_code == 400
    assert (error_of(answer)["code"], error_of(answer)["parameter"]) == ("invalid_parameter", "label")
    assert revision(writer) == 0


@pytest.mark.usefixtures("two_keys")
@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({}, "label"),
        ({"label": 7}, "label"),
        ({"label": "a", "name": "b"}, "name"),
        ([], "body"),
        (b"{", "body"),
        (b"", "body"),
        (b'{"label": ' + b"[" * 20_000, "label"),
        (b'{"label": "\xff"}', "body"),
    ],
)
def test_a_body_that_cannot_be_read_names_its_field(client, body, parameter):
    answer = rename(client, f"{KEYS}/1", body)
    assert answer.status_code == 400
    assert error_of(answer)["parameter"] == parameter


@pytest.mark.usefixtures("two_keys")
@pytest.mark.parametrize("key", ["3", "0", "01", "-1", "x", "9" * 40, "１"])
def test_an_unknown_key_is_a_404(client, key):
    assert label(client, key, "Alice").status_code == 404


@pytest.mark.usefixtures("two_keys")
def test_only_json_of_a_bounded_size_is_read(client):
    assert client.simulate_patch(f"{KEYS}/1", body='{"label": null}').status_code == 415
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.simulate_patch(f"{KEYS}/1", body="label=x", headers=form).status_code == 415
    large = rename(client, f"{KEYS}/1", b'{"label": "' + b"x" * 70_000 + b'"}')
    assert (large.status_code, error_of(large)["code"]) == (413, "payload_too_large")


@pytest.mark.usefixtures("two_keys")
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:9"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://behind.a.proxy"}, 200),
        ({"Origin": "http://127.0.0.1"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({}, 200),
    ],
)
def test_a_page_of_another_site_changes_nothing(client, headers, status):
    answer = rename(client, f"{KEYS}/1", {"label": "Alice"}, **headers)
    assert answer.status_code == status
    assert client.simulate_get(f"{KEYS}").json["api_keys"][0]["label"] == ("Alice" if status == 200 else None)


def test_a_path_tells_its_methods(client):
    assert client.simulate_options(f"{KEYS}/1").headers["allow"] == "PATCH"
    refused = client.simulate_put(f"{KEYS}/1", body="{}")
    assert refused.status_code == 405
    assert {each.strip() for each in refused.headers["allow"].split(",")} == {"PATCH", "OPTIONS"}


def test_an_edit_while_another_program_writes_is_told_to_come_again(client, collector, monkeypatch):
    monkeypatch.setattr("queryd.writer.PATIENCE_SECONDS", 0.05)
    collector.send(request(1), now=NOW)
    collector.writer.execute("begin immediate")
    answer = client.simulate_patch(f"{KEYS}/1", body='{"label": "Alice"}', headers={"Content-Type": "application/json"})
    collector.writer.execute("rollback")
    assert (answer.status_code, error_of(answer)["code"]) == (503, "busy")
    assert int(answer.headers["retry-after"]) >= 1
    assert label(client, 1, "Alice").status_code == 200


@pytest.mark.usefixtures("two_keys")
@pytest.mark.parametrize(("by", "path"), [("api_key", "api-keys"), ("credential", "credentials")])
def test_what_has_a_name_is_called_by_it_in_every_answer_at_once(client, by, path):
    """Also for a page that asks whether anything has changed."""

    def asked(**headers):
        return client.simulate_get(f"{API}/breakdown", params={"range": "all", "by": by}, headers=headers)

    def called(answer):
        return {row["group"]["id"]: row["group"]["label"] for row in answer.json["rows"]}

    before = asked()
    rename(client, f"{API}/{path}/1", {"label": "Helpdesk bot"})
    after = asked(**{"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert called(after)["1"] == "Helpdesk bot"
    listed = client.simulate_get(f"{API}/events", params={"range": "all"}).json["events"]
    assert "Helpdesk bot" in {event[by]["label"] for event in listed}
    for text in ("helpdesk", called(before)["1"]):  # by the name, and by what it was called before
        found = client.simulate_get(f"{API}/events", params={"range": "all", "q": text}).json["events"]
        assert "1" in {event[by]["id"] for event in found}
    rename(client, f"{API}/{path}/1", {"label": None})
    assert called(asked()) == called(before)


@pytest.mark.usefixtures("two_keys")
def test_of_many_keys_only_those_shown_are_read_and_called_the_same(client, monkeypatch):
    label(client, 1, "Alice")
    paths = [f"{API}/breakdown?range=all&by={by}" for by in ("api_key", "credential")]
    few = [client.simulate_get(path).json["rows"] for path in paths]
    assert few[0][0]["group"]["label"] == "Alice"
    monkeypatch.setattr(labels, "ALL_AT_ONCE", 0)
    assert [client.simulate_get(path).json["rows"] for path in paths] == few
