"""What ingestd is asked to do: queued, seen while it runs, taken back, and bounded."""

import json

import pytest

from queryd.endpoints import API
from shared import commands
from tests.queryd.http.conftest import NOW

COMMANDS = f"{API}/commands"


def ask(client, **command):
    return client.simulate_post(COMMANDS, body=json.dumps(command), headers={"Content-Type": "application/json"})


@pytest.mark.usefixtures("writer")
def test_a_command_is_queued_and_ingestd_reads_it_as_it_was_asked(client, writer):
    asked = ask(client, kind="replay_rejected", reason="wrong_type")
    assert asked.status_code == 202
    assert asked.json == {
        "id": "1",
        "kind": "replay_rejected",
        "arguments": {"reason": "wrong_type", "time": None},
        "state": "queued",
        "progress": 0.0,
        "requested_at": "2026-11-24T20:00:00+08:00",
        "started_at": None,
        "finished_at": None,
        "result": None,
        "error": None,
    }
    row = writer.execute("select kind, arguments from command").fetchone()
    assert writer.execute("select requested_by from command").fetchone() == ("127.0.0.1",)
    assert commands.decode(*row) == commands.ReplayRejected(reason="wrong_type")
    assert client.simulate_get(f"{COMMANDS}/1").json == asked.json
    assert client.simulate_get(COMMANDS).json == {"commands": [asked.json]}


@pytest.mark.usefixtures("writer")
def test_what_ingestd_writes_of_it_is_seen(client, writer):
    ask(client, kind="refresh_metadata")
    writer.execute("insert into command_run values (1, 'running', ?, null, 0.25, '', '')", (NOW,))
    running = client.simulate_get(f"{COMMANDS}/1").json
    assert (running["state"], running["progress"], running["started_at"]) == (
        "running",
        0.25,
        "2026-11-24T20:00:00+08:00",
    )
    writer.execute(
        "update command_run set state = 'done', finished_at = ?, progress = 1, result = '{\"n\": 3}'", (NOW,)
    )
    done = client.simulate_get(f"{COMMANDS}/1").json
    assert (done["state"], done["progress"], done["result"]) == ("done", 1.0, {"n": 3})
    writer.execute("update command_run set state = 'failed', result = '', error = 'CPA cannot be reached.'")
    assert client.simulate_get(f"{COMMANDS}/1").json["error"] == "CPA cannot be reached."


@pytest.mark.usefixtures("writer")
def test_the_same_command_is_queued_once_until_it_has_begun(client, writer):
    assert [ask(client, kind="refresh_metadata").json["id"] for _ in range(3)] == ["1", "1", "1"]
    assert ask(client, kind="replay_rejected").json["id"] == "2"
    writer.execute("insert into command_run values (1, 'running', 0, null, 0, '', '')")
    assert ask(client, kind="refresh_metadata").json["id"] == "3"


@pytest.mark.usefixtures("writer")
def test_a_command_can_be_taken_back_until_it_is_over(client, writer):
    ask(client, kind="refresh_metadata")
    assert client.simulate_delete(f"{COMMANDS}/1").json["state"] == "cancelled"
    assert ask(client, kind="refresh_metadata").json["id"] == "2"
    writer.execute("insert into command_run values (2, 'running', 0, null, 0, '', '')")
    assert client.simulate_delete(f"{COMMANDS}/2").json["state"] == "running"  # until ingestd has stopped
    assert writer.execute("select cancelled_at from command where id = 2").fetchone() == (NOW,)
    writer.execute("update command_run set state = 'done'")
    refused = client.simulate_delete(f"{COMMANDS}/2")
    assert (refused.status_code, refused.json["error"]["message"]) == (409, "the command is done already")
    assert client.simulate_delete(f"{COMMANDS}/3").status_code == 404
    assert client.simulate_get(f"{COMMANDS}/x").status_code == 404


@pytest.mark.usefixtures("writer")
def test_no_more_than_so_many_wait(client):
    for number in range(commands.QUEUED_MAX):
        assert ask(client, kind="replay_rejected", reason=f"r{number}").status_code == 202
    refused = ask(client, kind="replay_rejected", reason="one too many")
    assert (refused.status_code, refused.json["error"]["code"]) == (429, "too_many")
    assert int(refused.headers["retry-after"]) > 0
    client.simulate_delete(f"{COMMANDS}/1")
    assert ask(client, kind="replay_rejected", reason="one too many").status_code == 202


@pytest.mark.usefixtures("writer")
def test_old_commands_are_forgotten(client, writer, monkeypatch):
    monkeypatch.setattr("queryd.resources.commands.KEPT", 2)
    for number in range(4):
        ask(client, kind="replay_rejected", reason=f"r{number}")
    assert writer.execute("select id from command order by id").fetchall() == [(3,), (4,)]


@pytest.mark.usefixtures("writer")
@pytest.mark.parametrize(
    ("command", "parameter"),
    [
        ({}, "kind"),
        ({"kind": "drop_everything"}, "kind"),
        ({"kind": "refresh_metadata", "now": True}, "now"),
        ({"kind": "replay_rejected", "reason": 7}, "reason"),
        ({"kind": "replay_rejected", "reason": "x" * 65}, "reason"),
    ],
)
def test_what_no_command_says_is_refused_with_the_field(client, command, parameter):
    refused = ask(client, **command)
    assert refused.status_code == 400
    assert refused.json["error"]["parameter"] == parameter


@pytest.mark.usefixtures("writer")
def test_a_body_that_is_nested_without_end_is_refused(client):
    endless = '{"kind":' + "[" * 20_000 + "]" * 20_000 + "}"
    refused = client.simulate_post(COMMANDS, body=endless, headers={"Content-Type": "application/json"})
    assert refused.status_code == 400
    assert refused.json["error"]["parameter"] == "body"


def test_a_command_of_another_version_is_told():
    with pytest.raises(commands.UnknownCommand):
        commands.decode("of_the_future", "{}")
    with pytest.raises(commands.UnknownCommand):
        commands.decode("refresh_metadata", "[1]")
