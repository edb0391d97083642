"""One session: its connections, their streams, and the moderation calls that it received."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from stand_ins.opentok.callbacks.callback import Callback
from stand_ins.opentok.clients.outbox import Outboxes
from stand_ins.opentok.rest_errors import AbsentError
from stand_ins.opentok.sessions.client_messages import connection_message, stream_message
from stand_ins.opentok.sessions.participants import Connection, Stream, connection_json
from stand_ins.opentok.sessions.session_events import (
    connection_created,
    connection_destroyed,
    stream_created,
    stream_destroyed,
)
from stand_ins.opentok.sessions.session_options import SessionOptions

_PROPERTIES = {
    "hasAudio": "has_audio",
    "hasVideo": "has_video",
    "videoDimensions": "video_dimensions",
}


class SessionObserver(Protocol):
    """A record that lives in sessions, and changes with their connections and streams."""

    def session_changed(self, session: "Session", now: float) -> None:
        """Follow a change of the session's connections or streams."""


@dataclass
class Session:
    """A session, and the API key or application id that owns it.

    `announce` takes a callback for every change. Not safe under threads: `Sessions` holds the
    lock.
    """

    session_id: str
    key: str
    options: SessionOptions
    announce: Callable[[Callback], None] = field(repr=False)
    observers: Sequence[SessionObserver] = field(repr=False)
    outboxes: Outboxes = field(repr=False)
    ever_connected: bool = False
    connections: dict[str, Connection] = field(default_factory=dict)
    streams: dict[str, Stream] = field(default_factory=dict)
    signals: list[dict[str, Any]] = field(default_factory=list)
    mutes: list[dict[str, Any]] = field(default_factory=list)
    tones: list[dict[str, Any]] = field(default_factory=list)
    recordings: dict[str, str | None] = field(default_factory=dict)
    _mutes_newcomers: bool = False

    def connect(
        self, role: str, data: str, layout_classes: tuple[str, ...], now: float
    ) -> Connection:
        connection = Connection(
            str(uuid.uuid4()), self.session_id, role, data, layout_classes, created_at=now
        )
        self.ever_connected = True
        self.tell({"type": "connectionCreated", "connection": connection_message(connection)})
        self.connections[connection.connection_id] = connection
        self.announce(connection_created(self.key, connection, now))
        self._notify_observers(now)
        return connection

    def disconnect(self, connection_id: str, reason: str, now: float) -> None:
        """End a connection, its streams first.

        Raises:
            AbsentError: It is not connected to this session.
        """
        connection = self.connection(connection_id)
        for stream in list(self.streams.values()):
            if stream.connection is connection:
                self.unpublish(stream.stream_id, reason, now)
        del self.connections[connection_id]
        self.outboxes.put(connection_id, {"type": "disconnected", "reason": reason})
        self.outboxes.close(connection_id, now)
        self.tell({"type": "connectionDestroyed", "connectionId": connection_id, "reason": reason})
        self.announce(connection_destroyed(self.key, connection, reason, now))
        self._notify_observers(now)

    def publish(
        self,
        connection: Connection,
        name: str,
        video_type: str | None,
        now: float,
        *,
        has_audio: bool = True,
        has_video: bool = True,
        video_dimensions: Mapping[str, int] | None = None,
    ) -> Stream:
        stream = Stream(
            str(uuid.uuid4()),
            connection,
            name,
            video_type,
            now,
            muted=self._mutes_newcomers,
            layout_classes=connection.layout_classes,
            has_audio=has_audio,
            has_video=has_video,
            video_dimensions=video_dimensions,
        )
        created = {"type": "streamCreated", "stream": stream_message(stream)}
        self._tell_of(stream, created, besides=connection.connection_id)
        self.streams[stream.stream_id] = stream
        if stream.muted:
            self._tell_muted(stream)
        self.announce(stream_created(self.key, stream, now))
        self._notify_observers(now)
        return stream

    def unpublish(self, stream_id: str, reason: str, now: float) -> None:
        """End a stream, or raise AbsentError if there is none with this id."""
        stream = self.stream(stream_id)
        del self.streams[stream_id]
        destroyed = {"type": "streamDestroyed", "streamId": stream_id, "reason": reason}
        self._tell_of(stream, destroyed)
        self.announce(stream_destroyed(self.key, stream, reason, now))
        self._notify_observers(now)

    def change_stream(self, stream: Stream, changed: str, value: Any) -> None:  # noqa: ANN401
        """Change `hasAudio`, `hasVideo` or `videoDimensions` of a stream, and tell the clients."""
        setattr(stream, _PROPERTIES[changed], value)
        self._tell_of(
            stream,
            {
                "type": "streamChanged",
                "streamId": stream.stream_id,
                "property": changed,
                "value": value,
            },
        )

    def signal_from(
        self, sender: Connection, kind: str, data: str, connection_id: str | None = None
    ) -> None:
        """Deliver a client's signal to one connection, or to all connections, its own included.

        Raises:
            AbsentError: The connection is not in this session.
        """
        message = {
            "type": "signal",
            "signalType": kind,
            "data": data,
            "from": connection_message(sender),
        }
        if connection_id is None:
            self.tell(message)
        else:
            self.outboxes.put(self.connection(connection_id).connection_id, message)

    def relay(self, sender: Connection, connection_id: str, content: Any) -> None:  # noqa: ANN401
        """Hand a message about a subscription to another client.

        Raises:
            AbsentError: The connection is not in this session.
        """
        receiver = self.connection(connection_id).connection_id
        self.outboxes.put(
            receiver, {"type": "relay", "from": sender.connection_id, "content": content}
        )

    def lose_network(self, connection_id: str, now: float, seconds: float) -> None:
        """Cut a client off for some seconds.

        Raises:
            AbsentError: No client of the client library has this connection.
        """
        outbox = self.outboxes.get(connection_id)
        if outbox is None:
            raise AbsentError("No client of the client library has this connection")
        outbox.lose(now, now + seconds)

    def tell_recording(self, archive_id: str, name: str | None, *, running: bool) -> None:
        """Tell every client that an archive begins or ends; a pause is neither."""
        if running == (archive_id in self.recordings):
            return
        if running:
            self.recordings[archive_id] = name
        else:
            del self.recordings[archive_id]
        kind = "archiveStarted" if running else "archiveStopped"
        self.tell({"type": kind, "id": archive_id, "name": name})

    def tell(self, message: Mapping[str, Any]) -> None:
        """Put a message into the outbox of every client."""
        for connection_id in self.connections:
            self.outboxes.put(connection_id, message)

    def signal(self, kind: str | None, data: str, connection_id: str | None = None) -> None:
        """Signal to one connection, or to all connections.

        Raises:
            AbsentError: The connection is not in this session.
        """
        recipients = list(self.connections)
        if connection_id is not None:
            recipients = [self.connection(connection_id).connection_id]
        self.signals.append(
            {"type": kind, "data": data, "connectionId": connection_id, "recipients": recipients}
        )
        for recipient in recipients:
            self.outboxes.put(
                recipient, {"type": "signal", "signalType": kind, "data": data, "from": None}
            )

    def play(self, digits: str, connection_id: str | None = None) -> None:
        """Play touch tones to one connection, or to all connections.

        Raises:
            AbsentError: The connection is not in this session.
        """
        if connection_id is not None:
            self.connection(connection_id)
        self.tones.append({"digits": digits, "connectionId": connection_id})

    def mute_stream(self, stream_id: str) -> None:
        """Mute a stream, or raise AbsentError if there is none with this id."""
        stream = self.stream(stream_id)
        stream.muted = True
        self._tell_muted(stream)
        self.mutes.append({"streamId": stream_id})

    def mute_all(self, *, active: bool, excluded: Iterable[str]) -> None:
        """Mute all other streams and future ones; if not active, stop muting future ones."""
        spared = list(excluded)
        self._mutes_newcomers = active
        self.tell({"type": "muteForced", "active": active})
        for stream in self.streams.values():
            if active and stream.stream_id not in spared:
                stream.muted = True
                self._tell_muted(stream)
        self.mutes.append({"active": active, "excludedStreamIds": spared})

    def connection(self, connection_id: str) -> Connection:
        if connection_id not in self.connections:
            raise AbsentError("Connection not found")
        return self.connections[connection_id]

    def stream(self, stream_id: str) -> Stream:
        if stream_id not in self.streams:
            raise AbsentError("Stream not found")
        return self.streams[stream_id]

    def _tell_of(
        self, stream: Stream, message: Mapping[str, Any], *, besides: str | None = None
    ) -> None:
        """Tell of a stream its own client, and whoever may subscribe to it, but for one of them."""
        for connection in self.connections.values():
            own = connection is stream.connection
            if (own or connection.subscribes) and connection.connection_id != besides:
                self.outboxes.put(connection.connection_id, message)

    def _tell_muted(self, stream: Stream) -> None:
        """Have the stream's own client mute it; the client reports the change of `hasAudio`."""
        self.outboxes.put(
            stream.connection.connection_id, {"type": "streamMuted", "streamId": stream.stream_id}
        )

    def _notify_observers(self, now: float) -> None:
        for observer in self.observers:
            observer.session_changed(self, now)

    def to_json(self) -> dict[str, Any]:
        """Return all of the session, as JSON for tests that play clients."""
        return {
            "connections": [connection_json(each) for each in self.connections.values()],
            "streams": [each.to_json() for each in self.streams.values()],
            "signals": list(self.signals),
            "mutes": list(self.mutes),
            "tones": list(self.tones),
        }
