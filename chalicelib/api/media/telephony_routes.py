from http import HTTPStatus

from chalice import Blueprint

from chalicelib import errors
from chalicelib.api.http.context import Call
from chalicelib.api.http.operations import MEDIA_ERRORS, MEDIA_START_ERRORS, Operation
from chalicelib.api.http.responses import Answer, json_response
from chalicelib.api.http.router import Router
from chalicelib.api.media.responses import AudioConnectorAnswer, CallAnswer, shown
from chalicelib.api.media.service_requests import AudioConnectorBody, DtmfBody, SipBody
from chalicelib.api.rooms.connection_routes import check_connection_id


def connected_audio_routes(edge: Router) -> Blueprint:
    """Telephones and WebSockets in a room."""
    routes = Blueprint(__name__)

    @edge.signed_in(
        routes,
        "POST",
        "/rooms/{room}/sip",
        Operation(
            summary="Call somebody by SIP into a room",
            description=(
                "Hang up by disconnecting `connectionId`. After 503 look at the room's connections "
                "before you call again: it may be ringing."
            ),
            body=SipBody,
            answers={HTTPStatus.CREATED: CallAnswer},
            problems=MEDIA_START_ERRORS,
        ),
    )
    def dial(call: Call, room: str) -> Answer:
        options = call.body(SipBody).options()
        made = call.media.telephony.dial(call.user, room, options, call.deadline)
        return json_response(HTTPStatus.CREATED, shown(*made))

    @edge.signed_in(
        routes,
        "POST",
        "/rooms/{room}/dtmf",
        Operation(
            summary="Play telephone tones to all, or to one connection",
            body=DtmfBody,
            answers={HTTPStatus.NO_CONTENT: None},
            problems=(*MEDIA_ERRORS, errors.ConnectionNotFound),
        ),
    )
    def play_digits(call: Call, room: str) -> Answer:
        body = call.body(DtmfBody)
        if body.connection_id is not None:
            check_connection_id(body.connection_id)
        call.media.telephony.play_digits(
            call.user, room, body.connection_id, body.checked_digits(), call.deadline
        )
        return Answer(HTTPStatus.NO_CONTENT)

    @edge.signed_in(
        routes,
        "POST",
        "/rooms/{room}/audio-connectors",
        Operation(
            summary="Send a room's audio to a WebSocket",
            description="Stop by disconnecting `connectionId`. After 503 look at the connections.",
            body=AudioConnectorBody,
            answers={HTTPStatus.CREATED: AudioConnectorAnswer},
            problems=MEDIA_START_ERRORS,
        ),
    )
    def connect_audio(call: Call, room: str) -> Answer:
        options = call.body(AudioConnectorBody).options()
        made = call.media.telephony.connect_audio(call.user, room, options, call.deadline)
        return json_response(HTTPStatus.CREATED, shown(*made))

    return routes
