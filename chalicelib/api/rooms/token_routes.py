from datetime import timedelta
from http import HTTPStatus

from chalicelib import errors
from chalicelib.api.http.decoding import RequestContext
from chalicelib.api.http.operations import ADMISSION_ERRORS, PROVIDER_ERRORS, WAITING_ERRORS
from chalicelib.api.http.responses import Response
from chalicelib.api.http.routes import Routes
from chalicelib.api.rooms.requests import SmallestTokenQuery, TokenBody
from chalicelib.api.rooms.responses import SmallestTokenAnswer, TokenAnswer
from chalicelib.api.rooms.waiting_routes import WaitingAnswer, must_wait
from chalicelib.core.rooms.join_request import JoinRequest

routes = Routes(tag="tokens")


@routes.post(
    "/rooms/{room}/tokens",
    summary="Create a client token for a room",
    description=(
        "Creates the room if it does not exist and the caller may create rooms. Without `role`, "
        "moderators get `moderator` and other users get the room's `defaultRole`. In a room with "
        "`waitingRoom`, users get 202 until a moderator approves them. Whoever does not ask again "
        "within 20 s no longer waits."
    ),
    body=TokenBody,
    returns={HTTPStatus.CREATED: TokenAnswer, HTTPStatus.ACCEPTED: WaitingAnswer},
    raises=(errors.RoomNotFound, *ADMISSION_ERRORS, *WAITING_ERRORS, *PROVIDER_ERRORS),
)
def join_room(context: RequestContext, room: str) -> Response:
    body = context.body(TokenBody)
    request = JoinRequest(
        role=body.role,
        lifetime=None if body.expires_in is None else timedelta(seconds=body.expires_in),
        name=body.name,
        data=body.data,
        layout_classes=body.layout_classes or (),
    )
    try:
        joined = context.use_cases.join_room.join(context.user, room, request, context.deadline)
    except errors.MustWait as wait:
        return must_wait(wait)
    return Response(HTTPStatus.CREATED, TokenAnswer.of(joined))


@routes.get(
    "/token",
    summary="Create a client token for the default room",
    description=(
        "Returns a publisher token for the default room, in the format of OpenTok's early samples. "
        "Their clients know no other answer, so 409 `must_wait` says that the caller waits."
    ),
    query=SmallestTokenQuery,
    returns={HTTPStatus.OK: SmallestTokenAnswer},
    raises=(
        errors.RoomNotFound,
        *ADMISSION_ERRORS,
        errors.MustWait,
        *WAITING_ERRORS,
        *PROVIDER_ERRORS,
    ),
)
def join_default_room(context: RequestContext) -> Response:
    context.record.room = context.use_cases.join_room.default_room
    username = context.query(SmallestTokenQuery).username
    joined = context.use_cases.join_room.join_default(context.user, username, context.deadline)
    return Response(HTTPStatus.OK, SmallestTokenAnswer.of(joined))
