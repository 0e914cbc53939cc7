"""What happens around every request: safety headers, compression, one log line."""

from time import perf_counter
from zlib import MAX_WBITS, compress

import falcon
import structlog

from queryd.static_files import accepts_gzip

log = structlog.get_logger("queryd")

COMPRESS_FROM = 1_024
"""Bytes. Below this, gzip's own header and the time cost more than they save."""

COMPRESS_LEVEL = 5
"""Measured on 147 kB of `events`: level 1 makes 24.0 kB of it in 0.4 ms, 5 makes 19.0 in 0.8, 9 makes 17.5 in 2.6."""

SLOW_SECONDS = 1.0
"""A request that takes longer is worth a warning."""

_COMPRESSIBLE = ("application/json", "text/html")


class SafetyHeaders:
    """Headers that make a browser careful; a page's own policy (static_files) is stricter about its scripts."""

    def __init__(self, ancestors: str) -> None:
        self._policy = f"default-src 'none'; frame-ancestors {ancestors}"

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, resource: object, req_succeeded: bool
    ) -> None:
        del req, resource, req_succeeded
        resp.set_header("X-Content-Type-Options", "nosniff")
        resp.set_header("Referrer-Policy", "same-origin")
        resp.set_header("Cross-Origin-Resource-Policy", "same-origin")
        if resp.get_header("Content-Security-Policy") is None:
            resp.set_header("Content-Security-Policy", self._policy)


class Compression:
    """gzip for answers above 1 KiB, when the client takes it."""

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, resource: object, req_succeeded: bool
    ) -> None:
        del resource, req_succeeded
        if not (resp.content_type or "").startswith(_COMPRESSIBLE) or resp.get_header("Content-Encoding"):
            return
        body = resp.data
        if body is None or len(body) < COMPRESS_FROM:
            return
        resp.set_header("Vary", "Accept-Encoding")
        if accepts_gzip(req):
            resp.data = compress(body, COMPRESS_LEVEL, MAX_WBITS | 16)
            resp.set_header("Content-Encoding", "gzip")


class AccessLog:
    """One line a request: its route and never its query, which may hold what a person searched for."""

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        del resp
        req.context.started = perf_counter()

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, resource: object, req_succeeded: bool
    ) -> None:
        del resource, req_succeeded
        seconds = perf_counter() - req.context.started
        say = log.warning if seconds >= SLOW_SECONDS else log.debug
        say(
            "slow request" if seconds >= SLOW_SECONDS else "request",
            method=req.method,
            route=req.uri_template or "static",
            status=resp.status_code,
            ms=round(seconds * 1_000, 1),
            bytes=len(resp.data or b""),
        )
