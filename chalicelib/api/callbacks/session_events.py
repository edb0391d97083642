"""A lenient parser of OpenTok's session monitoring events."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from chalicelib.core.model.connection import (
    Connection,
    Ending,
    EndReport,
    Participant,
    Stream,
    Unseal,
)
from chalicelib.core.support.formats import (
    owner_ids,
    parse_id,
    parse_json_object,
    parse_object,
    parse_platform_id,
    parse_text,
    parse_timestamp,
)

KNOWN: Final = frozenset(
    {"connectionCreated", "connectionDestroyed", "streamCreated", "streamDestroyed"}
    | {"sessionCreated", "sessionDestroyed", "sessionNotification"}
)
UnsealIn = Callable[[str, str], tuple[str, str | None] | None]
"""A function that returns who a sealed participant of a session is, or None."""
_ENDINGS: Final = {
    "clientDisconnected": Ending.LEFT,
    "forceDisconnected": Ending.DISCONNECTED,
    "networkDisconnected": Ending.LOST,
}
"""OpenTok's reasons for the end of a connection. An unknown one counts as an end by the client."""


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """A session monitoring event, with None for missing parts.

    Args:
        owners: The ids of its OpenTok project or Vonage application; it may name several.
        at: The time of the event, at most the time of its report.
        reason: OpenTok's reason for an end.
    """

    name: str
    session_id: str
    owners: frozenset[str]
    at: datetime
    connection_id: str | None = None
    connection: Connection | None = None
    stream: Stream | None = None
    reason: str | None = None

    @property
    def end_report(self) -> EndReport | None:
        """The end of the connection, if the event names a connection."""
        if self.connection is None:
            return None
        return EndReport(self.at, _ENDINGS.get(self.reason or "", Ending.LEFT), self.connection)

    @property
    def implied_end(self) -> datetime | None:
        """The time of the event, if its reason is one for which a connection ends."""
        return self.at if self.reason in _ENDINGS else None

    @property
    def metric(self) -> str:
        """The name of its metric, such as `CallbackConnectionCreated`."""
        known = self.name in KNOWN
        return f"Callback{self.name[:1].upper()}{self.name[1:]}" if known else "CallbackOther"


def read_event(body: bytes, now: datetime, unseal: UnsealIn) -> SessionEvent | None:
    """Return the event, or None if the body can never be understood.

    `unseal` resolves a participant of a session, where strict privacy has hidden who it is.
    """
    content = parse_json_object(body)
    name, session_id = parse_id(content.get("event")), parse_id(content.get("sessionId"))
    if name is None or session_id is None:
        return None
    stream = parse_object(content.get("stream"))
    connection = parse_object(content.get("connection")) or parse_object(stream.get("connection"))
    connection_id = parse_platform_id(connection.get("id"))
    at = min(parse_timestamp(content.get("timestamp"), now), now)
    return SessionEvent(
        name=name,
        session_id=session_id,
        owners=owner_ids(content),
        at=at,
        connection_id=connection_id,
        connection=(
            None
            if connection_id is None
            else _connection(connection_id, connection, at, partial(unseal, session_id))
        ),
        stream=_stream(stream, at),
        reason=parse_text(content.get("reason")),
    )


def _connection(
    connection_id: str, fields: Mapping[str, Any], now: datetime, unseal: Unseal
) -> Connection:
    data = fields.get("data")
    text = data if isinstance(data, str) else json.dumps(data)
    return Connection(
        connection_id, parse_timestamp(fields.get("createdAt"), now), Participant.of(text, unseal)
    )


def _stream(fields: Mapping[str, Any], now: datetime) -> Stream | None:
    stream_id = parse_platform_id(fields.get("id"))
    if stream_id is None:
        return None
    video_type = parse_text(fields.get("videoType"))
    return Stream(
        stream_id,
        parse_text(fields.get("name")) or "",
        video_type or None,
        parse_timestamp(fields.get("createdAt"), now),
    )
