"""`/sim/archives` lets tests say what becomes of an archive; `/sim/media` serves its file."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Literal

import msgspec
from flask import Blueprint, request
from werkzeug.wrappers import Response

from local.opentok.archive_file import CONTENT_TYPES, media_file
from local.opentok.archive_links import MEDIA_PATH, ArchiveLinks
from local.opentok.archives import Archives
from local.opentok.composition import Change
from local.opentok.rest_errors import AbsentError
from local.own_routes import json_answer, json_request

ArchiveStatus = Literal[
    "started", "paused", "stopped", "uploaded", "available", "expired", "failed", "deleted"
]


class MoveRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What the archive is from now on; a reason left out stays as it was."""

    status: ArchiveStatus
    reason: str | None = None


def archive_sim_routes(
    archives: Archives, links: ArchiveLinks, clock: Callable[[], float]
) -> Blueprint:
    routes = Blueprint("archive_sim", __name__)

    @routes.post("/sim/archives/<archive_id>")
    def move(archive_id: str) -> Response:
        wanted = json_request(MoveRequest)
        return json_answer(archives.move(archive_id, Change(wanted.status, clock(), wanted.reason)))

    @routes.get(f"{MEDIA_PATH}/<archive_id>/<file_name>")
    def download(archive_id: str, file_name: str) -> Response:
        if not links.is_good(archive_id, file_name, request.args.to_dict(), clock()):
            return Response(status=HTTPStatus.FORBIDDEN)
        content = media_file(archive_id, file_name)
        return Response(content, content_type=CONTENT_TYPES[file_name])

    @routes.errorhandler(AbsentError)
    def absent(error: AbsentError) -> Response:
        return json_answer({"reason": str(error)}, error.status)

    return routes
