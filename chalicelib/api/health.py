from http import HTTPStatus
from typing import Literal

from msgspec import Struct

from chalicelib import VERSION
from chalicelib.api.http.decoding import PublicContext
from chalicelib.api.http.operations import PUBLIC
from chalicelib.api.http.responses import Response
from chalicelib.api.http.routes import Routes

routes = Routes(tag="health")


class HealthAnswer(Struct):
    """The state and the version of the running service."""

    status: Literal["ok"]
    version: str


@routes.get(
    "/health",
    PUBLIC,
    summary="Check that the service is running",
    description="Calls no other system.",
    returns={HTTPStatus.OK: HealthAnswer},
)
def health(_: PublicContext) -> Response:
    return Response(HTTPStatus.OK, HealthAnswer("ok", VERSION))
