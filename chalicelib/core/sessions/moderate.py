"""What moderators do to those who are in: send away, ban, mute, signal."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from chalicelib.core.model.user import User
from chalicelib.core.ports.room_store import RoomAccess
from chalicelib.core.ports.video_platform import OWN_SIGNALS, ConnectionControl, ListedConnection
from chalicelib.core.support.concurrency import for_each_concurrently
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import increment
from chalicelib.errors import (
    ConnectionNotFound,
    FieldProblem,
    InvalidField,
    NobodyConnected,
    ProviderUnavailable,
    SignalTooLarge,
    StreamNotFound,
)

MAX_SIGNAL_TYPE_BYTES: Final = 128
MAX_SIGNAL_DATA_BYTES: Final = 8 * 1024


class Moderate:
    """What is done to those who are in.

    What names a connection or a stream goes to OpenTok together with the room's session, and so
    reaches nobody in another room.
    """

    def __init__(self, rooms: RoomAccess, platform: ConnectionControl) -> None:
        self._rooms = rooms
        self._platform = platform

    def disconnect(self, user: User, name: str, connection_id: str, deadline: Deadline) -> None:
        """Raises: ConnectionNotFound: It is not in this room."""
        room = self._rooms.moderated_room(user, name, "disconnect others", deadline)
        if not self._platform.disconnect(room.session_id, connection_id, deadline):
            raise ConnectionNotFound(f"There is no connection {connection_id} in this room.")

    def mute_stream(self, user: User, name: str, stream_id: str, deadline: Deadline) -> None:
        """Raises: StreamNotFound: It is not in this room."""
        room = self._rooms.moderated_room(user, name, "mute others", deadline)
        if not (
            _is_uuid(stream_id) and self._platform.mute_stream(room.session_id, stream_id, deadline)
        ):
            raise StreamNotFound(f"There is no stream {stream_id} in this room.")

    def mute_all(
        self, user: User, name: str, excluded: Sequence[str], deadline: Deadline, *, active: bool
    ) -> None:
        """Raises: NobodyConnected: There is nobody to mute."""
        room = self._rooms.moderated_room(user, name, "mute others", deadline)
        if not self._platform.mute_all(room.session_id, excluded, deadline, active=active):
            raise NobodyConnected("Nobody is connected to this room.")

    def signal(
        self,
        user: User,
        name: str,
        connection_id: str | None,
        content: tuple[str | None, str],
        deadline: Deadline,
    ) -> None:
        """Signal to all or to one; `content` is a type, or none, and data.

        Raises:
            InvalidField: Its type is one of the service's own.
            SignalTooLarge: Its type or data is, by OpenTok's limits.
            ConnectionNotFound: The one is not in this room.
            NobodyConnected: There is nobody to signal to.
        """
        kind, data = content
        if kind is not None and kind.startswith(OWN_SIGNALS):
            reason = f"must not begin with {OWN_SIGNALS}: such signals are the service's own"
            raise InvalidField(FieldProblem("type", reason))
        if len((kind or "").encode()) > MAX_SIGNAL_TYPE_BYTES:
            raise SignalTooLarge(f"A type may have {MAX_SIGNAL_TYPE_BYTES} bytes of UTF-8.")
        if len(data.encode()) > MAX_SIGNAL_DATA_BYTES:
            raise SignalTooLarge(f"Data may have {MAX_SIGNAL_DATA_BYTES} bytes of UTF-8.")
        room = self._rooms.moderated_room(user, name, "signal from the server", deadline)
        if self._platform.signal(room.session_id, connection_id, kind, data, deadline):
            return
        if connection_id is not None:
            raise ConnectionNotFound(f"There is no connection {connection_id} in this room.")
        raise NobodyConnected("Nobody is connected to this room.")


def disconnect_all(platform: ConnectionControl, session_id: str, deadline: Deadline) -> bool:
    """Disconnect all whom the platform has in a session; whether that was done in time.

    Doing it again does what was left.

    Raises:
        ProviderRefused: The platform refuses; asking again would not help.
    """

    def disconnect(listed: ListedConnection) -> None:
        platform.disconnect(session_id, listed.id, deadline)

    try:
        for_each_concurrently(disconnect, platform.connections(session_id, deadline))
    except ProviderUnavailable:
        increment("DisconnectsUnfinished")
        return False
    return True


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
