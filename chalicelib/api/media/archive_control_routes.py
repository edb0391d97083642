from http import HTTPStatus

from chalicelib import errors
from chalicelib.api.http.decoding import RequestContext
from chalicelib.api.http.operations import MEDIA_START_ERRORS, MODERATOR_ERRORS, PROVIDER_ERRORS
from chalicelib.api.http.responses import Response
from chalicelib.api.http.routes import Routes
from chalicelib.api.media.archive_requests import ArchiveBody, LayoutBody, StreamsBody
from chalicelib.api.media.archive_responses import ArchiveAnswer, archive_response
from chalicelib.core.model.media import Feature

routes = Routes(tag="archives", feature=Feature.RECORDING)


@routes.post(
    "/rooms/{room}/archives",
    summary="Start an archive",
    description=(
        "Takes OpenTok's own options, and refuses the combinations that OpenTok forbids. After a "
        "503 the archive may be running: check the list before you retry."
    ),
    body=ArchiveBody,
    returns={HTTPStatus.CREATED: ArchiveAnswer},
    raises=(*MEDIA_START_ERRORS, errors.AlreadyRecording),
)
def start_archive(context: RequestContext, room: str) -> Response:
    options = context.body(ArchiveBody).options()
    started = context.media.record_archives.start(context.user, room, options, context.deadline)
    return Response(HTTPStatus.CREATED, archive_response(*started))


@routes.post(
    "/rooms/{room}/archives/{archive_id}/stop",
    summary="Stop an archive",
    description="An automatic archive cannot be stopped: it ends when all clients have left.",
    returns={HTTPStatus.OK: ArchiveAnswer},
    raises=(
        *MODERATOR_ERRORS,
        errors.ArchiveNotFound,
        errors.ArchiveNotRunning,
        errors.Immutable,
        *PROVIDER_ERRORS,
    ),
)
def stop_archive(context: RequestContext, room: str, archive_id: str) -> Response:
    stopped = context.media.record_archives.stop(context.user, room, archive_id, context.deadline)
    return Response(HTTPStatus.OK, archive_response(*stopped))


@routes.put(
    "/rooms/{room}/archives/{archive_id}/layout",
    summary="Change the layout of a composed archive",
    body=LayoutBody,
    returns={HTTPStatus.OK: ArchiveAnswer},
    raises=(
        *MODERATOR_ERRORS,
        errors.ArchiveNotFound,
        errors.ArchiveNotRunning,
        *PROVIDER_ERRORS,
    ),
)
def set_archive_layout(context: RequestContext, room: str, archive_id: str) -> Response:
    layout = context.body(LayoutBody).options()
    changed = context.media.record_archives.set_layout(
        context.user, room, archive_id, layout, context.deadline
    )
    return Response(HTTPStatus.OK, archive_response(*changed))


@routes.patch(
    "/rooms/{room}/archives/{archive_id}/streams",
    summary="Add or remove a stream of an archive whose streamMode is manual",
    body=StreamsBody,
    returns={HTTPStatus.NO_CONTENT: None},
    raises=(
        *MODERATOR_ERRORS,
        errors.ArchiveNotFound,
        errors.StreamNotFound,
        errors.ArchiveNotRunning,
        errors.StreamsNotManual,
        *PROVIDER_ERRORS,
    ),
)
def change_archive_streams(context: RequestContext, room: str, archive_id: str) -> Response:
    change = context.body(StreamsBody).change()
    context.media.record_archives.change_streams(
        context.user, room, archive_id, change, context.deadline
    )
    return Response(HTTPStatus.NO_CONTENT)


@routes.delete(
    "/rooms/{room}/archives/{archive_id}",
    summary="Delete an archive and its file",
    returns={HTTPStatus.NO_CONTENT: None},
    raises=(
        *MODERATOR_ERRORS,
        errors.ArchiveNotFound,
        errors.ArchiveNotReady,
        *PROVIDER_ERRORS,
    ),
)
def delete_archive(context: RequestContext, room: str, archive_id: str) -> Response:
    context.media.record_archives.delete(context.user, room, archive_id, context.deadline)
    return Response(HTTPStatus.NO_CONTENT)
