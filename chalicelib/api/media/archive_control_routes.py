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
from chalicelib.api.media.archive_requests import ArchiveBody, LayoutBody, StreamsBody
from chalicelib.api.media.archive_responses import ArchiveAnswer, shown_archive


def recording_routes(edge: Router) -> Blueprint:
    """What moderators do about a room's archives."""
    routes = Blueprint(__name__)

    @edge.signed_in(
        routes,
        "POST",
        "/rooms/{room}/archives",
        Operation(
            summary="Start to record",
            description=(
                "With OpenTok's own options; combinations that it forbids are refused here. After "
                "503 look at the list before you start again: it may have begun."
            ),
            body=ArchiveBody,
            answers={HTTPStatus.CREATED: ArchiveAnswer},
            problems=(*MEDIA_START_ERRORS, errors.AlreadyRecording),
        ),
    )
    def start_archive(call: Call, room: str) -> Answer:
        options = call.body(ArchiveBody).options()
        started = call.media.record_archives.start(call.user, room, options, call.deadline)
        return json_response(HTTPStatus.CREATED, shown_archive(*started))

    @edge.signed_in(
        routes,
        "POST",
        "/rooms/{room}/archives/{archive_id}/stop",
        Operation(
            summary="Stop recording",
            description="An automatic archive ends when everybody has left, and not before.",
            answers={HTTPStatus.OK: ArchiveAnswer},
            problems=(
                *MODERATOR_ERRORS,
                errors.ArchiveNotFound,
                errors.ArchiveNotRunning,
                errors.Immutable,
                *PROVIDER_ERRORS,
            ),
        ),
    )
    def stop_archive(call: Call, room: str, archive_id: str) -> Answer:
        stopped = call.media.record_archives.stop(call.user, room, archive_id, call.deadline)
        return json_response(HTTPStatus.OK, shown_archive(*stopped))

    @edge.signed_in(
        routes,
        "PUT",
        "/rooms/{room}/archives/{archive_id}/layout",
        Operation(
            summary="Lay the streams of a composed archive out otherwise",
            body=LayoutBody,
            answers={HTTPStatus.OK: ArchiveAnswer},
            problems=(
                *MODERATOR_ERRORS,
                errors.ArchiveNotFound,
                errors.ArchiveNotRunning,
                *PROVIDER_ERRORS,
            ),
        ),
    )
    def set_archive_layout(call: Call, room: str, archive_id: str) -> Answer:
        layout = call.body(LayoutBody).options()
        changed = call.media.record_archives.set_layout(
            call.user, room, archive_id, layout, call.deadline
        )
        return json_response(HTTPStatus.OK, shown_archive(*changed))

    @edge.signed_in(
        routes,
        "PATCH",
        "/rooms/{room}/archives/{archive_id}/streams",
        Operation(
            summary="Take a stream into an archive of streamMode manual, or leave it out",
            body=StreamsBody,
            answers={HTTPStatus.NO_CONTENT: None},
            problems=(
                *MODERATOR_ERRORS,
                errors.ArchiveNotFound,
                errors.StreamNotFound,
                errors.ArchiveNotRunning,
                errors.StreamsNotManual,
                *PROVIDER_ERRORS,
            ),
        ),
    )
    def change_archive_streams(call: Call, room: str, archive_id: str) -> Answer:
        change = call.body(StreamsBody).change()
        call.media.record_archives.change_streams(
            call.user, room, archive_id, change, call.deadline
        )
        return Answer(HTTPStatus.NO_CONTENT)

    @edge.signed_in(
        routes,
        "DELETE",
        "/rooms/{room}/archives/{archive_id}",
        Operation(
            summary="Delete an archive and its file",
            answers={HTTPStatus.NO_CONTENT: None},
            problems=(
                *MODERATOR_ERRORS,
                errors.ArchiveNotFound,
                errors.ArchiveNotReady,
                *PROVIDER_ERRORS,
            ),
        ),
    )
    def delete_archive(call: Call, room: str, archive_id: str) -> Answer:
        call.media.record_archives.delete(call.user, room, archive_id, call.deadline)
        return Answer(HTTPStatus.NO_CONTENT)

    return routes
