"""OpenTok's routes for broadcasts."""

from collections.abc import Callable

from flask import Blueprint
from werkzeug.wrappers import Response

from stand_ins.http.json_routes import json_response
from stand_ins.opentok.archives.composition_request import StreamPatch
from stand_ins.opentok.broadcasts.broadcast_request import BroadcastRequest
from stand_ins.opentok.broadcasts.broadcasts import Broadcasts
from stand_ins.opentok.callbacks.project_routes import json_body, no_content, project_routes
from stand_ins.opentok.credentials import KnownCredentials
from stand_ins.opentok.layout import Layout
from stand_ins.opentok.project_records import asked_page
from stand_ins.opentok.sessions.sessions import Sessions


def broadcast_routes(
    broadcasts: Broadcasts, sessions: Sessions, known: KnownCredentials, clock: Callable[[], float]
) -> Blueprint:
    routes = project_routes("broadcasts", known, clock)

    @routes.post("/broadcast")
    def start_broadcast(key: str) -> Response:
        wanted = json_body(BroadcastRequest)
        with sessions.lent_unentered(wanted.session_id, key) as session:
            return json_response(broadcasts.start(session, wanted, clock()))

    @routes.post("/broadcast/<broadcast_id>/stop")
    def stop_broadcast(key: str, broadcast_id: str) -> Response:
        return json_response(broadcasts.stop(key, broadcast_id, clock()))

    @routes.get("/broadcast/<broadcast_id>")
    def get_broadcast(key: str, broadcast_id: str) -> Response:
        return json_response(broadcasts.get(key, broadcast_id))

    @routes.get("/broadcast")
    def list_broadcasts(key: str) -> Response:
        return json_response(broadcasts.page(key, asked_page()))

    @routes.put("/broadcast/<broadcast_id>/layout")
    def arrange_broadcast(key: str, broadcast_id: str) -> Response:
        # OpenTok does not document the answer. Vonage's Python SDK reads a record.
        return json_response(broadcasts.arrange(key, broadcast_id, json_body(Layout), clock()))

    @routes.patch("/broadcast/<broadcast_id>/streams")
    def patch_streams(key: str, broadcast_id: str) -> Response:
        broadcasts.patch_streams(key, broadcast_id, json_body(StreamPatch), clock())
        return no_content()

    return routes
