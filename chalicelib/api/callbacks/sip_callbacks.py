"""OpenTok's callbacks about SIP calls: their connections come and go."""

from http import HTTPStatus
from typing import Final

from chalicelib import errors
from chalicelib.api.callbacks.registration import (
    check_project,
    register_callback,
    retry_if_refused,
)
from chalicelib.api.http.decoding import CallbackContext
from chalicelib.api.http.responses import Response
from chalicelib.api.http.routes import Routes
from chalicelib.core.model.attendance import EndHint
from chalicelib.core.model.connection import Connection, Participant, Service
from chalicelib.core.model.media import Feature
from chalicelib.core.support.formats import (
    owner_ids,
    parse_id,
    parse_json_object,
    parse_object,
    parse_platform_id,
    parse_timestamp,
    utc_now,
)
from chalicelib.core.support.metrics import increment

_EVENTS: Final = ("callCreated", "callUpdated", "callDestroyed", "muteForced")


routes: Final = Routes(tag="callbacks")


def on_sip_event(context: CallbackContext, body: bytes) -> Response:
    content = parse_json_object(body)
    call = parse_object(content.get("call"))
    session_id = parse_id(content.get("sessionId"))
    connection_id = parse_platform_id(call.get("connectionId"))
    event = content.get("event")
    if event not in _EVENTS or session_id is None or connection_id is None:
        increment("CallbacksNotUnderstood")
        return Response(HTTPStatus.OK)
    check_project(context, owner_ids(content))
    increment(f"CallbackSip{event[:1].upper()}{event[1:]}")
    tracker = context.use_cases.session_tracker
    session = tracker.find(session_id, context.deadline)
    now = utc_now()
    if session is not None and event == "callCreated":
        since = parse_timestamp(call.get("createdAt"), now)
        connection = Connection(connection_id, since, Participant(service=Service.SIP))
        with retry_if_refused():
            tracker.on_connected(session, connection, context.deadline)
    if session is not None and event == "callDestroyed":
        hint = EndHint(implied=min(parse_timestamp(content.get("timestamp"), now), now))
        tracker.on_disconnected(session, connection_id, now, context.deadline, hint)
    return Response(HTTPStatus.OK)


register_callback(
    routes,
    "sip",
    on_sip_event,
    subject="SIP call events",
    raises=(errors.ProviderUnavailable,),
    feature=Feature.SIP,
)
