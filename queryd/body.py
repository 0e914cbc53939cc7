"""The body of a request: JSON of a known type and size, or an error that names the field."""

import re
from typing import Any

import falcon
import msgspec

from queryd.errors import InvalidParameter, Refusal

BODY_MAX = 64 * 1024
"""Bytes. Nothing that a person types is longer; the server itself refuses more before it is here."""

_FIELD = re.compile(r"field `([^`]+)`|at `\$\.?([^`]*)`")


def read(req: falcon.Request, shape: Any) -> Any:
    """The body as `shape`. Raises `InvalidParameter` naming the field, and a `Refusal` of 413 or 415."""
    if (req.content_type or "").partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "unsupported_media_type", "send JSON, with Content-Type: application/json")
    if (req.content_length or 0) > BODY_MAX:
        raise Refusal(413, "payload_too_large", f"the body may have at most {BODY_MAX:,} bytes")
    data = req.bounded_stream.read(BODY_MAX + 1)
    if len(data) > BODY_MAX:
        raise Refusal(413, "payload_too_large", f"the body may have at most {BODY_MAX:,} bytes")
    try:
        return msgspec.json.decode(data, type=shape)
    except msgspec.ValidationError as problem:
        raise InvalidParameter(_field(str(problem)), str(problem)) from problem
    except msgspec.DecodeError as problem:
        raise InvalidParameter("body", f"the body is not JSON: {problem}") from problem
    except RecursionError as problem:
        raise InvalidParameter("body", "the body is nested too deeply") from problem
    except UnicodeDecodeError as problem:
        raise InvalidParameter("body", "the body is not UTF-8") from problem


def _field(message: str) -> str:
    """The field of which msgspec complains; the innermost, as its path ends."""
    found = _FIELD.search(message)
    return (found and (found[1] or found[2])) or "body"
