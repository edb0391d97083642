"""What OpenTok's reference apps have done to the room they are in, beside joining it."""

from http import HTTPStatus
from typing import Final

from chalice import Blueprint

from chalicelib import errors
from chalicelib.api.http.context import Call
from chalicelib.api.http.operations import PROVIDER_ERRORS, SAMPLE_MEDIA_ERRORS, Operation
from chalicelib.api.http.responses import Answer, json_response
from chalicelib.api.http.router import Router
from chalicelib.api.sample_apps.requests import AnyQuery
from chalicelib.api.sample_apps.responses import (
    FeedbackAnswer,
    FeedbackReceipt,
    ReferenceArchiveAnswer,
    ReferenceArchiveList,
    ReferenceCaptionsAnswer,
    ReferenceCaptionsEnd,
    SampleArchiveAnswer,
)

_FEEDBACK: Final = FeedbackAnswer(
    message="This server takes no feedback: what you wrote was neither kept nor passed on.",
    ticket_url="about:blank",
    screenshot_included=False,
)


def reference_archive_routes(edge: Router) -> Blueprint:
    """A sample room's archives."""
    routes = Blueprint(__name__)

    @edge.sample_app(
        routes,
        "POST",
        "/session/{room}/startArchive",
        Operation(
            summary="Reference apps: start to record",
            query=AnyQuery,
            answers={HTTPStatus.OK: ReferenceArchiveAnswer},
            problems=(*SAMPLE_MEDIA_ERRORS, errors.AlreadyRecording),
        ),
    )
    def start_reference_archive(call: Call, room: str) -> Answer:
        started = call.media.samples.archives.start(room, {}, call.deadline)
        return json_response(HTTPStatus.OK, ReferenceArchiveAnswer(started.id))

    @edge.sample_app(
        routes,
        "POST",
        "/session/{room}/{media_id}/stopArchive",
        Operation(
            summary="Reference apps: stop recording",
            query=AnyQuery,
            answers={HTTPStatus.OK: ReferenceArchiveAnswer},
            problems=(
                errors.RoomNotFound,
                errors.ArchiveNotFound,
                errors.ArchiveNotRunning,
                *PROVIDER_ERRORS,
            ),
        ),
    )
    def stop_reference_archive(call: Call, room: str, media_id: str) -> Answer:
        stopped = call.media.samples.archives.stop(media_id, call.deadline, room)
        return json_response(HTTPStatus.OK, ReferenceArchiveAnswer(stopped.id))

    @edge.sample_app(
        routes,
        "GET",
        "/session/{room}/archives",
        Operation(
            summary="Reference apps: list the archives of a room",
            query=AnyQuery,
            answers={HTTPStatus.OK: ReferenceArchiveList},
            problems=(errors.RoomNotFound, *PROVIDER_ERRORS),
        ),
    )
    def list_reference_archives(call: Call, room: str) -> Answer:
        archives = call.media.samples.archives.of_room(room, call.deadline)
        items = [SampleArchiveAnswer.of(call, each) for each in archives]
        return json_response(HTTPStatus.OK, ReferenceArchiveList(items))

    return routes


def reference_service_routes(edge: Router) -> Blueprint:
    """A sample room's captions, and feedback."""
    routes = Blueprint(__name__)

    @edge.sample_app(
        routes,
        "POST",
        "/session/{room}/enableCaptions",
        Operation(
            summary="Reference apps: caption a room",
            description="These apps show no token, so that it takes what recording takes.",
            query=AnyQuery,
            answers={HTTPStatus.OK: ReferenceCaptionsAnswer},
            problems=(*SAMPLE_MEDIA_ERRORS, errors.AlreadyCaptioning),
        ),
    )
    def enable_reference_captions(call: Call, room: str) -> Answer:
        captions = call.media.samples.captions
        captions_id = captions.start(room, call.api_address(), call.deadline)
        return json_response(HTTPStatus.OK, ReferenceCaptionsAnswer(captions_id))

    @edge.sample_app(
        routes,
        "POST",
        "/session/{room}/{media_id}/disableCaptions",
        Operation(
            summary="Reference apps: stop a room's captions",
            query=AnyQuery,
            answers={HTTPStatus.OK: ReferenceCaptionsEnd},
            problems=(
                errors.RoomNotFound,
                errors.CaptionsNotFound,
                errors.CaptionsNotRunning,
                *PROVIDER_ERRORS,
            ),
        ),
    )
    def disable_reference_captions(call: Call, room: str, media_id: str) -> Answer:
        call.media.samples.captions.stop(media_id, call.deadline, room)
        return json_response(HTTPStatus.OK, ReferenceCaptionsEnd("Captions are stopped."))

    @edge.sample_app(
        routes,
        "POST",
        "/feedback/report",
        Operation(
            summary="Reference apps: give feedback, which is neither read nor kept",
            query=AnyQuery,
            answers={HTTPStatus.OK: FeedbackReceipt},
        ),
    )
    def decline_feedback(_: Call) -> Answer:
        return json_response(HTTPStatus.OK, FeedbackReceipt(_FEEDBACK))

    return routes
