"""One RESP connection to CPA. The only user of redis-py, held to the four commands CPA knows.

Anything else, such as the greeting redis-py 8 sends by default (HELLO), counts as a failed login, and five of those
ban this address for 30 minutes (contract 1.8). So the handshake here is AUTH and nothing else, nothing is ever sent
twice, and a connection that failed in the middle of a reply is closed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal

from redis.connection import Connection, SSLConnection
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import InvalidResponse, RedisError, ResponseError
from redis.exceptions import TimeoutError as TimedOut

from ingestd.cpa import tls
from ingestd.cpa.address import Address
from ingestd.cpa.errors import (
    CpaError,
    ErrorKind,
    Interrupted,
    ProtocolError,
    Refused,
    Unreachable,
    refusal,
    tls_trouble,
)
from ingestd.queue.resp_parser import ArrayReply, RespParser

_CHANNEL: Final = "usage"
CONNECT_SECONDS: Final = 5.0
_PROBE_SECONDS: Final = 2.0
_REPLY_TIMEOUTS: Final = 2
"""A reply whose bytes keep trickling in is given up after so many request timeouts."""


class RespConnection:
    """A connection that opens, authenticates, pops or subscribes. `close` may be called from any thread."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._parser = RespParser()
        self._phase: Literal["connecting", "authenticating", "open"] = "connecting"
        self._ended = False
        self._channel = _CHANNEL
        security = {"ssl_cert_reqs": "none" if address.skip_verify else "required"} if address.tls else {}
        kind: Any = SSLConnection if address.tls else Connection
        self._connection: Any = kind(
            host=address.host,
            port=address.port,
            db=0,
            protocol=2,
            client_name=None,
            driver_info=None,
            health_check_interval=0,
            socket_timeout=address.timeout_seconds,
            socket_connect_timeout=min(CONNECT_SECONDS, address.timeout_seconds),
            parser_class=lambda **_: self._parser,
            redis_connect_func=self._authenticate,
            **security,
        )

    @property
    def is_open(self) -> bool:
        return bool(self._connection.is_connected)

    def open(self) -> None:
        """Connect and authenticate. Costs a strike if the key is wrong; raises `CpaError`."""
        self._phase = "connecting"
        with self._translated_errors():
            self._connection.connect()

    def close_if_stale(self) -> None:
        """Close a connection on which something waits although nothing was asked: mostly its end.

        Noticed before a pop is sent, so that a restart of CPA between two pops costs neither events nor doubt.
        """
        with self._translated_errors():
            stale = self._parser.can_read()
        if stale:
            self._connection.disconnect()

    def pop(self, count: int) -> ArrayReply:
        """Take up to `count` payloads. Never sent twice: what CPA gave away and did not arrive is lost, not asked for
        again. A broken reply keeps its complete items and closes the connection.
        """
        with self._translated_errors():
            self._connection.send_command("LPOP", _CHANNEL, str(count), check_health=False)
            items = self._parser.read_array(count, self._address.timeout_seconds * _REPLY_TIMEOUTS)
        if items.broken is not None:
            self._connection.disconnect()
        return items

    def subscribe(self, channel: str = _CHANNEL) -> None:
        """Ask for what comes on a channel to be sent from now on. The answer is the first of the messages."""
        self._channel = channel
        self.send("SUBSCRIBE", channel)

    def send(self, *command: str) -> None:
        with self._translated_errors():
            self._connection.send_command(*command, check_health=False)

    def messages(self, wait_seconds: float) -> list[Any]:
        """What arrives within `wait_seconds`: complete messages, perhaps none; an error CPA sent is one of them.

        Never loses its place in the stream: an unfinished message is finished by a later call.
        """
        with self._translated_errors():
            if not self._parser.can_read(wait_seconds):
                return []
            try:
                messages = self._parser.read_messages()
            except TimeoutError:
                # TLS only: part of a record came. It stays where it is until the rest does.
                return []
        return [self._error_of(m) if isinstance(m, ResponseError) else m for m in messages]

    @property
    def channel(self) -> bytes:
        """The channel subscribed to, as CPA spells it back."""
        return self._channel.encode()

    @property
    def bytes_read(self) -> int:
        """How many bytes have come in so far."""
        return self._parser.bytes_read

    @property
    def within_message(self) -> bool:
        """Whether a message has begun and not ended."""
        return self._parser.within_message

    def close(self) -> None:
        """Close for good; a thread that reads is woken."""
        self._ended = True
        self._connection.disconnect()

    def _authenticate(self, connection: Any) -> None:
        """The whole handshake, in place of redis-py's."""
        if self._ended:
            raise ConnectionLost("closed")
        self._parser.on_connect(connection)
        self._phase = "authenticating"
        connection.send_command("AUTH", self._address.management_key, check_health=False)
        reply = self._parser.read_reply(self._address.timeout_seconds * _REPLY_TIMEOUTS)
        if isinstance(reply, ResponseError):
            raise reply
        if reply != b"OK":
            raise InvalidResponse("AUTH was not answered by OK")
        self._phase = "open"

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        """Turn what redis-py, hiredis and the socket raise into this package's errors, closing the connection."""
        try:
            yield
        except (RedisError, OSError) as error:
            self._connection.disconnect()
            raise self._error_of(error) from None

    def _error_of(self, error: Exception) -> CpaError:
        text = str(error).replace(self._address.management_key, "***")
        if isinstance(error, ResponseError):
            return refusal(text.removeprefix("ERR "))
        if isinstance(error, InvalidResponse):
            return ProtocolError(ErrorKind.PROTOCOL, text)
        return tls_trouble(error) or self._error_of_loss(error, text)

    def _error_of_loss(self, error: Exception, text: str) -> CpaError:
        where = f"{self._address.host}:{self._address.port}"
        if self._phase == "connecting":
            return Unreachable(ErrorKind.UNREACHABLE, f"{where}: {_root(error)}")
        if isinstance(error, TimedOut | TimeoutError):
            return Unreachable(ErrorKind.UNANSWERED, where)
        if self._phase == "authenticating" and not self._ended:
            return self._error_of_silence(where)
        return Interrupted(ErrorKind.INTERRUPTED, f"{where}: {text}")

    def _error_of_silence(self, where: str) -> CpaError:
        """CPA closed on AUTH without a word, which it does for two reasons (contract 1.3 and, measured, 0)."""
        address = self._address
        if not address.tls and tls.spoken_at(address.host, address.port, seconds=_PROBE_SECONDS):
            return Unreachable(ErrorKind.TLS_MISMATCH, f"{where} speaks TLS")
        return Refused(ErrorKind.MANAGEMENT_DISABLED, f"{where} closed the connection without a word")


def _root(error: Exception) -> str:
    """The operating system's words for a failed connection, which redis-py wraps."""
    cause = error.__context__
    return (cause.strerror or str(cause)) if isinstance(cause, OSError) else str(error)
