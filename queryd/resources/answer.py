"""How a resource answers: JSON from a shape, an ETag, a 304 when nothing has changed."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import falcon
import msgspec

from queryd import csv_lines
from queryd.params.calendar import rfc3339
from queryd.shapes import Answer, Selection
from queryd.tables import Table

CSV = "text/csv"

_encoder = msgspec.json.Encoder()


def send(resp: falcon.Response, shape: Answer) -> None:
    """The whole answer; `Cache-Control: no-cache` lets a browser keep it, and makes it ask."""
    resp.content_type = falcon.MEDIA_JSON
    resp.data = _encoder.encode(shape)
    if resp.get_header("Cache-Control") is None:
        resp.set_header("Cache-Control", "no-cache")


def send_table(resp: falcon.Response, table: Table, told: Mapping[str, object], selection: Selection) -> None:
    """A whole table as CSV: a line that says what it is of, the names of the columns, the rows. The file is called by
    the local days that `selection` covers.
    """
    lines = [
        csv_lines.comment(_encoder.encode(told)),
        csv_lines.line(table.columns),
        *(csv_lines.line(row) for row in table.rows),
    ]
    resp.content_type = f"{CSV}; charset=utf-8"
    resp.data = b"".join(lines)
    first = datetime.fromisoformat(selection.from_)
    last = max(first, datetime.fromisoformat(selection.to) - timedelta(milliseconds=1))
    name = f"{table.name}_{first.date().isoformat()}_{last.date().isoformat()}.csv"
    resp.set_header("Content-Disposition", f'attachment; filename="{name}"')


def unchanged(req: falcon.Request, resp: falcon.Response, *parts: object) -> bool:
    """Set the ETag that `parts` make; True, with a 304, when the client has that answer already.

    The tag is weak: two answers of one tag say the same, but their `as_of` may differ.
    """
    tag = hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()
    resp.set_header("ETag", f'W/"{tag}"')
    resp.set_header("Cache-Control", "no-cache")
    resp.set_header("Vary", "Accept-Encoding")
    if any(known in ("*", tag) for known in req.if_none_match or ()):
        resp.status = falcon.HTTP_304
        return True
    return False


def optional(at: int | None, zone: ZoneInfo) -> str | None:
    """A time (UTC epoch microseconds) as the API writes it, or null."""
    return None if at is None else rfc3339(at, zone)
