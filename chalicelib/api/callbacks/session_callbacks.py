"""OpenTok's session monitoring: connections and streams."""

from http import HTTPStatus
from typing import Final

from chalicelib import errors
from chalicelib.api.callbacks.registration import (
    check_project,
    register_callback,
    retry_if_refused,
)
from chalicelib.api.callbacks.session_events import SessionEvent, read_event
from chalicelib.api.http.decoding import CallbackContext
from chalicelib.api.http.responses import Response
from chalicelib.api.http.routes import Routes
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import utc_now
from chalicelib.core.support.metrics import increment
from chalicelib.core.use_cases import UseCases

routes: Final = Routes(tag="callbacks")


def on_session_event(context: CallbackContext, body: bytes) -> Response:
    def unseal(session_id: str, sealed: str) -> tuple[str, str | None] | None:
        pseudonyms = context.use_cases.pseudonyms()
        return pseudonyms.unseal(session_id, sealed, context.deadline)

    event = read_event(body, utc_now(), unseal)
    if event is None:
        increment("CallbacksNotUnderstood")
        return Response(HTTPStatus.OK)
    check_project(context, event.owners)
    increment(event.metric)
    if event.connection_id is not None:
        with retry_if_refused():
            _track(context.use_cases, event, event.connection_id, context.deadline)
    return Response(HTTPStatus.OK)


register_callback(
    routes,
    "session",
    on_session_event,
    subject="session monitoring events",
    raises=(errors.ProviderUnavailable,),
)


def _track(
    use_cases: UseCases, event: SessionEvent, connection_id: str, deadline: Deadline
) -> None:
    tracker = use_cases.session_tracker
    session = tracker.find(event.session_id, deadline)
    connection, stream = event.connection, event.stream
    if session is None:
        return
    match event.name:
        case "connectionCreated" if connection is not None:
            tracker.on_connected(session, connection, deadline)
        case "connectionDestroyed":
            tracker.on_disconnected(session, connection_id, utc_now(), deadline, event.end_report)
        case "streamCreated" if stream is not None:
            tracker.on_stream_created(session, connection_id, stream, deadline)
        case "streamDestroyed" if stream is not None:
            tracker.on_stream_destroyed(
                session, connection_id, stream.id, deadline, implied=event.implied_end
            )
