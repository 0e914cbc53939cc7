"""Every error has one shape, names its parameter, and is never a 500 for what a client sent."""

import os
import sqlite3

import falcon
import pytest
import structlog

from queryd import version
from queryd.connections import Connections
from queryd.errors import Busy, QueryTimeout, SchemaMismatch
from queryd.file_refusals import of_sqlite
from shared import process_lock
from shared.database import open_writer
from shared.migrations import migrate


def error_of(answer):
    assert set(answer.json) == {"error"}
    assert {"code", "message"} <= set(answer.json["error"]) <= {"code", "message", "parameter"}
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"
    return answer.json["error"]


def test_an_unknown_question_is_a_404_and_not_the_page(client):
    for path in ("/api/v1/nothing", "/api/v2/summary", "/api", "/api/", "/api/v1"):
        answer = client.simulate_get(path)
        assert answer.status_code == 404
        assert error_of(answer)["code"] == "not_found"


@pytest.mark.usefixtures("writer")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_question_that_is_only_read_refuses_other_methods(client, method):
    answer = client.simulate_request(method, "/api/v1/status", body=b"{}")
    assert answer.status_code == 405
    assert error_of(answer)["code"] == "method_not_allowed"
    assert "GET" in answer.headers["allow"]


@pytest.mark.usefixtures("writer")
@pytest.mark.parametrize("path", ["/api/v1/status", "/", "/healthz"])
def test_a_name_of_strangers_is_refused_with_the_way_out(client, path):
    answer = client.simulate_get(path, headers={"Host": "evil.example:8080"})
    assert answer.status_code == 421
    assert error_of(answer)["code"] == "unknown_host"
    assert "'evil.example'" in error_of(answer)["message"]
    assert "APP_ALLOWED_HOSTS" in error_of(answer)["message"]
    assert client.simulate_get(path, headers={"Host": "192.168.7.20:8080"}).status_code == 200


@pytest.mark.usefixtures("writer")
def test_an_answer_and_its_304_vary_by_coding(client):
    first = client.simulate_get("/api/v1/summary", headers={"Accept-Encoding": "gzip"})
    known = {"If-None-Match": first.headers["etag"], "Accept-Encoding": "gzip"}
    again = client.simulate_get("/api/v1/summary", headers=known)
    assert (again.status_code, first.headers["vary"], again.headers["vary"]) == (304, *["Accept-Encoding"] * 2)


@pytest.mark.usefixtures("writer")
def test_an_unknown_parameter_is_named(client):
    answer = client.simulate_get("/api/v1/status", query_string="rnage=7d")
    assert answer.status_code == 400
    assert error_of(answer) == {
        "code": "unknown_parameter",
        "message": "there are no parameters here",
        "parameter": "rnage",
    }


def test_without_a_file_it_is_starting_or_nobody_makes_it_and_recovers_by_itself(client, settings):
    answer = client.simulate_get("/api/v1/status")
    assert answer.status_code == 503
    assert error_of(answer)["code"] == "no_collector"
    assert "ingestd is not running there: start it" in error_of(answer)["message"]
    assert int(answer.headers["retry-after"]) > 0
    lock = process_lock.hold(settings.work_folder)
    assert error_of(client.simulate_get("/api/v1/status"))["code"] == "starting"
    os.close(lock)
    writer = open_writer(settings.database, "ingestd")
    assert error_of(client.simulate_get("/api/v1/status"))["code"] == "starting"
    migrate(writer, 1)
    assert client.simulate_get("/api/v1/status").status_code == 200
    writer.close()


@pytest.mark.parametrize(("have", "todo"), [(999, "start queryd of the version")])
def test_a_file_of_another_version_is_refused_with_what_to_do(client, writer, have, todo):
    assert client.simulate_get("/api/v1/status").status_code == 200
    writer.execute(f"pragma user_version = {have}")
    answer = client.simulate_get("/api/v1/status")
    assert answer.status_code == 503
    assert error_of(answer)["code"] == "schema_mismatch"
    assert todo in error_of(answer)["message"]
    assert "retry-after" in answer.headers


def test_an_older_file_waits_for_ingestd():
    assert "upgraded when ingestd of this version starts" in SchemaMismatch(1, 2).message


def test_an_upgrade_under_way_is_told(client, writer):
    writer.execute("pragma user_version = 1")
    writer.execute("insert into meta (key, number) values ('upgrading_to', 2)")
    answer = client.simulate_get("/api/v1/status")
    assert (answer.status_code, error_of(answer)["code"]) == (503, "schema_mismatch")
    assert "is being upgraded from schema 1" in error_of(answer)["message"]


def test_a_file_that_is_no_database_is_told(client, settings):
    settings.database.write_bytes(b"not a database" * 1000)
    answer = client.simulate_get("/api/v1/status")
    assert (answer.status_code, error_of(answer)["code"]) == (503, "damaged")
    assert str(settings.database) in error_of(answer)["message"]
    assert "put back a copy (cpa-usage-keeper restore FILE)" in error_of(answer)["message"]
    assert client.simulate_get("/readyz").json["problems"][0]["code"] == "damaged"


