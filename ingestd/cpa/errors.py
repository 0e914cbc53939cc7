"""What can go wrong in a conversation with CPA: a closed set, each with one message that says what to do."""

import re
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Self

from shared.clock import SECOND, now


class ErrorKind(StrEnum):
    """Why CPA does not answer as it should, the most telling first: when two consumers fail, that one is reported."""

    WRONG_KEY = "wrong_key"
    BANNED = "banned"
    HOME_MODE = "home_mode"
    MANAGEMENT_DISABLED = "management_disabled"
    REMOTE_DISABLED = "remote_disabled"
    TLS_MISMATCH = "tls_mismatch"
    CERTIFICATE = "certificate"
    PROTOCOL = "protocol"
    QUEUE_MISSING = "queue_missing"
    SUBSCRIBE_MISSING = "subscribe_missing"
    RESP_DISABLED = "resp_disabled"
    INTERRUPTED = "interrupted"
    UNANSWERED = "unanswered"
    UNREACHABLE = "unreachable"


MESSAGES: Final[Mapping[ErrorKind, str]] = {
    ErrorKind.WRONG_KEY: (
        "CPA refuses the management key. Set CPA_MANAGEMENT_KEY to the plain text of remote-management.secret-key "
        "(or of CPA's MANAGEMENT_PASSWORD) and restart ingestd. It is retried rarely, because five wrong keys ban "
        "this address for 30 minutes"
    ),
    ErrorKind.BANNED: (
        "CPA has banned this address after five wrong management keys. It is asked again every half minute; the ban "
        "ends by itself, or when CPA is restarted. If this keeper's key never failed, another client of the same "
        "address, or one behind the same reverse proxy, sent wrong keys"
    ),
    ErrorKind.HOME_MODE: (
        "CPA runs in home mode and sends its events to its Home; it offers them to nobody else. Point CPA_BASE_URL "
        "to a CPA that runs on its own"
    ),
    ErrorKind.MANAGEMENT_DISABLED: (
        "CPA's management API is off, and the usage queue with it, or the network cuts connections. Set "
        "remote-management.secret-key in CPA's config.yaml (or MANAGEMENT_PASSWORD in its environment)"
    ),
    ErrorKind.REMOTE_DISABLED: (
        "CPA accepts management from its own host only. Set remote-management.allow-remote: true in its config.yaml "
        "or give it MANAGEMENT_PASSWORD. On one host, a reverse proxy in between that sets X-Forwarded-For or "
        "X-Real-IP has the same effect: point CPA_BASE_URL directly to CPA"
    ),
    ErrorKind.TLS_MISMATCH: (
        "One side speaks TLS and the other does not. An https CPA_BASE_URL or REDIS_QUEUE_TLS=true belongs to "
        "tls.enable: true in CPA's config.yaml, and neither to neither"
    ),
    ErrorKind.CERTIFICATE: (
        "CPA's certificate is not trusted. Install its authority on this host, connect by the name it was issued "
        "for, or set TLS_SKIP_VERIFY=true"
    ),
    ErrorKind.PROTOCOL: (
        "What answers does not speak as CPA does. Check that CPA_BASE_URL and REDIS_QUEUE_ADDR lead to CPA itself"
    ),
    ErrorKind.QUEUE_MISSING: (
        "This CPA has no HTTP usage queue. Update it to v6.10.8 or later, or set REDIS_QUEUE_MODE=pop"
    ),
    ErrorKind.SUBSCRIBE_MISSING: (
        "This CPA cannot be subscribed to; events are popped instead. Update it to v7.0.7 or later, or set "
        "REDIS_QUEUE_MODE=auto"
    ),
    ErrorKind.RESP_DISABLED: (
        "This CPA offers its queue over HTTP only (v7.1.17 does). Updating CPA brings the faster way back"
    ),
    ErrorKind.INTERRUPTED: "The connection to CPA broke off in the middle of a reply; events in it may be lost",
    ErrorKind.UNANSWERED: "CPA accepts connections but does not answer in time",
    ErrorKind.UNREACHABLE: "CPA cannot be reached. Check that it runs, and CPA_BASE_URL and REDIS_QUEUE_ADDR",
}


