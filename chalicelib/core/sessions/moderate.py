"""What moderators do to those who are in: send away, ban, mute, signal."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from chalicelib.core.model.connection import Connection
from chalicelib.core.model.room import MAX_BANS, Room
from chalicelib.core.model.user import User
from chalicelib.core.ports.room_store import Clock, RoomStore
from chalicelib.core.ports.session_store import OWN_SIGNALS, ConnectionControl, SessionStore
from chalicelib.core.rooms.read_rooms import ReadRooms
from chalicelib.core.rooms.update_room import change_room
from chalicelib.core.support.concurrency import for_each_concurrently
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import (
    BanNotFound,
    ConnectionNotFound,
    FieldProblem,
    InvalidField,
    NobodyConnected,
    RoomClosed,
    SignalTooLarge,
    StreamNotFound,
    TooManyBans,
)

MAX_SIGNAL_TYPE_BYTES: Final = 128
MAX_SIGNAL_DATA_BYTES: Final = 8 * 1024
_BAN_ID_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Ban:
    """A user who is out of a room and stays out.

    Args:
        id: Made of the user id, which may hold what no path can.
    """

    id: str
    user_id: str
    since: datetime


class Moderate:
    """What is done to those who are in.

    What names a connection or a stream goes to OpenTok together with the room's session, and so
    reaches nobody in another room.
    """

    def __init__(self, rooms: ReadRooms, platform: ConnectionControl) -> None:
        self._rooms = rooms
        self._platform = platform

    def disconnect(self, user: User, name: str, connection_id: str, deadline: Deadline) -> None:
        """Raises: ConnectionNotFound: It is not in this room."""
        room = self._rooms.moderated(user, name, "disconnect others", deadline)
        if not self._platform.disconnect(room.session_id, connection_id, deadline):
            raise ConnectionNotFound(f"There is no connection {connection_id} in this room.")

    def mute_stream(self, user: User, name: str, stream_id: str, deadline: Deadline) -> None:
        """Raises: StreamNotFound: It is not in this room."""
        room = self._rooms.moderated(user, name, "mute others", deadline)
        if not (
            _is_uuid(stream_id) and self._platform.mute_stream(room.session_id, stream_id, deadline)
        ):
            raise StreamNotFound(f"There is no stream {stream_id} in this room.")

    def mute_all(
        self, user: User, name: str, excluded: Sequence[str], deadline: Deadline, *, active: bool
    ) -> None:
        """Raises: NobodyConnected: There is nobody to mute."""
        room = self._rooms.moderated(user, name, "mute others", deadline)
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
        room = self._rooms.moderated(user, name, "signal from the server", deadline)
        if self._platform.signal(room.session_id, connection_id, kind, data, deadline):
            return
        if connection_id is not None:
            raise ConnectionNotFound(f"There is no connection {connection_id} in this room.")
        raise NobodyConnected("Nobody is connected to this room.")


class BanUsers:
    """Bans users from rooms, and lets them back."""

    def __init__(
        self,
        store: RoomStore,
        sessions: SessionStore,
        rooms: ReadRooms,
        platform: ConnectionControl,
        clock: Clock,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._rooms = rooms
        self._platform = platform
        self._clock = clock

    def ban(self, user: User, name: str, banned: str, deadline: Deadline) -> Ban:
        """Keep a user out from now on, and disconnect them; repeating it disconnects again.

        Raises:
            RoomClosed: The room was deleted.
            InvalidField: The user moderates the room.
            TooManyBans: As many are banned as can be.
            ProviderUnavailable: The ban stands, but its user could not be disconnected now.
        """
        room = self._rooms.moderated(user, name, "ban users", deadline)
        now = self._clock()
        after = change_room(
            self._store, room, lambda standing: _with_ban(standing, banned, now), now, deadline
        )

        def disconnect(device: Connection) -> None:
            self._platform.disconnect(after.session_id, device.id, deadline)

        for_each_concurrently(
            disconnect, self._sessions.of_user(after.session_id, banned, deadline)
        )
        return _ban(banned, after.bans[banned])

    def bans(self, user: User, name: str, deadline: Deadline) -> list[Ban]:
        """All bans of a room, the oldest first."""
        room = self._rooms.moderated(user, name, "see its bans", deadline)
        return sorted((_ban(*each) for each in room.bans.items()), key=lambda ban: ban.since)

    def lift(self, user: User, name: str, ban_id: str, deadline: Deadline) -> None:
        """Raises: BanNotFound: There is no such ban."""
        room = self._rooms.moderated(user, name, "lift its bans", deadline)
        if not any(ban_id_of(banned) == ban_id for banned in room.bans):
            raise BanNotFound("There is no such ban in this room.")

        def lifted(standing: Room) -> Room:
            kept = {each: at for each, at in standing.bans.items() if ban_id_of(each) != ban_id}
            return replace(standing, bans=kept)

        change_room(self._store, room, lifted, self._clock(), deadline)


def ban_id_of(user_id: str) -> str:
    digest = hashlib.sha256(user_id.encode()).digest()[:_BAN_ID_BYTES]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _ban(user_id: str, since: datetime) -> Ban:
    return Ban(ban_id_of(user_id), user_id, since)


def _with_ban(room: Room, banned: str, now: datetime) -> Room:
    if room.closed_at is not None:
        raise RoomClosed("This room was deleted; nobody can be in it.")
    if banned in room.settings.moderators:
        reason = "moderates this room; take them from its moderators first"
        raise InvalidField(FieldProblem("userId", reason))
    if room.connects_as_moderator(banned, now):
        raise InvalidField(FieldProblem("userId", "is an admin, who moderates every room"))
    if banned in room.bans:
        return room
    if len(room.bans) >= MAX_BANS:
        raise TooManyBans(f"{MAX_BANS} users are banned from this room; lift a ban first.")
    return replace(room, bans={**room.bans, banned: now})


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