def test_a_file_that_is_replaced_is_read_anew(client, settings, writer, tmp_path):
    assert client.simulate_get("/api/v1/status").json["revision"] == str(version.read(writer))
    writer.close()
    other = open_writer(tmp_path / "other.db", "ingestd")
    migrate(other, 1)
    restored = str(version.read(other))
    other.execute("pragma wal_checkpoint(truncate)")
    other.close()
    for name in ("app.db-wal", "app.db-shm"):  # as a restore must, since readers kept them open
        (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / "other.db").replace(settings.database)
    assert client.simulate_get("/api/v1/status").json["revision"] == restored
    settings.database.unlink()
    assert error_of(client.simulate_get("/api/v1/status"))["code"] == "no_collector"


def test_a_bug_is_a_500_in_the_same_shape_and_one_line_in_the_log(client):
    def fall(req: falcon.Request, _: falcon.Response) -> None:
        raise ZeroDivisionError(f"sk-secret {req.path}")

    client.app.add_sink(fall, prefix="/broken")
    with structlog.testing.capture_logs() as lines:
        answer = client.simulate_get("/broken")
    assert answer.status_code == 500
    assert error_of(answer) == {"code": "internal_error", "message": "this is a bug of the server; its log says where"}
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["bug"]


@pytest.mark.usefixtures("writer")
def test_a_query_that_takes_too_long_is_interrupted(settings):
    pool = Connections(settings.database, limit=0.01)
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"
    with pytest.raises(QueryTimeout) as refusal, pool.lease() as lease:
        lease.connection.execute(endless).fetchone()
    assert (refusal.value.status, refusal.value.code) == (503, "query_timeout")
    with pool.lease() as lease:
        assert lease.connection.execute("select 1").fetchone() == (1,)
    pool.close()


@pytest.mark.usefixtures("writer")
def test_no_more_questions_than_connections_at_once(settings):
    pool = Connections(settings.database, size=1, patience=0.0)
    with pool.lease(), pytest.raises(Busy), pool.lease():
        pass
    with pool.lease():
        pass
    pool.close()


@pytest.mark.usefixtures("writer")
def test_a_connection_is_kept_for_the_next_question(settings):
    pool = Connections(settings.database)
    with pool.lease() as first:
        pass
    with pool.lease() as second:
        assert second.connection is first.connection
    pool.close()


@pytest.mark.usefixtures("writer")
def test_questions_under_way_end_when_the_process_does(settings):
    pool = Connections(settings.database)
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(stop()) from n"
    with pool.lease() as lease:
        lease.connection.create_function("stop", 0, pool.interrupt)
    with pytest.raises(QueryTimeout), pool.lease() as lease:
        lease.connection.execute(endless).fetchone()
    pool.close()


def test_an_answer_never_mixes_two_commits(settings, writer):
    pool = Connections(settings.database)
    writer.execute("insert into meta (key, number) values ('revision', 1)")
    with pool.lease() as lease:
        before = lease.connection.execute("select number from meta where key = 'revision'").fetchone()
        writer.execute("update meta set number = 2 where key = 'revision'")
        assert lease.connection.execute("select number from meta where key = 'revision'").fetchone() == before
    with pool.lease() as lease:
        assert lease.connection.execute("select number from meta where key = 'revision'").fetchone() == (2,)
    pool.close()


@pytest.mark.parametrize(
    ("sqlite_code", "code", "told"),
    [
        (sqlite3.SQLITE_IOERR, "disk_failed", "answers with an error"),
        (sqlite3.SQLITE_IOERR | 1 << 8, "disk_failed", "answers with an error"),
        (sqlite3.SQLITE_FULL, "disk_full", "is full"),
        (sqlite3.SQLITE_READONLY, "unusable_folder", "cannot be written by user"),
        (sqlite3.SQLITE_BUSY, "busy", "another program"),
        (sqlite3.SQLITE_CORRUPT, "damaged", "damaged"),
    ],
)
def test_sqlite_errors_of_the_files_making_are_told_with_its_path(settings, sqlite_code, code, told):
    problem = sqlite3.OperationalError("as SQLite says it")
    problem.sqlite_errorcode = sqlite_code
    settings.database.touch()
    refusal = of_sqlite(problem, settings.database, seconds=1)
    assert refusal is not None
    assert refusal.retry_after is not None
    assert (refusal.status, refusal.code) == (503, code)
    assert told in refusal.message
    assert str(settings.database.parent) in refusal.message


def test_sqlite_errors_of_our_own_making_are_bugs(settings):
    problem = sqlite3.OperationalError("no such column: x")
    problem.sqlite_errorcode = sqlite3.SQLITE_ERROR
    assert of_sqlite(problem, settings.database, seconds=1) is None


def test_a_work_dir_that_is_a_file_is_told(client, settings):
    settings.work_folder.rename(settings.work_folder.with_suffix(".old"))
    settings.work_folder.touch()
    for path in ("/api/v1/status", "/readyz"):
        answer = client.simulate_get(path)
        assert answer.status_code == 503
    assert answer.json["problems"][0]["code"] == "unusable_folder"
    assert f"{settings.work_folder} is no folder" in answer.json["problems"][0]["message"]
