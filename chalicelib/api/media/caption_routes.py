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
from chalicelib.api.media.responses import CaptionsAnswer
from chalicelib.api.media.service_requests import CaptionsBody


def caption_routes(edge: Router) -> Blueprint:
    """What is said in a room, as text."""
    routes = Blueprint(__name__)

    @edge.signed_in(
        routes,
        "POST",
        "/rooms/{room}/captions",
        Operation(
            summary="Caption a room from now on",
            description="One at a time: 409 tells the `captionsId` of those that run, if known.",
            body=CaptionsBody,
            answers={HTTPStatus.ACCEPTED: CaptionsAnswer},
            problems=(*MEDIA_START_ERRORS, errors.AlreadyCaptioning),
        ),
    )
    def start_captions(call: Call, room: str) -> Answer:
        options = call.body(CaptionsBody).options()
        captions = call.media.captions.start(
            call.user, room, options, call.api_address(), call.deadline
        )
        return json_response(HTTPStatus.ACCEPTED, CaptionsAnswer(captions.id))

    @edge.signed_in(
        routes,
        "POST",
        "/rooms/{room}/captions/{captions_id}/stop",
        Operation(
            summary="Stop captions",
            answers={HTTPStatus.ACCEPTED: None},
            problems=(
                *MODERATOR_ERRORS,
                errors.CaptionsNotFound,
                errors.CaptionsNotRunning,
                *PROVIDER_ERRORS,
            ),
        ),
    )
    def stop_captions(call: Call, room: str, captions_id: str) -> Answer:
        call.media.captions.stop(call.user, room, captions_id, call.deadline)
        return Answer(HTTPStatus.ACCEPTED)

    return routes
