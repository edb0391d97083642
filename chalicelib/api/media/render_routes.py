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
from chalicelib.api.media.responses import RenderAnswer, RenderList, page_start, shown, shown_page
from chalicelib.api.media.service_requests import RenderBody
from chalicelib.api.rooms.requests import PageQuery
from chalicelib.core.model.media import MediaKind


def render_routes(edge: Router) -> Blueprint:
    """Web pages in a room, by OpenTok's Experience Composer."""
    routes = Blueprint(__name__)

    @edge.signed_in(
        routes,
        "POST",
        "/rooms/{room}/renders",
        Operation(
            summary="Publish a web page into a room",
            description="After 503 look at the list before you start again: it may have begun.",
            body=RenderBody,
            answers={HTTPStatus.ACCEPTED: RenderAnswer},
            problems=MEDIA_START_ERRORS,
        ),
    )
    def start_render(call: Call, room: str) -> Answer:
        options = call.body(RenderBody).options()
        found, render = call.media.renders.start(call.user, room, options, call.deadline)
        return json_response(HTTPStatus.ACCEPTED, shown(found, render.content))

    @edge.signed_in(
        routes,
        "GET",
        "/rooms/{room}/renders",
        Operation(
            summary="List the renders of a room, newest first",
            query=PageQuery,
            answers={HTTPStatus.OK: RenderList},
            problems=MODERATOR_ERRORS,
        ),
    )
    def list_renders(call: Call, room: str) -> Answer:
        start = page_start(call, MediaKind.RENDER, room)
        limit = call.query(PageQuery).limit
        found, page = call.media.renders.page(call.user, room, start, limit, call.deadline)
        return json_response(HTTPStatus.OK, shown_page(call, MediaKind.RENDER, found, page))

    @edge.signed_in(
        routes,
        "GET",
        "/rooms/{room}/renders/{render_id}",
        Operation(
            summary="Read a render, as it stands with OpenTok while it runs",
            answers={HTTPStatus.OK: RenderAnswer},
            problems=(*MODERATOR_ERRORS, errors.RenderNotFound, *PROVIDER_ERRORS),
        ),
    )
    def get_render(call: Call, room: str, render_id: str) -> Answer:
        found, render = call.media.renders.one(call.user, room, render_id, call.deadline)
        return json_response(HTTPStatus.OK, shown(found, render.content))

    @edge.signed_in(
        routes,
        "DELETE",
        "/rooms/{room}/renders/{render_id}",
        Operation(
            summary="Stop a render",
            answers={HTTPStatus.NO_CONTENT: None},
            problems=(*MODERATOR_ERRORS, errors.RenderNotFound, *PROVIDER_ERRORS),
        ),
    )
    def stop_render(call: Call, room: str, render_id: str) -> Answer:
        call.media.renders.stop(call.user, room, render_id, call.deadline)
        return Answer(HTTPStatus.NO_CONTENT)

    return routes
