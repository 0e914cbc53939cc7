"""What changes an answer's tag: everything that changes the answer, and nothing else."""

import json
import shutil
from contextlib import closing

import pytest

from ingestd.inbox import Inbox
from queryd import version
from queryd.app import create_app
from queryd.connections import Connections
from queryd.endpoints import API
from shared.database import open_writer, transaction
from shared.migrations import migrate
from shared.version import begin_epoch
from tests.queryd.http.conftest import NOW, client_of, collector_of
from tests.queryd.http.test_events import request

SUMMARY = f"{API}/summary?range=7d"


def ask(client, path, known=None):
    headers = {} if known is None else {"If-None-Match": known.headers["etag"]}
    return client.simulate_get(path, headers=headers)


def requests(answer):
    assert answer.status_code == 200
    return answer.json["metrics"]["requests"]


def file_with(path, *payloads):
    """A file as ingestd leaves it when it stops: everything in app.db, nothing beside it."""
    with closing(open_writer(path, "ingestd")) as connection:
        migrate(connection, NOW)
        with transaction(connection):
            begin_epoch(connection)
        collector_of(connection).send(*payloads)
        connection.execute("pragma wal_checkpoint(truncate)")
    return path


@pytest.fixture
def served(settings, dist):
    """A queryd that goes on while its file is exchanged."""
    connections = Connections(settings.database)
    yield client_of(create_app(settings, connections, lambda: NOW, dist))
    connections.close()


@pytest.mark.parametrize("way", [shutil.copyfile, lambda new, path: new.replace(path)], ids=["copied over", "moved"])
def test_a_file_that_was_exchanged_answers_at_once_though_its_revision_is_the_same(served, settings, tmp_path, way):
    file_with(settings.database, request(1), request(2))
    before = ask(served, SUMMARY)
    assert requests(before) == 2
    assert ask(served, SUMMARY, before).status_code == 304
    way(file_with(tmp_path / "copy.db", request(1)), settings.database)
    after = ask(served, SUMMARY, before)
    assert requests(after) == 1
    assert after.json["revision"].split("-")[1] == before.json["revision"].split("-")[1]
    assert ask(served, SUMMARY, after).status_code == 304


def test_an_older_copy_of_the_same_file_is_not_taken_for_what_it_became(served, settings, tmp_path):
    file_with(settings.database, request(1))
    shutil.copyfile(settings.database, tmp_path / "copy.db")
    first = ask(served, SUMMARY)
    file_with(settings.database, request(2), request(3))
    second = ask(served, SUMMARY, first)
    assert requests(second) == 3
    file_with(shutil.copyfile(tmp_path / "copy.db", settings.database), request(4))  # ingestd starts on the copy
    third = ask(served, SUMMARY, second)
    assert requests(third) == 2
    assert third.json["revision"].split("-")[1] == second.json["revision"].split("-")[1]


def test_a_new_program_answers_anew(client, collector, monkeypatch):
    collector.send(request(1))
    before = ask(client, SUMMARY)
    monkeypatch.setattr(version, "PROGRAM", "another")
    assert requests(ask(client, SUMMARY, before)) == 1


@pytest.mark.parametrize("path", [SUMMARY, f"{API}/breakdown?by=api_key&range=7d", f"{API}/events?range=7d"])
def test_an_edited_name_is_a_new_answer(client, collector, path):
    collector.send(request(1))
    before = ask(client, path)
    json_type = {"Content-Type": "application/json"}
    client.simulate_patch(f"{API}/api-keys/1", body=json.dumps({"label": "Alice"}), headers=json_type)
    after = ask(client, path, before)
    assert after.status_code == 200
    assert ask(client, path, after).status_code == 304


def test_a_request_whose_raw_message_was_cleared_away_is_a_new_answer(client, collector):
    collector.send(request(1))
    event = ask(client, f"{API}/events?range=7d").json["events"][0]["id"]
    before = ask(client, f"{API}/events/{event}")
    assert before.json["raw"] is not None
    assert Inbox(collector.writer).clean(NOW + 1, 100) == 1
    after = ask(client, f"{API}/events/{event}", before)
    assert after.status_code == 200
    assert after.json["raw"] is None
