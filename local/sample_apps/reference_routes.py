"""The routes of the reference apps for React, Android and iOS, except the join."""

from http import HTTPStatus
from typing import Final

from flask import Blueprint, request

from local.sample_apps.archives import archive_answer
from local.sample_apps.public_api import Json
from local.sample_apps.services import Services

_OK: Final = {"status": HTTPStatus.OK.value}
"""The status again, in the body, because the reference app for iOS looks for it there."""
_FEEDBACK: Final = {
    "message": "This server takes no feedback: what you wrote was neither kept nor passed on.",
    "ticketUrl": "about:blank",
    "screenshotIncluded": False,
}


def reference_routes(services: Services) -> Blueprint:
    routes = Blueprint("reference", __name__)

    @routes.post("/session/<room>/startArchive")
    def start_archive(room: str) -> Json:
        services.check_recording()
        return _OK | {"archiveId": services.archives.start(room, {})["id"]}

    @routes.post("/session/<room>/<archive_id>/stopArchive")
    def stop_archive(room: str, archive_id: str) -> Json:
        return _OK | {"archiveId": services.archives.stop(room, archive_id)["id"]}

    @routes.get("/session/<room>/archives")
    def list_archives(room: str) -> Json:
        server_url = request.host_url.rstrip("/")
        items = [archive_answer(each, server_url) for each in services.archives.of_room(room)]
        return _OK | {"archives": items}

    @routes.post("/session/<room>/enableCaptions")
    def enable_captions(room: str) -> Json:
        # These apps send no client token, so captions need the permission to record.
        services.check_recording()
        return _OK | {"captionsId": services.captions.start(room)}

    @routes.post("/session/<room>/<captions_id>/disableCaptions")
    def disable_captions(room: str, captions_id: str) -> Json:
        has_ended = services.captions.stop(captions_id, room)
        text = "Captions are stopped." if has_ended else "Captions go on for the others."
        return _OK | {"disableResponse": text}

    @routes.post("/feedback/report")
    def decline_feedback() -> Json:
        return {"feedbackData": _FEEDBACK}

    return routes
