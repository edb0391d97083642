from http import HTTPStatus

from chalice import Blueprint
from chalice.app import Request

from chalicelib import VERSION
from chalicelib.api.http.operations import Operation
from chalicelib.api.http.responses import Answer, json_response
from chalicelib.api.http.router import Router
from chalicelib.api.rooms.responses import HealthAnswer


def health_routes(edge: Router) -> Blueprint:
    """Whether the function runs at all; it touches nothing else."""
    routes = Blueprint(__name__)

    @edge.public(
        routes,
        "GET",
        "/health",
        Operation(
            summary="Tell whether the service runs",
            answers={HTTPStatus.OK: HealthAnswer},
        ),
    )
    def health(_: Request) -> Answer:
        return json_response(HTTPStatus.OK, HealthAnswer("ok", VERSION))

    return routes
