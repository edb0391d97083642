from http import HTTPStatus

from chalice import Blueprint

from chalicelib import errors
from chalicelib.api.http.context import Call
from chalicelib.api.http.operations import (
    MEDIA_START_ERRORS,
    MODERATOR_ERRORS,
    PROVIDER_ERRORS,
    Operation,
)
from chalicelib.api.http.responses import Answer, json_response
from chalicelib.api.http.router import Router
from chalicelib.api.media.archive_requests import LayoutBody, StreamsBody
from chalicelib.api.media.broadcast_requests import BroadcastBody
from chalicelib.api.media.responses import (
    BroadcastAnswer,
    BroadcastList,
    page_start,
    shown,
    shown_page,
)
from chalicelib.api.rooms.requests import PageQuery
from chalicelib.core.model.media import MediaKind


def broadcast_routes(edge: Router) -> Blueprint:
    """Streaming a room live: starting it, and what runs."""
    routes = Blueprint(__name__)

    @edge.signed_in(
        routes,
        "POST",
        "/rooms/{room}/broadcasts",
        Operation(
            summary="Broadcast a room by HLS, to RTMP servers, or both",
            description=(
                "With OpenTok's own options; combinations that it forbids are refused here. Stream "
                "keys are passed on, and neither kept nor shown. After 503 look at the list before "
                "you start again: it may have begun."
            ),
            body=BroadcastBody,
            answers={HTTPStatus.CREATED: BroadcastAnswer},
            problems=(*MEDIA_START_ERRORS, errors.AlreadyBroadcasting),
        ),
    )
    def start_broadcast(call: Call, room: str) -> Answer:
        options = call.body(BroadcastBody).options()
        found, broadcast = call.media.broadcasts.start(call.user, room, options, call.deadline)
        return json_response(HTTPStatus.CREATED, shown(found, broadcast.content))

    @edge.signed_in(
        routes,
        "GET",
        "/rooms/{room}/broadcasts",
        Operation(
            summary="List the broadcasts of a room, newest first",
            query=PageQuery,
            answers={HTTPStatus.OK: BroadcastList},
            problems=MODERATOR_ERRORS,
        ),
    )
    def list_broadcasts(call: Call, room: str) -> Answer:
        start = page_start(call, MediaKind.BROADCAST, room)
        limit = call.query(PageQuery).limit
        found, page = call.media.broadcasts.page(call.user, room, start, limit, call.deadline)
        return json_response(HTTPStatus.OK, shown_page(call, MediaKind.BROADCAST, found, page))

    @edge.signed_in(
        routes,
        "GET",
        "/rooms/{room}/broadcasts/{broadcast_id}",
        Operation(
            summary="Read a broadcast, as it stands with OpenTok while it runs",
            answers={HTTPStatus.OK: BroadcastAnswer},
            problems=(*MODERATOR_ERRORS, errors.BroadcastNotFound, *PROVIDER_ERRORS),
        ),
    )
    def get_broadcast(call: Call, room: str, broadcast_id: str) -> Answer:
        found, broadcast = call.media.broadcasts.one(call.user, room, broadcast_id, call.deadline)
        return json_response(HTTPStatus.OK, shown(found, broadcast.content))

    return routes


def broadcast_control_routes(edge: Router) -> Blueprint:
    """Streaming a room live: changing and ending it."""
    routes = Blueprint(f"{__name__}.control")
    running = (
        *MODERATOR_ERRORS,
        errors.BroadcastNotFound,
        errors.BroadcastNotRunning,
        *PROVIDER_ERRORS,
    )

    @edge.signed_in(
        routes,
        "POST",
        "/rooms/{room}/broadcasts/{broadcast_id}/stop",
        Operation(
            summary="Stop a broadcast",
            answers={HTTPStatus.OK: BroadcastAnswer},
            problems=running,
        ),
    )
    def stop_broadcast(call: Call, room: str, broadcast_id: str) -> Answer:
        found, broadcast = call.media.broadcasts.stop(call.user, room, broadcast_id, call.deadline)
        return json_response(HTTPStatus.OK, shown(found, broadcast.content))

    @edge.signed_in(
        routes,
        "PUT",
        "/rooms/{room}/broadcasts/{broadcast_id}/layout",
        Operation(
            summary="Lay the streams of a broadcast out otherwise",
            body=LayoutBody,
            answers={HTTPStatus.OK: BroadcastAnswer},
            problems=running,
        ),
    )
    def set_broadcast_layout(call: Call, room: str, broadcast_id: str) -> Answer:
        layout = call.body(LayoutBody).options()
        found, broadcast = call.media.broadcasts.set_layout(
            call.user, room, broadcast_id, layout, call.deadline
        )
        return json_response(HTTPStatus.OK, shown(found, broadcast.content))

    @edge.signed_in(
        routes,
        "PATCH",
        "/rooms/{room}/broadcasts/{broadcast_id}/streams",
        Operation(
            summary="Take a stream into a broadcast of streamMode manual, or leave it out",
            body=StreamsBody,
            answers={HTTPStatus.NO_CONTENT: None},
            problems=(*running, errors.StreamNotFound, errors.StreamsNotManual),
        ),
    )
    def change_broadcast_streams(call: Call, room: str, broadcast_id: str) -> Answer:
        change = call.body(StreamsBody).change()
        call.media.broadcasts.change_streams(call.user, room, broadcast_id, change, call.deadline)
        return Answer(HTTPStatus.NO_CONTENT)

    return routes
