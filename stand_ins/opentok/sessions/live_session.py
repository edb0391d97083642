"""One session: its connections, their streams, and the moderation calls that it received."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from stand_ins.opentok.callbacks.callback import Callback
from stand_ins.opentok.rest_errors import AbsentError
from stand_ins.opentok.sessions.participants import Connection, Stream, connection_json
from stand_ins.opentok.sessions.session_events import (
    connection_created,
    connection_destroyed,
    stream_created,
    stream_destroyed,
)
from stand_ins.opentok.sessions.session_options import SessionOptions


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
    ever_connected: bool = False
    connections: dict[str, Connection] = field(default_factory=dict)
    streams: dict[str, Stream] = field(default_factory=dict)
    signals: list[dict[str, Any]] = field(default_factory=list)
    mutes: list[dict[str, Any]] = field(default_factory=list)
    tones: list[dict[str, Any]] = field(default_factory=list)
    _mutes_newcomers: bool = False

    def connect(
        self, role: str, data: str, layout_classes: tuple[str, ...], now: float
    ) -> Connection:
        connection = Connection(
            str(uuid.uuid4()), self.session_id, role, data, layout_classes, created_at=now
        )
        self.ever_connected = True
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
        self.announce(connection_destroyed(self.key, connection, reason, now))
        self._notify_observers(now)

    def publish(
        self, connection: Connection, name: str, video_type: str | None, now: float
    ) -> Stream:
        stream = Stream(
            str(uuid.uuid4()),
            connection,
            name,
            video_type,
            now,
            muted=self._mutes_newcomers,
            layout_classes=connection.layout_classes,
        )
        self.streams[stream.stream_id] = stream
        self.announce(stream_created(self.key, stream, now))
        self._notify_observers(now)
        return stream

    def unpublish(self, stream_id: str, reason: str, now: float) -> None:
        """End a stream, or raise AbsentError if there is none with this id."""
        stream = self.stream(stream_id)
        del self.streams[stream_id]
        self.announce(stream_destroyed(self.key, stream, reason, now))
        self._notify_observers(now)

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
        self.stream(stream_id).muted = True
        self.mutes.append({"streamId": stream_id})

    def mute_all(self, *, active: bool, excluded: Iterable[str]) -> None:
        """Mute all other streams and future ones; if not active, stop muting future ones."""
        spared = list(excluded)
        self._mutes_newcomers = active
        for stream in self.streams.values():
            stream.muted = stream.muted or (active and stream.stream_id not in spared)
        self.mutes.append({"active": active, "excludedStreamIds": spared})

    def connection(self, connection_id: str) -> Connection:
        if connection_id not in self.connections:
            raise AbsentError("Connection not found")
        return self.connections[connection_id]

    def stream(self, stream_id: str) -> Stream:
        if stream_id not in self.streams:
            raise AbsentError("Stream not found")
        return self.streams[stream_id]

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
