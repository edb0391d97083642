"""Session monitoring: the content of its callbacks, field by field as documented."""

from typing import Any

from stand_ins.opentok.callbacks.callback import Callback
from stand_ins.opentok.sessions.participants import Connection, Stream


def connection_created(key: str, connection: Connection, now: float) -> Callback:
    content = _head(key, connection, "connectionCreated", now)
    shown = _connection(connection, data=connection.data)
    return Callback("session", key, "connection/created", content | {"connection": shown})


def connection_destroyed(key: str, connection: Connection, reason: str, now: float) -> Callback:
    content = _head(key, connection, "connectionDestroyed", now, reason)
    return Callback(
        "session", key, "connection/destroyed", content | {"connection": _connection(connection)}
    )


def stream_created(key: str, stream: Stream, now: float) -> Callback:
    content = _head(key, stream.connection, "streamCreated", now)
    return Callback("session", key, "stream/created", content | {"stream": _stream(stream)})


def stream_destroyed(key: str, stream: Stream, reason: str, now: float) -> Callback:
    content = _head(key, stream.connection, "streamDestroyed", now, reason)
    return Callback("session", key, "stream/destroyed", content | {"stream": _stream(stream)})


def _head(
    key: str, connection: Connection, event: str, now: float, reason: str | None = None
) -> dict[str, Any]:
    # Here the id is a string; in archives it is a number.
    owner = "projectId" if key.isdecimal() else "applicationId"
    head: dict[str, Any] = {"sessionId": connection.session_id, owner: key, "event": event}
    if reason is not None:
        head["reason"] = reason
    return head | {"timestamp": milliseconds(now)}


def _connection(connection: Connection, *, data: str = "") -> dict[str, Any]:
    """Return the JSON of a connection; only the callback of its creation has its data."""
    return {
        "id": connection.connection_id,
        "createdAt": milliseconds(connection.created_at),
        "data": data,
    }


def _stream(stream: Stream) -> dict[str, Any]:
    shown = {
        "id": stream.stream_id,
        "connection": _connection(stream.connection),
        "createdAt": milliseconds(stream.created_at),
        "name": stream.name,
    }
    return shown if stream.video_type is None else shown | {"videoType": stream.video_type}


def milliseconds(seconds: float) -> int:
    return int(seconds * 1000)
