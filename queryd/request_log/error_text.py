"""What an upstream's error body says, on one line: it may be JSON of several shapes, a gateway's page, or anything."""

import html
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from shared.redaction import redact

GIST_CHARACTERS = 200
"""Of a gist, at most."""

_PAGE_CHARACTERS = 16_384
"""Of a page of HTML that are looked through."""

_MARKUP = re.compile(r"\s*<(?:!doctype|html|head|body)\b", re.IGNORECASE)
_TITLE = re.compile(r"<(title|h1)\b[^>]*>(.*?)</\1>", re.IGNORECASE | re.DOTALL)
_UNSEEN = re.compile(r"<(script|style|head)\b.*?(?:</\1>|$)|<[^>]*(?:>|$)", re.IGNORECASE | re.DOTALL)
_ID = re.compile(
    r"""\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b
    | \b[a-z]{2,8}[_-](?=\w*\d)\w{8,}\b  # req_011CPq…, org-4f…
    | \b(?=[a-f]*\d)[0-9a-f]{8,}\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_ADDRESS = re.compile(
    r"""\b[a-z][a-z0-9+.-]{1,15}://[^\s"'<>()]{1,200}  # where it was sent, with whatever path
    | \[?(?<![\w:])(?=[a-f:]{0,40}\d)(?:(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}
        |(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){0,6})?::[0-9a-f:.]{0,45})(?:%\w{1,16})?(?:\]:\d{1,5}|\])?(?!\w)  # IPv6
    | (?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?(?![\w.]?\d)
    | [\w.+-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}
    """,
    re.IGNORECASE | re.VERBOSE,
)
_WORDS_MIN = 8
"""Shorter pieces of a message are in too many others to look for it by."""

_PLACEHOLDER = re.compile("[#…]")
_MESSAGE_MEMBER = re.compile(r'"message"\s*:\s*"((?:[^"\\]|\\.){1,500})')


def gist(body: str) -> str:
    """The gist of an error body, on one line.

    The message of the usual JSON shapes, the title of a page that a gateway sent, else the beginning.
    """
    try:
        found = _said(msgspec.json.decode(body))
    except (msgspec.DecodeError, RecursionError):
        cut = _MESSAGE_MEMBER.search(body)  # a body that is kept in part is no JSON any more
        found = cut[1].replace('\\"', '"') if cut else None
    if found is None and _MARKUP.match(body):
        found = _heading(body[:_PAGE_CHARACTERS])
    text = _on_one_line(found or "") or _on_one_line(body)
    text = redact(text[: 2 * GIST_CHARACTERS])
    return text if len(text) <= GIST_CHARACTERS else text[: GIST_CHARACTERS - 1] + "…"


@lru_cache(4_096)
def said(body: str) -> tuple[str, str]:
    """The gist of an error body and its shape; both empty for an empty body.

    Remembered: a provider says the same to thousands of requests.
    """
    text = gist(body) if body else ""
    return text, message_shape(text)


def message_shape(message: str) -> str:
    """A message without what differs each time: addresses (URL, IP, e-mail), ids, times and numbers.

    Messages of one shape say the same.
    """
    return _NUMBER.sub("#", _ID.sub("…", _ADDRESS.sub("…", message)))


def words_of(shape: str, bodies: Sequence[str]) -> str | None:
    """The longest piece of a shape that stands in every one of `bodies` as it is, so that a search for it finds them.

    None: no piece of some length does, as where JSON writes a character in another way.
    """
    pieces = sorted((each.strip() for each in _PLACEHOLDER.split(shape)), key=len, reverse=True)
    return next((each for each in pieces if len(each) >= _WORDS_MIN and all(each in body for body in bodies)), None)


def _on_one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _heading(page: str) -> str:
    """What a page of HTML says first."""
    title = _TITLE.search(page)
    return html.unescape(_UNSEEN.sub(" ", title[2] if title else page))


def _said(decoded: Any) -> str | None:
    """`error.message`, `error`, `message` or `detail`, whichever is a text first."""
    if isinstance(decoded, list) and decoded:
        decoded = decoded[0]
    if not isinstance(decoded, dict):
        return decoded if isinstance(decoded, str) else None
    inner = decoded.get("error")
    candidates = [inner.get("message")] if isinstance(inner, dict) else [inner]
    candidates += [decoded.get("message"), decoded.get("detail")]
    return next((each for each in candidates if isinstance(each, str) and each.strip()), None)
