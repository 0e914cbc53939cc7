"""What CPA's lists say of credentials and keys, and what is kept of it."""

import json
import re
from pathlib import Path

import pytest

from ingestd.cpa.management import PROVIDER_LISTS
from ingestd.metadata.listed import (
    AUTH_FILES,
    MODELS_MAX,
    Listed,
    address,
    auth_file,
    provider_entries,
    with_distinct_labels,
)
from ingestd.moments import moment
from tests.cpa.management import Reply, json_reply
from tests.cpa.recorded import RecordedDocuments
from tests.cpa.stand_in import StandIn
from tests.ingestd.conftest import NOW, payload
from tests.ingestd.parts import Parts

RECORDED = Path(__file__).parents[1] / "data" / "cpa" / "management"


def recorded(name):
    return json.loads((RECORDED / f"{name}.json").read_bytes())


class Documents(RecordedDocuments):
    """What a real CPA answered, with changes."""

    def __init__(self):
        super().__init__()
        self.changed: dict[str, Reply] = {}
        self.asked: list[str] = []

    def reply(self, request):
        self.asked.append(request.path)
        return self.changed.get(request.path) or super().reply(request)


@pytest.fixture
def documents():
    return Documents()


@pytest.fixture
def cpa(documents):
    with StandIn(documents=documents) as stand_in:
        yield stand_in


@pytest.fixture
def metadata(cpa, line):
    parts = Parts()
    yield parts.metadata(cpa, line)
    parts.close()


def rows(line, where="1"):
    cursor = line.connection.execute(
        "select m.*, c.auth_index, c.account, c.provider as credential_provider from credential_metadata m"
        f" join credential c on c.id = m.credential_id where {where} order by c.id"
    )
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def name_of(line, auth_index):
    return line.connection.execute(
        "select provider, display_name from credential_name where auth_index = ?", (auth_index,)
    ).fetchone()


def revision(line):
    return line.number("select coalesce((select number from meta where key = 'revision'), 0)")


def test_auth_files_become_names_and_states(metadata, line):
    assert metadata.refresh_credentials(line.connection, NOW) == f"{len(recorded('auth-files')['files'])} credentials"
    alice = rows(line, "c.auth_index = '50b676d1b75e50dd'")[0]
    assert (alice["label"], alice["email"], alice["note"], alice["priority"]) == (
        "alice@example.com",
        "alice@example.com",
        "main account",
        5,
    )
    assert (alice["status"], alice["disabled"], alice["unavailable"], alice["deleted_at"]) == ("active", 0, 0, None)
    assert (alice["listed_in"], alice["provider"], alice["seen_at"]) == (AUTH_FILES, "claude", NOW)


def test_key_lists_become_names_and_nothing_of_a_key_is_kept(metadata, line, tmp_path):
    metadata.refresh_credentials(line.connection, NOW)
    metadata.refresh_keys(line.connection, NOW)
    assert name_of(line, "5d6ef1be253ab0c1") == ("openai-compatible-local-llm", "local-llm")
    first, second = (name_of(line, index)[1] for index in ("ea9f69c2ff7f1a64", "430e01f42b450203"))
    assert first.startswith("OpenRouter (sk-or")
    assert first != second
    labels = [row["label"] for row in rows(line)]
    assert len(set(labels)) == len(labels)
    listed = json.dumps([recorded(name) for name in (*PROVIDER_LISTS, "api-keys")])
    secrets = re.findall(r'"api-key": "([^"]+)"', listed) + recorded("api-keys")["api-keys"]
    assert len(secrets) > 10
    line.connection.execute("pragma wal_checkpoint(truncate)")
    stored = (tmp_path / "app.db").read_bytes()
    assert not [secret for secret in secrets if secret.encode() in stored]


