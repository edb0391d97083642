from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType, ValidationError, convert

from chalicelib import errors
from chalicelib.api.http.cursors import SessionPosition, decode_cursor, encode_cursor
from chalicelib.api.http.decoding import RequestContext
from chalicelib.api.http.fields import PageQuery
from chalicelib.api.http.operations import MODERATOR_ERRORS
from chalicelib.api.http.responses import Response
from chalicelib.api.http.routes import Routes
from chalicelib.api.rooms.attendance_responses import AttendanceAnswer, AttendanceList
from chalicelib.core.attendance.read_attendance import AttendanceCursor
from chalicelib.core.ports.attendance import ArrivalCursor

routes: Final = Routes(tag="connections")


MomentText = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""A time in a query, where msgspec would also take a number of seconds for a time."""


class AttendanceQuery(PageQuery, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """The time to show, from `from` until before `to`, and the page.

    Without `to` it ends now. Without `from` it has 24 hours.
    """

    start: MomentText | UnsetType = UNSET
    end: MomentText | UnsetType = UNSET


@routes.get(
    "/rooms/{room}/attendance",
    summary="List who was in a room, and when",
    description=(
        "Lists the connections that lasted at any moment of a time, those that last still too, "
        "sorted by arrival. Only the room's moderators may see it. A page may be short, or even "
        "empty, and still have a cursor. The list survives the deletion of the room: until the "
        "name is free again for the room's moderators, and later for its creator and for admins."
    ),
    query=AttendanceQuery,
    returns={HTTPStatus.OK: AttendanceList},
    raises=(*MODERATOR_ERRORS, errors.AttendanceNotKept),
)
def list_attendance(context: RequestContext, room: str) -> Response:
    query, use_case = context.query(AttendanceQuery), context.use_cases.read_attendance()
    scope = f"attendance/{room.lower()}/{context.user.id}"
    start = None
    if query.cursor is not None:
        start = _start(decode_cursor(query.cursor, scope, SessionPosition))
    span = use_case.span(_moment("from", query.start), _moment("to", query.end))
    page = use_case.of_room(
        context.user, room, span, context.deadline, start=start, limit=query.limit
    )
    following = page.next_cursor
    cursor = None if following is None else encode_cursor(_position(following), scope)
    items = [AttendanceAnswer.of(each) for each in page.connections]
    return Response(HTTPStatus.OK, AttendanceList(items, cursor))


_BEGINNING: Final = "-"
"""The id in the position before the first connection of a session."""


def _start(position: SessionPosition) -> AttendanceCursor:
    after = ArrivalCursor(position.created_at, position.id) if position.id != _BEGINNING else None
    return AttendanceCursor(position.session_started_at, after)


def _position(cursor: AttendanceCursor) -> SessionPosition:
    started, after = cursor.session_started_at, cursor.after
    if after is None:
        return SessionPosition.within(started, _BEGINNING, started)
    return SessionPosition.within(started, after.connection_id, after.came)


def _moment(field: str, text: str | UnsetType) -> datetime | None:
    if isinstance(text, UnsetType):
        return None
    try:
        moment: datetime = convert(text, Annotated[datetime, Meta(tz=True)])
    except ValidationError as error:
        reason = "must be an RFC 3339 time with a zone, as in 2026-01-31T12:00:00Z"
        raise errors.InvalidField(errors.FieldProblem(field, reason)) from error
    return moment
