"""What can keep events from leaving CPA: a closed set, each with one message that says what to do."""

import re
import ssl
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final, Self


class Condition(StrEnum):
    """Why events do not arrive, the most telling first: when two ways fail, the earlier one is reported."""

    WRONG_KEY = "wrong_key"
    BANNED = "banned"
    HOME_MODE = "home_mode"
    MANAGEMENT_DISABLED = "management_disabled"
    REMOTE_DISABLED = "remote_disabled"
    TLS_MISMATCH = "tls_mismatch"
    CERTIFICATE = "certificate"
    DIVERTED = "diverted"
    SHARED = "shared"
    STATISTICS_DISABLED = "statistics_disabled"
    PROTOCOL = "protocol"
    QUEUE_MISSING = "queue_missing"
    SUBSCRIBE_MISSING = "subscribe_missing"
    RESP_DISABLED = "resp_disabled"
    INTERRUPTED = "interrupted"
    UNANSWERED = "unanswered"
    UNREACHABLE = "unreachable"


KEY_CONDITIONS: Final = frozenset({Condition.WRONG_KEY, Condition.BANNED})
"""Conditions of the key and the address, not of one connection: no other way may be tried while they last."""

MESSAGES: Final[Mapping[Condition, str]] = {
    Condition.WRONG_KEY: (
        "CPA refuses the management key. Set CPA_MANAGEMENT_KEY to the plain text of remote-management.secret-key "
        "(or of CPA's MANAGEMENT_PASSWORD) and restart ingestd. It is retried rarely, because five wrong keys ban "
        "this address for 30 minutes"
    ),
    Condition.BANNED: (
        "CPA has banned this address after five wrong management keys, HTTP API included. Collection resumes when "
        "the ban ends; restarting CPA lifts it at once. If this keeper's key never failed, another client of the "
        "same address, or one behind the same reverse proxy, sent wrong keys"
    ),
    Condition.HOME_MODE: (
        "CPA runs in home mode and sends its events to its Home; it offers them to nobody else. Point CPA_BASE_URL "
        "to a CPA that runs on its own"
    ),
    Condition.MANAGEMENT_DISABLED: (
        "CPA's management API is off, and the usage queue with it. Set remote-management.secret-key in CPA's "
        "config.yaml (or MANAGEMENT_PASSWORD in its environment)"
    ),
    Condition.REMOTE_DISABLED: (
        "CPA accepts management from its own host only. Set remote-management.allow-remote: true in its config.yaml "
        "or give it MANAGEMENT_PASSWORD. On one host, a reverse proxy in between that sets X-Forwarded-For or "
        "X-Real-IP has the same effect: point CPA_BASE_URL directly to CPA"
    ),
    Condition.TLS_MISMATCH: (
        "One side speaks TLS and the other does not. An https CPA_BASE_URL or REDIS_QUEUE_TLS=true belongs to "
        "tls.enable: true in CPA's config.yaml, and neither to neither"
    ),
    Condition.CERTIFICATE: (
        "CPA's certificate is not trusted. Install its authority on this host, connect by the name it was issued "
        "for, or set TLS_SKIP_VERIFY=true"
    ),
    Condition.DIVERTED: (
        "CPA handles requests, but none of their events reach the queue: another collector subscribes to them. Stop "
        "it, or set REDIS_QUEUE_MODE=subscribe, which gives each collector its own copy"
    ),
    Condition.SHARED: (
        "CPA handles clearly more requests than events arrive: another collector pops from the same queue, or "
        "subscribes now and then. Each event goes to only one of them. Stop the other collector"
    ),
    Condition.STATISTICS_DISABLED: ("CPA records no usage. Set usage-statistics-enabled: true in its config.yaml"),
    Condition.PROTOCOL: (
        "What answers does not speak as CPA does. Check that CPA_BASE_URL and REDIS_QUEUE_ADDR lead to CPA itself"
    ),
    Condition.QUEUE_MISSING: (
        "This CPA has no HTTP usage queue. Update it to v6.10.8 or later, or set REDIS_QUEUE_MODE=pop"
    ),
    Condition.SUBSCRIBE_MISSING: (
        "This CPA cannot be subscribed to; events are popped instead. Update it to v7.0.7 or later, or set "
        "REDIS_QUEUE_MODE=auto"
    ),
    Condition.RESP_DISABLED: (
        "This CPA offers its queue over HTTP only (v7.1.17 does). Updating CPA brings the faster way back"
    ),
    Condition.INTERRUPTED: "The connection to CPA broke off in the middle of a reply; events in it may be lost",
    Condition.UNANSWERED: "CPA accepts connections but does not answer in time",
    Condition.UNREACHABLE: "CPA cannot be reached. Check that it runs, and CPA_BASE_URL and REDIS_QUEUE_ADDR",
}


