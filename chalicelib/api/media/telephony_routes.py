from http import HTTPStatus

from chalicelib import errors
from chalicelib.api.http.decoding import RequestContext
from chalicelib.api.http.fields import check_connection_id
from chalicelib.api.http.operations import MEDIA_ERRORS, MEDIA_START_ERRORS
from chalicelib.api.http.responses import Response
from chalicelib.api.http.routes import Routes
from chalicelib.api.media.responses import AudioConnectorAnswer, CallAnswer, with_room_name
from chalicelib.api.media.service_requests import AudioConnectorBody, DtmfBody, SipBody
from chalicelib.core.model.media import Feature

routes = Routes(tag="telephony", feature=Feature.SIP)
audio_connector_routes = Routes(tag="telephony", feature=Feature.AUDIO_CONNECTORS)


@routes.post(
    "/rooms/{room}/sip",
    summary="Call a SIP address, and connect it to a room",
    description=(
        "To hang up, disconnect `connectionId`. After a 503 the call may be ringing: check the "
        "room's connections before you retry."
    ),
    body=SipBody,
    returns={HTTPStatus.CREATED: CallAnswer},
    raises=MEDIA_START_ERRORS,
)
def dial(context: RequestContext, room: str) -> Response:
    options = context.body(SipBody).options()
    made = context.media.telephony.dial(context.user, room, options, context.deadline)
    return Response(HTTPStatus.CREATED, with_room_name(*made))


@routes.post(
    "/rooms/{room}/dtmf",
    summary="Play telephone tones to all clients of a room, or to one connection",
    body=DtmfBody,
    returns={HTTPStatus.NO_CONTENT: None},
    raises=(*MEDIA_ERRORS, errors.ConnectionNotFound),
)
def play_digits(context: RequestContext, room: str) -> Response:
    body = context.body(DtmfBody)
    if body.connection_id is not None:
        check_connection_id(body.connection_id)
    context.media.telephony.play_digits(
        context.user, room, body.connection_id, body.checked_digits(), context.deadline
    )
    return Response(HTTPStatus.NO_CONTENT)


@audio_connector_routes.post(
    "/rooms/{room}/audio-connectors",
    summary="Send a room's audio to a WebSocket",
    description=(
        "To stop, disconnect `connectionId`. After a 503 the audio may be connected: check the "
        "room's connections before you retry."
    ),
    body=AudioConnectorBody,
    returns={HTTPStatus.CREATED: AudioConnectorAnswer},
    raises=MEDIA_START_ERRORS,
)
def connect_audio(context: RequestContext, room: str) -> Response:
    options = context.body(AudioConnectorBody).options()
    made = context.media.telephony.connect_audio(context.user, room, options, context.deadline)
    return Response(HTTPStatus.CREATED, with_room_name(*made))
