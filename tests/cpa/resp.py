"""The RESP side of CPA's port: reading commands, and the four that exist (contract 1.1 to 1.6)."""

import re
import socket
import threading
from io import BufferedReader

from tests.cpa.access import BANNED, Access
from tests.cpa.faults import Faults
from tests.cpa.usage_queue import REFRESH, SUPPORT_REFRESH, Subscription, UsageQueue

CHANNELS = ("usage", "errors")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")


class Malformed(Exception):
    """The peer sent what is no RESP; its text is what CPA answers before it closes."""


class Ended(Exception):
    """The connection is over, without a word."""


def read_command(stream: BufferedReader) -> list[bytes]:
    """Read one array of bulk, simple or integer items. An empty array is an empty list."""
    header = _line(stream)
    if not header.startswith(b"*"):
        raise Malformed("protocol error")
    return [_item(stream) for _ in range(_length(header[1:]))]


def _line(stream: BufferedReader) -> bytes:
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise Ended
    return line.removesuffix(b"\n").removesuffix(b"\r")


def _length(digits: bytes) -> int:
    text = digits.decode("latin-1")
    if not _INTEGER.fullmatch(text) or int(text) < 0:
        raise Malformed("protocol error")
    return int(text)


def _item(stream: BufferedReader) -> bytes:
    header = _line(stream)
    kind, rest = header[:1], header[1:]
    if kind in (b"+", b":"):
        return rest
    if kind != b"$":
        raise Malformed("protocol error")
    if rest.startswith(b"-") and _INTEGER.fullmatch(rest.decode("latin-1")):
        return b""
    length = _length(rest)
    body = stream.read(length + 2)
    if not body:
        raise Ended
    if len(body) < length + 2:
        raise Malformed("unexpected EOF" if body[length:] in (b"", b"\r") else "protocol error")
    if body[length:] != b"\r\n":
        raise Malformed("protocol error")
    return body[:length]


def bulk(payload: bytes) -> bytes:
    return b"$%d\r\n%b\r\n" % (len(payload), payload)


def array(*items: bytes) -> bytes:
    return b"*%d\r\n%b" % (len(items), b"".join(items))


class RespConnection:
    """One connection, served in the caller's thread; a subscription adds a writer thread."""

    def __init__(
        self,
        sock: socket.socket,
        stream: BufferedReader,
        peer: str,
        *,
        access: Access,
        queue: UsageQueue,
        faults: Faults,
    ) -> None:
        self._sock = sock
        self._stream = stream
        self._peer = peer
        self._access = access
        self._queue = queue
        self._faults = faults
        self._authenticated = False
        self._sending = threading.Lock()

    def serve(self) -> None:
        """Answer commands until the connection ends."""
        try:
            # The switch is looked at before each command is read, so one more is answered after turning off.
            while self._queue.enabled:
                command = read_command(self._stream)
                if not command:
                    self._reply(b"-ERR empty command\r\n")
                elif not self._answer(command):
                    return
        except Malformed as error:
            self._reply(f"-ERR {error}\r\n".encode())
        except Ended:
            return

    def _answer(self, command: list[bytes]) -> bool:
        """Answer one command; False when the connection is to close."""
        word, arguments = _word(command[0]), command[1:]
        if word == "auth":
            return self._reply(self._auth(arguments))
        if not self._authenticated:
            refusal = self._access.refusal(self._peer, "") or ""
            banned = refusal.startswith(BANNED)
            return self._error(refusal) if banned else self._reply(b"-NOAUTH Authentication required.\r\n")
        if word in ("lpop", "rpop"):
            return self._pop(word, arguments)
        if word == "subscribe":
            return self._subscribe(arguments)
        return self._error(f"unknown command '{word}'")

    def _auth(self, arguments: list[bytes]) -> bytes:
        known = len(arguments) in (1, 2)
        key = arguments[-1].decode("utf-8", "surrogateescape") if known else ""
        refusal = self._access.refusal(self._peer, key)
        if refusal is None:
            self._authenticated = True
            return b"+OK\r\n"
        if not known and not refusal.startswith(BANNED):
            refusal = "wrong number of arguments for 'auth' command"
        return f"-ERR {refusal}\r\n".encode()

    def _pop(self, word: str, arguments: list[bytes]) -> bool:
        if len(arguments) not in (1, 2):
            return self._error(f"wrong number of arguments for '{word}' command")
        count = _count(arguments[1]) if len(arguments) == 2 else 1
        if count is None:
            return self._error("value is not an integer or out of range")
        channel = _trimmed(arguments[0])
        if channel.lower() != "usage":
            return self._error(f"unsupported channel '{channel}'")
        payloads = self._queue.pop(count)
        if len(arguments) == 1:
            return self._reply(bulk(payloads[0]) if payloads else b"$-1\r\n", payloads=len(payloads))
        return self._reply(array(*map(bulk, payloads)), payloads=len(payloads))

    def _subscribe(self, arguments: list[bytes]) -> bool:
        if len(arguments) != 1:
            return self._error("wrong number of arguments for 'subscribe' command")
        channel = _trimmed(arguments[0])
        if channel.lower() not in CHANNELS:
            return self._error(f"unsupported channel '{channel}'")
        name = bulk(channel.encode("utf-8", "surrogateescape"))
        subscription = self._queue.subscribe(channel.lower())
        writer = threading.Thread(target=self._write_messages, args=(subscription, name), daemon=True)
        try:
            if self._reply(array(bulk(b"subscribe"), name, b":1\r\n")):
                writer.start()
                self._serve_subscribed(name)
        finally:
            self._queue.unsubscribe(subscription)
        return False

    def _serve_subscribed(self, name: bytes) -> None:
        while True:
            command = read_command(self._stream)
            word = _word(command[0]) if command else None
            if word is None:
                self._reply(b"-ERR empty command\r\n")
            elif word == "ping":
                self._reply(array(bulk(b"pong"), bulk(command[1]) if len(command) > 1 else b"$-1\r\n"))
            elif word == "unsubscribe":
                self._reply(array(bulk(b"unsubscribe"), name, b":0\r\n"))
                return
            elif word == "quit":
                self._reply(b"+OK\r\n")
                return
            else:
                self._error(f"unknown command '{word}'")

    def _write_messages(self, subscription: Subscription, name: bytes) -> None:
        head = b"*3\r\n" + bulk(b"message") + name
        try:
            while messages := subscription.take():
                with self._sending:
                    self._sock.sendall(head + bulk(messages[0]))
                self._queue.count("delivered", messages[0] not in (SUPPORT_REFRESH, REFRESH))
            if not subscription.abandoned:
                # Dropped for being slow, or turned off: the reader of this connection ends with the socket.
                self._sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            subscription.end()

    def _error(self, text: str) -> bool:
        return self._reply(f"-ERR {text}\r\n".encode("utf-8", "surrogateescape"))

    def _reply(self, reply: bytes, *, payloads: int = 0) -> bool:
        """Send a reply, as the faults allow; False when the connection is to close."""
        with self._sending:
            if not self._faults.send(self._sock, reply, pops=payloads > 0):
                self._queue.count("lost_to_faults", payloads)
                return False
        return True


def _trimmed(argument: bytes) -> str:
    return argument.decode("utf-8", "surrogateescape").strip()


def _word(argument: bytes) -> str:
    return _trimmed(argument).lower()


def _count(argument: bytes) -> int | None:
    text = _trimmed(argument)
    return int(text) if _INTEGER.fullmatch(text) and int(text) > 0 else None
