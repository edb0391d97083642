from datetime import timedelta
from http import HTTPStatus

from chalice import Blueprint

from chalicelib import errors
from chalicelib.api.http.context import Call
from chalicelib.api.http.operations import ADMISSION_ERRORS, PROVIDER_ERRORS, Operation
from chalicelib.api.http.responses import Answer, json_response
from chalicelib.api.http.router import Router
from chalicelib.api.rooms.requests import SmallestTokenQuery, TokenBody
from chalicelib.api.rooms.responses import SmallestTokenAnswer, TokenAnswer
from chalicelib.core.rooms.join_room import JoinRequest


def token_routes(edge: Router) -> Blueprint:
    """Letting people in."""
    routes = Blueprint(__name__)

    @edge.signed_in(
        routes,
        "POST",
        "/rooms/{room}/tokens",
        Operation(
            summary="Let me in: a client token for the room",
            description=(
                "Makes the room on first use, where the service lets this user create rooms. "
                "Without a role, moderators get moderator and others the room's defaultRole."
            ),
            body=TokenBody,
            answers={HTTPStatus.CREATED: TokenAnswer},
            problems=(errors.RoomNotFound, *ADMISSION_ERRORS, *PROVIDER_ERRORS),
        ),
    )
    def join_room(call: Call, room: str) -> Answer:
        body = call.body(TokenBody)
        request = JoinRequest(
            role=body.role,
            lifetime=None if body.expires_in is None else timedelta(seconds=body.expires_in),
            name=body.name,
            data=body.data,
            layout_classes=body.layout_classes or (),
        )
        admission = call.use_cases.join_room.join(call.user, room, request, call.deadline)
        return json_response(HTTPStatus.CREATED, TokenAnswer.of(admission))

    @edge.signed_in(
        routes,
        "GET",
        "/token",
        Operation(
            summary="Let me into the default room: the smallest contract",
            query=SmallestTokenQuery,
            answers={HTTPStatus.OK: SmallestTokenAnswer},
            problems=(errors.RoomNotFound, *ADMISSION_ERRORS, *PROVIDER_ERRORS),
        ),
    )
    def join_default_room(call: Call) -> Answer:
        call.line.room = call.use_cases.join_room.default_room
        username = call.query(SmallestTokenQuery).username
        admission = call.use_cases.join_room.join_default(call.user, username, call.deadline)
        return json_response(HTTPStatus.OK, SmallestTokenAnswer.of(admission))

    return routes
