"""`/sim/media` serves archives' files to callers with a valid link."""

from http import HTTPStatus

from flask import Blueprint, request
from werkzeug.wrappers import Response

from stand_ins.opentok.archives.archive_file import CONTENT_TYPES, media_file
from stand_ins.opentok.archives.archive_links import MEDIA_PATH, ArchiveLinks


def media_routes(links: ArchiveLinks) -> Blueprint:
    routes = Blueprint("media", __name__, url_prefix=MEDIA_PATH)

    @routes.get("/<archive_id>/<file_name>")
    def download(archive_id: str, file_name: str) -> Response:
        if not links.is_good(archive_id, file_name, request.args):
            return Response(status=HTTPStatus.FORBIDDEN)
        content = media_file(archive_id, file_name)
        return Response(content, content_type=CONTENT_TYPES[file_name])

    return routes
