"""OpenTok's routes for the Experience Composer."""

from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint
from werkzeug.wrappers import Response

from stand_ins.http.json_routes import json_response
from stand_ins.opentok.callbacks.project_routes import empty_answer, json_body, project_routes
from stand_ins.opentok.credentials import KnownCredentials
from stand_ins.opentok.project_records import asked_page
from stand_ins.opentok.renders.render import RenderRequest
from stand_ins.opentok.renders.renders import Renders
from stand_ins.opentok.sessions.sessions import Sessions
from stand_ins.opentok.tokens.client_tokens import PUBLISHING_ROLES
from stand_ins.opentok.tokens.presented_tokens import check_presented_token


def render_routes(
    renders: Renders, sessions: Sessions, known: KnownCredentials, clock: Callable[[], float]
) -> Blueprint:
    routes = project_routes("renders", known, clock)

    @routes.post("/render")
    def start_render(key: str) -> Response:
        wanted, now = json_body(RenderRequest), clock()
        with sessions.lent_unentered(wanted.session_id, key) as session:
            token = check_presented_token(wanted.token, session, known, now, PUBLISHING_ROLES)
            return json_response(renders.start(session, wanted, token, now), HTTPStatus.ACCEPTED)

    @routes.get("/render/<render_id>")
    def get_render(key: str, render_id: str) -> Response:
        return json_response(renders.get(key, render_id))

    @routes.get("/render")
    def list_renders(key: str) -> Response:
        return json_response(renders.page(key, asked_page()))

    @routes.delete("/render/<render_id>")
    def stop_render(key: str, render_id: str) -> Response:
        renders.stop(key, render_id, clock())
        return empty_answer(renders.stop_status)

    return routes
