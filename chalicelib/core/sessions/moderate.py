"""The actions of moderators on connected clients: disconnect, mute and signal."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

from chalicelib.core.audit.room_entries import audit_room, audited
from chalicelib.core.model.connection import Connection
from chalicelib.core.model.room import Room
from chalicelib.core.model.user import User
from chalicelib.core.model.waiting import waiting_id
from chalicelib.core.ports.room_store import RoomAccess
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.ports.video_platform import OWN_SIGNALS, ConnectionControl, ListedConnection
from chalicelib.core.ports.waiting_store import WaitingStore
from chalicelib.core.support.audit import AuditAction
from chalicelib.core.support.concurrency import for_each_concurrently
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.core.support.metrics import increment
from chalicelib.errors import (
    ConnectionNotFound,
    FieldProblem,
    InvalidField,
    NobodyConnected,
    ProviderUnavailable,
    SignalTooLarge,
    StoreUnavailable,
    StreamNotFound,
)

MAX_SIGNAL_TYPE_BYTES: Final = 128
MAX_SIGNAL_DATA_BYTES: Final = 8 * 1024
_LOOKED_AT: Final = 100
"""The number of connections in which the publisher of a stream is looked for."""
_LOOKING_SECONDS: Final = 2.0
_NOBODY_CONNECTED: Final = "Nobody is connected to this room; try again when somebody is."


class Moderate:
    """Disconnects, mutes and signals clients for moderators.

    Each request to OpenTok names the room's session, so it cannot affect clients in another room.
    """

    def __init__(
        self,
        rooms: RoomAccess,
        sessions: SessionStore,
        waiting: WaitingStore,
        platform: ConnectionControl,
        clock: Clock,
    ) -> None:
        self._rooms = rooms
        self._sessions = sessions
        self._waiting = waiting
        self._platform = platform
        self._clock = clock

    def disconnect(self, user: User, name: str, connection_id: str, deadline: Deadline) -> None:
        """Disconnect a client. In a room with a waiting room, its user must wait to come back.

        Raises:
            ConnectionNotFound: The room has no such connection.
        """
        room = self._rooms.moderated_room(user, name, "disconnect others", deadline)
        # This comes first: once the client is gone, its user may come back at any moment. It also
        # holds if the waiting room is off now, and is turned on to keep the user out.
        removed = self._send_out(room, connection_id, deadline)
        subject = None if removed is None else removed.participant.user_id
        with audited(AuditAction.REMOVAL, room, subject=subject, connection_id=connection_id):
            if not self._platform.disconnect(room.session_id, connection_id, deadline):
                if removed is not None:
                    # The client has left, or the answer to the first of two attempts was lost.
                    audit_room(
                        AuditAction.REMOVAL,
                        room,
                        subject=subject,
                        connection_id=connection_id,
                        unconfirmed=True,
                    )
                raise _connection_not_found(connection_id)

    def _send_out(self, room: Room, connection_id: str, deadline: Deadline) -> Connection | None:
        """Have the client's user wait again. Return the client's connection, if it is on record."""
        connection = self._sessions.connection(room.session_id, connection_id, deadline)
        user_id = None if connection is None else connection.participant.user_id
        if user_id is not None:
            own = waiting_id(room.session_id, user_id)
            self._waiting.send_out(room, own, self._clock(), deadline)
        return connection

    def mute_stream(self, user: User, name: str, stream_id: str, deadline: Deadline) -> None:
        """Mute a stream.

        Raises:
            StreamNotFound: The room has no such stream.
        """
        room = self._rooms.moderated_room(user, name, "mute others", deadline)
        if not _is_uuid(stream_id):
            raise _stream_not_found(stream_id)
        publisher = self._publisher(room, stream_id, deadline)
        with audited(
            AuditAction.MUTE,
            room,
            subject=None if publisher is None else publisher.participant.user_id,
            connection_id=None if publisher is None else publisher.id,
            stream=stream_id,
        ):
            if not self._platform.mute_stream(room.session_id, stream_id, deadline):
                raise _stream_not_found(stream_id)

    def _publisher(self, room: Room, stream_id: str, deadline: Deadline) -> Connection | None:
        """Return the connection whose stream it is, if it is among the first ones on record."""
        with suppress(StoreUnavailable):  # a mute need not wait for whose stream it is
            capped = deadline.capped(_LOOKING_SECONDS)
            page = self._sessions.page(room.session_id, None, _LOOKED_AT, capped)
            for each in page.connections:
                if any(stream.id == stream_id for stream in each.streams):
                    return each
        return None

    def mute_all(
        self, user: User, name: str, excluded: Sequence[str], deadline: Deadline, *, active: bool
    ) -> None:
        """Mute all streams except `excluded`, or stop muting future streams if not `active`.

        Raises:
            NobodyConnected: The room has no connected client.
        """
        room = self._rooms.moderated_room(user, name, "mute others", deadline)
        with audited(AuditAction.MUTE, room, active=active, excluded=list(excluded)):
            if not self._platform.mute_all(room.session_id, excluded, deadline, active=active):
                raise NobodyConnected(_NOBODY_CONNECTED)

    def signal(
        self,
        user: User,
        name: str,
        connection_id: str | None,
        content: tuple[str | None, str],
        deadline: Deadline,
    ) -> None:
        """Send a signal to one client, or to all clients if `connection_id` is None.

        Args:
            user: The caller.
            name: The room's name.
            connection_id: The client, if only one.
            content: The signal's type, which may be None, and its data.
            deadline: The time by which the request must be answered.

        Raises:
            InvalidField: Only this service may use the type.
            SignalTooLarge: The type or the data exceeds OpenTok's limits.
            ConnectionNotFound: The room has no such connection.
            NobodyConnected: The room has no connected client.
        """
        kind, data = content
        if kind is not None and kind.startswith(OWN_SIGNALS):
            reason = f"must not begin with {OWN_SIGNALS}, which this service uses itself"
            raise InvalidField(FieldProblem("type", reason))
        if len((kind or "").encode()) > MAX_SIGNAL_TYPE_BYTES:
            raise SignalTooLarge(f"The type may have {MAX_SIGNAL_TYPE_BYTES} bytes of UTF-8.")
        if len(data.encode()) > MAX_SIGNAL_DATA_BYTES:
            raise SignalTooLarge(f"The data may have {MAX_SIGNAL_DATA_BYTES} bytes of UTF-8.")
        room = self._rooms.moderated_room(user, name, "signal from the server", deadline)
        if self._platform.signal(room.session_id, connection_id, kind, data, deadline):
            return
        if connection_id is not None:
            raise _connection_not_found(connection_id)
        raise NobodyConnected(_NOBODY_CONNECTED)


def disconnect_all(platform: ConnectionControl, session_id: str, deadline: Deadline) -> bool:
    """Disconnect all clients that OpenTok lists in a session. A repeated call does the rest.

    Returns:
        True if all clients were disconnected in time.

    Raises:
        ProviderRefused: OpenTok rejects the request; a retry would not help.
    """

    def disconnect(listed: ListedConnection) -> None:
        platform.disconnect(session_id, listed.id, deadline)

    try:
        for_each_concurrently(disconnect, platform.connections(session_id, deadline))
    except ProviderUnavailable:
        increment("DisconnectsUnfinished")
        return False
    return True


def _connection_not_found(connection_id: str) -> ConnectionNotFound:
    return ConnectionNotFound(f"This room has no connection {connection_id}.")


def _stream_not_found(stream_id: str) -> StreamNotFound:
    return StreamNotFound(f"This room has no stream {stream_id}.")


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
