"""Routes of the learning servers, which the samples for Android, iOS and the web call."""

from typing import Final

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from local.sample_apps.archives import archive_answer
from local.sample_apps.bodies import (
    ArchiveBody,
    BroadcastBody,
    CaptionsBody,
    SessionBody,
    read_body,
)
from local.sample_apps.public_api import Json
from local.sample_apps.refusal import Refusal, invalid
from local.sample_apps.rooms import FIRST_ROOM, PUBLISHER, SUBSCRIBER
from local.sample_apps.services import Services, session_answer

_PENDING: Final = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="5">
<title>Archive pending</title>
<p>This recording is not ready yet. The page looks again every five seconds.</p>
</html>
"""


def session_routes(services: Services) -> Blueprint:
    routes = Blueprint("sessions", __name__)

    @routes.get("/session")
    @routes.get("/broadcast/session/host")
    def join_first_room() -> Json:
        return session_answer(services.rooms.join(FIRST_ROOM))

    @routes.get("/broadcast/session/viewer")
    def join_as_viewer() -> Json:
        return session_answer(services.rooms.join(FIRST_ROOM, SUBSCRIBER))

    @routes.get("/room/<room>")
    @routes.get("/session/<room>")
    def join_room(room: str) -> Json:
        return session_answer(services.rooms.join(room))

    return routes


def archive_routes(services: Services) -> Blueprint:
    routes = Blueprint("archives", __name__)

    @routes.post("/archive/start")
    def start_archive() -> Json:
        services.check_recording()
        body = read_body(ArchiveBody)
        room = services.rooms.of_session(body.session_id)
        options = {"outputMode": body.output_mode, "hasTranscription": body.has_transcription}
        return _shown(services.archives.start(room, options))

    @routes.post("/archive/<archive_id>/stop")
    def stop_archive(archive_id: str) -> Json:
        return _shown(services.archives.stop_anywhere(archive_id))

    @routes.get("/archive")
    def list_archives() -> Json:
        items = [_shown(each) for each in services.archives.of_all_rooms()]
        return {"count": len(items), "items": items}

    @routes.get("/archive/<archive_id>")
    def get_archive(archive_id: str) -> Json:
        return _shown(services.archives.find(archive_id))

    @routes.get("/archive/<archive_id>/view")
    def view_archive(archive_id: str) -> AnyResponse:
        try:
            return redirect(services.archives.file_address(archive_id))
        except Refusal as refusal:
            if refusal.code != "archive_not_ready" or refusal.retry_after is None:
                raise  # A second attempt does not help.
            return Response(_PENDING)

    return routes


def streaming_routes(services: Services) -> Blueprint:
    routes = Blueprint("streaming", __name__)

    @routes.post("/captions/start")
    def start_captions() -> Json:
        body = read_body(CaptionsBody)
        room = services.rooms.of_session(body.session_id)
        guest = services.rooms.guest(body.token, body.session_id)
        if guest.role != PUBLISHER:
            raise services.forbidden("This token may only watch; captions need a publisher's.")
        return {"id": services.captions.start(room, guest.user), "status": "started"}

    @routes.post("/captions/<captions_id>/stop")
    def stop_captions(captions_id: str) -> Json:
        has_ended = services.captions.stop(captions_id)
        return {"id": captions_id, "status": "stopped" if has_ended else "started"}

    @routes.post("/broadcast/session/start")
    def start_broadcast() -> Json:
        services.check_recording()
        body = read_body(BroadcastBody)
        if body.rtmp:
            raise invalid("rtmp", "must be empty: sample apps broadcast by HLS alone")
        hls = {"lowLatency": bool(body.low_latency), "dvr": bool(body.dvr)}
        return services.broadcasts.start(body.session_id, hls)

    @routes.post("/broadcast/session/stop")
    def stop_broadcast() -> Json:
        return services.broadcasts.stop(read_body(SessionBody).session_id)

    @routes.post("/broadcast/session/status")
    def get_broadcast() -> Json:
        return services.broadcasts.current(read_body(SessionBody).session_id)

    return routes


def _shown(archive: Json) -> Json:
    return archive_answer(archive, request.host_url.rstrip("/"))