def test_an_unchanged_list_costs_no_revision(metadata, line):
    metadata.refresh_credentials(line.connection, NOW)
    metadata.refresh_keys(line.connection, NOW)
    before = revision(line)
    metadata.refresh_credentials(line.connection, NOW + 1)
    metadata.refresh_keys(line.connection, NOW + 1)
    assert revision(line) == before > 0
    assert {row["changed_at"] for row in rows(line)} == {NOW}


def test_what_is_no_longer_listed_is_marked_and_comes_back(metadata, documents, line):
    metadata.refresh_credentials(line.connection, NOW)
    files = recorded("auth-files")["files"]
    documents.changed["auth-files"] = json_reply({"files": files[1:]})
    metadata.refresh_credentials(line.connection, NOW + 5)
    gone = rows(line, f"c.auth_index = '{files[0]['auth_index']}'")[0]
    assert (gone["deleted_at"], gone["label"]) == (NOW + 5, files[0]["label"])
    assert len(rows(line, "m.deleted_at is null")) == len(files) - 1
    documents.changed.clear()
    metadata.refresh_credentials(line.connection, NOW + 9)
    assert len(rows(line, "m.deleted_at is null")) == len(files)


@pytest.mark.parametrize(
    "broken",
    [
        Reply(500, b'{"error":"handler not initialized"}'),
        Reply(404, b""),
        Reply(200, b"<html>"),
        Reply(200, b'{"x":1}'),
    ],
)
def test_a_list_that_fails_touches_no_rows_and_no_other_list(metadata, documents, line, broken):
    metadata.refresh_keys(line.connection, NOW)
    before = rows(line)
    documents.changed["gemini-api-key"] = broken
    documents.changed["claude-api-key"] = json_reply({"claude-api-key": None})
    metadata.refresh_keys(line.connection, NOW + 5)
    after = rows(line)
    claude = "claude-api-key"
    assert [row for row in after if row["listed_in"] != claude] == [row for row in before if row["listed_in"] != claude]
    assert {row["deleted_at"] for row in after if row["listed_in"] == claude} == {NOW + 5}
    assert documents.asked[-1] == "api-keys"


def test_client_keys_become_rows_by_hmac_and_removed_ones_stay(metadata, documents, line):
    keys = recorded("api-keys")["api-keys"]
    line.store(payload(1, api_key=keys[0]))
    metadata.refresh_keys(line.connection, NOW)
    assert line.number("select count(*) from api_key where mask <> ''") == len(keys)
    assert line.number("select count(*) from api_key_listing where removed_at is null") == len(keys)
    documents.changed["api-keys"] = json_reply({"api-keys": keys[1:]})
    metadata.refresh_keys(line.connection, NOW + 7)
    assert line.connection.execute(
        "select l.removed_at from api_key_listing l join event e on e.api_key_id = l.api_key_id"
    ).fetchall() == [(NOW + 7,)]
    documents.changed["api-keys"] = json_reply({"api-keys": keys})
    metadata.refresh_keys(line.connection, NOW + 9)
    assert line.number("select count(*) from api_key_listing where removed_at is null") == len(keys)


def test_that_the_keys_were_read_is_known_though_there_are_none(metadata, documents, line):
    marked = "select coalesce((select number from meta where key = 'client_keys_read_at'), 0)"
    documents.changed["api-keys"] = Reply(500, b"")
    metadata.refresh_keys(line.connection, NOW)
    assert line.number(marked) == 0
    documents.changed["api-keys"] = json_reply({"api-keys": None})
    metadata.refresh_keys(line.connection, NOW + 5)
    metadata.refresh_keys(line.connection, NOW + 9)
    assert line.number(marked) == NOW + 5


def test_a_client_s_key_is_nobody_s_account(line):
    """CPA fills `source` with the client's key where an account has no address."""
    line.store(
        payload(
            1, source="sk-demo-alice-0001", api_key="sk-demo-alice-0001", auth_index="00000000000000aa", provider="kimi"
        )
    )
    assert line.connection.execute("select account from credential").fetchall() == [("",)]
    assert name_of(line, "00000000000000aa") == ("kimi", "kimi/00000000000000aa")


