"""What OpenTok tells of calls by SIP: that their connections come, and that they go."""

from http import HTTPStatus
from typing import Final

from chalice import Blueprint

from chalicelib import errors
from chalicelib.api.callbacks.session_callbacks import check_owners, register_callback, told_again
from chalicelib.api.http.context import Told
from chalicelib.api.http.responses import Answer
from chalicelib.api.http.router import Router
from chalicelib.core.model.connection import Connection, Participant, Service
from chalicelib.core.support.metrics import increment
from chalicelib.core.support.parsing import (
    owner_ids,
    parse_id,
    parse_json_object,
    parse_object,
    parse_platform_id,
    parse_timestamp,
)
from chalicelib.core.support.timestamps import utc_now

_EVENTS: Final = ("callCreated", "callUpdated", "callDestroyed", "muteForced")


def sip_callback_routes(edge: Router) -> Blueprint:
    routes = Blueprint(__name__)
    register_callback(
        edge,
        routes,
        "sip",
        news="news of any call by SIP",
        problems=(errors.ProviderUnavailable,),
        followed=_followed,
    )
    return routes


def _followed(told: Told, body: bytes) -> Answer:
    content = parse_json_object(body)
    call = parse_object(content.get("call"))
    session_id = parse_id(content.get("sessionId"))
    connection_id = parse_platform_id(call.get("connectionId"))
    event = content.get("event")
    if event not in _EVENTS or session_id is None or connection_id is None:
        increment("CallbacksNotUnderstood")
        return Answer(HTTPStatus.OK)
    check_owners(told, owner_ids(content))
    increment(f"CallbackSip{event[:1].upper()}{event[1:]}")
    follow = told.use_cases.session_tracker
    session = follow.find(session_id, told.deadline)
    now = utc_now()
    if session is not None and event == "callCreated":
        since = parse_timestamp(call.get("createdAt"), now)
        connection = Connection(connection_id, since, Participant(service=Service.SIP))
        with told_again():
            follow.on_connected(session, connection, told.deadline)
    if session is not None and event == "callDestroyed":
        follow.on_disconnected(session, connection_id, now, told.deadline)
    return Answer(HTTPStatus.OK)
