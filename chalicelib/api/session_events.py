"""Reading OpenTok's session monitoring events, leniently."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chalicelib.core.presence import Connection, Passenger, Stream
from chalicelib.core.times import from_epoch_milliseconds

KNOWN: Final = frozenset(
    {"connectionCreated", "connectionDestroyed", "streamCreated", "streamDestroyed"}
    | {"sessionCreated", "sessionDestroyed", "sessionNotification"}
)
OWNERS: Final = ("projectId", "applicationId")
LONGEST_ID: Final = 255
LONGEST_TEXT: Final = 1000


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
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    content = _object(content)
    name, session_id = _id(content.get("event")), _id(content.get("sessionId"))
    if name is None or session_id is None:
        return None
    stream = _object(content.get("stream"))
    connection = _object(content.get("connection")) or _object(stream.get("connection"))
    connection_id = _id(connection.get("id"))
    return SessionEvent(
        name=name,
        session_id=session_id,
        owners=frozenset(filter(None, (_id(content.get(each)) for each in OWNERS))),
        connection_id=connection_id,
        connection=None if connection_id is None else _connection(connection_id, connection, now),
        stream=_stream(stream, now),
    )


def _connection(connection_id: str, told: Mapping[str, Any], now: datetime) -> Connection:
    data = told.get("data")
    text = data if isinstance(data, str) else json.dumps(data)
    return Connection(connection_id, _moment(told.get("createdAt"), now), Passenger.of(text))


def _stream(told: Mapping[str, Any], now: datetime) -> Stream | None:
    stream_id = _id(told.get("id"))
    if stream_id is None:
        return None
    video_type = _text(told.get("videoType"))
    return Stream(
        stream_id,
        _text(told.get("name")) or "",
        video_type or None,
        _moment(told.get("createdAt"), now),
    )


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _id(value: object) -> str | None:
    """An id, as a string or a number: OpenTok has the same one as either."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if 1 <= len(text) <= LONGEST_ID and _is_well_formed(text) else None


def _text(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    return value[:LONGEST_TEXT].encode(errors="replace").decode()


def _is_well_formed(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _moment(milliseconds: object, now: datetime) -> datetime:
    """A time as OpenTok tells it, in a number or a string; now where it tells none."""
    try:
        return from_epoch_milliseconds(int(milliseconds))  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        return now
