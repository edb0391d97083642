"""Reading OpenTok's session monitoring events, leniently."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chalicelib.core.model.connection import Connection, Passenger, Stream
from chalicelib.core.support.parsing import (
    told_content,
    told_id,
    told_moment,
    told_object,
    told_owners,
    told_platform_id,
    told_text,
)

KNOWN: Final = frozenset(
    {"connectionCreated", "connectionDestroyed", "streamCreated", "streamDestroyed"}
    | {"sessionCreated", "sessionDestroyed", "sessionNotification"}
)


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """One event; None for what it does not tell.

    Args:
        owners: The OpenTok project or Vonage application it is of, by every id that it names.
    """

    name: str
    session_id: str
    owners: frozenset[str]
    connection_id: str | None = None
    connection: Connection | None = None
    stream: Stream | None = None

    @property
    def metric(self) -> str:
        """What it is counted as: `CallbackConnectionCreated`, or one name for all unknown ones."""
        known = self.name in KNOWN
        return f"Callback{self.name[:1].upper()}{self.name[1:]}" if known else "CallbackOther"


def read_event(body: bytes, now: datetime) -> SessionEvent | None:
    """The event; None where there is none to be made out, however often it is sent."""
    content = told_content(body)
    name, session_id = told_id(content.get("event")), told_id(content.get("sessionId"))
    if name is None or session_id is None:
        return None
    stream = told_object(content.get("stream"))
    connection = told_object(content.get("connection")) or told_object(stream.get("connection"))
    connection_id = told_platform_id(connection.get("id"))
    return SessionEvent(
        name=name,
        session_id=session_id,
        owners=told_owners(content),
        connection_id=connection_id,
        connection=None if connection_id is None else _connection(connection_id, connection, now),
        stream=_stream(stream, now),
    )


def _connection(connection_id: str, told: Mapping[str, Any], now: datetime) -> Connection:
    data = told.get("data")
    text = data if isinstance(data, str) else json.dumps(data)
    return Connection(connection_id, told_moment(told.get("createdAt"), now), Passenger.of(text))


def _stream(told: Mapping[str, Any], now: datetime) -> Stream | None:
    stream_id = told_platform_id(told.get("id"))
    if stream_id is None:
        return None
    video_type = told_text(told.get("videoType"))
    return Stream(
        stream_id,
        told_text(told.get("name")) or "",
        video_type or None,
        told_moment(told.get("createdAt"), now),
    )
