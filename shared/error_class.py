"""Why a request failed, as one of a few classes: what the errors page groups by."""

import re
from enum import IntEnum

_BY_STATUS = {
    401: "UNAUTHORIZED",
    402: "PAYMENT_REQUIRED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    408: "TIMEOUT",
    429: "RATE_LIMITED",
    499: "CANCELLED",
    503: "OVERLOADED",
    504: "TIMEOUT",
    529: "OVERLOADED",
}

_GO_NETWORK_ERROR = re.compile(
    r"""^(?:Get|Head|Post|Put|Patch|Delete)\ "\w+://   # net/http: the request that got no answer
    | ^(?:unexpected\ )?EOF$
    | \b(?:dial|read|write|proxyconnect)\ (?:tcp|udp)\b
    | connection\ (?:refused|reset) | broken\ pipe | no\ such\ host | i/o\ timeout
    | network\ is\ unreachable | closed\ network\ connection
    | \btls:\  | \bx509:\  | \bhttp2:\  | stream\ error:\ stream\ ID | websocket:\ close
    """,
    re.VERBOSE,
)
_BODY_LOOKED_AT = 2_048


class ErrorClass(IntEnum):
    """The classes, as the small numbers the file keeps. A number never changes its meaning."""

    NONE = 0  # the request succeeded
    RATE_LIMITED = 1
    UNAUTHORIZED = 2
    PAYMENT_REQUIRED = 3
    FORBIDDEN = 4
    NOT_FOUND = 5
    INVALID_REQUEST = 6  # any other 4xx
    TIMEOUT = 7
    CANCELLED = 8  # the client went away
    OVERLOADED = 9
    SERVER_ERROR = 10  # any other 5xx
    NETWORK = 11  # no answer, or one that broke off
    UNKNOWN = 12

    @property
    def label(self) -> str:
        """The name in the API: `rate_limited`."""
        return self.name.lower()

    @classmethod
    def of_label(cls, label: str) -> "ErrorClass | None":
        """The inverse of `label`, or None."""
        found = cls.__members__.get(label.upper())
        return found if found is not None and found.label == label else None


_OF_STATUS = {status: ErrorClass[name] for status, name in _BY_STATUS.items()}


def classify(*, failed: bool, status_code: int, body: str) -> ErrorClass:
    """The class of a request, from CPA's `failed` and `fail` (measured on v7.2.140).

    CPA reports a failure without an HTTP answer as status 500 and the text of a Go network error; the same broken
    stream is now and then `failed` with status 200. So the text decides before those codes do; JSON and HTML are
    an answer, whatever they speak of.
    """
    if not failed:
        return ErrorClass.NONE
    found = _OF_STATUS.get(status_code)
    if found is not None:
        return found
    text = body[:_BODY_LOOKED_AT].strip()
    if status_code in {0, 200, 500} and not text.startswith(("{", "[", "<")) and _GO_NETWORK_ERROR.search(text):
        return ErrorClass.NETWORK
    if 400 <= status_code < 500:
        return ErrorClass.INVALID_REQUEST
    if 500 <= status_code < 600:
        return ErrorClass.SERVER_ERROR
    return ErrorClass.UNKNOWN
