"""A file of any earlier schema comes to the same as a new one: the same tables, and the same answers."""

import gzip
import hashlib
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import falcon.testing
import peewee
import pytest

from ingestd.check import of_columns, of_rows
from queryd.app import create_app
from queryd.connections import Connections
from shared import migrations
from shared.database import open_reader, open_writer
from shared.migrations import SCHEMA_VERSION, STEPS, NotOurs, migrate, statements, upgrading_to, version
from shared.schema import TABLES
from shared.settings import load

FROZEN = Path(__file__).parents[1] / "data" / "schema" / "step-0001.db.gz"
"""542 events with everything around them, written by the last program that knew step 1 only. It never changes."""

NOW = 1_795_600_000_000_000
EARLIER = range(1, SCHEMA_VERSION)

FIGURES = {"requests": 542, "input_tokens": 4_784_874, "output_tokens": 504_827, "cost_nanos": 4_333_123_030}
"""What that program answered for all of it."""

RENAMED = {"price_id": "charge_id"}
"""Columns of earlier steps by their names of today."""

QUESTIONS = (
    "summary?range=all&compare=previous",
    "timeseries?range=all&granularity=day&group_by=model",
    "heatmap?range=all",
    "latency?range=all",
    *(f"breakdown?range=all&by={by}&limit=500" for by in ("model", "credential", "api_key", "client", "endpoint")),
    "events?range=all&limit=200&sort=-cost_nanos",
    "events?range=all&limit=200&q=alice&result=failed",
    "filters?range=all",
)


class _Recorder(peewee.SqliteDatabase):
    """Collects the statements that peewee would run."""

    def __init__(self):
        super().__init__(None)
        self.statements = []

    def execute_sql(self, sql, *_, **__):
        self.statements.append(sql)

    def get_server_version(self):
        return tuple(sqlite3.sqlite_version_info)


def file_of_models(path: Path) -> sqlite3.Connection:
    """A file with the tables as the models describe them."""
    recorder = _Recorder()
    with recorder.bind_ctx(list(TABLES), bind_refs=False, bind_backrefs=False):
        for table in TABLES:
            table.create_table(safe=False)
    connection = sqlite3.connect(path)
    for statement in recorder.statements:
        connection.execute(statement)
    return connection


def file_at(path: Path, step: int) -> Path:
    """The frozen file, brought as far as `step` by the steps until then."""
    with gzip.open(FROZEN) as packed, path.open("wb") as file:
        shutil.copyfileobj(packed, file)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for name, function in migrations.FUNCTIONS.items():
            connection.create_function(name, 1, function)
        for number, taken in enumerate(STEPS[1:step], start=2):
            taken.apply(connection)
            connection.execute("insert into migration values (?, ?)", (taken.name, NOW))
            connection.execute(f"pragma user_version = {number}")
    return path


def layout(connection: sqlite3.Connection) -> dict:
    """What a table is made of, however its statement was spelled."""
    found = {}
    listed = connection.execute("select name, type, wr, strict from pragma_table_list where schema = 'main'").fetchall()
    for name, kind, without_rowid, strict in listed:
        if name.startswith("sqlite_") or kind == "view":
            continue
        columns = connection.execute(f"pragma table_xinfo({name})").fetchall()
        indexes = {}
        for _, index, unique, origin, partial in connection.execute(f"pragma index_list({name})").fetchall():
            parts = connection.execute(f"pragma index_xinfo({index})").fetchall()
            label = index if origin == "c" else origin
            indexes[label] = (unique, origin, partial, tuple(part[2] for part in parts if part[5]))
        (sql,) = connection.execute("select sql from sqlite_master where name = ?", (name,)).fetchone()
        checks = sorted(re.findall(r"CHECK \((?:[^()]|\([^()]*\))*\)", sql))
        found[name] = (without_rowid, strict, [column[1:] for column in columns], indexes, checks)
    return found


def statements_of(connection: sqlite3.Connection) -> dict[str, str]:
    return dict(connection.execute("select name, sql from sqlite_master where sql is not null"))


