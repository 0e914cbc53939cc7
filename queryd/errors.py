"""Refusals, and the one shape in which every one of them leaves: 400, 404, 405, 503 and a bug alike."""

from typing import Any

import falcon
import msgspec
import structlog
from msgspec import UNSET

from queryd.shapes import Error, ErrorCode, ErrorDetail

log = structlog.get_logger("queryd")


class Refusal(Exception):
    """An answer that is an error: its status, code and what to do about it."""

    def __init__(
        self,
        status: int,
        code: ErrorCode,
        message: str,
        *,
        parameter: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.parameter, self.retry_after = parameter, retry_after


class InvalidParameter(Refusal):
    """400: this parameter's value cannot be used."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(400, "invalid_parameter", message, parameter=parameter)


class UnknownParameter(Refusal):
    """400: no such parameter here, so that a typo cannot answer a different question."""

    def __init__(self, parameter: str, known: list[str]) -> None:
        message = (
            "unknown parameter; known are " + ", ".join(sorted(known)) if known else "there are no parameters here"
        )
        super().__init__(400, "unknown_parameter", message, parameter=parameter)


class NotFound(Refusal):
    """404."""

    def __init__(self, message: str) -> None:
        super().__init__(404, "not_found", message)


class Unauthenticated(Refusal):
    """401: nobody is signed in, or no longer."""

    def __init__(self) -> None:
        super().__init__(401, "unauthenticated", "sign in first: POST the password, or a key, to session")


class Forbidden(Refusal):
    """403: whoever is signed in may not ask this."""

    def __init__(self, message: str = "whoever is signed in may not do this") -> None:
        super().__init__(403, "forbidden", message)


class Starting(Refusal):
    """503: there is no file, or an empty one, yet. It goes away by itself when ingestd has made it."""

    def __init__(self, message: str = "ingestd has not created the database yet") -> None:
        super().__init__(503, "starting", message, retry_after=2)


class SchemaMismatch(Refusal):
    """503: the file is of an older or a later version of this program."""

    def __init__(self, have: int, want: int, *, upgrading: bool = False) -> None:
        message = f"the database has schema {have}, this version of queryd reads {want}: "
        if upgrading:
            message = f"the database is being upgraded from schema {have} to {want}; answers come when it is done"
        elif have < want:
            message += "it is upgraded when ingestd of this version starts"
        else:
            message += "start queryd of the version that wrote it"
        super().__init__(503, "schema_mismatch", message, retry_after=5)


class QueryTimeout(Refusal):
    """503: the answer took longer than it may."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            503,
            "query_timeout",
            f"the answer took longer than {seconds:g} s; ask for less, or again later",
            retry_after=5,
        )


class Busy(Refusal):
    """503: every connection is taken."""

    def __init__(self, message: str = "too many questions at once") -> None:
        super().__init__(503, "busy", message, retry_after=1)


def answer(resp: falcon.Response, refusal: Refusal) -> None:
    """Write `refusal` as the response."""
    detail = ErrorDetail(
        code=refusal.code,
        message=refusal.message,
        parameter=UNSET if refusal.parameter is None else refusal.parameter,
    )
    resp.status = falcon.code_to_http_status(refusal.status)
    resp.content_type = falcon.MEDIA_JSON
    resp.data = msgspec.json.encode(Error(error=detail))
    resp.text = None
    resp.set_header("Cache-Control", "no-store")
    resp.delete_header("ETag")  # of the answer that did not come about
    if refusal.status == 401:
        resp.set_header("WWW-Authenticate", "Cookie")  # a 401 must say how; browsers ask nobody for this one
    if refusal.retry_after is not None:
        resp.set_header("Retry-After", str(refusal.retry_after))


_CODES: dict[int, ErrorCode] = {404: "not_found", 405: "method_not_allowed", 413: "payload_too_large"}


def _refused(req: falcon.Request, resp: falcon.Response, problem: Refusal, params: dict[str, Any]) -> None:
    del req, params
    answer(resp, problem)


def _refused_by_falcon(
    req: falcon.Request, resp: falcon.Response, problem: falcon.HTTPError, params: dict[str, Any]
) -> None:
    del params
    status = problem.status_code
    if status == 405:
        message = f"{req.method} is not a method of {req.path}"
    elif status == 404:
        message = f"there is nothing at {req.path}"
    else:
        message = problem.description or problem.title or "the request cannot be read"
    for name, value in dict(problem.headers or {}).items():
        resp.set_header(name, value)
    answer(resp, Refusal(status, _CODES.get(status, "invalid_request"), message))


def _failed(req: falcon.Request, resp: falcon.Response, problem: Exception, params: dict[str, Any]) -> None:
    del params
    log.error("bug", route=req.uri_template or req.path, exc_info=problem)
    message = "this is a bug of the server; its log says where"
    answer(resp, Refusal(500, "internal_error", message))


def install(app: falcon.App[falcon.Request, falcon.Response]) -> None:
    """Make every error of `app` leave in the one shape."""
    app.add_error_handler(Exception, _failed)
    app.add_error_handler(falcon.HTTPError, _refused_by_falcon)
    app.add_error_handler(Refusal, _refused)
