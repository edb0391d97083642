from http import HTTPStatus

from chalice import Blueprint

from chalicelib import VERSION
from chalicelib.api.answers import Answer, json_answer
from chalicelib.api.edge import Edge


def health_routes(edge: Edge) -> Blueprint:
    """Whether the function runs at all; it touches nothing else."""
    routes = Blueprint(__name__)

    @edge.public(routes, "GET", "/health")
    def health() -> Answer:
        return json_answer(HTTPStatus.OK, {"status": "ok", "version": VERSION})

    return routes
