"""Routes that OpenTok does not have: with them, tests play a client."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Literal

import msgspec
from flask import Blueprint, request
from werkzeug.wrappers import Response

from stand_ins.http.json_routes import json_request, json_response
from stand_ins.opentok.credentials import KnownCredentials
from stand_ins.opentok.rest_errors import AbsentError
from stand_ins.opentok.sessions.participants import Connection, connection_json
from stand_ins.opentok.sessions.sessions import Sessions
from stand_ins.opentok.tokens.client_tokens import verify_client_token
from stand_ins.opentok.tokens.expiry_plan import ExpiryPlan
from stand_ins.opentok.tokens.token_errors import TokenRefusedError

_LEAVING = ("clientDisconnected", "forceDisconnected", "networkDisconnected")
_UNPUBLISHING = (*_LEAVING, "forceUnpublished", "mediaStopped")


class ConnectRequest(msgspec.Struct, forbid_unknown_fields=True):
    token: str


class PublishRequest(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """A stream's name and its video type, which is null for audio alone."""

    name: str = ""
    video_type: Literal["camera", "screen", "custom"] | None = "camera"


class BadReasonError(ValueError):
    """OpenTok knows no such reason for a client's end."""


def sim_routes(
    sessions: Sessions,
    known: KnownCredentials,
    clock: Callable[[], float],
    expiry: ExpiryPlan,
) -> Blueprint:
    routes = Blueprint("sim", __name__, url_prefix="/sim")

    @routes.post("/connections")
    def connect() -> Response:
        token, now = json_request(ConnectRequest).token, clock()
        connection = connected(sessions, known, token, now, judged_at=expiry.judged_at())
        return json_response(connection_json(connection), HTTPStatus.CREATED)

    @routes.delete("/connections/<connection_id>")
    def disconnect(connection_id: str) -> Response:
        reason = _reason(_LEAVING)
        with sessions.lent_with_connection(connection_id) as session:
            session.disconnect(connection_id, reason, clock())
        return Response(status=HTTPStatus.NO_CONTENT)

    @routes.post("/connections/<connection_id>/streams")
    def publish(connection_id: str) -> Response:
        wanted = json_request(PublishRequest)
        with sessions.lent_with_connection(connection_id) as session:
            connection = session.connection(connection_id)
            if not connection.publishes:
                raise TokenRefusedError("A subscriber may not publish")
            stream = session.publish(connection, wanted.name, wanted.video_type, clock())
        return json_response({"streamId": stream.stream_id}, HTTPStatus.CREATED)

    @routes.delete("/streams/<stream_id>")
    def unpublish(stream_id: str) -> Response:
        reason = _reason(_UNPUBLISHING)
        with sessions.lent_with_stream(stream_id) as session:
            session.unpublish(stream_id, reason, clock())
        return Response(status=HTTPStatus.NO_CONTENT)

    @routes.get("/sessions/<session_id>")
    def show_session(session_id: str) -> Response:
        with sessions.lent(session_id) as session:
            return json_response(session.to_json())

    @routes.errorhandler(TokenRefusedError)
    def token_refused(error: TokenRefusedError) -> Response:
        return json_response({"reason": str(error)}, HTTPStatus.FORBIDDEN)

    @routes.errorhandler(AbsentError)
    def absent(error: AbsentError) -> Response:
        return json_response({"reason": str(error)}, error.status)

    @routes.errorhandler(BadReasonError)
    def bad_reason(error: BadReasonError) -> Response:
        return json_response({"reason": str(error)}, HTTPStatus.BAD_REQUEST)

    return routes


def connected(
    sessions: Sessions, known: KnownCredentials, token: str, now: float, *, judged_at: float
) -> Connection:
    """Connect a client with this token, whose expiry is judged at a time of its own.

    Raises:
        TokenRefusedError: OpenTok would refuse the token.
    """
    genuine = verify_client_token(token, known, judged_at)
    try:
        with sessions.lent(genuine.session_id) as session:
            if session.key != genuine.key:
                raise TokenRefusedError("Session belongs to another project")
            return session.connect(genuine.role, genuine.data, genuine.layout_classes, now)
    except AbsentError as error:
        raise TokenRefusedError(str(error)) from error


def _reason(allowed: tuple[str, ...]) -> str:
    reason = request.args.get("reason", allowed[0])
    if reason not in allowed:
        raise BadReasonError(f"reason must be one of {', '.join(allowed)}")
    return reason
