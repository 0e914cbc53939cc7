"""Reading RESP from a real socket, however the bytes are cut up."""

import select
import socket
from types import SimpleNamespace
from typing import Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import InvalidResponse, ResponseError

from ingestd.queue.resp_parser import RespParser

PAYLOADS = st.lists(st.binary(max_size=40), max_size=8)


def bulk(payload: bytes) -> bytes:
    return b"$%d\r\n%b\r\n" % (len(payload), payload)


def readable(sock: socket.socket) -> bool:
    return bool(select.select([sock], [], [], 0)[0])


class Pair:
    """RespParser at one end of a connection, the test at the other."""

    def __init__(self) -> None:
        ours, self.peer = socket.socketpair()
        ours.settimeout(10)
        self.sock = ours
        self.parser = RespParser()
        self.parser.on_connect(SimpleNamespace(_sock=ours))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()
        self.peer.close()


@settings(deadline=None)
@given(PAYLOADS, st.data())
def test_a_reply_cut_at_any_byte_gives_the_items_that_are_complete(payloads, data):
    reply = b"*%d\r\n" % len(payloads) + b"".join(map(bulk, payloads))
    cut = data.draw(st.integers(0, len(reply)))
    with Pair() as pair:
        pair.peer.sendall(reply[:cut])
        pair.peer.shutdown(socket.SHUT_WR)
        complete, rest = [], cut - len(b"*%d\r\n" % len(payloads))
        for payload in payloads:
            rest -= len(bulk(payload))
            if rest < 0:
                break
            complete.append(payload)
        if not complete and cut < len(reply):
            with pytest.raises(ConnectionLost):
                pair.parser.read_array(100, 10)
            return
        items = pair.parser.read_array(100, 10)
        assert items.payloads == complete
        assert items.announced == len(payloads)
        assert (items.broken is None) == (cut == len(reply))


@settings(deadline=None)
@given(PAYLOADS.filter(bool), st.data())
def test_messages_survive_any_cutting_and_any_timeout_between_the_pieces(payloads, data):
    head = b"*3\r\n" + bulk(b"message") + bulk(b"usage")
    stream = b"".join(head + bulk(payload) for payload in payloads)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(stream) - 1), max_size=6)))
    got = []
    with Pair() as pair:
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            pair.peer.sendall(stream[start:end])
            while pair.parser.can_read() and readable(pair.sock):
                got += pair.parser.read_messages()
            # A read that waits in vain, as a timeout in the middle of a message does.
            pair.sock.settimeout(0.0001)
            with pytest.raises(TimeoutError):
                pair.parser.read_messages()
            pair.sock.settimeout(10)
        assert not pair.parser.within_message
    assert [message[2] for message in got] == payloads


def test_an_error_instead_of_an_array_is_raised_as_such():
    with Pair() as pair:
        pair.peer.sendall(b"-ERR unsupported channel 'x'\r\n")
        with pytest.raises(ResponseError, match="unsupported channel"):
            pair.parser.read_array(100, 10)


@pytest.mark.parametrize(
    "reply",
    [b"+OK\r\n", b":3\r\n", b"*x\r\n", b"HTTP/1.1 400\r\n", b"x" * 5000, b"*" + b"9" * 4000 + b"\r\n", b"*101\r\n"],
)
def test_what_is_no_array_is_an_invalid_response(reply):
    with Pair() as pair:
        pair.peer.sendall(reply)
        with pytest.raises(InvalidResponse):
            pair.parser.read_array(100, 10)


def test_nested_items_are_an_invalid_response_but_what_came_before_is_kept():
    with Pair() as pair:
        pair.peer.sendall(b"*2\r\n" + bulk(b"a") + b"*1\r\n" + bulk(b"b"))
        items = pair.parser.read_array(100, 10)
    assert items.payloads == [b"a"]
    assert isinstance(items.broken, InvalidResponse)


def test_a_reply_that_trickles_for_too_long_is_given_up():
    with Pair() as pair:
        pair.peer.sendall(b"*2\r\n" + bulk(b"a") + b"$9\r\n")
        # All of it is there at once, but the time allowed is over when more is asked for.
        pair.peer.sendall(b"x")
        pair.peer.shutdown(socket.SHUT_WR)
        items = pair.parser.read_array(100, 0)
    assert items.payloads == [b"a"]
    assert items.broken is not None


def test_a_count_of_thousands_of_digits_is_an_invalid_response():
    with Pair() as pair:
        pair.peer.sendall(b"*" + b"9" * 4_000)
        pair.peer.sendall(b"9" * 1_000 + b"\r\n")
        with pytest.raises(InvalidResponse):
            pair.parser.read_array(100, 10)


@pytest.mark.parametrize("method", ["read_array", "read_reply"])
def test_a_first_line_that_trickles_has_an_end(method):
    with Pair() as pair:
        pair.peer.sendall(b"+O")
        with pytest.raises(TimeoutError):
            pair.parser.read_reply(0) if method == "read_reply" else pair.parser.read_array(100, 0)
