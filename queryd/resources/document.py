"""`GET /openapi.json`: the API describes itself."""

import falcon

from queryd.asking import parameters
from queryd.openapi import text
from queryd.resources.answer import unchanged


class DocumentResource:
    """Made once; it only changes with the program."""

    def __init__(self) -> None:
        self._text = text().encode()

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        parameters.read(req.query_string, ())
        if unchanged(req, resp, self._text):
            return
        resp.content_type = falcon.MEDIA_JSON
        resp.data = self._text

    on_head = on_get
