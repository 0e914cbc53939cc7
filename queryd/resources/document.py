"""`GET /openapi.json`: the API describes itself."""

from collections.abc import Callable

import falcon

from queryd.endpoints import Call
from queryd.params import parameters
from queryd.resources.answer import unchanged


def document(text: bytes) -> Callable[[Call], None]:
    """The function of an endpoint that answers `text`, which only changes with the program."""

    def answer(call: Call) -> None:
        parameters.read(call.req.query_string, ())
        if unchanged(call.req, call.resp, text):
            return
        call.resp.content_type = falcon.MEDIA_JSON
        call.resp.data = text

    return answer
