from http import HTTPStatus

from chalice import Blueprint

from chalicelib.api.answers import Answer, json_answer
from chalicelib.api.bodies import BanBody, MuteBody, SignalBody
from chalicelib.api.edge import Call, Edge
from chalicelib.api.presence import check_connection_id
from chalicelib.api.representations import BanAnswer, BanList


def moderation_routes(edge: Edge) -> Blueprint:
    """What moderators do to those who are in."""
    routes = Blueprint(__name__)

    @edge.signed_in(routes, "DELETE", "/rooms/{room}/connections/{connection_id}")
    def disconnect(call: Call, room: str, connection_id: str) -> Answer:
        check_connection_id(connection_id)
        call.use_cases.moderate.disconnect(call.user, room, connection_id, call.deadline)
        return Answer(HTTPStatus.NO_CONTENT)

    @edge.signed_in(routes, "POST", "/rooms/{room}/streams/{stream_id}/mute")
    def mute_stream(call: Call, room: str, stream_id: str) -> Answer:
        call.use_cases.moderate.mute_stream(call.user, room, stream_id, call.deadline)
        return Answer(HTTPStatus.NO_CONTENT)

    @edge.signed_in(routes, "PUT", "/rooms/{room}/mute")
    def mute_all(call: Call, room: str) -> Answer:
        body = call.body(MuteBody)
        call.use_cases.moderate.mute_all(
            call.user, room, body.excluded_stream_ids, call.deadline, active=body.active
        )
        return Answer(HTTPStatus.NO_CONTENT)

    @edge.signed_in(routes, "POST", "/rooms/{room}/signals")
    def signal(call: Call, room: str) -> Answer:
        body = call.body(SignalBody)
        if body.connection_id is not None:
            check_connection_id(body.connection_id)
        call.use_cases.moderate.signal(
            call.user, room, body.connection_id, (body.type, body.data), call.deadline
        )
        return Answer(HTTPStatus.NO_CONTENT)

    @edge.signed_in(routes, "POST", "/rooms/{room}/bans")
    def ban(call: Call, room: str) -> Answer:
        banned = call.body(BanBody).user_id
        made = call.use_cases.ban_users.ban(call.user, room, banned, call.deadline)
        return json_answer(HTTPStatus.CREATED, BanAnswer.of(made))

    @edge.signed_in(routes, "GET", "/rooms/{room}/bans")
    def list_bans(call: Call, room: str) -> Answer:
        bans = call.use_cases.ban_users.bans(call.user, room, call.deadline)
        return json_answer(HTTPStatus.OK, BanList([BanAnswer.of(each) for each in bans]))

    @edge.signed_in(routes, "DELETE", "/rooms/{room}/bans/{ban_id}")
    def lift_ban(call: Call, room: str, ban_id: str) -> Answer:
        call.use_cases.ban_users.lift(call.user, room, ban_id, call.deadline)
        return Answer(HTTPStatus.NO_CONTENT)

    return routes
