from http import HTTPStatus

from chalice import Blueprint

from chalicelib import errors
from chalicelib.api.http.context import Call
from chalicelib.api.http.operations import MODERATOR_ERRORS, PROVIDER_ERRORS, Operation
from chalicelib.api.http.responses import Answer, json_response
from chalicelib.api.http.router import Router
from chalicelib.api.rooms.connection_routes import check_connection_id
from chalicelib.api.rooms.requests import BanBody, MuteBody, SignalBody
from chalicelib.api.rooms.responses import BanAnswer, BanList


def moderation_routes(edge: Router) -> Blueprint:
    """What moderators do to those who are in."""
    routes = Blueprint(__name__)

    @edge.signed_in(
        routes,
        "DELETE",
        "/rooms/{room}/connections/{connection_id}",
        Operation(
            summary="Disconnect somebody",
            answers={HTTPStatus.NO_CONTENT: None},
            problems=(*MODERATOR_ERRORS, errors.ConnectionNotFound, *PROVIDER_ERRORS),
        ),
    )
    def disconnect(call: Call, room: str, connection_id: str) -> Answer:
        check_connection_id(connection_id)
        call.use_cases.moderate.disconnect(call.user, room, connection_id, call.deadline)
        return Answer(HTTPStatus.NO_CONTENT)

    @edge.signed_in(
        routes,
        "POST",
        "/rooms/{room}/streams/{stream_id}/mute",
        Operation(
            summary="Mute one stream",
            answers={HTTPStatus.NO_CONTENT: None},
            problems=(*MODERATOR_ERRORS, errors.StreamNotFound, *PROVIDER_ERRORS),
        ),
    )
    def mute_stream(call: Call, room: str, stream_id: str) -> Answer:
        call.use_cases.moderate.mute_stream(call.user, room, stream_id, call.deadline)
        return Answer(HTTPStatus.NO_CONTENT)

    @edge.signed_in(
        routes,
        "PUT",
        "/rooms/{room}/mute",
        Operation(
            summary="Mute everybody, or all but some streams",
            body=MuteBody,
            answers={HTTPStatus.NO_CONTENT: None},
            problems=(*MODERATOR_ERRORS, errors.NobodyConnected, *PROVIDER_ERRORS),
        ),
    )
    def mute_all(call: Call, room: str) -> Answer:
        body = call.body(MuteBody)
        call.use_cases.moderate.mute_all(
            call.user, room, body.excluded_stream_ids or (), call.deadline, active=body.active
        )
        return Answer(HTTPStatus.NO_CONTENT)

    @edge.signed_in(
        routes,
        "POST",
        "/rooms/{room}/signals",
        Operation(
            summary="Signal to everybody, or to one connection",
            body=SignalBody,
            answers={HTTPStatus.NO_CONTENT: None},
            problems=(
                *MODERATOR_ERRORS,
                errors.ConnectionNotFound,
                errors.NobodyConnected,
                errors.SignalTooLarge,
                *PROVIDER_ERRORS,
            ),
        ),
    )
    def signal(call: Call, room: str) -> Answer:
        body = call.body(SignalBody)
        if body.connection_id is not None:
            check_connection_id(body.connection_id)
        call.use_cases.moderate.signal(
            call.user, room, body.connection_id, (body.type, body.data), call.deadline
        )
        return Answer(HTTPStatus.NO_CONTENT)

    @edge.signed_in(
        routes,
        "POST",
        "/rooms/{room}/bans",
        Operation(
            summary="Ban a user: out, and stays out",
            description="Repeated, it disconnects the user again.",
            body=BanBody,
            answers={HTTPStatus.CREATED: BanAnswer},
            problems=(*MODERATOR_ERRORS, errors.RoomClosed, errors.TooManyBans, *PROVIDER_ERRORS),
        ),
    )
    def ban(call: Call, room: str) -> Answer:
        banned = call.body(BanBody).user_id
        made = call.use_cases.ban_users.ban(call.user, room, banned, call.deadline)
        return json_response(HTTPStatus.CREATED, BanAnswer.of(made))

    @edge.signed_in(
        routes,
        "GET",
        "/rooms/{room}/bans",
        Operation(
            summary="List the bans of a room",
            answers={HTTPStatus.OK: BanList},
            problems=MODERATOR_ERRORS,
        ),
    )
    def list_bans(call: Call, room: str) -> Answer:
        bans = call.use_cases.ban_users.bans(call.user, room, call.deadline)
        return json_response(HTTPStatus.OK, BanList([BanAnswer.of(each) for each in bans]))

    @edge.signed_in(
        routes,
        "DELETE",
        "/rooms/{room}/bans/{ban_id}",
        Operation(
            summary="Lift a ban",
            answers={HTTPStatus.NO_CONTENT: None},
            problems=(*MODERATOR_ERRORS, errors.BanNotFound),
        ),
    )
    def lift_ban(call: Call, room: str, ban_id: str) -> Answer:
        call.use_cases.ban_users.lift(call.user, room, ban_id, call.deadline)
        return Answer(HTTPStatus.NO_CONTENT)

    return routes
