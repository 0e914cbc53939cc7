"""The HTTP side of CPA's port: `/healthz`, `/v0/management/*`, and the stand-in's own `/stand-in/*`.

Header sets and their order are those a real CPA sends (measured on v7.2.140, built locally): Content-Type,
X-Cpa-*, Date, then Content-Length, or Transfer-Encoding for bodies above 2 KiB.
"""

import json
import socket
from http.client import responses
from http.server import BaseHTTPRequestHandler
from io import BufferedReader, BytesIO
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from tests.cpa.access import KEY_MISSING, KEY_WRONG, Access, client_address
from tests.cpa.faults import Faults
from tests.cpa.management import PREFIX, Management, Reply, Request
from tests.cpa.usage_queue import UsageQueue

BUILD = {
    "X-Cpa-Build-Date": "unknown",
    "X-Cpa-Commit": "none",
    "X-Cpa-Support-Plugin": "1",
    "X-Cpa-Version": "dev",
}
_CHUNKED_ABOVE = 2048
USAGE_QUEUE = PREFIX + "usage-queue"
_BAD_REQUEST = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"
)
_MANAGEMENT_PAGE = b"""<!doctype html>
<html lang="en">
<meta name="viewport" content="width=device-width">
<title>CLIProxyAPI (simulated)</title>
<style>
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui; margin: 4rem auto; max-width: 34rem; padding: 0 1rem }
</style>
<h1>CLIProxyAPI</h1>
<p>The management page of a real CPA would be here. This one is simulated: it has accounts, keys and traffic, and
no page of its own.</p>
</html>"""
"""Where a keeper's way back to CPA leads."""


class Control(Protocol):
    """Answers the stand-in's own paths."""

    def reply(self, request: Request) -> Reply: ...


class WebConnection(BaseHTTPRequestHandler):
    """One HTTP connection, served in the thread that makes it."""

    protocol_version = "HTTP/1.1"

    def __init__(
        self,
        sock: socket.socket,
        stream: BufferedReader,
        peer: str,
        *,
        access: Access,
        queue: UsageQueue,
        faults: Faults,
        management: Management,
        control: Control,
    ) -> None:
        self._sock = sock
        self._stream = stream
        self._peer = peer
        self._access = access
        self._queue = queue
        self._faults = faults
        self._management = management
        self._control = control
        super().__init__(sock, (peer, 0), None)  # type: ignore[arg-type]  # no server object is behind it

    def setup(self) -> None:
        self.rfile = self._stream
        self.wfile = BytesIO()

    def finish(self) -> None:
        """The connection's owner closes it."""

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        if self.request_version == "HTTP/0.9":
            self.send_error(400)
            return False
        return True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002 - the base's signature
        """What Go's server says to anything that is no HTTP request."""
        self.close_connection = True
        self._sock.sendall(_BAD_REQUEST)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's signature
        """Tests are quiet."""

    def do_GET(self) -> None:
        target = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(
            method=self.command,
            path=target.path,
            query=parse_qs(target.query, keep_blank_values=True),
            body=self.rfile.read(length) if length else b"",
        )
        if target.path.startswith("/stand-in/"):
            self._send(self._own(request), {})
        elif target.path.startswith(PREFIX):
            self._serve_management(request)
        elif target.path == "/management.html":
            self._send(Reply(200, _MANAGEMENT_PAGE, "text/html; charset=utf-8"), {})
        elif target.path == "/healthz":
            self._send(Reply(200, b'{"status":"ok"}'), {})
        else:
            self._send(Reply(404, b"404 page not found", "text/plain"), {})

    do_PUT = do_PATCH = do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815 - the base looks methods up by these names

    def _own(self, request: Request) -> Reply:
        if self._peer not in ("127.0.0.1", "::1"):
            return Reply(403, b'{"error":"only from this host"}')
        return self._control.reply(request)

    def _serve_management(self, request: Request) -> None:
        if not self._queue.enabled:
            self._send(Reply(404, b""), {})
            return
        refusal = self._access.refusal(client_address(self._peer, dict(self.headers.items())), self._key())
        if refusal is not None:
            status = 401 if refusal in (KEY_MISSING, KEY_WRONG) else 403
            self._send(Reply(status, json.dumps({"error": refusal}, separators=(",", ":")).encode()), BUILD)
            return
        if request.path != USAGE_QUEUE and self._faults.management_delay_seconds:
            self._faults.wait(self._faults.management_delay_seconds)
        self._send(self._management.reply(request), BUILD)

    def _key(self) -> str:
        """Contract 5.1: bearer in any case, or the bare value; X-Management-Key only when that gives nothing."""
        value = self._header("Authorization")
        scheme, _, rest = value.partition(" ")
        key = rest.strip() if scheme.lower() == "bearer" else value
        return key or self._header("X-Management-Key")

    def _header(self, name: str) -> str:
        """Go takes the bytes of a header as they are, and they are UTF-8; the base reads them as Latin-1."""
        return (self.headers.get(name) or "").encode("latin-1").decode("utf-8", "surrogateescape").strip()

    def _send(self, reply: Reply, extra: dict[str, str]) -> None:
        lines = [f"HTTP/1.1 {reply.status} {responses[reply.status]}"]
        if reply.body:
            lines.append(f"Content-Type: {reply.content_type}")
        lines += [f"{name}: {value}" for name, value in extra.items()]
        lines.append(f"Date: {self.date_time_string()}")
        body = b"" if self.command == "HEAD" else reply.body
        if len(reply.body) > _CHUNKED_ABOVE:
            lines.append("Transfer-Encoding: chunked")
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b""
        else:
            lines.append(f"Content-Length: {len(reply.body)}")
        if self.close_connection:
            lines.append("Connection: close")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        if not self._faults.send(self._sock, head + body, pops=reply.payloads > 0):
            self._queue.count("lost_to_faults", reply.payloads)
            self.close_connection = True
