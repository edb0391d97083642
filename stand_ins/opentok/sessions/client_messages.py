"""Connections and streams in the form of the client library's messages."""

from typing import Any

from stand_ins.opentok.sessions.participants import Connection, Stream
from stand_ins.opentok.sessions.session_events import milliseconds


def connection_message(connection: Connection) -> dict[str, Any]:
    return {
        "connectionId": connection.connection_id,
        "creationTime": milliseconds(connection.created_at),
        "data": connection.data,
    }


def stream_message(stream: Stream) -> dict[str, Any]:
    return {
        "streamId": stream.stream_id,
        "connectionId": stream.connection.connection_id,
        "creationTime": milliseconds(stream.created_at),
        "name": stream.name,
        "videoType": stream.video_type,
        "hasAudio": stream.has_audio,
        "hasVideo": stream.has_video,
        "videoDimensions": stream.video_dimensions or {"width": 640, "height": 480},
    }
