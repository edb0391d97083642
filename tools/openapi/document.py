"""The OpenAPI document, made of the routes as they were registered."""

from collections.abc import Sequence
from typing import Final

from chalicelib import VERSION
from chalicelib.api.http.operations import Route
from chalicelib.api.rooms.responses import OpenApiDocument
from tools.openapi.paths import Paths
from tools.openapi.problems import problem_examples, problem_schemas
from tools.openapi.schemas import Schemas

_ABOUT: Final = """\
Sessions, rooms and tokens for OpenTok video calls.

Errors are RFC 9457 problems: `code` tells what happened and stays the same between versions,
`errors` names the fields to blame, `requestId` leads to the line in the service's log. The
Content-Type of a request is not looked at, and an empty body counts as `{}`. A method that a path
does not know is answered with 405, `method_not_allowed`, and `Allow`."""
_SCHEMES: Final = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of your identity provider, for whoever is signed in to your app.",
    },
    "callback": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "OpenTok's signature of the body.",
    },
}


def openapi_document(routes: Sequence[Route], server: str) -> OpenApiDocument:
    """The document.

    Args:
        routes: All there are.
        server: The address that their paths go on from.
    """
    schemas = Schemas(routes)
    return OpenApiDocument(
        openapi="3.1.0",
        info={
            "title": "Roomkey",
            "version": VERSION,
            "description": _ABOUT,
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        servers=[{"url": server}],
        paths=Paths(routes, schemas).items(),
        components={
            "schemas": {**schemas.components, **problem_schemas(routes)},
            "examples": problem_examples(routes),
            "securitySchemes": _SCHEMES,
        },
    )
