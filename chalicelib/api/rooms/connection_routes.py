from http import HTTPStatus

from chalicelib.api.http.cursors import PlacePosition, decode_cursor, encode_cursor
from chalicelib.api.http.decoding import RequestContext
from chalicelib.api.http.fields import PageQuery
from chalicelib.api.http.operations import FOR_MODERATORS, MEMBER_ERRORS
from chalicelib.api.http.responses import Response
from chalicelib.api.http.routes import Routes
from chalicelib.api.rooms.responses import (
    ConnectionAnswer,
    ConnectionList,
    CountsAnswer,
    StreamAnswer,
)

routes = Routes(tag="connections")


@routes.get(
    "/rooms/{room}/connections",
    FOR_MODERATORS,
    summary="List the connections of a room",
    query=PageQuery,
    returns={HTTPStatus.OK: ConnectionList},
    raises=MEMBER_ERRORS,
)
def list_connections(context: RequestContext, room: str) -> Response:
    query = context.query(PageQuery)
    scope = f"{room.lower()}/{context.user.id}"
    start = None
    if query.cursor is not None:
        start = decode_cursor(query.cursor, scope, PlacePosition).id
    page, counts = context.use_cases.read_presence.connections(
        context.user, room, start, query.limit, context.deadline
    )
    following = page.next_cursor
    cursor = None if following is None else encode_cursor(PlacePosition(following), scope)
    items = [ConnectionAnswer.of(each) for each in page.connections]
    unassigned = [StreamAnswer.of(each) for each in counts.unassigned_streams]
    answer = ConnectionList(items, unassigned, CountsAnswer.of(counts), cursor)
    return Response(HTTPStatus.OK, answer)
