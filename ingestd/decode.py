"""Bytes become a usage event, or a reason why not. Pure: no clock, no file, and no exception for any input.

Accepts every payload that CPA has sent since v6.9.38, where the queue began: fields that came later are optional,
fields that are unknown are ignored. Timestamps and tokens are what an event cannot do without.
"""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec

from ingestd.usage_event import Breakdown, Counters, Int64, UsageEvent
from shared.error_class import ErrorClass, classify
from shared.redaction import mask

PAYLOAD_BYTES_MAX = 16 * 1024 * 1024
"""Larger messages are refused unread. CPA sets no limit on an error body, so the bound is generous."""

DETAIL_CHARACTERS = 200
MILLISECONDS_MAX = 7 * 86_400_000
"""No attempt takes a week; what says so did not measure."""
STATUS_CODE_MAX = 999

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
_NO_HEADERS: dict[str, list[str]] = {}


class Reason(StrEnum):
    """Why a message is no event. The set is closed; the status page counts by it."""

    TOO_LARGE = "too_large"
    INVALID_UTF8 = "invalid_utf8"
    INVALID_JSON = "invalid_json"
    TOO_DEEP = "too_deep"
    NOT_AN_OBJECT = "not_an_object"
    CONTROL_MESSAGE = "control_message"
    MISSING_TIMESTAMP = "missing_timestamp"
    INVALID_TIMESTAMP = "invalid_timestamp"
    MISSING_TOKENS = "missing_tokens"
    WRONG_TYPE = "wrong_type"
    NUMBER_OUT_OF_RANGE = "number_out_of_range"
    IMPOSSIBLE_TIME = "impossible_time"
    """Before there was anything like CPA, or so far ahead of this machine's clock that one of the two is wrong."""


class Rejected(msgspec.Struct, frozen=True):
    """A message that `decode` refused. `detail` names a place or a type, and quotes nothing of the message."""

    reason: Reason
    detail: str = ""


class _Fail(msgspec.Struct, frozen=True, gc=False):
    status_code: Int64 = 0
    body: str = ""


class _Payload(msgspec.Struct, frozen=True, gc=False):
    """The message as it is sent; every optional field is missing in some version of CPA."""

    timestamp: str
    tokens: Counters
    latency_ms: Int64 = 0
    ttft_ms: Int64 = 0
    source: str = ""
    auth_index: str = ""
    client_ip: str = ""
    x_forwarded_for: str = ""
    user_agent: str = ""
    failed: bool = False
    generate: bool | None = None
    fail: _Fail | None = None
    response_headers: dict[str, list[str]] | None = None
    accounting_version: Int64 = 0
    token_breakdown: Breakdown | None = None
    provider: str = ""
    executor_type: str = ""
    model: str = ""
    alias: str = ""
    endpoint: str = ""
    auth_type: str = ""
    api_key: str = ""
    request_id: str = ""
    reasoning_effort: str = ""
    service_tier: str = ""
    response_service_tier: str = ""


_decode_payload = msgspec.json.Decoder(_Payload).decode