class CpaError(Exception):
    """CPA gave no answer, or refused, for one of the closed set of reasons. Its text never contains the key."""

    def __init__(
        self, kind: ErrorKind, detail: str = "", *, until: int | None = None, retry_after: float = 0.0
    ) -> None:
        super().__init__(f"{MESSAGES[kind]}{f' ({detail})' if detail else ''}.")
        self.kind = kind
        self.detail = detail
        """What was seen: a reply of CPA, an error of the operating system."""
        self.until = until
        """When a ban ends, in UTC epoch microseconds, as far as CPA says so."""
        self.retry_after = retry_after
        """Seconds until CPA is asked again."""

    def due_in(self, seconds: float) -> Self:
        """The same refusal, repeated without having asked CPA."""
        return type(self)(self.kind, self.detail, until=self.until, retry_after=seconds)


class Refused(CpaError):
    """CPA answered, and the answer is no."""


class Unreachable(CpaError):
    """No answer: nothing listens, nothing comes back in time, or TLS does not come about."""


class Interrupted(CpaError):
    """An answer began and did not end. The connection is unusable and has been closed."""


class ProtocolError(CpaError):
    """An answer that CPA never gives. The connection is unusable and has been closed."""


_REFUSALS: Final = (
    ("invalid management key", ErrorKind.WRONG_KEY),
    ("missing management key", ErrorKind.WRONG_KEY),
    ("authentication required", ErrorKind.WRONG_KEY),
    ("ip banned", ErrorKind.BANNED),
    ("home mode", ErrorKind.HOME_MODE),
    ("remote management disabled", ErrorKind.REMOTE_DISABLED),
    ("remote management key not set", ErrorKind.MANAGEMENT_DISABLED),
    ("resp auth disabled", ErrorKind.RESP_DISABLED),
    ("unknown command 'subscribe'", ErrorKind.SUBSCRIBE_MISSING),
)
"""Parts of CPA's refusals, measured on v7.2.140 (contract 1.3 to 1.5) and v7.1.17 (contract 9.2)."""

_BAN: Final = re.compile(r"try again in (?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?", re.IGNORECASE)
BAN_SECONDS: Final = 30 * 60
"""How long CPA bans an address (contract 1.4); assumed where it does not say what is left."""


def refusal(text: str) -> CpaError:
    """What an error of CPA, as RESP or HTTP words it, means."""
    lowered = text.lower()
    for part, kind in _REFUSALS:
        if part in lowered:
            return banned(text) if kind is ErrorKind.BANNED else Refused(kind, text)
    return ProtocolError(ErrorKind.PROTOCOL, text)


def banned(text: str) -> CpaError:
    """A ban, with the moment of its end: what CPA says is left would be wrong a second later."""
    until = now() + round(ban_seconds(text) * SECOND)
    end = datetime.fromtimestamp(until / SECOND, UTC).strftime("until %H:%M:%S UTC")
    return Refused(ErrorKind.BANNED, end, until=until)


def ban_seconds(text: str) -> float:
    """Seconds left of a ban, from CPA's `Try again in 29m58s` (a Go duration rounded to seconds)."""
    found = _BAN.search(text)
    if found is None or not any(found.groups()):
        return BAN_SECONDS
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def http_refusal(status: int, body: str, headers: Mapping[str, str]) -> CpaError:
    """What a management answer other than 200 means; `body` need only be its beginning."""
    known = refusal(body)
    if known.kind is not ErrorKind.PROTOCOL:
        return known
    detail = f"HTTP {status}"
    if status == 401:
        return Refused(ErrorKind.WRONG_KEY, detail)
    if status == 404:
        # An unknown path still carries CPA's version; with management off there is nothing of the kind (measured).
        version = headers.get("X-CPA-VERSION")
        if version:
            return Refused(ErrorKind.QUEUE_MISSING, version)
        return Refused(ErrorKind.MANAGEMENT_DISABLED, f"{detail}; home mode answers the same")
    if status >= 500:
        return Unreachable(ErrorKind.UNREACHABLE, detail)
    return ProtocolError(ErrorKind.PROTOCOL, detail)


def tls_trouble(error: BaseException) -> CpaError | None:
    """The TLS problem at the bottom of a connection error, if that is what it is."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Unreachable(ErrorKind.CERTIFICATE, cause.verify_message)
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
            return Unreachable(ErrorKind.TLS_MISMATCH, cause.reason or "")
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__
