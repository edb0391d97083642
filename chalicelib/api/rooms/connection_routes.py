from http import HTTPStatus

from chalice import Blueprint

from chalicelib.api.http.context import Call
from chalicelib.api.http.cursors import read_connection_cursor, write_connection_cursor
from chalicelib.api.http.operations import MEMBER_ERRORS, Operation
from chalicelib.api.http.responses import Answer, json_response
from chalicelib.api.http.router import Router
from chalicelib.api.rooms.requests import PageQuery
from chalicelib.api.rooms.responses import ConnectionAnswer, ConnectionList, CountsAnswer
from chalicelib.core.support.parsing import PLATFORM_ID_PATTERN
from chalicelib.errors import ConnectionNotFound


def presence_routes(edge: Router) -> Blueprint:
    """Who is in."""
    routes = Blueprint(__name__)

    @edge.signed_in(
        routes,
        "GET",
        "/rooms/{room}/connections",
        Operation(
            summary="List who is in a room",
            query=PageQuery,
            answers={HTTPStatus.OK: ConnectionList},
            problems=MEMBER_ERRORS,
        ),
    )
    def list_connections(call: Call, room: str) -> Answer:
        query = call.query(PageQuery)
        start = None
        if query.cursor is not None:
            start = read_connection_cursor(query.cursor, room, call.user.id)
        page, counts = call.use_cases.read_presence.connections(
            call.user, room, start, query.limit, call.deadline
        )
        following = page.next_cursor
        cursor = (
            None if following is None else write_connection_cursor(following, room, call.user.id)
        )
        items = [ConnectionAnswer.of(each) for each in page.connections]
        answer = ConnectionList(items, CountsAnswer.of(counts), cursor)
        return json_response(HTTPStatus.OK, answer)

    return routes


def check_connection_id(connection_id: str) -> None:
    """Refuse what is no connection's id, before it becomes part of an address at OpenTok."""
    if not PLATFORM_ID_PATTERN.fullmatch(connection_id):
        raise ConnectionNotFound("There is no such connection in this room.")
