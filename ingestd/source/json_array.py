"""Splitting the body of the HTTP queue into the payloads it is made of, byte for byte."""

import json
from typing import Final

import msgspec

_decode_array: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_scan: Final = json.JSONDecoder().raw_decode
_BETWEEN: Final = " \t\r\n,"


def split(body: bytes) -> tuple[list[bytes], bool]:
    """The items of a JSON array, not reserialized, and whether the array was whole and valid.

    Of an array that breaks off, the items that are complete. Of one that is not valid JSON, the items before the
    fault and then the rest as one item: those bytes have left CPA, and the decoder is there to refuse them visibly.
    """
    try:
        return [bytes(item) for item in _decode_array(body)], True
    except (msgspec.DecodeError, RecursionError):
        return _salvage(body), False


def _salvage(body: bytes) -> list[bytes]:
    text = body.decode("utf-8", "surrogateescape")
    start = len(text) - len(text.lstrip(_BETWEEN))
    if not text.startswith("[", start):
        return []
    items: list[bytes] = []
    start += 1
    while True:
        while start < len(text) and text[start] in _BETWEEN:
            start += 1
        if start >= len(text) or text[start:].strip() == "]":
            return items
        try:
            _, end = _scan(text, start)
        except (ValueError, RecursionError):
            closed = text.rstrip().endswith("]")
            return [*items, _encode(text[start:].rstrip()[:-1])] if closed else items
        items.append(_encode(text[start:end]))
        start = end


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