def test_the_provider_is_what_cpa_lists_not_what_the_first_event_named(metadata, line):
    files = recorded("auth-files")["files"]
    kimi = next(file for file in files if file["provider"] == "kimi")
    line.store(
        payload(
            1, source="sk-demo-bob-0002", api_key="sk-demo-bob-0002", auth_index=kimi["auth_index"], provider="claude"
        )
    )
    metadata.refresh_credentials(line.connection, NOW)
    provider, name = name_of(line, kimi["auth_index"])
    assert provider == "kimi"
    assert name.startswith("kimi")
    assert rows(line, f"c.auth_index = '{kimi['auth_index']}'")[0]["credential_provider"] == "kimi"


def test_an_account_that_an_earlier_version_named_after_a_key_loses_that_name(metadata, line):
    kimi = next(file for file in recorded("auth-files")["files"] if file["provider"] == "kimi")
    line.store(payload(1, api_key="sk-demo-alice-0001", auth_index=kimi["auth_index"], source=""))
    line.connection.execute("update credential set account = (select mask from api_key where mask <> '')")
    metadata.refresh_credentials(line.connection, NOW)
    assert rows(line, f"c.auth_index = '{kimi['auth_index']}'")[0]["account"] == ""


def test_a_label_that_a_person_gave_comes_first(metadata, line):
    metadata.refresh_credentials(line.connection, NOW)
    (credential_id,) = line.connection.execute(
        "select id from credential where auth_index = '50b676d1b75e50dd'"
    ).fetchone()
    line.connection.set_authorizer(None)
    line.connection.execute("insert into label values ('credential', ?, '研究组', ?)", (credential_id, NOW))
    assert name_of(line, "50b676d1b75e50dd")[1] == "研究组"


def test_equal_labels_are_told_apart():
    def one(index, **facts):
        return Listed(auth_index=index, auth_type="oauth", provider="kimi", label="kimi", **facts)

    labelled = with_distinct_labels(
        {"a": [one("1111aaaa", name="kimi-1.json"), one("2222bbbb")], "b": [one("3333cccc")]}
    )
    labels = [listed.label for several in labelled.values() for listed in several]
    assert labels == ["kimi (kimi-1)", "kimi #2222", "kimi #3333"]


@pytest.mark.parametrize("entry", [{}, {"auth_index": 7}, {"auth_index": None}, {"auth_index": " "}])
def test_an_entry_without_an_index_is_none(entry):
    assert auth_file(entry) is None


def test_nothing_in_an_entry_is_trusted():
    strange = {
        "auth_index": "ab" * 200,
        "label": ["x"],
        "provider": None,
        "priority": True,
        "weight": 10**30,
        "id_token": "text",
        "status_message": "Incorrect API key provided: sk-proj-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "account_type": "api_key",
        "account": "sk-raw-key-of-somebody-0001",
        "next_retry_after": "0001-01-01T00:00:00Z",
        "name": "\ud800",
    }
    found = auth_file(strange)
    assert found is not None
    assert (found.priority, found.weight, found.plan, found.next_retry_after) == (None, None, "", None)
    assert "ABCDEFGHIJ" not in found.status_message
    assert "of-somebody" not in repr(found)


