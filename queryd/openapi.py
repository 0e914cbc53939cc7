"""The API's OpenAPI 3.1 document, from the types that answer and the parameters that are read.

`python -m queryd.openapi` prints it; `webui/openapi.json` is that text, from which the dashboard's types are made.
"""

import json
import sys
from typing import Any

import msgspec

from queryd.endpoints import Endpoint
from queryd.params.parameters import Parameter
from queryd.routes import ENDPOINTS
from queryd.sessions import COOKIE
from queryd.shapes import Error
from shared import __version__

_SCHEMAS = "#/components/schemas/{name}"

_RESPONSES = {
    400: "Invalid",
    401: "Unauthenticated",
    403: "CrossSite",
    404: "NotFound",
    409: "Conflict",
    413: "TooLarge",
    415: "NotJson",
    429: "TooMany",
}

_DESCRIPTION = (
    "Times are RFC 3339 in the server's zone; money is nano-dollars (1e-9 USD) at API prices;"
    " rates are 0 to 1, or null when undefined; ids are opaque strings. An unknown parameter is an error, so that a"
    " typo cannot answer a different question. Fields may be added, never renamed."
)


def document() -> dict[str, Any]:
    """The whole document as plain data."""
    answers = [endpoint.answer for endpoint in ENDPOINTS]
    bodies = [endpoint.body for endpoint in ENDPOINTS if endpoint.body is not None]
    _, schemas = msgspec.json.schema_components([*answers, *bodies, Error], ref_template=_SCHEMAS)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "CPA Usage Keeper", "version": __version__, "description": _DESCRIPTION},
        "servers": [{"url": ".", "description": "beside this document"}],
        "paths": paths,
        "security": [{}, {"session": []}],  # none where no password is set
        "components": {
            "securitySchemes": {
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": f"{COOKIE}_8080",
                    "description": "What POST /session sets, with APP_PORT in its name. Only where a password is set.",
                }
            },
            "schemas": dict(sorted(schemas.items())),
            "responses": {
                "NotModified": {"description": "The answer that If-None-Match names is still the answer."},
                "Invalid": _error("A parameter is unknown or its value cannot be used; `parameter` names it."),
                "NotFound": _error("There is no such thing."),
                "Unauthenticated": _error("Nobody is signed in, or the password is wrong."),
                "CrossSite": _error(
                    "A page of another site asked for a change, or the session's role may not ask this."
                ),
                "Conflict": _error("It is taken, or over already; the message says which."),
                "TooLarge": _error("The body is too large."),
                "NotJson": _error("The body is not sent as application/json."),
                "TooMany": {
                    **_error("Too many wait already: again after Retry-After seconds."),
                    "headers": {"Retry-After": {"schema": {"type": "integer"}}},
                },
                "Unavailable": {
                    **_error(
                        "`starting`, `schema_mismatch`, `damaged`, `query_timeout` or `busy`: again after Retry-After"
                        " seconds."
                    ),
                    "headers": {"Retry-After": {"schema": {"type": "integer"}}},
                },
            },
        },
    }


def text() -> str:
    """The document as it is kept in `webui/openapi.json`."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    content = {} if endpoint.streamed else _json(endpoint.answer.__name__)
    content |= {media: {"schema": {"type": "string"}} for media in endpoint.tables}
    plain = {"description": "The answer.", "content": content}
    responses: dict[str, Any] = {str(endpoint.status): plain}
    if endpoint.tagged:
        responses["304"] = {"$ref": "#/components/responses/NotModified"}
    for status in sorted(_refusals(endpoint)):
        responses[str(status)] = {"$ref": f"#/components/responses/{_RESPONSES[status]}"}
    if endpoint.unready is not None:
        content = _json(endpoint.unready.__name__)
        responses["503"] = {"description": "Not ready, with the reasons.", "content": content}
    else:
        responses["503"] = {"$ref": "#/components/responses/Unavailable"}
    operation: dict[str, Any] = {"operationId": endpoint.name, "summary": endpoint.summary}
    listed = [_parameter(each, "path") for each in endpoint.path_parameters]
    listed += [_parameter(each, "query") for each in endpoint.parameters]
    if listed:
        operation["parameters"] = listed
    if endpoint.roles is None:
        operation["security"] = []
    else:
        operation["x-roles"] = sorted(endpoint.roles)
    if endpoint.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _body(endpoint.body)}}}
    operation["responses"] = responses
    return operation


def _refusals(endpoint: Endpoint) -> set[int]:
    """Statuses of the errors that it may answer, the 503 of all aside."""
    statuses = {400, *endpoint.refusals}
    if endpoint.roles is not None:
        statuses |= {401, 403}
    if endpoint.path_parameters:
        statuses.add(404)
    if endpoint.method != "GET":  # a page of another site
        statuses.add(403)
    if endpoint.body is not None:
        statuses |= {413, 415}
    return statuses


def _body(shape: Any) -> dict[str, Any]:
    (schema,), _ = msgspec.json.schema_components([shape], ref_template=_SCHEMAS)
    return schema


def _parameter(parameter: Parameter, place: str) -> dict[str, Any]:
    schema = dict(parameter.schema)
    if parameter.repeatable:
        schema = {"type": "array", "items": schema}
    elif parameter.default is not None:
        default = parameter.default
        schema["default"] = ",".join(default) if isinstance(default, tuple) else default
    described: dict[str, Any] = {"name": parameter.name, "in": place, "description": parameter.meaning}
    if place == "path":
        described["required"] = True
    return {**described, "schema": schema}


def _error(description: str) -> dict[str, Any]:
    return {"description": description, "content": _json("Error")}


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _SCHEMAS.format(name=name)}}}


if __name__ == "__main__":
    sys.stdout.write(text())
