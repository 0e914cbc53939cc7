"""RESP as CPA's replies need to be read: hiredis parses, this decides what an unfinished reply means.

redis-py reads through a parser of its own choosing, or through one it is given (`parser_class`). Its own gives up a
whole reply that breaks off; a pop has already taken those events out of CPA, so this one keeps what did arrive.
"""

import select
import ssl
import time
from dataclasses import dataclass
from typing import Any, Final, Protocol

import hiredis
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import InvalidResponse, ResponseError

READ_BYTES: Final = 256 * 1024
LINE_BYTES: Final = 4096
"""Longest first line of a reply: an error text, at most."""
REPLY_BYTES: Final = 64 * 1024 * 1024
"""Longest reply or message that is read. Pops ask for a sixteenth of it; only single events could come near."""
HANDSHAKE_SECONDS: Final = 60.0
"""What redis-py itself may read is read within this time."""
_COUNT_DIGITS: Final = 12
"""Longest `*N` of a reply that can be meant."""

_UNFINISHED: Final = object()


class _Socket(Protocol):
    def recv_into(self, buffer: bytearray, /) -> int: ...
    def fileno(self) -> int: ...


@dataclass(frozen=True, slots=True)
class ArrayReply:
    """The items of one array reply, as far as they came."""

    payloads: list[bytes]
    announced: int
    broken: Exception | None
    """Why the reply ended before all that it announced; the connection must not be used any more."""


class RespParser:
    """A parser for redis-py's `Connection`, which calls the first four methods; the others are for its owner."""

    def __init__(self) -> None:
        self._socket: _Socket | None = None
        self._reader = _new_reader()
        self._buffer = bytearray(READ_BYTES)
        self._pending = 0
        self.bytes_read = 0

    def on_connect(self, connection: Any) -> None:
        self._socket = connection._sock  # noqa: SLF001  (redis-py's parsers get their socket this way)
        self._reader = _new_reader()
        self._pending = 0

    def on_disconnect(self) -> None:
        self._socket = None

    def can_read(self, timeout: float = 0) -> bool:
        """Whether bytes, or the end of the connection, can be read within `timeout` seconds."""
        sock = self._connected()
        if self._reader.has_data() or (isinstance(sock, ssl.SSLSocket) and sock.pending()):
            return True
        poller = select.poll()
        poller.register(sock.fileno(), select.POLLIN)
        return bool(poller.poll(timeout * 1000))

    def read_response(self, *_: object, **__: object) -> Any:
        """One reply; an error reply is returned as a `ResponseError`, as redis-py expects of a parser."""
        return self.read_reply(HANDSHAKE_SECONDS)

    def read_reply(self, seconds: float) -> Any:
        """The same, taking at most about `seconds` although bytes keep trickling in."""
        deadline = time.monotonic() + seconds
        total = 0
        while (reply := self._reader.gets()) is _UNFINISHED:
            data = self._read()
            total += len(data)
            if total > REPLY_BYTES or time.monotonic() > deadline:
                raise TimeoutError("the reply does not end")
            self._reader.feed(data)
        return reply

    def read_array(self, limit: int, seconds: float) -> ArrayReply:
        """The items of one array reply, each as soon as it is complete; takes at most about `seconds`.

        `limit` is how many were asked for: CPA never gives more.

        Raises what the socket or hiredis raises, or the `ResponseError` that came instead, if there is nothing to keep.
        """
        payloads: list[bytes] = []
        deadline = time.monotonic() + seconds
        announced = self._read_array_header(limit, deadline)
        total = 0
        try:
            while len(payloads) < announced:
                item = self._reader.gets()
                if item is _UNFINISHED:
                    data = self._read()
                    total += len(data)
                    if total > REPLY_BYTES or time.monotonic() > deadline:
                        raise ConnectionLost("the reply does not end")
                    self._reader.feed(data)
                elif isinstance(item, bytes):
                    payloads.append(item)
                else:
                    raise InvalidResponse("an item is no string")
        except (OSError, ConnectionLost, InvalidResponse) as error:
            if not payloads:
                raise
            return ArrayReply(payloads, announced, error)
        return ArrayReply(payloads, announced, None)

    def _read_array_header(self, limit: int, deadline: float) -> int:
        """Take `*N` off the reply, so that hiredis sees N replies instead of one. Feeds it the rest."""
        head = b""
        while b"\r\n" not in head:
            if len(head) > LINE_BYTES:
                raise InvalidResponse("no line end")
            head += self._read()
            if b"\r\n" not in head and time.monotonic() > deadline:
                raise TimeoutError("the reply does not begin")
        line, _, rest = head.partition(b"\r\n")
        if line.startswith(b"*") and line[1:].isdigit():
            # Compared as text first: Python reads no number of thousands of digits.
            if len(line) > _COUNT_DIGITS or int(line[1:]) > limit:
                raise InvalidResponse("more items than were asked for")
            self._reader.feed(rest)
            return int(line[1:])
        self._reader.feed(head)
        reply = self.read_reply(max(0.0, deadline - time.monotonic()))
        raise reply if isinstance(reply, ResponseError) else InvalidResponse("not an array")

    def read_messages(self) -> list[Any]:
        """All messages that one read completes, perhaps none. An unfinished one stays for the next call.

        Raises what the socket or hiredis raises; a timeout of the socket leaves everything as it was.
        """
        data = self._read()
        self._pending += len(data)
        self._reader.feed(data)
        messages: list[Any] = []
        try:
            while (message := self._reader.gets()) is not _UNFINISHED:
                messages.append(message)
        except InvalidResponse:
            # hiredis stays in this state, so the fault is raised by the next call.
            if not messages:
                raise
        if messages:
            self._pending = 0
        if self._pending > REPLY_BYTES:
            raise InvalidResponse("the message does not end")
        return messages

    @property
    def within_message(self) -> bool:
        """Whether a message has begun and not ended."""
        return bool(self._reader.has_data())

    def _read(self) -> bytes:
        count = self._connected().recv_into(self._buffer)
        if count == 0:
            raise ConnectionLost("closed by CPA")
        self.bytes_read += count
        return bytes(memoryview(self._buffer)[:count])

    def _connected(self) -> _Socket:
        # Another thread may close the connection at any time.
        sock = self._socket
        if sock is None:
            raise ConnectionLost("closed")
        return sock


def _new_reader() -> hiredis.Reader:
    return hiredis.Reader(protocolError=InvalidResponse, replyError=ResponseError, notEnoughData=_UNFINISHED)
