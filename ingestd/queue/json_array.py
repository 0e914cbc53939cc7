"""Splitting the body of the HTTP queue into the payloads it is made of, byte for byte."""

import json
import re
from typing import Final

import msgspec

_decode_array: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_scan: Final = json.JSONDecoder().raw_decode
_BETWEEN: Final = re.compile(r"[ \t\r\n,]*")
_LAST: Final = re.compile(r"\][ \t\r\n]*\Z")
_BRACKETS: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
"""Brackets, and the texts whose brackets are none."""


def split(body: bytes) -> tuple[list[bytes], bool]:
    """The items of a JSON array, not reserialized, and whether the array was whole and each item had an end.

    Of an array that breaks off, the items that are complete. Of one that is not valid JSON, the items before the
    fault and then the rest as one item: those bytes have left CPA, and the decoder is there to refuse them visibly.
    """
    try:
        return [bytes(item) for item in _decode_array(body)], True
    except (msgspec.DecodeError, RecursionError):
        return _salvage(body)


def _salvage(body: bytes) -> tuple[list[bytes], bool]:
    """Takes time in proportion to the body: matched in place, never copied from an item to the end."""
    text = body.decode("utf-8", "surrogateescape")
    start = _skip(text, 0)
    if not text.startswith("[", start):
        return [], False
    items: list[bytes] = []
    start += 1
    while True:
        start = _skip(text, start)
        if start >= len(text) or _LAST.match(text, start):
            return items, start < len(text)
        end = _end(text, start)
        if end is None:
            closed = text.rstrip().endswith("]")
            return ([*items, _encode(text[start:].rstrip()[:-1])] if closed else items), False
        items.append(_encode(text[start:end]))
        start = end


def _skip(text: str, start: int) -> int:
    """Where the next thing that is neither space nor comma begins."""
    match = _BETWEEN.match(text, start)
    return start if match is None else match.end()


def _end(text: str, start: int) -> int | None:
    """Where the item that begins at `start` ends, or None when it does not."""
    try:
        return int(_scan(text, start)[1])
    except ValueError:
        return None
    except RecursionError:  # too deep for any decoder of ours: find the bracket that closes it
        depth = 0
        for token in _BRACKETS.finditer(text, start):
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
            if depth == 0:
                return token.end()
        return None


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
