"""What OpenTok tells of calls by SIP: that their connections come, and that they go."""

from http import HTTPStatus
from typing import Final

from chalice import Blueprint

from chalicelib import errors
from chalicelib.api.answers import Answer
from chalicelib.api.callbacks import check_owners, told_again
from chalicelib.api.calls import Told
from chalicelib.api.edge import Edge
from chalicelib.api.operations import PLATFORM_BY_PATH, Operation
from chalicelib.core.measurements import count
from chalicelib.core.presence import Connection, Passenger, Service
from chalicelib.core.times import utc_now
from chalicelib.core.told import told_content, told_id, told_moment, told_object, told_owners

_EVENTS: Final = ("callCreated", "callUpdated", "callDestroyed", "muteForced")
_CALLS: Final = Operation(
    summary="Take OpenTok's news of any call by SIP",
    description="OpenTok repeats for 24 hours what is not answered with 200.",
    answers={HTTPStatus.OK: None},
    problems=(errors.SessionUnknown, errors.ProviderUnavailable),
)


def sip_callback_routes(edge: Edge) -> Blueprint:
    routes = Blueprint(__name__)

    @edge.told_by_platform(routes, "POST", "/callbacks/sip", _CALLS)
    def call_event(told: Told) -> Answer:
        body = told.raw_body()
        told.use_cases.signatures.check("sip", told.authorization(), body, told.deadline)
        return _followed(told, body)

    @edge.told_by_platform(routes, "POST", "/callbacks/sip/{secret}", _CALLS, PLATFORM_BY_PATH)
    def unsigned_call_event(told: Told, secret: str) -> Answer:
        told.use_cases.signatures.check_path(secret)
        return _followed(told, told.raw_body())

    return routes


def _followed(told: Told, body: bytes) -> Answer:
    content = told_content(body)
    call = told_object(content.get("call"))
    session_id, connection_id = told_id(content.get("sessionId")), told_id(call.get("connectionId"))
    event = content.get("event")
    if event not in _EVENTS or session_id is None or connection_id is None:
        count("CallbacksNotUnderstood")
        return Answer(HTTPStatus.OK)
    check_owners(told, told_owners(content))
    count(f"CallbackSip{event[:1].upper()}{event[1:]}")
    follow = told.use_cases.follow_sessions
    session = follow.find(session_id, told.deadline)
    now = utc_now()
    if session is not None and event == "callCreated":
        since = told_moment(call.get("createdAt"), now)
        connection = Connection(connection_id, since, Passenger(service=Service.SIP))
        with told_again():
            follow.arrived(session, connection, told.deadline)
    if session is not None and event == "callDestroyed":
        follow.left(session, connection_id, now, told.deadline)
    return Answer(HTTPStatus.OK)
