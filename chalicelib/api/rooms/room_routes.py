from http import HTTPStatus

from chalice import Blueprint

from chalicelib import errors
from chalicelib.api.http.context import Call
from chalicelib.api.http.cursors import read_cursor, write_cursor
from chalicelib.api.http.operations import (
    MEMBER_ERRORS,
    MODERATOR_ERRORS,
    PROVIDER_ERRORS,
    Operation,
)
from chalicelib.api.http.responses import Answer, json_response
from chalicelib.api.http.router import Router
from chalicelib.api.rooms.patch_request import RoomPatch
from chalicelib.api.rooms.requests import PageQuery, RoomBody
from chalicelib.api.rooms.responses import RoomAnswer, RoomList
from chalicelib.core.model.room import Room
from chalicelib.core.sessions.read_presence import RoomCounts
from chalicelib.core.support.timestamps import utc_now


def room_routes(edge: Router) -> Blueprint:
    """Rooms: made or found, shown, listed, changed, closed."""
    routes = Blueprint(__name__)

    @edge.signed_in(
        routes,
        "PUT",
        "/rooms/{room}",
        Operation(
            summary="Create a room, or find it",
            description=(
                "201 with the room if it was made; 200 if it exists and every field given equals. "
                "Its creator moderates it."
            ),
            body=RoomBody,
            answers={HTTPStatus.CREATED: RoomAnswer, HTTPStatus.OK: RoomAnswer},
            problems=(
                errors.NotAModerator,
                errors.NotAMember,
                errors.RoomClosed,
                errors.RoomExists,
                *PROVIDER_ERRORS,
            ),
        ),
    )
    def put_room(call: Call, room: str) -> Answer:
        settings, given = call.body(RoomBody).settings()
        standing, made = call.use_cases.create_room.put(
            call.user,
            room,
            asked=settings,
            given=given,
            caller_ip=call.source_ip(),
            deadline=call.deadline,
        )
        return json_response(HTTPStatus.CREATED if made else HTTPStatus.OK, _shown(call, standing))

    @edge.signed_in(
        routes,
        "GET",
        "/rooms/{room}",
        Operation(
            summary="Read a room, with counts of who is in",
            answers={HTTPStatus.OK: RoomAnswer},
            problems=MEMBER_ERRORS,
        ),
    )
    def get_room(call: Call, room: str) -> Answer:
        found = call.use_cases.read_rooms.visible_room(call.user, room, call.deadline)
        counts = call.use_cases.read_presence.counts(found, call.deadline)
        return json_response(HTTPStatus.OK, _shown(call, found, counts))

    @edge.signed_in(
        routes,
        "PATCH",
        "/rooms/{room}",
        Operation(
            summary="Change a room: lock it, limit it, its hours, its members and moderators",
            description=(
                "null clears where nothing is a value. OpenTok fixes a session's options when it "
                "makes one; a change of those is refused."
            ),
            body=RoomPatch,
            answers={HTTPStatus.OK: RoomAnswer},
            problems=(
                *MODERATOR_ERRORS,
                errors.RoomClosed,
                errors.Immutable,
                errors.TooManyConnected,
                *PROVIDER_ERRORS,
            ),
        ),
    )
    def patch_room(call: Call, room: str) -> Answer:
        changes = call.body(RoomPatch).changes()
        changed = call.use_cases.change_room.change(
            call.user, room, changes, call.source_ip(), call.deadline
        )
        return json_response(HTTPStatus.OK, _shown(call, changed))

    @edge.signed_in(
        routes,
        "DELETE",
        "/rooms/{room}",
        Operation(
            summary="Close a room for good, everybody out",
            answers={HTTPStatus.NO_CONTENT: None},
            problems=MODERATOR_ERRORS,
        ),
    )
    def delete_room(call: Call, room: str) -> Answer:
        call.use_cases.close_room.close(call.user, room, call.deadline)
        return Answer(HTTPStatus.NO_CONTENT)

    @edge.signed_in(
        routes,
        "GET",
        "/rooms",
        Operation(
            summary="List the rooms that you created, newest first",
            query=PageQuery,
            answers={HTTPStatus.OK: RoomList},
        ),
    )
    def list_rooms(call: Call) -> Answer:
        query = call.query(PageQuery)
        start = None if query.cursor is None else read_cursor(query.cursor, call.user.id)
        page = call.use_cases.read_rooms.created_by(call.user, start, query.limit, call.deadline)
        following = page.next_cursor
        cursor = None if following is None else write_cursor(following, call.user.id)
        items = [_shown(call, room) for room in page.rooms]
        return json_response(HTTPStatus.OK, RoomList(items, cursor))

    return routes


def _shown(call: Call, room: Room, counts: RoomCounts | None = None) -> RoomAnswer:
    api_key = call.use_cases.platform.project_id(call.deadline)
    return RoomAnswer.of(room, api_key, utc_now(), counts)
