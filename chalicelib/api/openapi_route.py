from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import msgspec

from chalicelib.api.http.decoding import PublicContext
from chalicelib.api.http.operations import PUBLIC
from chalicelib.api.http.responses import Response
from chalicelib.api.http.routes import Routes

DOCUMENT: Final = Path(__file__).with_name("openapi.json")
"""A symbolic link to docs/openapi.json. Chalice packs the file that it leads to."""

routes = Routes(tag="openapi")


class OpenApiDocument(msgspec.Struct):
    """An OpenAPI 3.1 document."""

    openapi: str
    info: dict[str, Any]
    servers: list[dict[str, Any]]
    paths: dict[str, Any]
    components: dict[str, Any]


@routes.get(
    "/openapi.json",
    PUBLIC,
    summary="Describe this API",
    description="Returns this document. `servers` has the path that the API is deployed at.",
    returns={HTTPStatus.OK: OpenApiDocument},
)
def describe(context: PublicContext) -> Response:
    # Read at each request, so that the function starts without it.
    document = msgspec.json.decode(DOCUMENT.read_bytes(), type=OpenApiDocument)
    document.servers = [{"url": context.base_path("/openapi.json")}]
    return Response(HTTPStatus.OK, document)
