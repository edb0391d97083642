import base64
import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from chalicelib.core.model.connection import Connection
from chalicelib.core.model.room import MAX_BANS, Room
from chalicelib.core.model.user import User
from chalicelib.core.ports.room_store import RoomAccess, RoomStore
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.ports.video_platform import ConnectionControl
from chalicelib.core.rooms.update_room import change_room
from chalicelib.core.support.concurrency import for_each_concurrently
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.timestamps import Clock
from chalicelib.errors import (
    BanNotFound,
    FieldProblem,
    InvalidField,
    RoomClosed,
    TooManyBans,
)

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


class BanUsers:
    """Bans users from rooms, and lets them back."""

    def __init__(
        self,
        store: RoomStore,
        sessions: SessionStore,
        rooms: RoomAccess,
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
        room = self._rooms.moderated_room(user, name, "ban users", deadline)
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
        room = self._rooms.moderated_room(user, name, "see its bans", deadline)
        return sorted((_ban(*each) for each in room.bans.items()), key=lambda ban: ban.since)

    def lift(self, user: User, name: str, ban_id: str, deadline: Deadline) -> None:
        """Raises: BanNotFound: There is no such ban."""
        room = self._rooms.moderated_room(user, name, "lift its bans", deadline)
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
