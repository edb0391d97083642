"""Recording, as the learning servers' sample apps have it done; they name an archive by its id."""

from http import HTTPStatus
from typing import Final

from chalice import Blueprint

from chalicelib import errors
from chalicelib.api.http.context import Call
from chalicelib.api.http.operations import PROVIDER_ERRORS, SAMPLE_MEDIA_ERRORS, Operation, Text
from chalicelib.api.http.responses import Answer, json_response
from chalicelib.api.http.router import Router
from chalicelib.api.sample_apps.requests import AnyQuery, SampleArchiveBody
from chalicelib.api.sample_apps.responses import SampleArchiveAnswer, SampleArchiveList
from chalicelib.core.model.media import Media

_PENDING: Final = Text(
    "text/html; charset=utf-8",
    """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="5">
<title>Archive pending</title>
<p>This recording is not ready yet. The page looks again every five seconds.</p>
</html>
""",
)


def sample_archive_routes(edge: Router) -> Blueprint:
    """Archives of the sample rooms, and of no others."""
    routes = Blueprint(__name__)

    @edge.sample_app(
        routes,
        "POST",
        "/archive/start",
        Operation(
            summary="Sample apps: start to record",
            query=AnyQuery,
            body=SampleArchiveBody,
            answers={HTTPStatus.OK: SampleArchiveAnswer},
            problems=(*SAMPLE_MEDIA_ERRORS, errors.AlreadyRecording),
        ),
    )
    def start_sample_archive(call: Call) -> Answer:
        body = call.body(SampleArchiveBody)
        options = body.options()
        room = call.use_cases.sample_rooms.of_session(body.session_id, call.deadline)
        return _shown(call, call.media.samples.archives.start(room, options, call.deadline))

    @edge.sample_app(
        routes,
        "POST",
        "/archive/{archive_id}/stop",
        Operation(
            summary="Sample apps: stop recording",
            query=AnyQuery,
            answers={HTTPStatus.OK: SampleArchiveAnswer},
            problems=(errors.ArchiveNotFound, errors.ArchiveNotRunning, *PROVIDER_ERRORS),
        ),
    )
    def stop_sample_archive(call: Call, archive_id: str) -> Answer:
        stopped = call.media.samples.archives.stop(archive_id, call.deadline)
        return _shown(call, stopped)

    @edge.sample_app(
        routes,
        "GET",
        "/archive",
        Operation(
            summary="Sample apps: list the archives of the sample rooms",
            query=AnyQuery,
            answers={HTTPStatus.OK: SampleArchiveList},
            problems=PROVIDER_ERRORS,
        ),
    )
    def list_sample_archives(call: Call) -> Answer:
        archives = call.media.samples.archives.every(call.deadline)
        items = [SampleArchiveAnswer.of(call, each) for each in archives]
        return json_response(HTTPStatus.OK, SampleArchiveList(len(items), items))

    @edge.sample_app(
        routes,
        "GET",
        "/archive/{archive_id}",
        Operation(
            summary="Sample apps: read an archive",
            query=AnyQuery,
            answers={HTTPStatus.OK: SampleArchiveAnswer},
            problems=(errors.ArchiveNotFound, *PROVIDER_ERRORS),
        ),
    )
    def get_sample_archive(call: Call, archive_id: str) -> Answer:
        return _shown(call, call.media.samples.archives.one(archive_id, call.deadline))

    @edge.sample_app(
        routes,
        "GET",
        "/archive/{archive_id}/view",
        Operation(
            summary="Sample apps: see an archive's film",
            description="While there is none yet, a page that looks again by itself.",
            query=AnyQuery,
            answers={HTTPStatus.FOUND: None, HTTPStatus.OK: _PENDING},
            problems=(
                errors.ArchiveNotFound,
                errors.ArchiveNotReady,
                errors.ArchiveFailed,
                errors.ArchiveExpired,
                *PROVIDER_ERRORS,
            ),
        ),
    )
    def view_sample_archive(call: Call, archive_id: str) -> Answer:
        try:
            address = call.media.samples.archives.address(archive_id, call.deadline)
        except errors.ArchiveNotReady as failure:
            if failure.retry_after is None:
                raise  # Waiting is no help.
            return Answer(HTTPStatus.OK, _PENDING.body, {"Content-Type": _PENDING.media_type})
        return Answer(HTTPStatus.FOUND, headers={"Location": address})

    return routes


def _shown(call: Call, archive: Media) -> Answer:
    return json_response(HTTPStatus.OK, SampleArchiveAnswer.of(call, archive))
