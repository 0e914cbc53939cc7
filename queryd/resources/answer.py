"""How a resource answers: JSON from a shape, an ETag, a 304 when nothing has changed."""

import hashlib

import falcon
import msgspec

from queryd.shapes import Answer

_encoder = msgspec.json.Encoder()


def send(resp: falcon.Response, shape: Answer) -> None:
    """The whole answer; `Cache-Control: no-cache` lets a browser keep it, and makes it ask."""
    resp.content_type = falcon.MEDIA_JSON
    resp.data = _encoder.encode(shape)
    if resp.get_header("Cache-Control") is None:
        resp.set_header("Cache-Control", "no-cache")


def unchanged(req: falcon.Request, resp: falcon.Response, *parts: object) -> bool:
    """Set the ETag that `parts` make; True, with a 304, when the client has that answer already.

    The tag is weak: two answers of one tag say the same, but their `as_of` may differ.
    """
    tag = hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()
    resp.set_header("ETag", f'W/"{tag}"')
    resp.set_header("Cache-Control", "no-cache")
    if any(known in ("*", tag) for known in req.if_none_match or ()):
        resp.status = falcon.HTTP_304
        return True
    return False
