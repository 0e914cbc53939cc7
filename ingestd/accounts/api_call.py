"""`POST /api-call`: CPA asks a provider on behalf of one account, whose token it never shows (contract 5.6, A1).

CPA answers 200 whatever the provider did; what the provider said comes as a text within.
"""

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

import msgspec

from ingestd.accounts.endpoints import Endpoint
from ingestd.cpa.errors import CpaError, ErrorKind
from ingestd.cpa.management import ManagementClient
from ingestd.quota.fields import Fields, answered, as_object
from ingestd.quota.rows import InvalidAnswer
from shared.clock import SECOND
from shared.redaction import redact

LOOKUP_SECONDS: Final = 20.0
"""All calls for one account together. CPA itself gives a provider sixty."""

DETAIL_CHARACTERS: Final = 300
_LOOKED_AT: Final = 4_096
RETRY_SECONDS_MAX: Final = 24 * 3_600.0

_BY_STATUS: Final = {401: "unauthorized", 402: "payment_required", 403: "forbidden", 429: "rate_limited"}
_MESSAGE_FIELDS: Final = ("message", "error_description", "detail")


class LookupFailed(Exception):
    """Why a provider did not say: a code of `shared.schema.quota`, and its own words, redacted."""

    def __init__(
        self, trouble: str, detail: str = "", *, status: int | None = None, retry_seconds: float | None = None
    ) -> None:
        super().__init__(trouble)
        self.trouble = trouble
        self.detail = detail
        self.status = status
        self.retry_seconds = retry_seconds
        """From now on; None where the provider names no time."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a look-up is of, as CPA lists it now (contract A2)."""

    auth_index: str
    provider: str
    account_id: str = ""
    user_id: str = ""
    project: str = ""
    plan_hint: str = ""


def subject(entry: Mapping[str, Any]) -> Subject:
    """The account of an entry of `/auth-files`."""
    said = Fields(entry)
    token = said.object("id_token") or Fields({})
    return Subject(
        auth_index=said.text("auth_index"),
        provider=(said.text("provider") or said.text("type")).lower(),
        account_id=token.text("chatgpt_account_id"),
        plan_hint=token.text("plan_type"),
        project=said.text("project_id"),
        user_id=_user_id(said),
    )


class ApiCall:
    """Asks for one account after the other; the account's time runs from `begin`."""

    def __init__(
        self,
        management: ManagementClient,
        endpoints: Mapping[str, Endpoint],
        subject: Subject,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._management = management
        self._endpoints = endpoints
        self._subject = subject
        self._monotonic = monotonic
        self._ends = monotonic() + LOOKUP_SECONDS

    def ask(self, name: str) -> Fields:
        """What the provider answers to the endpoint of that name. Raises `LookupFailed`."""
        left = self._ends - self._monotonic()
        if left <= 0:
            raise LookupFailed("timeout")
        try:
            status, answer = self._management.send("POST", "api-call", self._request(name), seconds=left)
        except CpaError as error:
            late = error.kind in (ErrorKind.UNANSWERED, ErrorKind.INTERRUPTED)
            raise LookupFailed("timeout" if late else "cpa_refused", "" if late else str(error)) from error
        said = as_object(answer) or {}
        if status != 200:
            raise _refused(status, str(said.get("error") or ""))
        return _unwrapped(Fields(said))

    def _request(self, name: str) -> dict[str, Any]:
        endpoint, about = self._endpoints[name], self._subject
        known = {"{account_id}": about.account_id, "{user_id}": about.user_id, "{project}": about.project}

        def filled(text: str) -> str:
            for place, value in known.items():
                text = text.replace(place, value)
            return text

        request: dict[str, Any] = {
            "authIndex": about.auth_index,
            "method": endpoint.method,
            "url": endpoint.url,
            "header": {header: value for header, text in endpoint.headers.items() if (value := filled(text))},
        }
        if endpoint.data:
            request["data"] = filled(endpoint.data)
        return request


def _refused(status: int, error: str) -> LookupFailed:
    """What CPA itself says no to."""
    if error in ("auth token not found", "auth token refresh failed"):
        return LookupFailed("no_token", error)
    if status == 502:
        return LookupFailed("unreachable", error)
    return LookupFailed("cpa_refused", error or f"HTTP {status}")


def _unwrapped(envelope: Fields) -> Fields:
    """What is in CPA's envelope. Raises `LookupFailed`."""
    status = envelope.integer("status_code") or 0
    values = dict(envelope.items())
    body = next((values[name] for name in ("body", "bodyText", "body_text") if values.get(name)), "")
    if 200 <= status < 300:
        try:
            return answered(body)
        except InvalidAnswer as problem:
            raise LookupFailed("invalid_answer", str(problem), status=status) from problem
    if not status:
        raise LookupFailed("invalid_answer", "no status")
    retry = _retry_seconds(envelope.object("header"))
    raise LookupFailed(_BY_STATUS.get(status, "upstream"), message(body), status=status, retry_seconds=retry)


def message(body: object) -> str:
    """What an error answer says to people, without secrets; empty for a page of HTML."""
    found = as_object(body)
    if found is None:
        text = body if isinstance(body, str) else ""
        text = "" if text.lstrip().startswith("<") else text
    else:
        text = _message(Fields(found)) or (body if isinstance(body, str) else "")
    return " ".join(redact(text[:_LOOKED_AT]).split())[:DETAIL_CHARACTERS]


def _message(said: Fields) -> str:
    inner = said.object("error")
    return (
        next((text for name in _MESSAGE_FIELDS if (text := said.text(name))), "")
        or said.text("error")
        or (next((text for name in _MESSAGE_FIELDS if (text := inner.text(name))), "") if inner else "")
    )


def _retry_seconds(headers: Fields | None) -> float | None:
    """`Retry-After`: seconds, or a date."""
    for name, value in headers.items() if headers else ():
        text = value[0] if isinstance(value, list) and value else value
        if name.lower() != "retry-after" or not isinstance(text, str):
            continue
        if text.strip().isascii() and text.strip().isdigit():
            return min(float(text), RETRY_SECONDS_MAX)
        try:
            at = parsedate_to_datetime(text).timestamp()
        except (ValueError, TypeError, IndexError):
            return None
        return min(max(at - time.time(), 0.0), RETRY_SECONDS_MAX)
    return None


_USER_FIELDS: Final = ("sub", "subject", "user_id")


def _user_id(said: Fields) -> str:
    """Of an xAI account, wherever a version of CPA shows it (contract A2)."""
    metadata, attributes = said.object("metadata"), said.object("attributes")
    places = [each for each in (said, metadata, attributes) if each is not None]
    for place in places:
        if found := place.text(*_USER_FIELDS):
            return found
    for container, names in (("oauth", ("sub", "subject")), ("user", ("sub", "id"))):
        for place in places:
            if container in place:
                inner = place.object(container)
                return inner.text(*names) if inner else ""
    return ""


def retry_at(failure: LookupFailed, now: int) -> int | None:
    """When the provider may be asked again, UTC epoch microseconds; None: at any time."""
    if failure.retry_seconds is not None:
        return now + round(failure.retry_seconds * SECOND)
    return now + RATE_LIMITED_WAIT if failure.trouble == "rate_limited" else None


RATE_LIMITED_WAIT: Final = 300 * SECOND
"""After a 429 that names no time."""
