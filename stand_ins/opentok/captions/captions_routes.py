"""OpenTok's routes for live captions."""

from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint
from werkzeug.wrappers import Response

from stand_ins.http.json_routes import json_response
from stand_ins.opentok.callbacks.project_routes import empty_answer, json_body, project_routes
from stand_ins.opentok.captions.captions import Captions
from stand_ins.opentok.captions.captions_request import CaptionsRequest
from stand_ins.opentok.credentials import KnownCredentials
from stand_ins.opentok.sessions.sessions import Sessions
from stand_ins.opentok.tokens.presented_tokens import check_presented_token


def captions_routes(
    captions: Captions, sessions: Sessions, known: KnownCredentials, clock: Callable[[], float]
) -> Blueprint:
    routes = project_routes("captions", known, clock)

    @routes.post("/captions")
    def start_captions(key: str) -> Response:
        wanted, now = json_body(CaptionsRequest), clock()
        with sessions.lent_unentered(wanted.session_id, key) as session:
            check_presented_token(wanted.token, session, known, now, roles={"moderator"})
            captions_id = captions.start(session, wanted, now)
        return json_response({"captionsId": captions_id}, HTTPStatus.ACCEPTED)

    @routes.get("/captions/<captions_id>")
    def get_captions(key: str, captions_id: str) -> Response:
        return json_response(captions.get(key, captions_id))

    @routes.post("/captions/<captions_id>/stop")
    def stop_captions(key: str, captions_id: str) -> Response:
        captions.stop(key, captions_id, clock())
        return empty_answer(HTTPStatus.ACCEPTED)

    return routes
