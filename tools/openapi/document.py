"""The OpenAPI document, made from the declared routes."""

from collections.abc import Sequence
from typing import Final

from chalicelib import VERSION
from chalicelib.api.http.operations import Route
from chalicelib.api.openapi_route import OpenApiDocument
from tools.openapi.paths import Paths
from tools.openapi.problems import problem_examples, problem_schemas
from tools.openapi.schemas import Schemas

_ABOUT: Final = """\
Rooms, sessions and tokens for OpenTok video calls.

Errors are RFC 9457 problems. `code` names the error, and never changes between versions. `errors`
names the fields to blame. `requestId` leads to the line in the service's log.

The Content-Type of a request is ignored, and an empty body counts as `{}`. A path answers 405,
`method_not_allowed`, to methods that it does not have, and names its own in `Allow`. HEAD is
answered wherever GET is, with the same status and headers."""
_SCHEMES: Final = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of your identity provider for the user who is signed in.",
    },
    "guest": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": (
            "`Guest CODE.KEY`: the code of an invitation of role `moderator`, and the `guestKey` "
            "of a guest who has come by it. It counts in the room of the invitation alone."
        ),
    },
    "callback": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A JWT from OpenTok with a hash of the body.",
    },
}


def openapi_document(routes: Sequence[Route]) -> OpenApiDocument:
    """Return the document of an API that is served at the root of its host."""
    schemas = Schemas(routes)
    return OpenApiDocument(
        openapi="3.1.0",
        info={
            "title": "Roomkey",
            "version": VERSION,
            "description": _ABOUT,
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        servers=[{"url": "/"}],
        paths=Paths(routes, schemas).items(),
        components={
            "schemas": {**schemas.components, **problem_schemas(routes)},
            "examples": problem_examples(routes),
            "securitySchemes": _SCHEMES,
        },
    )
