"""OpenTok's telephony routes: SIP calls, touch tones, and audio to a WebSocket."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec
from flask import Blueprint
from werkzeug.wrappers import Response

from stand_ins.http.json_routes import json_response
from stand_ins.opentok.callbacks.project_routes import empty_answer, json_body, project_routes
from stand_ins.opentok.credentials import KnownCredentials
from stand_ins.opentok.rest_errors import ConflictError, RestError
from stand_ins.opentok.sessions.sessions import Sessions
from stand_ins.opentok.telephony.audio_connectors import AudioConnectors
from stand_ins.opentok.telephony.sip_call import SipCalls
from stand_ins.opentok.telephony.sip_request import DialRequest
from stand_ins.opentok.tokens.client_tokens import PUBLISHING_ROLES
from stand_ins.opentok.tokens.presented_tokens import check_presented_token, connect_by_token

_DIGITS = frozenset("0123456789*#p")
_LONGEST_HEADERS = 512
# OpenTok does not document this text.
_RELAYED = "Only routed sessions are allowed to initiate Audio Connector WebSocket connections."


class DigitsRequest(msgspec.Struct):
    digits: str


class WebSocketTarget(msgspec.Struct, rename="camel", frozen=True):
    uri: Annotated[str, msgspec.Meta(pattern="^wss?://.")]
    streams: list[str] | None = None
    headers: dict[str, str] | None = None
    audio_rate: Literal[8000, 16000] | None = None
    bidirectional: bool | None = None
    audio_transport: str | dict[str, Any] | None = None

    def __post_init__(self) -> None:
        if len(msgspec.json.encode(self.headers or {})) > _LONGEST_HEADERS:
            raise ValueError(f"headers are limited to {_LONGEST_HEADERS} bytes")


class ConnectorRequest(msgspec.Struct, rename="camel", frozen=True):
    """The target of audio; it holds a client token, so no answer may show it."""

    session_id: Annotated[str, msgspec.Meta(min_length=1)]
    token: str
    websocket: WebSocketTarget

    def __repr__(self) -> str:
        return f"ConnectorRequest({self.session_id})"


def telephony_routes(
    calls: SipCalls,
    connectors: AudioConnectors,
    sessions: Sessions,
    known: KnownCredentials,
    clock: Callable[[], float],
) -> Blueprint:
    routes = project_routes("telephony", known, clock)

    @routes.post("/dial")
    def dial(key: str) -> Response:
        wanted, now = json_body(DialRequest), clock()
        with sessions.lent_unentered(wanted.session_id, key) as session:
            # OpenTok does not document which roles it accepts. The role must allow publishing.
            token = check_presented_token(wanted.token, session, known, now, PUBLISHING_ROLES)
            return json_response(calls.dial(session, wanted.sip, token, now))

    @routes.post("/session/<session_id>/play-dtmf")
    def play_to_all(key: str, session_id: str) -> Response:
        digits = _digits()
        with sessions.lent_to_project(session_id, key) as session:
            session.play(digits)
        return empty_answer()

    @routes.post("/session/<session_id>/connection/<connection_id>/play-dtmf")
    def play_to_one(key: str, session_id: str, connection_id: str) -> Response:
        digits = _digits()
        with sessions.lent_to_project(session_id, key) as session:
            session.play(digits, connection_id)
        return empty_answer()

    @routes.post("/connect")
    def connect_audio(key: str) -> Response:
        wanted, now = json_body(ConnectorRequest), clock()
        # OpenTok's SDKs send JSON in a text. Vonage's send an object.
        if key.isdecimal() and isinstance(wanted.websocket.audio_transport, dict):
            raise RestError("Invalid request: audioTransport", HTTPStatus.BAD_REQUEST)
        with sessions.lent_unentered(wanted.session_id, key) as session:
            token = check_presented_token(wanted.token, session, known, now)
            if session.options.relayed:
                raise ConflictError(_RELAYED)
            connection = connect_by_token(session, token, now)
            connector_id = connectors.add(connection)
        return json_response({"id": connector_id, "connectionId": connection.connection_id})

    @routes.post("/connect/<connector_id>/stop")
    def stop_connector(key: str, connector_id: str) -> Response:
        connection = connectors.find(connector_id)
        with sessions.lent_to_project(connection.session_id, key) as session:
            session.disconnect(connection.connection_id, "clientDisconnected", clock())
        return empty_answer()

    return routes


def _digits() -> str:
    digits = json_body(DigitsRequest).digits
    if not digits or not _DIGITS.issuperset(digits):
        raise RestError("Invalid DTMF Digits", HTTPStatus.BAD_REQUEST, code=400)
    return digits
