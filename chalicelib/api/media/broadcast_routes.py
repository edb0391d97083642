from http import HTTPStatus
from typing import Final

from chalicelib import errors
from chalicelib.api.http.decoding import RequestContext
from chalicelib.api.http.fields import PageQuery
from chalicelib.api.http.operations import (
    MEDIA_START_ERRORS,
    MODERATOR_ERRORS,
    PROVIDER_ERRORS,
)
from chalicelib.api.http.responses import Response
from chalicelib.api.http.routes import Routes
from chalicelib.api.media.archive_requests import LayoutBody, StreamsBody
from chalicelib.api.media.broadcast_requests import BroadcastBody
from chalicelib.api.media.responses import (
    BroadcastAnswer,
    BroadcastList,
    page_response,
    page_start,
    with_room_name,
)
from chalicelib.core.model.media import Feature, MediaKind

routes = Routes(tag="broadcasts", feature=Feature.BROADCASTS)
_CONTROL_ERRORS: Final = (
    *MODERATOR_ERRORS,
    errors.BroadcastNotFound,
    errors.BroadcastNotRunning,
    *PROVIDER_ERRORS,
)


@routes.post(
    "/rooms/{room}/broadcasts",
    summary="Start a broadcast of a room by HLS, to RTMP servers, or both",
    description=(
        "Takes OpenTok's own options, and refuses the combinations that OpenTok forbids. Stream "
        "keys go to OpenTok, and are neither stored nor returned. After a 503 the broadcast may be "
        "running: check the list before you retry."
    ),
    body=BroadcastBody,
    returns={HTTPStatus.CREATED: BroadcastAnswer},
    raises=(*MEDIA_START_ERRORS, errors.AlreadyBroadcasting),
)
def start_broadcast(context: RequestContext, room: str) -> Response:
    options = context.body(BroadcastBody).options()
    found, broadcast = context.media.broadcasts.start(context.user, room, options, context.deadline)
    return Response(HTTPStatus.CREATED, with_room_name(found, broadcast.content))


@routes.get(
    "/rooms/{room}/broadcasts",
    summary="List the broadcasts of a room, newest first",
    query=PageQuery,
    returns={HTTPStatus.OK: BroadcastList},
    raises=MODERATOR_ERRORS,
)
def list_broadcasts(context: RequestContext, room: str) -> Response:
    start = page_start(context, MediaKind.BROADCAST, room)
    limit = context.query(PageQuery).limit
    found, page = context.media.broadcasts.page(context.user, room, start, limit, context.deadline)
    items = [with_room_name(found, each.content) for each in page.items]
    return Response(HTTPStatus.OK, page_response(context, MediaKind.BROADCAST, found, page, items))


@routes.get(
    "/rooms/{room}/broadcasts/{broadcast_id}",
    summary="Get a broadcast",
    description="While it is running, its status is fetched from OpenTok.",
    returns={HTTPStatus.OK: BroadcastAnswer},
    raises=(*MODERATOR_ERRORS, errors.BroadcastNotFound, *PROVIDER_ERRORS),
)
def get_broadcast(context: RequestContext, room: str, broadcast_id: str) -> Response:
    found, broadcast = context.media.broadcasts.one(
        context.user, room, broadcast_id, context.deadline
    )
    return Response(HTTPStatus.OK, with_room_name(found, broadcast.content))


@routes.post(
    "/rooms/{room}/broadcasts/{broadcast_id}/stop",
    summary="Stop a broadcast",
    returns={HTTPStatus.OK: BroadcastAnswer},
    raises=_CONTROL_ERRORS,
)
def stop_broadcast(context: RequestContext, room: str, broadcast_id: str) -> Response:
    found, broadcast = context.media.broadcasts.stop(
        context.user, room, broadcast_id, context.deadline
    )
    return Response(HTTPStatus.OK, with_room_name(found, broadcast.content))


@routes.put(
    "/rooms/{room}/broadcasts/{broadcast_id}/layout",
    summary="Change the layout of a broadcast",
    body=LayoutBody,
    returns={HTTPStatus.OK: BroadcastAnswer},
    raises=_CONTROL_ERRORS,
)
def set_broadcast_layout(context: RequestContext, room: str, broadcast_id: str) -> Response:
    layout = context.body(LayoutBody).options()
    found, broadcast = context.media.broadcasts.set_layout(
        context.user, room, broadcast_id, layout, context.deadline
    )
    return Response(HTTPStatus.OK, with_room_name(found, broadcast.content))


@routes.patch(
    "/rooms/{room}/broadcasts/{broadcast_id}/streams",
    summary="Add or remove a stream of a broadcast whose streamMode is manual",
    body=StreamsBody,
    returns={HTTPStatus.NO_CONTENT: None},
    raises=(*_CONTROL_ERRORS, errors.StreamNotFound, errors.StreamsNotManual),
)
def change_broadcast_streams(context: RequestContext, room: str, broadcast_id: str) -> Response:
    change = context.body(StreamsBody).change()
    context.media.broadcasts.change_streams(
        context.user, room, broadcast_id, change, context.deadline
    )
    return Response(HTTPStatus.NO_CONTENT)
