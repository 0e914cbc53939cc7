"""Disabling and enabling accounts through CPA, and what is undone by itself."""

from datetime import UTC

import pytest

from shared.clock import HOUR, SECOND
from tests.cpa.accounts import CLAUDE_MINA, CLAUDE_TEAM
from tests.cpa.company_documents import CompanyDocuments
from tests.cpa.stand_in import StandIn
from tests.ingestd.conftest import NOW


@pytest.fixture
def documents():
    return CompanyDocuments(UTC)


@pytest.fixture
def cpa(documents):
    with StandIn(documents=documents) as stand_in:
        yield stand_in


def id_of(line, account):
    return line.number(f"select id from credential where auth_index = '{account.auth_index}'")


def window(line, credential, resets_at, *, key="five_hour", reached=0):
    line.connection.execute(
        "insert into quota_window (credential_id, key, position, label, scope, metric, model_group, unit,"
        " limit_reached, resets_at, boundary, observed_at, source, outlook, confidence)"
        " values (?, ?, 0, '', 'window', '', '', '', ?, ?, 'scheduled', 1, 'headers', 'unknown', '')",
        (credential, key, reached, resets_at),
    )


def rows(line):
    return line.connection.execute(
        "select action, cause, outcome, restore_at from credential_action order by id"
    ).fetchall()


def test_disable_and_enable(accounts, line, documents):
    mina = id_of(line, CLAUDE_MINA)
    item = accounts.switches.switch(line.connection, mina, "disable", "person")
    assert (item.outcome, item.code) == ("done", None)
    assert documents.is_disabled(CLAUDE_MINA)
    assert not documents.is_disabled(CLAUDE_TEAM)
    assert line.number(f"select disabled from credential_metadata where credential_id = {mina}") == 1
    accounts.switches.switch(line.connection, mina, "enable", "person")
    assert not documents.is_disabled(CLAUDE_MINA)
    assert rows(line) == [("disable", "person", "done", None), ("enable", "person", "done", None)]


def test_restore_at_the_reset_of_what_is_used_up(accounts, line, documents, time):
    mina = id_of(line, CLAUDE_MINA)
    window(line, mina, NOW + HOUR)
    window(line, mina, NOW + 3 * HOUR, key="seven_day", reached=1)
    accounts.switches.switch(line.connection, mina, "disable", "person", until_reset=True)
    assert rows(line) == [("disable", "person", "done", NOW + 3 * HOUR)]
    time.now = NOW + 3 * HOUR - SECOND
    assert accounts.switches.restore_due(line.connection) == []
    time.now = NOW + 3 * HOUR
    (item,) = accounts.switches.restore_due(line.connection)
    assert item.outcome == "done"
    assert not documents.is_disabled(CLAUDE_MINA)
    assert accounts.switches.restore_due(line.connection) == []
    assert rows(line)[1] == ("enable", "reset", "done", None)


def test_what_somebody_else_enabled_is_left_alone(accounts, line, time):
    mina = id_of(line, CLAUDE_MINA)
    window(line, mina, NOW + HOUR)
    accounts.switches.switch(line.connection, mina, "disable", "person", until_reset=True)
    line.connection.execute("update credential_metadata set disabled = 0")
    time.now = NOW + 2 * HOUR
    (item,) = accounts.switches.restore_due(line.connection)
    assert (item.outcome, item.code) == ("skipped", "not_ours")
    line.connection.execute("update credential_metadata set disabled = 1")  # by hand, afterwards
    assert accounts.switches.restore_due(line.connection) == []


def test_what_somebody_else_disabled_is_never_enabled(accounts, line, time):
    line.connection.execute("update credential_metadata set disabled = 1")
    time.now = NOW + 99 * HOUR
    assert accounts.switches.restore_due(line.connection) == []


def test_an_enable_that_fails_is_tried_again(accounts, line, documents, cpa, time):
    mina = id_of(line, CLAUDE_MINA)
    window(line, mina, NOW + HOUR)
    accounts.switches.switch(line.connection, mina, "disable", "person", until_reset=True)
    time.now = NOW + HOUR
    cpa.hide("auth-files/status")
    (item,) = accounts.switches.restore_due(line.connection)
    assert (item.outcome, item.code) == ("failed", "not_offered")
    cpa.hide()
    (item,) = accounts.switches.restore_due(line.connection)
    assert item.outcome == "done"
    assert not documents.is_disabled(CLAUDE_MINA)


def test_cpa_forgets_a_cooldown(accounts, line):
    item = accounts.switches.switch(line.connection, id_of(line, CLAUDE_TEAM), "restore", "person")
    assert item.outcome == "done"


def test_what_cannot_be_switched_says_why(accounts, line):
    mina = id_of(line, CLAUDE_MINA)
    switch = accounts.switches.switch
    assert switch(line.connection, mina, "disable", "person", until_reset=True).code == "no_reset"
    assert switch(line.connection, 9_999, "disable", "person").code == "unknown"
    line.connection.execute(
        "update credential_metadata set listed_in = 'claude-api-key' where credential_id = ?", (mina,)
    )
    assert switch(line.connection, mina, "disable", "person").code == "unsupported"
    line.connection.execute("update credential_metadata set listed_in = 'auth-files', name = 'gone.json'")
    item = switch(line.connection, mina, "enable", "person")
    assert (item.outcome, item.message) == ("failed", "CPA answered: auth file not found.")
    assert [row[2] for row in rows(line)] == ["failed"] * 4
