"""OpenTok's routes for archives."""

from collections.abc import Callable

from flask import Blueprint
from werkzeug.wrappers import Response

from stand_ins.http.json_routes import json_response
from stand_ins.opentok.archives.archive_request import ArchiveRequest
from stand_ins.opentok.archives.archives import Archives
from stand_ins.opentok.archives.composition_request import StreamPatch
from stand_ins.opentok.callbacks.project_routes import json_body, no_content, project_routes
from stand_ins.opentok.credentials import KnownCredentials
from stand_ins.opentok.layout import Layout
from stand_ins.opentok.project_records import asked_page
from stand_ins.opentok.sessions.sessions import Sessions


def archive_routes(
    archives: Archives, sessions: Sessions, known: KnownCredentials, clock: Callable[[], float]
) -> Blueprint:
    routes = project_routes("archives", known, clock)

    @routes.post("/archive")
    def start_archive(key: str) -> Response:
        wanted = json_body(ArchiveRequest)
        with sessions.lent_unentered(wanted.session_id, key) as session:
            return json_response(archives.start(session, wanted, clock()))

    @routes.post("/archive/<archive_id>/stop")
    def stop_archive(key: str, archive_id: str) -> Response:
        return json_response(archives.stop(key, archive_id, clock()))

    @routes.get("/archive/<archive_id>")
    def get_archive(key: str, archive_id: str) -> Response:
        return json_response(archives.get(key, archive_id))

    @routes.get("/archive")
    def list_archives(key: str) -> Response:
        return json_response(archives.page(key, asked_page()))

    @routes.delete("/archive/<archive_id>")
    def delete_archive(key: str, archive_id: str) -> Response:
        archives.delete(key, archive_id, clock())
        return no_content()

    @routes.put("/archive/<archive_id>/layout")
    def arrange_archive(key: str, archive_id: str) -> Response:
        # OpenTok does not document the answer. Vonage's Python SDK reads a record.
        return json_response(archives.arrange(key, archive_id, json_body(Layout), clock()))

    @routes.patch("/archive/<archive_id>/streams")
    def patch_streams(key: str, archive_id: str) -> Response:
        archives.patch_streams(key, archive_id, json_body(StreamPatch), clock())
        return no_content()

    return routes
