from http import HTTPStatus

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
from chalicelib.api.media.responses import (
    RenderAnswer,
    RenderList,
    page_response,
    page_start,
    with_room_name,
)
from chalicelib.api.media.service_requests import RenderBody
from chalicelib.core.model.media import Feature, MediaKind

routes = Routes(tag="renders", feature=Feature.RENDERS)


@routes.post(
    "/rooms/{room}/renders",
    summary="Publish a web page into a room",
    description="After a 503 the render may be running: check the list before you retry.",
    body=RenderBody,
    returns={HTTPStatus.ACCEPTED: RenderAnswer},
    raises=MEDIA_START_ERRORS,
)
def start_render(context: RequestContext, room: str) -> Response:
    options = context.body(RenderBody).options()
    found, render = context.media.renders.start(context.user, room, options, context.deadline)
    return Response(HTTPStatus.ACCEPTED, with_room_name(found, render.content))


@routes.get(
    "/rooms/{room}/renders",
    summary="List the renders of a room, newest first",
    query=PageQuery,
    returns={HTTPStatus.OK: RenderList},
    raises=MODERATOR_ERRORS,
)
def list_renders(context: RequestContext, room: str) -> Response:
    start = page_start(context, MediaKind.RENDER, room)
    limit = context.query(PageQuery).limit
    found, page = context.media.renders.page(context.user, room, start, limit, context.deadline)
    items = [with_room_name(found, each.content) for each in page.items]
    return Response(HTTPStatus.OK, page_response(context, MediaKind.RENDER, found, page, items))


@routes.get(
    "/rooms/{room}/renders/{render_id}",
    summary="Get a render",
    description="While it is running, its status is fetched from OpenTok.",
    returns={HTTPStatus.OK: RenderAnswer},
    raises=(*MODERATOR_ERRORS, errors.RenderNotFound, *PROVIDER_ERRORS),
)
def get_render(context: RequestContext, room: str, render_id: str) -> Response:
    found, render = context.media.renders.one(context.user, room, render_id, context.deadline)
    return Response(HTTPStatus.OK, with_room_name(found, render.content))


@routes.delete(
    "/rooms/{room}/renders/{render_id}",
    summary="Stop a render",
    returns={HTTPStatus.NO_CONTENT: None},
    raises=(*MODERATOR_ERRORS, errors.RenderNotFound, *PROVIDER_ERRORS),
)
def stop_render(context: RequestContext, room: str, render_id: str) -> Response:
    context.media.renders.stop(context.user, room, render_id, context.deadline)
    return Response(HTTPStatus.NO_CONTENT)
