"""What an upstream's error body says, on one line: it may be JSON of several shapes, a gateway's page, or anything."""

import html
import re
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


def message_shape(message: str) -> str:
    """A message without what differs each time: ids, times and numbers. Messages of one shape say the same."""
    return _NUMBER.sub("#", _ID.sub("…", message))


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