class SourceError(Exception):
    """CPA gave no events, for one of the closed set of reasons. Its text never contains the key."""

    def __init__(self, condition: Condition, detail: str = "", *, retry_after: float = 0.0) -> None:
        super().__init__(f"{MESSAGES[condition]}{f' ({detail})' if detail else ''}.")
        self.condition = condition
        self.detail = detail
        """What was seen: a reply of CPA, an error of the operating system."""
        self.retry_after = retry_after
        """Seconds until CPA is asked again. For a fresh `Banned` it is what CPA said is left of the ban."""

    def due_in(self, seconds: float) -> Self:
        """The same refusal, told again without having asked CPA."""
        return type(self)(self.condition, self.detail, retry_after=seconds)


class Refused(SourceError):
    """CPA answered, and the answer is no."""


class Unreachable(SourceError):
    """No answer: nothing listens, nothing comes back in time, or TLS does not come about."""


class Interrupted(SourceError):
    """An answer began and did not end. The connection is unusable and has been closed."""


class Garbled(SourceError):
    """An answer that CPA never gives. The connection is unusable and has been closed."""


_REFUSALS: Final = (
    ("invalid management key", Condition.WRONG_KEY),
    ("missing management key", Condition.WRONG_KEY),
    ("authentication required", Condition.WRONG_KEY),
    ("ip banned", Condition.BANNED),
    ("home mode", Condition.HOME_MODE),
    ("remote management disabled", Condition.REMOTE_DISABLED),
    ("remote management key not set", Condition.MANAGEMENT_DISABLED),
    ("resp auth disabled", Condition.RESP_DISABLED),
    ("unknown command 'subscribe'", Condition.SUBSCRIBE_MISSING),
)
"""Parts of CPA's refusals, measured on v7.2.140 (contract 1.3 to 1.5) and v7.1.17 (contract 9.2)."""

_BAN: Final = re.compile(r"try again in (?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?", re.IGNORECASE)
BAN_SECONDS: Final = 30 * 60
"""How long CPA bans an address (contract 1.4); assumed where it does not say what is left."""


def refusal(text: str) -> SourceError:
    """What an error of CPA, as RESP or HTTP words it, means."""
    lowered = text.lower()
    for part, condition in _REFUSALS:
        if part in lowered:
            return Refused(condition, text, retry_after=ban_seconds(text) if condition is Condition.BANNED else 0.0)
    return Garbled(Condition.PROTOCOL, text)


def ban_seconds(text: str) -> float:
    """Seconds left of a ban, from CPA's `Try again in 29m58s` (a Go duration rounded to seconds)."""
    found = _BAN.search(text)
    if found is None or not any(found.groups()):
        return BAN_SECONDS
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def http_refusal(status: int, body: str, headers: Mapping[str, str]) -> SourceError:
    """What a management answer other than 200 means; `body` need only be its beginning."""
    known = refusal(body)
    if known.condition is not Condition.PROTOCOL:
        return known
    detail = f"HTTP {status}"
    if status == 401:
        return Refused(Condition.WRONG_KEY, detail)
    if status == 404:
        # An unknown path still carries CPA's version; with management off there is nothing of the kind (measured).
        version = headers.get("X-CPA-VERSION")
        if version:
            return Refused(Condition.QUEUE_MISSING, version)
        return Refused(Condition.MANAGEMENT_DISABLED, f"{detail}; home mode answers the same")
    if status >= 500:
        return Unreachable(Condition.UNREACHABLE, detail)
    return Garbled(Condition.PROTOCOL, detail)


def tls_trouble(error: BaseException) -> SourceError | None:
    """The TLS problem at the bottom of a connection error, if that is what it is."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Unreachable(Condition.CERTIFICATE, cause.verify_message)
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
            return Unreachable(Condition.TLS_MISMATCH, cause.reason or "")
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__