@pytest.mark.parametrize(
    ("value", "microseconds"),
    [
        ("2026-11-24T19:06:46.772287700+08:00", 1_795_518_406_772_287),
        ("2026-11-24T11:06:46Z", 1_795_518_406_000_000),
        (1_795_518_406, 1_795_518_406_000_000),
        ("1795518406", 1_795_518_406_000_000),
        ("0001-01-01T00:00:00Z", None),
        ("soon", None),
        ("2026-11-24T11:06:46", None),
        (True, None),
        (None, None),
        (1e300, None),
    ],
)
def test_times_are_read_in_the_forms_that_cpa_writes(value, microseconds):
    assert moment(value) == microseconds


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:hunter2@api.example/v1?key=secret#x", "https://api.example/v1"),
        ("http://127.0.0.1:28400/m/x", "http://127.0.0.1:28400/m/x"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_base_url_is_kept_without_what_may_be_secret(url, shown):
    assert address(url) == shown


def test_two_entries_of_one_index_are_one_and_a_dead_one_is_none():
    entries = [{"auth-index": "a", "api-key": "sk-1111111111"}, {"auth-index": "a"}, {"api-key": "sk-dead"}]
    assert [one.auth_index for one in provider_entries("codex-api-key", entries)] == ["a"]
    off = {"name": "off", "disabled": True, "api-key-entries": [{"api-key": "sk-off-FAKE"}]}
    assert (
        provider_entries("openai-compatibility", [off, {"name": None, "api-key-entries": "x", "auth-index": "b"}])[
            0
        ].label
        == "openai-compatibility"
    )


def test_the_models_of_an_entry_are_kept_with_what_clients_call_them(metadata, line):
    metadata.refresh_keys(line.connection, NOW)
    kept = {row["auth_index"]: row for row in rows(line)}
    assert json.loads(kept["5d6ef1be253ab0c1"]["models"]) == [
        ["llama-demo", "llama"],
        ["llama-demo--totalonly", "llama-to"],
    ]
    assert kept["ea9f69c2ff7f1a64"]["models"] == kept["430e01f42b450203"]["models"]  # two keys of one provider
    off = kept["bac7e54e2502a982"]
    assert (off["disabled"], off["excluded_models"], json.loads(off["models"])) == (1, "", [["claude-off"] * 2])


def test_models_are_read_with_suspicion_and_no_more_than_are_shown():
    models = [
        {"name": "a", "alias": "b"},
        {"name": "a", "alias": "b"},
        {"name": " c "},
        {"alias": "d"},
        "e",
        {"name": 5},
    ]
    entry = {"auth-index": "x", "models": models, "excluded-models": ["*-preview", 3, "", "*"]}
    (one,) = provider_entries("codex-api-key", [entry])
    assert (json.loads(one.models), json.loads(one.excluded_models)) == ([["a", "b"], ["c", "c"]], ["*-preview"])
    entry["models"] = [{"name": f"m{number}"} for number in range(1_000)]
    (one,) = provider_entries("codex-api-key", [entry])
    assert len(json.loads(one.models)) == MODELS_MAX
    strange: tuple[object, ...] = (None, "x", {}, 7)
    for value in strange:
        (one,) = provider_entries("codex-api-key", [{"auth-index": "x", "models": value, "excluded-models": value}])
        assert (one.models, one.excluded_models) == ("", "")


def test_what_cpa_observed_of_quota_on_the_way_is_a_reading(metadata, documents, line):
    files = recorded("auth-files")["files"]
    claude = next(file for file in files if file["type"] == "claude" and not file["disabled"])
    claude["quota"] = {
        "observed_at": "2026-11-25T23:00:00Z",
        "signals": {
            "Anthropic-Ratelimit-Unified-5h-Utilization": "0.42",
            "Anthropic-Ratelimit-Unified-5h-Reset": "1795675000",
            "Retry-After": "5",
        },
    }
    documents.changed["auth-files"] = json_reply({"files": files})
    metadata.refresh_credentials(line.connection, NOW)
    shown = "select used_percent, observed_at, source from quota_window"
    assert line.connection.execute(shown).fetchall() == [(42.0, moment("2026-11-25T23:00:00Z"), "signals")]
    before = revision(line)
    metadata.refresh_credentials(line.connection, NOW)
    assert revision(line) == before  # nothing new
    claude["quota"] = {"observed_at": "2026-11-25T23:30:00Z", "signals": {"Retry-After": "5"}}
    documents.changed["auth-files"] = json_reply({"files": files})
    metadata.refresh_credentials(line.connection, NOW)
    assert len(line.connection.execute(shown).fetchall()) == 1
