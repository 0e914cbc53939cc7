"""What the errors channel tells of accounts: a history of failures, and the condition CPA last saw each in."""

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from ingestd.moments import moment
from ingestd.quota.fields import Fields, as_object
from ingestd.short_write import short_write
from shared.redaction import redact
from shared.version import next_revision

STEP_MESSAGES: Final = 200
"""Most messages in one transaction."""

MESSAGE_CHARACTERS: Final = 2_000
_LOOKED_AT: Final = 8_000
TEXT_CHARACTERS: Final = 200


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One message, read with suspicion. Times in UTC epoch microseconds."""

    auth_index: str
    occurred_at: int
    model: str
    status_code: int
    code: str
    message: str
    retryable: bool
    retry_at: int | None
    recovers_at: int | None
    status: str
    unavailable: bool
    quota_exceeded: bool
    quota_reason: str


def read(payload: bytes, now: int) -> Failure | None:
    """What a message says; None for one that names no account."""
    found = as_object(payload)
    if found is None:
        return None
    said = Fields(found)
    auth_index = said.text("auth_index")
    if not auth_index:
        return None
    status = said.object("auth_status") or Fields({})
    quota = status.object("quota") or Fields({})
    return Failure(
        auth_index=auth_index[:TEXT_CHARACTERS],
        occurred_at=min(moment(said.text("timestamp")) or now, now),
        model=_text(said.text("model")),
        status_code=min(max(said.integer("status_code") or 0, 0), 999),
        code=_text(said.text("code")),
        # `status_message` may be of an earlier failure (contract 0): the body is of this one.
        message=_text(redact(said.text("body")[:_LOOKED_AT]), MESSAGE_CHARACTERS),
        retryable=bool(said.flag("retryable")),
        retry_at=moment(status.text("next_retry_after")),
        recovers_at=moment(quota.text("next_recover_at")),
        status=_text(status.text("status")),
        unavailable=bool(status.flag("unavailable")),
        quota_exceeded=bool(quota.flag("exceeded")),
        quota_reason=_text(quota.text("reason")),
    )


def keep(connection: sqlite3.Connection, instance_id: int, payloads: Sequence[bytes], now: int) -> int:
    """Keep what messages say of accounts that are known; gives how many were."""
    failures = [failure for payload in payloads if (failure := read(payload, now)) is not None]
    if not failures:
        return 0
    known: dict[str, int] = dict(
        connection.execute("select auth_index, id from credential where instance_id = ?", (instance_id,)).fetchall()
    )
    kept = [(known[failure.auth_index], failure) for failure in failures if failure.auth_index in known]
    with short_write(connection):
        connection.executemany(
            "insert into credential_error (credential_id, occurred_at, model, status_code, code, message, retryable,"
            " retry_at, recovers_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [_error_row(credential, failure) for credential, failure in kept],
        )
        connection.executemany(
            "insert into credential_condition (credential_id, told_at, status, unavailable, next_retry_after,"
            " quota_exceeded, quota_reason, recovers_at) values (?, ?, ?, ?, ?, ?, ?, ?)"
            " on conflict (credential_id) do update set told_at = excluded.told_at, status = excluded.status,"
            " unavailable = excluded.unavailable, next_retry_after = excluded.next_retry_after,"
            " quota_exceeded = excluded.quota_exceeded, quota_reason = excluded.quota_reason,"
            " recovers_at = excluded.recovers_at where excluded.told_at >= told_at",
            [_condition_row(credential, failure) for credential, failure in kept],
        )
        next_revision(connection)
    return len(kept)


def _error_row(credential: int, failure: Failure) -> tuple[Any, ...]:
    return (
        credential,
        failure.occurred_at,
        failure.model,
        failure.status_code,
        failure.code,
        failure.message,
        int(failure.retryable),
        failure.retry_at,
        failure.recovers_at,
    )


def _condition_row(credential: int, failure: Failure) -> tuple[Any, ...]:
    return (
        credential,
        failure.occurred_at,
        failure.status,
        int(failure.unavailable),
        failure.retry_at,
        int(failure.quota_exceeded),
        failure.quota_reason,
        failure.recovers_at,
    )


def _text(text: str, most: int = TEXT_CHARACTERS) -> str:
    return text.strip()[:most].encode("utf-8", "replace").decode("utf-8")
