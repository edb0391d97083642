from http import HTTPStatus

from chalice import Blueprint

from chalicelib import errors
from chalicelib.api.http.context import Call
from chalicelib.api.http.cursors import read_media_cursor, write_media_cursor
from chalicelib.api.http.operations import (
    MEMBER_ERRORS,
    MODERATOR_ERRORS,
    PROVIDER_ERRORS,
    Operation,
)
from chalicelib.api.http.responses import Answer, json_response
from chalicelib.api.http.router import Router
from chalicelib.api.media.archive_responses import ArchiveAnswer, ArchiveList, shown_archive
from chalicelib.api.rooms.requests import PageQuery
from chalicelib.core.model.media import MediaKind


def archive_routes(edge: Router) -> Blueprint:
    """A room's recordings, as its members see them."""
    routes = Blueprint(__name__)

    @edge.signed_in(
        routes,
        "GET",
        "/rooms/{room}/archives",
        Operation(
            summary="List the archives of a room, newest first",
            description="Of those that a room makes by itself too. `url` is null in a list.",
            query=PageQuery,
            answers={HTTPStatus.OK: ArchiveList},
            problems=MODERATOR_ERRORS,
        ),
    )
    def list_archives(call: Call, room: str) -> Answer:
        query = call.query(PageQuery)
        start = None
        if query.cursor is not None:
            start = read_media_cursor(query.cursor, MediaKind.ARCHIVE, room, call.user.id)
        found, page = call.media.read_archives.page(
            call.user, room, start, query.limit, call.deadline
        )
        following = page.next_cursor
        cursor = None
        if following is not None:
            cursor = write_media_cursor(following, MediaKind.ARCHIVE, room, call.user.id)
        items = [shown_archive(found, each) for each in page.items]
        return json_response(HTTPStatus.OK, {"items": items, "cursor": cursor})

    @edge.signed_in(
        routes,
        "GET",
        "/rooms/{room}/archives/{archive_id}",
        Operation(
            summary="Read an archive",
            description="`url` is good for ten minutes; null where OpenTok has none to give.",
            answers={HTTPStatus.OK: ArchiveAnswer},
            problems=(*MODERATOR_ERRORS, errors.ArchiveNotFound, errors.ProviderRefused),
        ),
    )
    def get_archive(call: Call, room: str, archive_id: str) -> Answer:
        found = call.media.read_archives.one(call.user, room, archive_id, call.deadline)
        return json_response(HTTPStatus.OK, shown_archive(*found))

    @edge.signed_in(
        routes,
        "GET",
        "/rooms/{room}/archives/{archive_id}/media",
        Operation(
            summary="Fetch an archive's file",
            description="`Location` is an address that is good for some minutes, without a bearer.",
            answers={HTTPStatus.FOUND: None},
            problems=(
                *MEMBER_ERRORS,
                errors.NotAModerator,
                errors.ArchiveNotFound,
                errors.ArchiveNotReady,
                errors.ArchiveFailed,
                errors.ArchiveExpired,
                *PROVIDER_ERRORS,
            ),
        ),
    )
    def get_archive_media(call: Call, room: str, archive_id: str) -> Answer:
        address = call.media.read_archives.download_url(call.user, room, archive_id, call.deadline)
        return Answer(HTTPStatus.FOUND, headers={"Location": address})

    return routes
