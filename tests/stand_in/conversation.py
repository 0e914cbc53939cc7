"""A raw client for the tests of the stand-in: it sends bytes and reads exactly what comes back."""

import socket
from pathlib import Path

from tests.cpa import DEFAULT_KEY

DATA = Path(__file__).parent.parent / "data" / "cpa"
PAYLOADS = (DATA / "captured-usage.jsonl").read_bytes().splitlines()
BANNED = b"-ERR IP banned due to too many failed attempts. Try again in "


class Client:
    """One RESP connection. Reads time out after ten seconds, as an error."""

    def __init__(self, address, **options):
        self.sock = socket.create_connection(address, timeout=10, **options)
        self.stream = self.sock.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.stream.close()
        self.sock.close()

    def send(self, *words):
        items = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        body = b"".join(b"$%d\r\n%b\r\n" % (len(item), item) for item in items)
        self.sock.sendall(b"*%d\r\n%b" % (len(items), body))

    def ask(self, *words):
        """Send a command and return its reply, decoded."""
        self.send(*words)
        return self.read()

    def read(self):
        """One reply: bytes (errors and simple strings with their first byte), int, list or None."""
        line = self.stream.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError(line)
        kind, rest = line[:1], line[1:-2]
        if kind == b"$":
            length = int(rest)
            return None if length < 0 else self.bulk(length)
        if kind == b"*":
            return [self.read() for _ in range(int(rest))]
        return int(rest) if kind == b":" else line[:-2]

    def bulk(self, length):
        body = self.stream.read(length + 2)
        if len(body) < length + 2:
            raise ConnectionError(body)
        return body[:-2]

    def auth(self):
        assert self.ask("AUTH", DEFAULT_KEY) == b"+OK"
        return self

    def subscribe(self, channel="usage"):
        self.auth()
        assert self.ask("SUBSCRIBE", channel) == [b"subscribe", channel.encode(), 1]
        if channel == "usage":
            assert self.message() == b'{"support_refresh":true}'
        return self

    def message(self):
        kind, _, payload = self.read()
        assert kind == b"message"
        return payload

    def rest(self):
        """Everything up to the end of the connection."""
        return self.stream.read()
