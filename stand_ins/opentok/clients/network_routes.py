"""`/sim` routes for what a network does to the clients of the client library."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Literal

import msgspec
from flask import Blueprint
from werkzeug.wrappers import Response

from stand_ins.http.json_routes import json_request, json_response
from stand_ins.opentok.rest_errors import AbsentError
from stand_ins.opentok.sessions.sessions import Sessions


class NetworkRequest(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """The seconds for which a client's network is lost."""

    lost_seconds: Annotated[float, msgspec.Meta(ge=0, le=3600)]


class QualityRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A change of a stream's video by the network."""

    video: Literal["warning", "lifted", "disabled", "enabled"]


def network_routes(sessions: Sessions, clock: Callable[[], float]) -> Blueprint:
    routes = Blueprint("network", __name__, url_prefix="/sim")

    @routes.post("/connections/<connection_id>/network")
    def lose_network(connection_id: str) -> Response:
        seconds = json_request(NetworkRequest).lost_seconds
        with sessions.lent_with_connection(connection_id) as session:
            session.lose_network(connection_id, clock(), seconds)
        return Response(status=HTTPStatus.NO_CONTENT)

    @routes.post("/streams/<stream_id>/quality")
    def change_quality(stream_id: str) -> Response:
        state = json_request(QualityRequest).video
        with sessions.lent_with_stream(stream_id) as session:
            session.tell({"type": "streamQuality", "streamId": stream_id, "state": state})
        return Response(status=HTTPStatus.NO_CONTENT)

    @routes.errorhandler(AbsentError)
    def absent(error: AbsentError) -> Response:
        return json_response({"reason": str(error)}, error.status)

    return routes
