"""The message CPA sends on the errors channel for a failed result (contract 4)."""

from datetime import tzinfo

import msgspec

from tests.cpa.traffic.attempt import NANOSECONDS, Attempt, go_escape, rfc3339_nano

_REQUEST_SCOPED = (400, 408)
_HALF_HOUR = 30 * 60
_COOLDOWNS = {401: _HALF_HOUR, 402: _HALF_HOUR, 403: _HALF_HOUR, 404: 12 * 3600}


def error_message(attempt: Attempt, zone: tzinfo) -> bytes:
    """The message for a failed attempt. Raises ValueError for one that did not fail."""
    failure, credential = attempt.failure, attempt.credential
    if failure is None:
        raise ValueError("the attempt did not fail")
    aborted = failure.status == 499
    status = 500 if aborted else failure.status
    body = "context canceled" if aborted else failure.body or "upstream stream closed before first payload"
    message: dict[str, object] = {
        "timestamp": rfc3339_nano(attempt.completed, zone),
        "provider": credential.provider,
        "model": attempt.model,
        "auth_id": credential.auth_id,
        "auth_index": credential.auth_index,
        "status_code": status,
        "body": body,
    }
    if aborted or attempt.answer.kind == "none":
        message["code"] = "connection_lifecycle"
    elif failure.status in _REQUEST_SCOPED:
        message["code"] = "request_scoped"
    elif not failure.body:
        message |= {"code": "empty_stream", "retryable": True}
    if "code" in message and message["code"] != "empty_stream":
        message["auth_status"] = {"status": "active", "disabled": False, "unavailable": False}
    else:
        message["auth_status"] = _auth_status(attempt, body, zone)
    return go_escape(msgspec.json.encode(message))


def _auth_status(attempt: Attempt, body: str, zone: tzinfo) -> dict[str, object]:
    status = attempt.failure.status if attempt.failure else 0
    seconds = attempt.answer.retry_after if status == 429 else _COOLDOWNS.get(status)
    state: dict[str, object] = {"status": "error", "status_message": body}
    until = rfc3339_nano(attempt.completed + seconds * NANOSECONDS, zone) if seconds else ""
    limits: dict[str, object] = {"next_retry_after": until} if until else {}
    if status == 429 and until:
        limits["quota"] = {"exceeded": True, "reason": "quota", "next_recover_at": until}
    cooling = {"unavailable": bool(until)} | limits
    return state | {"disabled": False} | cooling | {"model": {"name": attempt.model} | state | cooling}
