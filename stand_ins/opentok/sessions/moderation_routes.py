"""OpenTok's routes that act on a session: signals, mutes and disconnections."""

from collections.abc import Callable
from uuid import UUID

import msgspec
from flask import Blueprint
from werkzeug.wrappers import Response

from stand_ins.opentok.callbacks.project_routes import (
    empty_answer,
    json_body,
    no_content,
    project_routes,
)
from stand_ins.opentok.credentials import KnownCredentials
from stand_ins.opentok.rest_errors import InvalidStreamIdError
from stand_ins.opentok.sessions.sessions import Sessions
from stand_ins.opentok.sessions.signals import check_lengths


class SignalRequest(msgspec.Struct):
    data: str
    type: str | None = None


class MuteRequest(msgspec.Struct, rename="camel"):
    """The documented field for the exceptions, and the one that some of the SDKs send."""

    active: bool
    excluded_stream_ids: list[str] | None = None
    excluded_streams: list[str] | None = None


def moderation_routes(
    sessions: Sessions, known: KnownCredentials, clock: Callable[[], float]
) -> Blueprint:
    routes = project_routes("moderation", known, clock)

    @routes.delete("/session/<session_id>/connection/<connection_id>")
    def force_disconnect(key: str, session_id: str, connection_id: str) -> Response:
        with sessions.lent_to_project(session_id, key) as session:
            session.disconnect(connection_id, "forceDisconnected", clock())
        return no_content()

    @routes.post("/session/<session_id>/signal")
    def signal_all(key: str, session_id: str) -> Response:
        wanted = _signal()
        with sessions.lent_to_project(session_id, key) as session:
            session.signal(wanted.type, wanted.data)
        return no_content()

    @routes.post("/session/<session_id>/connection/<connection_id>/signal")
    def signal_one(key: str, session_id: str, connection_id: str) -> Response:
        wanted = _signal()
        with sessions.lent_to_project(session_id, key) as session:
            session.signal(wanted.type, wanted.data, connection_id)
        return no_content()

    @routes.post("/session/<session_id>/mute")
    def mute_session(key: str, session_id: str) -> Response:
        wanted = json_body(MuteRequest)
        excluded = (wanted.excluded_stream_ids or []) + (wanted.excluded_streams or [])
        with sessions.lent_to_project(session_id, key) as session:
            session.mute_all(active=wanted.active, excluded=excluded)
        # The documentation promises the project here. The real service sent no body.
        return empty_answer()

    @routes.post("/session/<session_id>/stream/<stream_id>/mute")
    def mute_stream(key: str, session_id: str, stream_id: str) -> Response:
        if not _is_uuid(stream_id):
            raise InvalidStreamIdError
        with sessions.lent_to_project(session_id, key) as session:
            session.mute_stream(stream_id)
        return empty_answer()

    return routes


def _signal() -> SignalRequest:
    wanted = json_body(SignalRequest)
    check_lengths(wanted.type or "", wanted.data)
    return wanted


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
