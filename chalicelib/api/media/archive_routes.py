from http import HTTPStatus

from chalicelib import errors
from chalicelib.api.http.decoding import RequestContext
from chalicelib.api.http.fields import PageQuery
from chalicelib.api.http.operations import (
    MEMBER_ERRORS,
    MODERATOR_ERRORS,
    PROVIDER_ERRORS,
)
from chalicelib.api.http.responses import Response
from chalicelib.api.http.routes import Routes
from chalicelib.api.media.archive_responses import ArchiveAnswer, ArchiveList, archive_response
from chalicelib.api.media.responses import page_response, page_start
from chalicelib.core.model.media import Feature, MediaKind

routes = Routes(tag="archives", feature=Feature.RECORDING)


@routes.get(
    "/rooms/{room}/archives",
    summary="List the archives of a room, newest first",
    description=(
        "Includes automatic archives. `url` is always null in lists: get one archive for its "
        "download URL."
    ),
    query=PageQuery,
    returns={HTTPStatus.OK: ArchiveList},
    raises=MODERATOR_ERRORS,
)
def list_archives(context: RequestContext, room: str) -> Response:
    start = page_start(context, MediaKind.ARCHIVE, room)
    limit = context.query(PageQuery).limit
    found, page = context.media.read_archives.page(
        context.user, room, start, limit, context.deadline
    )
    items = [archive_response(found, each) for each in page.items]
    return Response(HTTPStatus.OK, page_response(context, MediaKind.ARCHIVE, found, page, items))


@routes.get(
    "/rooms/{room}/archives/{archive_id}",
    summary="Get an archive",
    description="`url` is valid for ten minutes. It is null if OpenTok has no file to download.",
    returns={HTTPStatus.OK: ArchiveAnswer},
    raises=(*MODERATOR_ERRORS, errors.ArchiveNotFound, errors.ProviderRefused),
)
def get_archive(context: RequestContext, room: str, archive_id: str) -> Response:
    found = context.media.read_archives.one(context.user, room, archive_id, context.deadline)
    return Response(HTTPStatus.OK, archive_response(*found))


@routes.get(
    "/rooms/{room}/archives/{archive_id}/media",
    summary="Download an archive's file",
    description="Redirects to a URL that is valid for some minutes, and needs no bearer token.",
    returns={HTTPStatus.FOUND: None},
    raises=(
        *MEMBER_ERRORS,
        errors.NotAModerator,
        errors.ArchiveNotFound,
        errors.ArchiveNotReady,
        errors.ArchiveFailed,
        errors.ArchiveExpired,
        *PROVIDER_ERRORS,
    ),
)
def get_archive_media(context: RequestContext, room: str, archive_id: str) -> Response:
    address = context.media.read_archives.download_url(
        context.user, room, archive_id, context.deadline
    )
    return Response(HTTPStatus.FOUND, headers={"Location": address})