def answers(folder: Path) -> dict[str, Any]:
    """What queryd says of the file in `folder`, but for the revision: every file has its own."""
    env = folder / "no.env"
    env.touch()
    settings = load(
        {"CPA_BASE_URL": "http://127.0.0.1:8317", "CPA_MANAGEMENT_KEY": "made-up", "WORK_DIR": str(folder)}, env
    )
    connections = Connections(settings.database)
    client = falcon.testing.TestClient(
        create_app(settings, connections, lambda: NOW, folder), headers={"Host": "127.0.0.1"}
    )
    try:
        said = {question: client.simulate_get(f"/api/v1/{question}") for question in QUESTIONS}
    finally:
        connections.close()
    assert {question: answer.status_code for question, answer in said.items()} == dict.fromkeys(QUESTIONS, 200)
    return {question: answer.json | {"revision": ""} for question, answer in said.items()}


def copied_rows(source: Path, target: Path) -> None:
    """Every row of `source` into the new file `target`, column by column."""
    with closing(open_writer(target, "ingestd")) as writer:
        migrate(writer, NOW)
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        connection.execute("attach ? as source", (str(source),))
        tables = connection.execute("select name from source.sqlite_master where type = 'table'").fetchall()
        for (table,) in tables:
            if table == "migration" or table.startswith("sqlite_"):
                continue
            names = [row[1] for row in connection.execute(f"pragma source.table_info({table})")]
            info = connection.execute(f"pragma main.table_info({table})").fetchall()
            known = {row[1] for row in info}
            if not known:
                continue  # a table of an earlier step
            pairs = [(f'"{name}"', RENAMED.get(name, name)) for name in names]
            kept = [pair for pair in pairs if pair[1] in known]
            told = {name for _, name in kept}
            kept += [("0" if row[2] == "INTEGER" else "''", row[1]) for row in info if row[3] and row[1] not in told]
            old, new = ", ".join(pair[0] for pair in kept), ", ".join(f'"{pair[1]}"' for pair in kept)
            connection.execute(f"insert or replace into main.{table} ({new}) select {old} from source.{table}")


def test_the_models_are_what_all_steps_come_to(tmp_path):
    with closing(open_writer(tmp_path / "steps.db", "ingestd")) as stepped:
        migrate(stepped, NOW)
        with closing(file_of_models(tmp_path / "models.db")) as modelled:
            assert layout(stepped) == layout(modelled)


@pytest.mark.parametrize("step", EARLIER)
def test_a_file_of_any_earlier_step_ends_with_the_schema_of_a_new_one(step, tmp_path):
    with (
        closing(open_writer(file_at(tmp_path / "app.db", step), "ingestd")) as upgraded,
        closing(open_writer(tmp_path / "new.db", "ingestd")) as new,
    ):
        assert migrate(upgraded, NOW) == [taken.name for taken in STEPS[step:]]
        migrate(new, NOW)
        assert statements_of(upgraded) == statements_of(new)
        assert layout(upgraded) == layout(new)
        assert version(upgraded) == SCHEMA_VERSION
        assert upgrading_to(upgraded) is None
        assert of_rows(upgraded) == of_columns(upgraded)
        assert upgraded.execute("select count(*) from request").fetchone() == (FIGURES["requests"],)


@pytest.mark.parametrize("step", EARLIER)
def test_and_with_the_answers_of_a_new_one(step, tmp_path):
    for name in ("upgraded", "new"):
        (tmp_path / name).mkdir()
    path = file_at(tmp_path / "upgraded" / "app.db", step)
    with closing(open_writer(path, "ingestd")) as connection:
        migrate(connection, NOW)
    copied_rows(path, tmp_path / "new" / "app.db")
    upgraded = answers(tmp_path / "upgraded")
    assert upgraded == answers(tmp_path / "new")
    totals = upgraded[QUESTIONS[0]]["metrics"]
    assert {name: totals[name] for name in FIGURES} == FIGURES


