from http import HTTPStatus
from typing import Final

from chalice import Blueprint
from chalice.app import Request

from chalicelib.api.http.operations import Operation
from chalicelib.api.http.responses import Answer, json_response
from chalicelib.api.http.router import Router
from chalicelib.api.rooms.responses import OpenApiDocument

_PATH: Final = "/openapi.json"


def reference_routes(edge: Router) -> Blueprint:
    """The API's description of itself."""
    routes = Blueprint(__name__)

    @edge.public(
        routes,
        "GET",
        _PATH,
        Operation(
            summary="Describe this API",
            description="This document.",
            answers={HTTPStatus.OK: OpenApiDocument},
        ),
    )
    def describe(request: Request) -> Answer:
        # Loaded and made only when it is asked for: no start of the function pays for it.
        from tools.openapi.document import openapi_document  # noqa: PLC0415

        server = request.context["path"].rstrip("/").removesuffix(_PATH) or "/"
        return json_response(HTTPStatus.OK, openapi_document(edge.routes, server))

    return routes
