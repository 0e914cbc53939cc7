"""Which version of this program is the newest: asked on request only, remembered for an hour, silent when offline.

What answers at UPDATE_URL says it as GitHub's `releases/latest` does: `tag_name` and `html_url`.
"""

import re
import sqlite3
from typing import Any, Final

import httpx
import msgspec

from ingestd.short_write import short_write
from shared import updates
from shared.clock import HOUR
from shared.updates import Newest
from shared.version import next_revision

TIMEOUT_SECONDS: Final = 10.0
BYTES_MAX: Final = 1024 * 1024
REMEMBERED: Final = HOUR

_VERSION = re.compile(r"v?([0-9]{1,6}(?:\.[0-9]{1,6}){1,3}[-+.0-9A-Za-z]{0,20})")
_URL_MAX = 300


class _Release(msgspec.Struct, frozen=True):
    tag_name: str
    html_url: str = ""


def check(connection: sqlite3.Connection, url: str, now: int) -> dict[str, Any]:
    """The newest version, as an object for whoever asked: `{"version": null}` when nobody could tell."""
    known = updates.newest(connection)
    if known is not None and 0 <= now - known.checked_at < REMEMBERED:
        return {"version": known.version, "url": known.url}
    found = fetch(url, now)
    if found is None:
        return {"version": None, "url": ""}
    with short_write(connection):
        updates.keep(connection, found)
        next_revision(connection)
    return {"version": found.version, "url": found.url}


def fetch(url: str, now: int) -> Newest | None:
    """What answers there says; None when nothing does, or says something else."""
    body = bytearray()
    headers = {"Accept": "application/json"}
    try:
        with httpx.stream("GET", url, headers=headers, timeout=TIMEOUT_SECONDS, follow_redirects=True) as answer:
            if answer.status_code != httpx.codes.OK:
                return None
            for part in answer.iter_bytes():
                body += part
                if len(body) > BYTES_MAX:
                    return None
        release = msgspec.json.decode(bytes(body), type=_Release)
    except (httpx.HTTPError, httpx.InvalidURL, msgspec.MsgspecError, UnicodeDecodeError):
        return None
    named = _VERSION.fullmatch(release.tag_name.strip())
    if named is None:
        return None
    page = release.html_url if release.html_url.startswith(("https://", "http://")) else ""
    return Newest(named[1], page if len(page) <= _URL_MAX else "", now)
