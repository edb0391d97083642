"""What OpenTok's official sample apps call before anything else: a session and a token for it.

Two dialects: that of the learning servers, and that of the reference apps. Both send no
credentials, and whatever else they send is not looked at.
"""

from http import HTTPStatus
from typing import Final, Self

from chalice import Blueprint
from msgspec import Struct

from chalicelib import errors
from chalicelib.api.answers import Answer, json_answer
from chalicelib.api.calls import Call
from chalicelib.api.edge import Edge
from chalicelib.api.operations import OF_PROVIDER, Operation
from chalicelib.core.join_room import Admission


class AnyQuery(Struct):
    """What sample apps may put into a query: anything."""


class SampleSessionAnswer(Struct, rename="camel"):
    """All that a sample app needs to connect; the two ids are one, by the names it goes by."""

    api_key: str
    application_id: str
    session_id: str
    token: str

    @classmethod
    def of(cls, admission: Admission) -> Self:
        token = admission.token
        return cls(token.project_id, token.project_id, admission.room.session_id, token.text)


def _joining(summary: str) -> Operation:
    return Operation(
        summary=summary,
        description="As a publisher, for an hour at most.",
        query=AnyQuery,
        answers={HTTPStatus.OK: SampleSessionAnswer},
        problems=(errors.RoomNotFound, errors.RoomClosed, *OF_PROVIDER),
    )


_FIRST: Final = _joining("Sample apps: let me into their first room")
_NAMED: Final = _joining("Sample apps: let me into one of their rooms")


def sample_session_routes(edge: Edge) -> Blueprint:
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

    return routes


def _joined(call: Call, room: str) -> Answer:
    admission = call.use_cases.sample_rooms.join(room, call.deadline)
    return json_answer(HTTPStatus.OK, SampleSessionAnswer.of(admission))
