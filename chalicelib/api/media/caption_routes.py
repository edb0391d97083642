from http import HTTPStatus

from chalicelib import errors
from chalicelib.api.http.decoding import RequestContext
from chalicelib.api.http.operations import (
    MEDIA_START_ERRORS,
    MODERATOR_ERRORS,
    PROVIDER_ERRORS,
)
from chalicelib.api.http.responses import Response
from chalicelib.api.http.routes import Routes
from chalicelib.api.media.responses import CaptionsAnswer
from chalicelib.api.media.service_requests import CaptionsBody
from chalicelib.core.model.media import Feature

routes = Routes(tag="captions", feature=Feature.CAPTIONS)


@routes.post(
    "/rooms/{room}/captions",
    summary="Start live captions in a room",
    description=(
        "A room has one set of captions at a time. A 409 names the `captionsId` of the running "
        "captions, if it is known."
    ),
    body=CaptionsBody,
    returns={HTTPStatus.ACCEPTED: CaptionsAnswer},
    raises=(*MEDIA_START_ERRORS, errors.AlreadyCaptioning),
)
def start_captions(context: RequestContext, room: str) -> Response:
    options = context.body(CaptionsBody).options()
    captions = context.media.captions.start(
        context.user, room, options, context.api_address(), context.deadline
    )
    return Response(HTTPStatus.ACCEPTED, CaptionsAnswer(captions.id))


@routes.post(
    "/rooms/{room}/captions/{captions_id}/stop",
    summary="Stop captions",
    returns={HTTPStatus.ACCEPTED: None},
    raises=(
        *MODERATOR_ERRORS,
        errors.CaptionsNotFound,
        errors.CaptionsNotRunning,
        *PROVIDER_ERRORS,
    ),
)
def stop_captions(context: RequestContext, room: str, captions_id: str) -> Response:
    context.media.captions.stop(context.user, room, captions_id, context.deadline)
    return Response(HTTPStatus.ACCEPTED)
