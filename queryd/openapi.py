"""The API's OpenAPI 3.1 document, from the types that answer and the parameters that are read.

`python -m queryd.openapi` prints it; `webui/openapi.json` is that text, from which the dashboard's types are made.
"""

import json
import sys
from typing import Any

import msgspec

from queryd.asking.parameters import Parameter
from queryd.endpoints import ENDPOINTS, Endpoint
from queryd.shapes import Error
from shared import __version__

_SCHEMAS = "#/components/schemas/{name}"

_DESCRIPTION = (
    "Everything is read only. Times are RFC 3339 in the server's zone; money is nano-dollars (1e-9 USD) at API prices;"
    " rates are 0 to 1, or null when undefined; ids are opaque strings. An unknown parameter is an error, so that a"
    " typo cannot answer a different question. Fields may be added, never renamed."
)


def document() -> dict[str, Any]:
    """The whole document as plain data."""
    answers = [endpoint.answer for endpoint in ENDPOINTS]
    _, schemas = msgspec.json.schema_components([*answers, Error], ref_template=_SCHEMAS)
    return {
        "openapi": "3.1.0",
        "info": {"title": "CPA Usage Keeper", "version": __version__, "description": _DESCRIPTION},
        "servers": [{"url": ".", "description": "beside this document"}],
        "paths": {endpoint.path: {"get": _operation(endpoint)} for endpoint in ENDPOINTS},
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "responses": {
                "NotModified": {"description": "The answer that If-None-Match names is still the answer."},
                "Invalid": _error("A parameter is unknown or its value cannot be used; `parameter` names it."),
                "NotFound": _error("There is no such thing."),
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
    responses: dict[str, Any] = {"200": {"description": "The answer.", "content": _json(endpoint.answer.__name__)}}
    if endpoint.tagged:
        responses["304"] = {"$ref": "#/components/responses/NotModified"}
    responses["400"] = {"$ref": "#/components/responses/Invalid"}
    if endpoint.path_parameters:
        responses["404"] = {"$ref": "#/components/responses/NotFound"}
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
    operation["responses"] = responses
    return operation


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
