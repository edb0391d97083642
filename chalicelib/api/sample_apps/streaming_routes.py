"""Captions and broadcasts, as the learning servers' sample apps have them done."""

from http import HTTPStatus

from chalice import Blueprint

from chalicelib import errors
from chalicelib.api.http.context import Call
from chalicelib.api.http.operations import PROVIDER_ERRORS, SAMPLE_MEDIA_ERRORS, Operation
from chalicelib.api.http.responses import Answer, json_response
from chalicelib.api.http.router import Router
from chalicelib.api.sample_apps.requests import (
    AnyQuery,
    SampleBroadcastBody,
    SampleCaptionsBody,
    SampleSessionBody,
)
from chalicelib.api.sample_apps.responses import SampleBroadcastAnswer, SampleCaptionsAnswer


def sample_caption_routes(edge: Router) -> Blueprint:
    """Captions of the sample rooms, and of no others."""
    routes = Blueprint(__name__)

    @edge.sample_app(
        routes,
        "POST",
        "/captions/start",
        Operation(
            summary="Sample apps: caption a session",
            description="For whoever holds a client token for it that may publish.",
            query=AnyQuery,
            body=SampleCaptionsBody,
            answers={HTTPStatus.OK: SampleCaptionsAnswer},
            problems=(*SAMPLE_MEDIA_ERRORS, errors.Unauthenticated, errors.AlreadyCaptioning),
        ),
    )
    def start_sample_captions(call: Call) -> Answer:
        body = call.body(SampleCaptionsBody)
        captions_id = call.media.samples.captions.start_with_token(
            body.session_id, body.token, call.api_address(), call.deadline
        )
        return json_response(HTTPStatus.OK, SampleCaptionsAnswer(captions_id, "started"))

    @edge.sample_app(
        routes,
        "POST",
        "/captions/{captions_id}/stop",
        Operation(
            summary="Sample apps: stop captions",
            query=AnyQuery,
            answers={HTTPStatus.OK: SampleCaptionsAnswer},
            problems=(errors.CaptionsNotFound, errors.CaptionsNotRunning, *PROVIDER_ERRORS),
        ),
    )
    def stop_sample_captions(call: Call, captions_id: str) -> Answer:
        call.media.samples.captions.stop(captions_id, call.deadline)
        return json_response(HTTPStatus.OK, SampleCaptionsAnswer(captions_id, "stopped"))

    return routes


def sample_broadcast_routes(edge: Router) -> Blueprint:
    """Broadcasts of the sample rooms, and of no others; a session has one at a time."""
    routes = Blueprint(__name__)

    @edge.sample_app(
        routes,
        "POST",
        "/broadcast/session/start",
        Operation(
            summary="Sample apps: broadcast a session by HLS",
            description="For an hour at most.",
            query=AnyQuery,
            body=SampleBroadcastBody,
            answers={HTTPStatus.OK: SampleBroadcastAnswer},
            problems=(*SAMPLE_MEDIA_ERRORS, errors.AlreadyBroadcasting),
        ),
    )
    def start_sample_broadcast(call: Call) -> Answer:
        body = call.body(SampleBroadcastBody)
        started = call.media.samples.broadcasts.start(body.session_id, body.hls(), call.deadline)
        return json_response(HTTPStatus.OK, SampleBroadcastAnswer.of(started))

    def about_running(summary: str) -> Operation:
        return Operation(
            summary=summary,
            query=AnyQuery,
            body=SampleSessionBody,
            answers={HTTPStatus.OK: SampleBroadcastAnswer},
            problems=(errors.RoomNotFound, errors.BroadcastNotFound, *PROVIDER_ERRORS),
        )

    @edge.sample_app(
        routes,
        "POST",
        "/broadcast/session/stop",
        about_running("Sample apps: stop a session's broadcast"),
    )
    def stop_sample_broadcast(call: Call) -> Answer:
        session_id = call.body(SampleSessionBody).session_id
        stopped = call.media.samples.broadcasts.stop(session_id, call.deadline)
        return json_response(HTTPStatus.OK, SampleBroadcastAnswer.of(stopped))

    @edge.sample_app(
        routes,
        "POST",
        "/broadcast/session/status",
        about_running("Sample apps: see how a session's broadcast stands"),
    )
    def get_sample_broadcast(call: Call) -> Answer:
        session_id = call.body(SampleSessionBody).session_id
        standing = call.media.samples.broadcasts.standing(session_id, call.deadline)
        return json_response(HTTPStatus.OK, SampleBroadcastAnswer.of(standing))

    return routes
