"""What OpenTok's official sample apps call before anything else: a session and a token for it.

Two dialects: that of the learning servers, and that of the reference apps. Both send no
credentials, and whatever else they send is not looked at.
"""

from http import HTTPStatus
from typing import Final

from chalice import Blueprint

from chalicelib import errors
from chalicelib.api.http.context import Call
from chalicelib.api.http.operations import PROVIDER_ERRORS, Operation
from chalicelib.api.http.responses import Answer, json_response
from chalicelib.api.http.router import Router
from chalicelib.api.sample_apps.requests import AnyQuery
from chalicelib.api.sample_apps.responses import SampleSessionAnswer
from chalicelib.core.model.user import Role


def _joining(summary: str, role: Role = Role.PUBLISHER) -> Operation:
    return Operation(
        summary=summary,
        description=f"As a {role}, for an hour at most.",
        query=AnyQuery,
        answers={HTTPStatus.OK: SampleSessionAnswer},
        problems=(errors.RoomNotFound, errors.RoomClosed, *PROVIDER_ERRORS),
    )


_FIRST: Final = _joining("Sample apps: let me into their first room")
_HOST: Final = _joining("Sample apps: let me broadcast")
_VIEWER: Final = _joining("Sample apps: let me watch a broadcast", Role.SUBSCRIBER)
_NAMED: Final = _joining("Sample apps: let me into one of their rooms")


def sample_session_routes(edge: Router) -> Blueprint:
    """Letting sample apps in."""
    routes = Blueprint(__name__)

    @edge.sample_app(routes, "GET", "/session", _FIRST)
    def join_first_sample_room(call: Call) -> Answer:
        return _joined(call, call.use_cases.sample_rooms.first())

    @edge.sample_app(routes, "GET", "/room/{room}", _NAMED)
    def join_sample_room(call: Call, room: str) -> Answer:
        return _joined(call, room)

    @edge.sample_app(routes, "GET", "/session/{room}", _NAMED)
    def join_reference_room(call: Call, room: str) -> Answer:
        return _joined(call, room)

    @edge.sample_app(routes, "GET", "/broadcast/session/host", _HOST)
    def join_as_host(call: Call) -> Answer:
        return _joined(call, call.use_cases.sample_rooms.first())

    @edge.sample_app(routes, "GET", "/broadcast/session/viewer", _VIEWER)
    def join_as_viewer(call: Call) -> Answer:
        return _joined(call, call.use_cases.sample_rooms.first(), Role.SUBSCRIBER)

    return routes


def _joined(call: Call, room: str, role: Role = Role.PUBLISHER) -> Answer:
    admission = call.use_cases.sample_rooms.join(room, call.deadline, role)
    return json_response(HTTPStatus.OK, SampleSessionAnswer.of(admission))
