from http import HTTPStatus

from chalicelib import errors
from chalicelib.api.http.decoding import RequestContext
from chalicelib.api.http.fields import check_connection_id
from chalicelib.api.http.operations import FOR_MODERATORS, MODERATOR_ERRORS, PROVIDER_ERRORS
from chalicelib.api.http.responses import Response
from chalicelib.api.http.routes import Routes
from chalicelib.api.rooms.requests import BanBody, MuteBody, SignalBody
from chalicelib.api.rooms.responses import BanAnswer, BanList

routes = Routes(tag="moderation")


@routes.delete(
    "/rooms/{room}/connections/{connection_id}",
    FOR_MODERATORS,
    summary="Disconnect a client",
    returns={HTTPStatus.NO_CONTENT: None},
    raises=(*MODERATOR_ERRORS, errors.ConnectionNotFound, *PROVIDER_ERRORS),
)
def disconnect(context: RequestContext, room: str, connection_id: str) -> Response:
    check_connection_id(connection_id)
    context.use_cases.moderate.disconnect(context.user, room, connection_id, context.deadline)
    return Response(HTTPStatus.NO_CONTENT)


@routes.post(
    "/rooms/{room}/streams/{stream_id}/mute",
    FOR_MODERATORS,
    summary="Mute a stream",
    returns={HTTPStatus.NO_CONTENT: None},
    raises=(*MODERATOR_ERRORS, errors.StreamNotFound, *PROVIDER_ERRORS),
)
def mute_stream(context: RequestContext, room: str, stream_id: str) -> Response:
    context.use_cases.moderate.mute_stream(context.user, room, stream_id, context.deadline)
    return Response(HTTPStatus.NO_CONTENT)


@routes.put(
    "/rooms/{room}/mute",
    FOR_MODERATORS,
    summary="Mute all streams of a room, or all but some",
    body=MuteBody,
    returns={HTTPStatus.NO_CONTENT: None},
    raises=(*MODERATOR_ERRORS, errors.NobodyConnected, *PROVIDER_ERRORS),
)
def mute_all(context: RequestContext, room: str) -> Response:
    body = context.body(MuteBody)
    excluded = [str(each) for each in body.excluded_stream_ids or ()]
    context.use_cases.moderate.mute_all(
        context.user, room, excluded, context.deadline, active=body.active
    )
    return Response(HTTPStatus.NO_CONTENT)


@routes.post(
    "/rooms/{room}/signals",
    summary="Send a signal to all clients of a room, or to one connection",
    body=SignalBody,
    returns={HTTPStatus.NO_CONTENT: None},
    raises=(
        *MODERATOR_ERRORS,
        errors.ConnectionNotFound,
        errors.NobodyConnected,
        errors.SignalTooLarge,
        *PROVIDER_ERRORS,
    ),
)
def signal(context: RequestContext, room: str) -> Response:
    body = context.body(SignalBody)
    if body.connection_id is not None:
        check_connection_id(body.connection_id)
    context.use_cases.moderate.signal(
        context.user, room, body.connection_id, (body.type, body.data), context.deadline
    )
    return Response(HTTPStatus.NO_CONTENT)


@routes.post(
    "/rooms/{room}/bans",
    FOR_MODERATORS,
    summary="Ban a user from a room, and disconnect them",
    description=(
        "Banning the same user again disconnects them again. A ban of a guest also ends a "
        "single-use invitation by which nobody has come yet, and the invitations that they made."
    ),
    body=BanBody,
    returns={HTTPStatus.CREATED: BanAnswer},
    raises=(*MODERATOR_ERRORS, errors.RoomClosed, errors.TooManyBans, *PROVIDER_ERRORS),
)
def ban(context: RequestContext, room: str) -> Response:
    banned = context.body(BanBody).user_id
    made = context.use_cases.ban_users.ban(context.user, room, banned, context.deadline)
    return Response(HTTPStatus.CREATED, BanAnswer.of(made))


@routes.get(
    "/rooms/{room}/bans",
    FOR_MODERATORS,
    summary="List the bans of a room",
    returns={HTTPStatus.OK: BanList},
    raises=MODERATOR_ERRORS,
)
def list_bans(context: RequestContext, room: str) -> Response:
    bans = context.use_cases.ban_users.bans(context.user, room, context.deadline)
    return Response(HTTPStatus.OK, BanList([BanAnswer.of(each) for each in bans]))


@routes.delete(
    "/rooms/{room}/bans/{ban_id}",
    FOR_MODERATORS,
    summary="Lift a ban",
    returns={HTTPStatus.NO_CONTENT: None},
    raises=(*MODERATOR_ERRORS, errors.BanNotFound),
)
def lift_ban(context: RequestContext, room: str, ban_id: str) -> Response:
    context.use_cases.ban_users.lift(context.user, room, ban_id, context.deadline)
    return Response(HTTPStatus.NO_CONTENT)
