"""OpenTok's routes for the connections and streams of a session, and for stream layouts."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec
from flask import Blueprint
from werkzeug.wrappers import Response

from stand_ins.http.json_routes import json_response
from stand_ins.opentok.callbacks.project_routes import json_body, project_routes
from stand_ins.opentok.credentials import KnownCredentials
from stand_ins.opentok.rest_errors import InvalidStreamIdError, RestError
from stand_ins.opentok.sessions.participants import Connection, Stream
from stand_ins.opentok.sessions.session_events import milliseconds
from stand_ins.opentok.sessions.sessions import Sessions


class StreamClasses(msgspec.Struct, rename="camel"):
    id: str
    layout_class_list: list[str]


class ClassesRequest(msgspec.Struct):
    items: list[StreamClasses]


def presence_routes(
    sessions: Sessions, known: KnownCredentials, clock: Callable[[], float]
) -> Blueprint:
    routes = project_routes("presence", known, clock)

    @routes.get("/session/<session_id>/connection")
    def list_connections(key: str, session_id: str) -> Response:
        with sessions.lent_to_project(session_id, key) as session:
            items = [_connection(each) for each in session.connections.values()]
        found = {"count": len(items), "projectId": key, "sessionId": session_id, "items": items}
        return json_response(found)

    @routes.get("/session/<session_id>/stream")
    def list_streams(key: str, session_id: str) -> Response:
        with sessions.lent_to_project(session_id, key) as session:
            items = [_stream(each) for each in session.streams.values()]
        return json_response({"count": len(items), "items": items})

    @routes.get("/session/<session_id>/stream/<stream_id>")
    def get_stream(key: str, session_id: str, stream_id: str) -> Response:
        with sessions.lent_to_project(session_id, key) as session:
            if session.streams and stream_id not in session.streams:
                raise InvalidStreamIdError
            return json_response(_stream(session.stream(stream_id)))

    @routes.put("/session/<session_id>/stream")
    def set_classes(key: str, session_id: str) -> Response:
        wanted = json_body(ClassesRequest).items
        with sessions.lent_to_project(session_id, key) as session:
            if any(each.id not in session.streams for each in wanted):
                # OpenTok does not document this error.
                raise RestError("Invalid stream ID", HTTPStatus.BAD_REQUEST)
            for each in wanted:
                session.stream(each.id).layout_classes = tuple(each.layout_class_list)
            items = [_stream(session.stream(each.id)) for each in wanted]
        return json_response({"count": len(items), "items": items})

    return routes


def _connection(connection: Connection) -> dict[str, str]:
    return {
        "connectionId": connection.connection_id,
        "connectionState": "Connected",
        # Here the id is a string; everywhere else it is a number.
        "createdAt": str(milliseconds(connection.created_at)),
    }


def _stream(stream: Stream) -> dict[str, Any]:
    video = {} if stream.video_type is None else {"videoType": stream.video_type}
    classes = list(stream.layout_classes)
    return {"id": stream.stream_id} | video | {"name": stream.name, "layoutClassList": classes}