def decode(payload: bytes) -> UsageEvent | Rejected:
    """The event in a message, or why there is none.

    Gaps are filled as CPA means them (contract, 3 and C1): a missing `generate` is true, except for a successful
    `CodexWebsocketsExecutor` event without tokens, which is a warm-up; a missing `fail` of a success is status 200.
    """
    if len(payload) > PAYLOAD_BYTES_MAX:
        return Rejected(Reason.TOO_LARGE, f"{len(payload)} bytes")
    try:
        raw = _decode_payload(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        found = _without_nulls(payload, error)
        if isinstance(found, Exception):
            return _why(payload, found)
        raw = found
    occurred_at = epoch_microseconds(raw.timestamp)
    if occurred_at is None:
        return Rejected(Reason.INVALID_TIMESTAMP)
    tokens = raw.tokens
    failed = raw.failed
    generate = raw.generate
    if generate is None:
        generate = failed or raw.executor_type != "CodexWebsocketsExecutor" or not tokens.is_zero
    fail = raw.fail
    if fail is None:
        status_code, fail_body = (0 if failed else 200), ""
    else:
        status_code, fail_body = fail.status_code, fail.body
        if not 0 <= status_code <= STATUS_CODE_MAX:
            status_code = 0
    model = raw.model.strip() or "unknown"
    return UsageEvent(
        occurred_at,
        tokens,
        raw.token_breakdown,
        raw.accounting_version,
        failed,
        generate,
        status_code,
        fail_body,
        _milliseconds(raw.latency_ms),
        _milliseconds(raw.ttft_ms),
        raw.provider.strip() or "unknown",
        raw.executor_type,
        model,
        raw.alias.strip() or model,
        raw.endpoint,
        raw.auth_type,
        raw.auth_index,
        raw.source,
        raw.api_key,
        raw.request_id,
        raw.reasoning_effort,
        raw.service_tier,
        raw.response_service_tier,
        raw.client_ip,
        raw.x_forwarded_for,
        raw.user_agent,
        raw.response_headers or _NO_HEADERS,
    )


def error_class(event: UsageEvent) -> ErrorClass:
    """Why the request failed; `NONE` when it did not."""
    if not event.failed:
        return ErrorClass.NONE
    return classify(failed=True, status_code=event.status_code, body=event.fail_body)


_EMAIL = re.compile(r"[^\s@/:]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PROJECT_ID = re.compile(r"(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]")  # Google Cloud's rule


def account_label(event: UsageEvent) -> str:
    """The upstream account in a form that may be stored: `source`, masked unless it is known to be no secret.

    CPA puts an e-mail address, a Google project id, a raw upstream key or the client's own key there (contract, 3.6).
    Only an address, the project id of a Vertex service account and the channel of an AI Studio session stay readable.
    """
    source = event.source.strip()
    if source == event.api_key.strip():
        return ""  # CPA names the client's key where it knows no account: that is nobody's account
    if _EMAIL.fullmatch(source):
        return source[:200]
    if event.auth_type == "oauth" and not source.startswith(("sk-", "key-", "ak-")):
        if event.provider == "vertex" and _PROJECT_ID.fullmatch(source):
            return source
        if event.provider == "aistudio" and re.fullmatch(r"aistudio-[\w-]{1,100}", source):
            return source
    return mask(source)


def _milliseconds(value: int) -> int:
    """A duration, or 0 = not observed for one that cannot be."""
    return value if 0 <= value <= MILLISECONDS_MAX else 0


def epoch_microseconds(timestamp: str) -> int | None:
    """An RFC 3339 time, in integers all the way: finer digits are cut. None before 1970 or without an offset."""
    try:
        since = datetime.fromisoformat(timestamp) - _EPOCH
    except (ValueError, TypeError, OverflowError):  # TypeError: without an offset it is no instant
        return None
    if since.days < 0:
        return None
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _without_nulls(payload: bytes, error: Exception) -> _Payload | Exception:
    """The message with every null read as absence, or what is wrong with it even so (`error`: what was before).

    Go writes null for a nil slice or map wherever CPA passes one on; so many messages that it is worth a second look,
    so few that the first need not know of it.
    """
    try:
        return msgspec.convert(_present(msgspec.json.decode(payload)), _Payload)
    except msgspec.ValidationError as wrong:
        return wrong
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return error


def _present(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _present(part) for name, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_present(part) for part in value if part is not None]
    return value


def _why(payload: bytes, error: Exception) -> Rejected:
    """The reason behind a failed decode, found by looking at the message rather than at the decoder's words."""
    try:
        message = msgspec.json.decode(payload)
    except RecursionError:
        return Rejected(Reason.TOO_DEEP)
    except UnicodeError:
        return Rejected(Reason.INVALID_UTF8)
    except (msgspec.MsgspecError, ValueError) as malformed:
        return Rejected(Reason.INVALID_JSON, str(malformed)[:DETAIL_CHARACTERS])
    return _what_is_wrong(message, error)


def _what_is_wrong(message: object, error: Exception) -> Rejected:
    if not isinstance(message, dict):
        return Rejected(Reason.NOT_AN_OBJECT, type(message).__name__)
    if "timestamp" not in message:
        control = "support_refresh" in message or "refresh" in message
        return Rejected(Reason.CONTROL_MESSAGE if control else Reason.MISSING_TIMESTAMP)
    if message.get("tokens") is None:
        return Rejected(Reason.MISSING_TOKENS)
    detail = str(error)[:DETAIL_CHARACTERS]
    return Rejected(Reason.NUMBER_OUT_OF_RANGE if _has_huge_number(message) else Reason.WRONG_TYPE, detail)


def _has_huge_number(message: dict[str, Any]) -> bool:
    """Whether a known field holds an integer beyond 64 bits, at most two objects deep."""
    nested = [message]
    for name in ("tokens", "fail", "token_breakdown"):
        value = message.get(name)
        if isinstance(value, dict):
            nested += [value, *(part for part in value.values() if isinstance(part, dict))]
    return any(
        isinstance(value, int) and not _INT64_MIN <= value <= _INT64_MAX for part in nested for value in part.values()
    )
