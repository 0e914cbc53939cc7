"""What people ask of accounts, as the worker runs it: filed by queryd, answered in `command_run`."""

import json

import pytest

from ingestd.command_kinds import KINDS
from ingestd.commands import Commands
from ingestd.tasks import TASKS
from shared import clock
from shared.commands import DisableCredentials, EnableCredentials, RefreshQuota, RestoreCredentials, encode
from tests.ingestd.conftest import NOW


@pytest.fixture
def work(parts, cpa, line, tmp_path):
    parts.metadata(cpa, line).refresh_credentials(line.connection, NOW)
    return parts.work(cpa, line, parts.queue(cpa), tmp_path)


@pytest.fixture
def ask(work, line):
    commands = Commands(work, KINDS, clock=clock.now, monotonic=clock.monotonic)

    def ask(command):
        kind, arguments = encode(command)
        line.connection.set_authorizer(None)  # queryd files it
        line.connection.execute(
            "insert into command (kind, arguments, requested_at, requested_by) values (?, ?, 1, '')", (kind, arguments)
        )
        assert commands.run_next()
        state, progress, result, error = line.connection.execute(
            "select state, progress, result, error from command_run order by command_id desc limit 1"
        ).fetchone()
        return state, progress, json.loads(result) if result else None, error

    return ask


def test_refresh_all(ask, line):
    state, progress, result, _ = ask(RefreshQuota())
    assert (state, progress) == ("done", 1.0)
    assert (result["done"], result["failed"], result["skipped"]) == (7, 0, 0)
    assert len(result["items"]) == 7
    assert line.number("select count(*) from quota_account where good_at is not null") == 7


def test_refresh_one_and_what_is_none(ask):
    _, _, result, _ = ask(RefreshQuota(credentials=("4711",)))
    assert result["items"] == [
        {"credential": "4711", "outcome": "skipped", "code": "unknown", "message": "CPA has no such account."}
    ]


def test_cpa_does_not_list_its_accounts(ask, cpa):
    cpa.hide("auth-files")
    state, _, result, error = ask(RefreshQuota())
    assert (state, result) == ("failed", None)
    assert error


@pytest.mark.parametrize("command", [DisableCredentials, EnableCredentials, RestoreCredentials])
def test_each_account_has_a_result_of_its_own(ask, line, command):
    """The recorded CPA knows no PATCH: each fails by itself, is told, and leaves a row."""
    state, _, result, _ = ask(command(credentials=("1", "2")))
    assert state == "done"
    assert [item["credential"] for item in result["items"]] == ["1", "2"]
    assert result["failed"] == 2
    assert line.number("select count(*) from credential_action where outcome = 'failed'") == 2


def test_quota_is_refreshed_by_itself_only_while_somebody_looks(work, line):
    (task,) = (task for task in TASKS if task.name == "refresh_quota")
    assert task.run(work, NOW).detail == "QUOTA_AUTO_REFRESH_ENABLED is false"
    object.__setattr__(work.settings, "quota_auto_refresh_enabled", True)
    assert task.run(work, NOW).detail == "nobody looks at a page with quota"
    line.connection.set_authorizer(None)
    line.connection.execute("insert into edit_state values ('quota_watched_at', ?)", (NOW,))
    outcome = task.run(work, NOW)
    assert (outcome.detail, outcome.again) == ("4 accounts looked up", True)
