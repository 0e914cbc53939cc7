"""One upstream attempt, and the usage payload CPA publishes for it (contract 3)."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

import msgspec

from tests.cpa.accounts import ClientKey, Credential
from tests.cpa.traffic.headers import Answer, response_headers
from tests.cpa.traffic.usage import NOTHING, Usage

NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong: the status CPA reports and the upstream's text."""

    status: int
    body: str


@dataclass(slots=True)
class Attempt:
    """Everything an event says. `started` is in nanoseconds since the epoch."""

    started: int
    latency_ms: int
    ttft_ms: int
    client: ClientKey
    user_agent: str
    credential: Credential
    endpoint: str
    model: str
    alias: str
    request_id: str
    answer: Answer
    usage: Usage = NOTHING
    failure: Failure | None = None
    generate: bool = True
    effort: str = ""
    tier: str = "auto"
    response_tier: str | None = None
    token_generation: int = 0
    """Which access token of the account it was; a refresh begins the next."""
    executor: str = ""
    """Where it is not the credential's own: websockets, and Kimi through the Claude protocol."""
    provider: str = ""
    silent: bool = False
    """CPA counts it for the credential, but publishes no event (a Claude stream without usage)."""
    refreshes: bool = False
    """CPA rewrote the account's file afterwards, and tells subscribers to read accounts again."""

    @property
    def completed(self) -> int:
        """When CPA publishes the event, in nanoseconds since the epoch."""
        return self.started + self.latency_ms * 1_000_000


def payload(attempt: Attempt, zone: tzinfo) -> bytes:
    """The event's bytes: fields in CPA's order, compact, escaped as Go escapes."""
    credential, client = attempt.credential, attempt.client
    event: dict[str, object] = {
        "timestamp": rfc3339_nano(attempt.started, zone),
        "latency_ms": attempt.latency_ms,
        "ttft_ms": attempt.ttft_ms,
        "source": credential.source(client),
        "auth_index": credential.auth_index,
    }
    digest = credential.token_sha256(attempt.token_generation)
    if digest is not None:
        event["access_token_sha256"] = digest
    failure = attempt.failure
    event |= {
        "client_ip": client.client_ip,
        "x_forwarded_for": client.x_forwarded_for,
        "user_agent": attempt.user_agent,
        "tokens": attempt.usage.tokens,
        "failed": failure is not None,
        "generate": attempt.generate,
        "fail": {"status_code": failure.status, "body": failure.body} if failure else {"status_code": 200, "body": ""},
    }
    began = attempt.started + attempt.ttft_ms * 1_000_000  # when the headers came
    headers = response_headers(attempt.answer, began // NANOSECONDS, zone)
    if headers:
        event["response_headers"] = headers
    event |= {
        "accounting_version": 2,
        "token_breakdown": attempt.usage.breakdown,
        "provider": attempt.provider or credential.provider,
        "executor_type": attempt.executor or credential.executor,
        "model": attempt.model,
        "alias": attempt.alias,
        "endpoint": attempt.endpoint,
        "auth_type": credential.auth_type,
        "api_key": client.key,
        "request_id": attempt.request_id,
        "reasoning_effort": attempt.effort,
        "service_tier": attempt.tier,
    }
    if attempt.response_tier is not None:
        event["response_service_tier"] = attempt.response_tier
    return go_escape(msgspec.json.encode(event))


def go_escape(encoded: bytes) -> bytes:
    """Go's encoder writes the three characters that could end a script as escapes; they occur in strings only."""
    return encoded.replace(b"<", b"\\u003c").replace(b">", b"\\u003e").replace(b"&", b"\\u0026")


def rfc3339_nano(nanoseconds: int, zone: tzinfo) -> str:
    """Go's RFC3339Nano: trailing zeros of the fraction are dropped, UTC is `Z`."""
    seconds, fraction = divmod(nanoseconds, NANOSECONDS)
    moment = datetime.fromtimestamp(seconds, UTC).astimezone(zone)
    digits = f".{fraction:09d}".rstrip("0").rstrip(".")
    clock, offset = moment.isoformat()[:19], moment.strftime("%z")
    return f"{clock}{digits}" + (f"{offset[:3]}:{offset[3:]}" if moment.utcoffset() else "Z")