def test_secrets_that_an_earlier_version_stored_are_masked_and_masks_told_apart(tmp_path):
    secret = "pplx-0123456789abcdefghijABCDEFGHIJ"
    path = file_at(tmp_path / "app.db", 1)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("update event_detail set error_body = ? where error_body <> ''", (f"bad key {secret}",))
        connection.execute("update event_detail set response_headers = ?", (f'{{"Set-Cookie":"a={secret}"}}',))
        for number in (101, 102):
            connection.execute(
                "insert into origin values (?, '10.0.0.1', '', ?, 1)", (number, f"curl pplx-012{number}{secret[8:]}")
            )
            connection.execute("insert into client values (?, ?, 1)", (number, f"pplx-012{number}{secret[8:]}"))
        for number, mask in enumerate(("…", "…", "sk-sam…0001", "sk-sam…0001", ""), start=101):
            hmac = hashlib.sha256(bytes([number])).digest() if mask else b""
            connection.execute("delete from api_key where hmac = ?", (hmac,))
            connection.execute("insert into api_key values (?, 1, ?, ?, 1)", (number, hmac, mask))
        connection.execute("update instance set name = 'http://admin:hunter2@cpa:8317'")
        connection.commit()
    with closing(open_writer(path, "ingestd")) as upgraded:
        migrate(upgraded, NOW)
        for table in ("event_detail", "origin", "client", "instance"):
            kept = repr(upgraded.execute(f"select * from {table}").fetchall())
            assert secret[8:20] not in kept, table
            assert "hunter2" not in kept
        headers = upgraded.execute("select distinct response_headers from event_detail").fetchall()
        assert headers == [('{"Set-Cookie":"…"}',)]
        masks = [mask for (mask,) in upgraded.execute("select mask from api_key where id > 100 order by id")]
        assert len(set(masks)) == 5
        assert masks[4] == "no key"


def test_what_the_first_step_makes_never_changes(tmp_path):
    """The frozen file was made by a program whose first step is this one, to the letter."""
    with (
        closing(sqlite3.connect(file_at(tmp_path / "app.db", 1))) as frozen,
        closing(sqlite3.connect(tmp_path / "new.db", isolation_level=None)) as new,
    ):
        STEPS[0].apply(new)
        assert statements_of(new) == statements_of(frozen)


def test_a_long_step_is_announced_to_readers_before_it_begins(tmp_path, monkeypatch):
    path = file_at(tmp_path / "app.db", 1)
    seen = []

    def look(_connection):
        with closing(open_reader(path)) as reader:
            seen.append((version(reader), upgrading_to(reader)))

    monkeypatch.setattr(migrations, "STEPS", (*STEPS, migrations.Step("9999_long", look)))
    monkeypatch.setattr(migrations, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    with closing(open_writer(path, "ingestd")) as writer:
        migrate(writer, NOW)
        assert upgrading_to(writer) is None
    assert seen == [(SCHEMA_VERSION, SCHEMA_VERSION + 1)]


def test_a_new_file_announces_no_upgrade_and_every_file_has_its_epoch(tmp_path):
    epochs = set()
    for name in ("one.db", "two.db"):
        with closing(open_writer(tmp_path / name, "ingestd")) as writer:
            migrate(writer, NOW)
            epochs |= set(writer.execute("select number from meta where key = 'epoch'"))
            assert upgrading_to(writer) is None
    assert len(epochs) == 2


def test_a_step_may_write_the_tables_of_both_daemons_and_nothing_else_may(tmp_path, monkeypatch):
    def fill(connection):
        connection.execute("insert into label values ('api_key', 1, 'Bot', 1)")

    monkeypatch.setattr(migrations, "STEPS", (*STEPS, migrations.Step("9999_fill", fill)))
    monkeypatch.setattr(migrations, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    with closing(open_writer(tmp_path / "app.db", "ingestd")) as writer:
        migrate(writer, NOW)
        with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
            writer.execute("delete from label")


def test_steps_are_numbered_as_they_are_taken():
    assert [int(step.name.split("_")[0]) for step in STEPS] == list(range(1, len(STEPS) + 1))


def test_a_script_is_cut_at_the_ends_of_its_statements():
    script = "create table a (b text);\ninsert into a\nvalues ('x;\ny');\n"
    assert list(statements(script)) == ["create table a (b text);", "insert into a\nvalues ('x;\ny');"]
    with pytest.raises(ValueError, match="middle"):
        list(statements("select 1"))


def test_the_database_of_another_program_is_refused_and_stays_as_it_is(tmp_path):
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as theirs:
        theirs.execute("create table usage_events (id)")
    with closing(open_writer(path, "ingestd")) as connection:
        with pytest.raises(NotOurs, match=r"another program's \(it has usage_events\): set WORK_DIR"):
            migrate(connection, NOW)
        assert connection.execute("select name from sqlite_master").fetchall() == [("usage_events",)]
