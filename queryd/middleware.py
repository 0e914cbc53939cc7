"""What happens around every request: safety headers, compression, one log line."""

from collections.abc import Iterable
from time import perf_counter
from urllib.parse import urlsplit
from zlib import MAX_WBITS, compress

import falcon
import structlog

from queryd.callers import Callers
from queryd.encodings import accepts_gzip
from queryd.errors import Refusal, Unauthenticated
from queryd.hosts import SHOWN_MAX, AllowedHosts, host_name
from queryd.sessions import TOKENS_MAX, Sessions
from shared.clock import Clock
from shared.logs import ACCESS_LOG

log = structlog.get_logger("queryd")
access = structlog.get_logger(ACCESS_LOG)

COMPRESS_FROM = 1_024
"""Bytes. Below this, gzip's own header and the time cost more than they save."""

COMPRESS_LEVEL = 5
"""Measured on 147 kB of `events`: level 1 makes 24.0 kB of it in 0.4 ms, 5 makes 19.0 in 0.8, 9 makes 17.5 in 2.6."""

LARGE_FROM, LARGE_LEVEL = 256 * 1_024, 3
"""Measured on 997 kB of `breakdown` by 500 accounts: level 5 makes 210 kB of it in 16 ms, 3 makes 234 in 9."""

HSTS_SECONDS = 180 * 24 * 3600

SLOW_SECONDS = 1.0
"""A request that takes longer is worth a warning."""

ROLE_HEADER = "Session-Role"
"""With every answer to a session: the dashboard need not ask first whose it is."""

_COMPRESSIBLE = ("application/json", "text/html")


class CallerIdentity:
    """Finds out, before anything else, who asks (callers)."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        del resp
        req.context.caller = self._callers.caller(req)
        req.context.session = None


class SafetyHeaders:
    """Headers that make a browser careful; a page's own policy (static_files) is stricter about its scripts.

    `https_only`: once it came over https, a browser may refuse plain http under this name, on every port of it. That
    would cut off a CPA that lives there without.
    """

    def __init__(self, ancestors: str, *, https_only: bool) -> None:
        self._policy = f"default-src 'none'; frame-ancestors {ancestors}"
        self._https_only = https_only

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, resource: object, req_succeeded: bool
    ) -> None:
        del resource, req_succeeded
        if self._https_only and req.context.caller.secure:
            resp.set_header("Strict-Transport-Security", f"max-age={HSTS_SECONDS}")
        resp.set_header("X-Content-Type-Options", "nosniff")
        resp.set_header("Referrer-Policy", "same-origin")
        resp.set_header("Cross-Origin-Resource-Policy", "same-origin")
        if resp.get_header("Content-Security-Policy") is None:
            resp.set_header("Content-Security-Policy", self._policy)


class HostCheck:
    """Refuses what comes under a name that is not ours (hosts). Only programs send none, and they are no danger."""

    def __init__(self, allowed: AllowedHosts) -> None:
        self._allowed = allowed

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        del resp
        given = req.get_header("Host")
        if given is None or host_name(given) in self._allowed:
            return
        raise Refusal(
            421,
            "unknown_host",
            f"this dashboard does not answer under the name {host_name(given)[:SHOWN_MAX]!r}. If the name is yours,"
            " add it to APP_ALLOWED_HOSTS and restart queryd; an IP address works without",
        )


class SameOrigin:
    """Refuses what a page of strangers makes a browser write here. Programs, which are no browser, say nothing.

    `allowed`: names that APP_ALLOWED_HOSTS lists: a proxy may keep the name that the browser used from us.
    """

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = AllowedHosts(name for name in allowed if name != "*")

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        del resp
        if req.method in ("GET", "HEAD", "OPTIONS") or self._is_own(req):
            return
        raise Refusal(403, "cross_site", "a page of another site may not change anything here")

    def _is_own(self, req: falcon.Request) -> bool:
        site = req.get_header("Sec-Fetch-Site")
        if site is not None:  # a browser's own word, which no page can forge
            return site in ("same-origin", "none")
        origin = req.get_header("Origin")
        if origin is None:
            return True
        try:
            netloc = urlsplit(origin).netloc.lower()
        except ValueError:  # no browser sends such a one
            return False
        return netloc in ((req.get_header("Host") or "").lower(), req.context.caller.host) or self._allowed.lists(
            host_name(netloc)
        )


class SessionCheck:
    """Once there is a login, nothing below /api answers without a session but `open_paths`; and no proxy keeps it."""

    def __init__(self, sessions: Sessions, clock: Clock, open_paths: frozenset[str]) -> None:
        self._sessions, self._clock, self._open = sessions, clock, open_paths

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        del resp
        if not self._sessions.required or not _is_api(req.path):
            return
        is_open = req.path in self._open
        tokens = req.get_cookie_values(self._sessions.cookie) or []
        now = self._clock()
        try:
            session = self._sessions.find(tokens[:TOKENS_MAX], now)
        except Refusal:  # there is no file to look into
            if is_open:
                return
            raise
        if session is None:
            if not is_open:
                raise Unauthenticated
            return
        req.context.session = session
        self._sessions.seen(session, now, req.context.caller.address)

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, resource: object, req_succeeded: bool
    ) -> None:
        del resource, req_succeeded
        if not self._sessions.required or not _is_api(req.path):
            return
        if resp.get_header("Cache-Control") == "no-cache":
            resp.set_header("Cache-Control", "private, no-cache")
        if req.context.session is not None:
            resp.set_header(ROLE_HEADER, req.context.session.role)


def _is_api(path: str) -> bool:
    return path == "/api" or path.startswith("/api/") or path == "/readyz"


class Compression:
    """gzip for answers above 1 KiB, when the client takes it."""

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, resource: object, req_succeeded: bool
    ) -> None:
        del resource, req_succeeded
        if not (resp.content_type or "").startswith(_COMPRESSIBLE) or resp.get_header("Content-Encoding"):
            return
        # Small and unchanged answers as well: a cache keeps what a 304 says, and the next answer may be larger.
        if "Accept-Encoding" not in (resp.get_header("Vary") or ""):
            resp.append_header("Vary", "Accept-Encoding")
        body = resp.data
        if body is not None and len(body) >= COMPRESS_FROM and accepts_gzip(req.get_header("Accept-Encoding")):
            level = COMPRESS_LEVEL if len(body) < LARGE_FROM else LARGE_LEVEL
            resp.data = compress(body, level, MAX_WBITS | 16)
            resp.set_header("Content-Encoding", "gzip")


class AccessLog:
    """One line a request in access.log: its route and never its query, which may hold what a person searched for."""

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        del resp
        req.context.started = perf_counter()

    def process_response(
        self, req: falcon.Request, resp: falcon.Response, resource: object, req_succeeded: bool
    ) -> None:
        del resource, req_succeeded
        seconds = perf_counter() - req.context.started
        line = {
            "method": req.method,
            "route": req.uri_template or "static",
            "status": resp.status_code,
            "ms": round(seconds * 1_000, 1),
            "bytes": len(resp.data or b""),
        }
        access.info("request", **line, address=req.context.caller.address)
        if seconds >= SLOW_SECONDS:
            log.warning("slow request", **line)
