from http import HTTPStatus

from chalicelib import errors
from chalicelib.api.http.cursors import (
    EntryPosition,
    PlacePosition,
    TimedPosition,
    decode_cursor,
    encode_cursor,
)
from chalicelib.api.http.decoding import RequestContext
from chalicelib.api.http.operations import (
    FOR_MODERATORS,
    MEMBER_ERRORS,
    MODERATOR_ERRORS,
    PROVIDER_ERRORS,
)
from chalicelib.api.http.responses import Response
from chalicelib.api.http.routes import Routes
from chalicelib.api.rooms.patch_request import RoomPatch
from chalicelib.api.rooms.requests import RoomBody, RoomListQuery
from chalicelib.api.rooms.responses import RoomAnswer, RoomList
from chalicelib.core.model.room import Room
from chalicelib.core.ports.room_store import DirectoryPlace, RoomCursor
from chalicelib.core.sessions.read_presence import RoomCounts
from chalicelib.core.support.formats import epoch_milliseconds, utc_now

routes = Routes(tag="rooms")


@routes.put(
    "/rooms/{room}",
    summary="Create a room, or get it if it exists",
    description=(
        "Returns 201 if the room was created, or 200 if it exists with the same settings. The "
        "caller who creates a room becomes its moderator, unless only an admin could create it."
    ),
    body=RoomBody,
    returns={HTTPStatus.CREATED: RoomAnswer, HTTPStatus.OK: RoomAnswer},
    raises=(
        errors.NotAModerator,
        errors.FeatureDisabled,
        errors.NotAMember,
        errors.Banned,
        errors.RoomClosed,
        errors.RoomExists,
        errors.QuotaExceeded,
        *PROVIDER_ERRORS,
    ),
)
def put_room(context: RequestContext, room: str) -> Response:
    settings, chosen = context.body(RoomBody).settings()
    room_now, created = context.use_cases.create_room.put(
        context.user,
        room,
        asked=settings,
        given=chosen,
        caller_ip=context.source_ip(),
        deadline=context.deadline,
    )
    return Response(
        HTTPStatus.CREATED if created else HTTPStatus.OK, to_response(context, room_now)
    )


@routes.get(
    "/rooms/{room}",
    FOR_MODERATORS,
    summary="Get a room, with counts of its connections and streams",
    returns={HTTPStatus.OK: RoomAnswer},
    raises=MEMBER_ERRORS,
)
def get_room(context: RequestContext, room: str) -> Response:
    found = context.use_cases.read_rooms.visible_room(context.user, room, context.deadline)
    counts = context.use_cases.read_presence.counts(found, context.deadline)
    return Response(HTTPStatus.OK, to_response(context, found, counts))


@routes.patch(
    "/rooms/{room}",
    FOR_MODERATORS,
    summary="Change a room: its lock, limit, times, members, moderators and archive settings",
    description=(
        "`null` clears an optional setting. The options of the OpenTok session are fixed when the "
        "room is created, and cannot be changed."
    ),
    body=RoomPatch,
    returns={HTTPStatus.OK: RoomAnswer},
    raises=(
        *MODERATOR_ERRORS,
        errors.FeatureDisabled,
        errors.RoomClosed,
        errors.Immutable,
        errors.TooManyConnected,
        errors.QuotaExceeded,
        *PROVIDER_ERRORS,
    ),
)
def patch_room(context: RequestContext, room: str) -> Response:
    changes = context.body(RoomPatch).changes()
    changed = context.use_cases.change_room.change(
        context.user, room, changes, context.source_ip(), context.deadline
    )
    return Response(HTTPStatus.OK, to_response(context, changed))


@routes.delete(
    "/rooms/{room}",
    summary="Close a room for good, and disconnect all its clients",
    returns={HTTPStatus.NO_CONTENT: None},
    raises=MODERATOR_ERRORS,
)
def delete_room(context: RequestContext, room: str) -> Response:
    context.use_cases.close_room.close(context.user, room, context.deadline)
    return Response(HTTPStatus.NO_CONTENT)


@routes.get(
    "/rooms",
    summary="List the rooms that the caller created and still moderates, newest first",
    description=(
        "A page that is short, or even empty, is not the last one while it has a cursor. Admins "
        "may list other rooms: with `of`, those that this user created; with `live`, those in "
        "which somebody was at the last check or may be now; with `all`, every room that is not "
        "deleted. The last two are in no particular order."
    ),
    query=RoomListQuery,
    returns={HTTPStatus.OK: RoomList},
    raises=(errors.NotAnAdmin,),
)
def list_rooms(context: RequestContext) -> Response:
    query = context.query(RoomListQuery)
    query.check()
    if query.live:
        return _live(context, query)
    if query.all:
        return _all(context, query)
    if query.of is not None:
        return _of_user(context, query, query.of)
    start = None
    if query.cursor is not None:
        position = decode_cursor(query.cursor, context.user.id, TimedPosition)
        start = RoomCursor(position.id, position.created_at)
    page = context.use_cases.read_rooms.created_by(
        context.user, start, query.limit, context.deadline
    )
    cursor, following = None, page.next_cursor
    if following is not None:
        position = TimedPosition.of(following.name, following.created_at)
        cursor = encode_cursor(position, context.user.id)
    items = [to_response(context, room) for room in page.rooms]
    return Response(HTTPStatus.OK, RoomList(items, cursor))


def _of_user(context: RequestContext, query: RoomListQuery, owner: str) -> Response:
    """Return a page of the rooms that a user created."""
    scope, start = f"of/{owner}/{context.user.id}", None
    if query.cursor is not None:
        position = decode_cursor(query.cursor, scope, TimedPosition)
        start = RoomCursor(position.id, position.created_at)
    page = context.use_cases.list_rooms().of(
        context.user, owner, start, query.limit, context.deadline
    )
    cursor, following = None, page.next_cursor
    if following is not None:
        cursor = encode_cursor(TimedPosition.of(following.name, following.created_at), scope)
    return Response(
        HTTPStatus.OK, RoomList([to_response(context, each) for each in page.rooms], cursor)
    )


def _live(context: RequestContext, query: RoomListQuery) -> Response:
    """Return a page of the rooms with somebody in."""
    scope, after = f"live/{context.user.id}", None
    if query.cursor is not None:
        after = decode_cursor(query.cursor, scope, PlacePosition).id
    page = context.use_cases.list_rooms().live(context.user, after, query.limit, context.deadline)
    cursor = None if page.after is None else encode_cursor(PlacePosition(page.after), scope)
    return Response(
        HTTPStatus.OK, RoomList([to_response(context, each) for each in page.rooms], cursor)
    )


def _all(context: RequestContext, query: RoomListQuery) -> Response:
    """Return a page of all rooms."""
    scope, after = f"all/{context.user.id}", None
    if query.cursor is not None:
        start = decode_cursor(query.cursor, scope, EntryPosition)
        after = DirectoryPlace(start.id, start.created_at, start.owner, start.is_session)
    page = context.use_cases.list_rooms().every(context.user, after, query.limit, context.deadline)
    cursor, last = None, page.after
    if last is not None:
        milliseconds = epoch_milliseconds(last.created_at)
        position = EntryPosition(last.id, milliseconds, last.owner, last.is_session)
        cursor = encode_cursor(position, scope)
    return Response(
        HTTPStatus.OK, RoomList([to_response(context, each) for each in page.rooms], cursor)
    )


def to_response(
    context: RequestContext, room: Room, counts: RoomCounts | None = None
) -> RoomAnswer:
    api_key = context.use_cases.platform.project_id(context.deadline)
    return RoomAnswer.of(room, api_key, utc_now(), counts)
