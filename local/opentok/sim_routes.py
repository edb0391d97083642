"""Routes that OpenTok does not have: they let tests play a client."""

from collections.abc import Callable
from http import HTTPStatus

import msgspec
from flask import Blueprint
from werkzeug.wrappers import Response

from local.opentok.client_tokens import ClientToken, verify_client_token
from local.opentok.credentials import KnownCredentials
from local.opentok.sessions import Connection, Sessions
from local.opentok.token_errors import TokenRefusedError
from local.own_routes import json_answer, json_request


class ConnectRequest(msgspec.Struct, forbid_unknown_fields=True):
    token: str


def sim_routes(
    sessions: Sessions, known: KnownCredentials, clock: Callable[[], float]
) -> Blueprint:
    routes = Blueprint("sim", __name__, url_prefix="/sim")

    @routes.post("/connections")
    def connect() -> Response:
        token = verify_client_token(json_request(ConnectRequest).token, known, clock())
        return json_answer(_rendered(_connected(sessions, token)), HTTPStatus.CREATED)

    @routes.delete("/connections/<connection_id>")
    def disconnect(connection_id: str) -> Response:
        if not sessions.disconnect(connection_id):
            return json_answer({"reason": "Connection not found"}, HTTPStatus.NOT_FOUND)
        return Response(status=HTTPStatus.NO_CONTENT)

    @routes.get("/sessions/<session_id>")
    def show_session(session_id: str) -> Response:
        if sessions.find(session_id) is None:
            return json_answer({"reason": "Session not found"}, HTTPStatus.NOT_FOUND)
        connections = [_rendered(each) for each in sessions.connections_of(session_id)]
        return json_answer({"connections": connections, "streams": [], "signals": [], "mutes": []})

    @routes.errorhandler(TokenRefusedError)
    def token_refused(error: TokenRefusedError) -> Response:
        return json_answer({"reason": str(error)}, HTTPStatus.FORBIDDEN)

    return routes


def _connected(sessions: Sessions, token: ClientToken) -> Connection:
    session = sessions.find(token.session_id)
    if session is None:
        raise TokenRefusedError("Session not found")
    if session.key != token.key:
        raise TokenRefusedError("Session belongs to another project")
    return sessions.connect(session.session_id, role=token.role, data=token.data)


def _rendered(connection: Connection) -> dict[str, str]:
    return {
        "connectionId": connection.connection_id,
        "sessionId": connection.session_id,
        "role": connection.role,
        "data": connection.data,
    }
