"""The connections of a session, and their streams."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Connection:
    connection_id: str
    session_id: str
    role: str
    data: str
    layout_classes: tuple[str, ...]
    created_at: float

    @property
    def publishes(self) -> bool:
        """Return True if the role allows publishing."""
        return self.role != "subscriber"

    @property
    def subscribes(self) -> bool:
        """Return True if the role allows subscribing."""
        return self.role != "publisheronly"

    @property
    def signals(self) -> bool:
        """Return True if the role allows sending signals."""
        return self.role != "publisheronly"


@dataclass
class Stream:
    """A stream of a connection; without a video type it is audio alone."""

    stream_id: str
    connection: Connection
    name: str
    video_type: str | None
    created_at: float
    muted: bool
    layout_classes: tuple[str, ...]
    has_audio: bool = True
    has_video: bool = True
    video_dimensions: Mapping[str, int] | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "streamId": self.stream_id,
            "connectionId": self.connection.connection_id,
            "name": self.name,
            "videoType": self.video_type,
            "muted": self.muted,
        }


def connection_json(connection: Connection) -> dict[str, str]:
    """Return a connection in the form that the client itself receives."""
    return {
        "connectionId": connection.connection_id,
        "sessionId": connection.session_id,
        "role": connection.role,
        "data": connection.data,
    }
