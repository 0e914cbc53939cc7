"""Exports of CPA and of our own, and files that are none of them."""

import gzip
import json
import shutil
import sqlite3
from contextlib import closing

import pytest

from ingestd.check import compare
from ingestd.imports import open_source
from ingestd.imports.source import ImportProblem
from tests.ingestd.conftest import NOW
from tests.ingestd.imports.conftest import importer, told

AT = "2026-05-04T10:20:30.123456789+08:00"
ACCOUNT = "50b676d1b75e50dd"


def detail(**changes):
    tokens = {"input_tokens": 100, "output_tokens": 20, "reasoning_tokens": 0, "cached_tokens": 40, "total_tokens": 120}
    known = {"timestamp": AT, "source": "alice@example.com", "auth_index": ACCOUNT, "tokens": tokens, "failed": False}
    return known | changes


def export(apis):
    return {
        "version": 1,
        "exported_at": AT,
        "usage": {
            "total_requests": 3,
            "apis": {
                api: {
                    "total_requests": 1,
                    "models": {model: {"total_requests": 1, "details": found} for model, found in models.items()},
                }
                for api, models in apis.items()
            },
            "requests_by_day": {},
        },
    }


def rows(line):
    return line.connection.execute(
        "select m.name, k.mask, r.endpoint, r.provider, e.failed, e.input_tokens, e.cache_read_tokens, e.output_tokens"
        " from event e join model m on m.id = e.model_id join api_key k on k.id = e.api_key_id"
        " join route r on r.id = e.route_id order by e.occurred_at, m.name, k.mask"
    ).fetchall()


def test_an_export_of_cpa(line, bring, tmp_path):
    path = tmp_path / "usage-export.json"
    path.write_text(
        json.dumps(
            export(
                {
                    "sk-of-a-client-0123456789": {
                        "gpt-5.2": [detail(), detail()],
                        "gemini-2.5-pro": [detail(failed=True, auth_index=3, thinking={"intensity": "high"})],
                    },
                    "POST /v1/messages": {"claude-opus-4-6": [detail(latency_ms=1_234)]},
                }
            ),
            indent=2,
        )
    )
    report = bring(line, path)
    assert (report.added, report.known) == (3, 1)
    assert rows(line) == [
        ("claude-opus-4-6", "no key", "POST /v1/messages", "unknown", 0, 100, 40, 20),
        ("gemini-2.5-pro", "sk-of-a-…6789", "", "unknown", 1, 100, 40, 20),
        ("gpt-5.2", "sk-of-a-…6789", "", "unknown", 0, 100, 40, 20),
    ]
    assert bring(line, path).added == 0
    assert compare(line.connection)[2] == []


def test_an_export_of_cpa_counts_as_the_provider_of_an_account_that_is_known(line, tmp_path):
    path = tmp_path / "usage-export.json"
    path.write_text(json.dumps(export({"sk-of-a-client-0123456789": {"claude-opus-4-6": [detail()]}})))
    with closing(open_source(path, {ACCOUNT: ("claude", "oauth")})) as source:
        importer(line).run(source, NOW, told)
    assert rows(line)[0][3:7] == ("claude", 0, 140, 40)  # Claude counts its cache beside the input


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty: give an app.db"),
        (b"PK\x03\x04 an archive", "is neither a database nor JSON"),
        (gzip.compress(b"{}"), "is neither a database nor JSON"),
        (b'{"usage": {"apis": {"k": {"models"', "is damaged, or not whole"),
        (b'{"a": 1}', "is no export of CPA: Object missing required field `usage`"),
        (b'{"usage": {"apis": []}}', "is no export of CPA: Expected `object | null`, got `array`"),
        (b'{"selection":{"from":1}}\n{"id":"5-0123456789ab"}\n', "is damaged: line 2: Object missing"),
        (b'{"selection":{"from":1}}\n{"id":"5-0123', "is damaged: the export ends in the middle of a line"),
        (b"SQLite format 3\x00" + bytes(4_000), "cannot be read as a database"),
    ],
    ids=["empty", "archive", "gzip", "cut", "other", "shape", "line", "torn", "torn database"],
)
def test_a_bad_file_is_one_sentence(line, bring, tmp_path, content, sentence):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(ImportProblem) as problem:
        bring(line, path)
    assert sentence in str(problem.value)
    assert "\n" not in str(problem.value)
    assert rows(line) == []


def test_a_file_that_is_not_there(line, bring, tmp_path):
    with pytest.raises(ImportProblem, match="cannot be read: No such file"):
        bring(line, tmp_path / "nothing")
    with pytest.raises(ImportProblem, match="cannot be read: Is a directory"):
        bring(line, tmp_path)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("chunk_column (id)", "is a database of this program: `restore` puts one in place"),
        ("songs (id)", "is no database of CPA Usage Keeper: it has no usage_events"),
        ("usage_events (id, timestamp, model)", "too old to be read (usage_events has no input_tokens)"),
    ],
)
def test_a_database_of_something_else(line, bring, tmp_path, table, sentence):
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"create table {table}")
    with pytest.raises(ImportProblem) as problem:
        bring(line, path)
    assert sentence in str(problem.value)


def test_a_database_in_a_folder_that_cannot_be_written_to(line, incumbent, bring, tmp_path, monkeypatch):
    copy = tmp_path / "elsewhere" / "app.db"
    copy.parent.mkdir()
    shutil.copyfile(incumbent, copy)
    monkeypatch.setattr("ingestd.imports.incumbent.os.access", lambda *_: False)
    assert bring(line, copy).added == 3_000
    assert [path.name for path in copy.parent.iterdir()] == ["app.db"]
    copy.with_name("app.db-wal").write_bytes(b"rows")
    with pytest.raises(ImportProblem, match="has its newest rows in app"):
        bring(line, copy)
