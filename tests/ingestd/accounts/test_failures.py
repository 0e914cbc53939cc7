"""CPA's errors channel: heard again after every break, kept with its history, and the condition of the account."""

import json
import time
from pathlib import Path

import pytest

from ingestd.accounts import failures
from ingestd.quota import retention
from shared.clock import DAY, SECOND
from tests.ingestd.conftest import NOW

CAPTURED = (Path(__file__).parents[2] / "data" / "cpa" / "captured-errors.jsonl").read_bytes().splitlines()
LIMITED = next(line for line in CAPTURED if b'"credential_quota"' in line)
PATIENT_SECONDS = 30.0


def until(condition):
    deadline = time.monotonic() + PATIENT_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_every_captured_message_is_read():
    found = [failures.read(each, NOW) for each in CAPTURED]
    assert all(found)
    assert len(found) == 85
    limited = failures.read(LIMITED, NOW)
    assert limited is not None
    assert (limited.status_code, limited.unavailable, limited.quota_exceeded) == (429, True, True)
    assert limited.quota_reason == "credential_quota"
    assert limited.recovers_at == limited.retry_at
    assert limited.message.startswith('{"type": "error"')


@pytest.mark.parametrize("payload", [b"", b"null", b"[]", b"{", b"{}", b'{"auth_index": ""}', b"\xff"])
def test_what_names_no_account_is_left_out(payload):
    assert failures.read(payload, NOW) is None


def test_failures_are_kept_of_accounts_that_are_known(accounts, line):
    known = {row[0] for row in line.connection.execute("select auth_index from credential")}
    expected = [each for each in CAPTURED if json.loads(each)["auth_index"] in known]
    assert expected
    assert accounts.keep_failures(line.connection, CAPTURED, NOW) == len(expected)
    assert line.number("select count(*) from credential_error") == len(expected)
    bob = json.loads(LIMITED)["auth_index"]
    row = line.connection.execute(
        "select unavailable, quota_exceeded, recovers_at > 0 from credential_condition n"
        " join credential c on c.id = n.credential_id where c.auth_index = ?",
        (bob,),
    ).fetchone()
    assert row is not None


def test_an_older_message_does_not_undo_a_younger_one(accounts, line):
    message = json.loads(LIMITED)
    older = message | {"timestamp": "2026-11-24T10:00:00Z", "auth_status": {"status": "active"}}
    accounts.keep_failures(line.connection, [LIMITED, json.dumps(older).encode()], NOW)
    assert line.number("select unavailable from credential_condition") == 1


def test_no_key_of_a_body_is_kept(accounts, line):
    secret = "sk-ant-api03-0123456789abcdefghijABCDEFGHIJ"
    accounts.keep_failures(
        line.connection, [json.dumps(json.loads(LIMITED) | {"body": f"bad key {secret}"}).encode()], NOW
    )
    (kept,) = line.connection.execute("select message from credential_error").fetchone()
    assert kept.startswith("bad key ")
    assert secret[12:-4] not in kept


def test_history_has_an_end(line):
    for number in range(retention.ERRORS_MAX + 5):
        line.connection.execute(
            "insert into credential_error (credential_id, occurred_at, model, status_code, code, message, retryable)"
            " values (1, ?, '', 500, '', '', 0)",
            (NOW - number * SECOND,),
        )
    line.connection.execute(
        "insert into credential_error (credential_id, occurred_at, model, status_code, code, message, retryable)"
        " values (2, ?, '', 500, '', '', 0)",
        (NOW - retention.ERRORS_KEPT - DAY,),
    )
    assert retention.clean(line.connection, NOW) == 6
    assert line.number("select count(*) from credential_error") == retention.ERRORS_MAX
    assert line.number("select max(occurred_at) from credential_error") == NOW


def test_the_channel_is_heard_again_after_cpa_went_away(parts, cpa):
    channel = parts.errors(cpa)
    channel.start()
    until(lambda: channel.subscribed)
    cpa.publish_error(LIMITED)
    until(lambda: channel.take(10) == [LIMITED])
    before = cpa.connections
    cpa.drop_connections()
    until(lambda: cpa.connections > before and channel.subscribed)
    cpa.publish_error(LIMITED)
    until(lambda: channel.take(10) == [LIMITED])


def test_the_channel_takes_no_usage_events_away(parts, cpa):
    channel = parts.errors(cpa)
    channel.start()
    until(lambda: channel.subscribed)
    cpa.publish(b'{"timestamp":1}')
    assert cpa.queue.waiting() == 1
    assert channel.take(10) == []


def test_a_wrong_key_costs_one_strike(parts, cpa):
    channel = parts.errors(cpa, key="wrong")
    channel.start()
    until(lambda: cpa.strikes == 1)
    channel.close()
    assert cpa.strikes == 1
