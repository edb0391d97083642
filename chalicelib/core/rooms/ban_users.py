from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.core.audit.room_entries import audit_room
from chalicelib.core.model.connection import Connection, Ending
from chalicelib.core.model.room import MAX_BANS, MAX_BANS_BYTES, Room
from chalicelib.core.model.user import User, is_guest_id
from chalicelib.core.model.waiting import waiting_id
from chalicelib.core.ports.room_store import (
    MAX_ATTEMPTS,
    RoomAccess,
    RoomStore,
    SeatStore,
    StaleRoom,
    busy,
)
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.ports.video_platform import ConnectionControl
from chalicelib.core.ports.waiting_store import WaitingStore
from chalicelib.core.rooms.invitations.end_invitations import EndInvitations
from chalicelib.core.rooms.update_room import update_room
from chalicelib.core.support.audit import AuditAction
from chalicelib.core.support.concurrency import for_each_concurrently
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock, short_hash, total_bytes
from chalicelib.errors import (
    BanNotFound,
    FieldProblem,
    InvalidField,
    RoomClosed,
    TooManyBans,
)


@dataclass(frozen=True, slots=True)
class Ban:
    """A user who may not join a room.

    Args:
        id: A hash of the user id, because a user id may contain characters that no path can.
    """

    id: str
    user_id: str
    since: datetime


class BanUsers:
    """Bans users from rooms, and lifts bans."""

    def __init__(
        self,
        *,
        store: RoomStore,
        seats: SeatStore,
        sessions: SessionStore,
        waiting: WaitingStore,
        end_invitations: EndInvitations,
        rooms: RoomAccess,
        platform: ConnectionControl,
        clock: Clock,
    ) -> None:
        self._store = store
        self._seats = seats
        self._sessions = sessions
        self._waiting = waiting
        self._end_invitations = end_invitations
        self._rooms = rooms
        self._platform = platform
        self._clock = clock

    def ban(self, user: User, name: str, banned: str, deadline: Deadline) -> Ban:
        """Ban a user, disconnect them and free their seat. A repeated ban does so again.

        Of a guest, end a single-use invitation that is not used yet, and what they made.

        Raises:
            RoomClosed: The room was deleted.
            InvalidField: The user is named as a moderator of the room. An admin who is not named
                can be banned, because nobody knows whether they still are one.
            TooManyBans: The room has the maximum of bans, in number or in bytes.
            ProviderUnavailable: The ban is stored, but OpenTok did not disconnect the user,
                or a guest whose invitation has ended with it.
        """
        room = self._rooms.moderated_room(user, name, "ban users", deadline)
        now = self._clock()
        after = update_room(
            self._store, room, lambda current: _with_ban(current, banned, now), now, deadline
        )
        audit_room(AuditAction.BAN, after, subject=banned)

        def disconnect(connection: Connection) -> None:
            self._sessions.mark_ending(after.session_id, connection.id, Ending.BANNED, deadline)
            self._platform.disconnect(after.session_id, connection.id, deadline)

        ended = frozenset[str]()
        if is_guest_id(banned):
            ended = self._end_invitations.end_for_guest(after, banned, deadline)
        # A user who was approved must wait again, once the ban is lifted.
        self._waiting.send_out(after, waiting_id(after.session_id, banned), now, deadline)
        for_each_concurrently(
            disconnect, self._sessions.of_user(after.session_id, banned, deadline)
        )
        # Free the seat last: until then its user counts as one who is in.
        self._free_seat(after, banned, deadline)
        if ended:
            self._end_invitations.disconnect_guests(after, ended, deadline)
        return _ban(banned, after.bans[banned])

    def _free_seat(self, room: Room, banned: str, deadline: Deadline) -> None:
        """Free the seat of a banned user, unless the ban is lifted meanwhile."""
        current: Room | None = room
        for attempt in range(1, MAX_ATTEMPTS + 1):
            if current is None or current.settings.max_participants is None:
                return
            if current.room_id != room.room_id or banned not in current.bans:
                return
            try:
                self._seats.free(current, banned, deadline)
            except StaleRoom as stale:
                current = stale.room
                deadline.back_off(attempt)
            else:
                return
        raise busy(f"room {room.name}")

    def bans(self, user: User, name: str, deadline: Deadline) -> list[Ban]:
        """Return all bans of a room, oldest first."""
        room = self._rooms.moderated_room(user, name, "see its bans", deadline)
        return sorted((_ban(*each) for each in room.bans.items()), key=lambda ban: ban.since)

    def lift(self, user: User, name: str, ban_id: str, deadline: Deadline) -> None:
        """Lift a ban.

        Raises:
            BanNotFound: The room has no such ban.
        """
        room = self._rooms.moderated_room(user, name, "lift its bans", deadline)
        chosen = [banned for banned in room.bans if ban_id_of(banned) == ban_id]
        if not chosen:
            raise BanNotFound("This room has no such ban.")

        def without_ban(current: Room) -> Room:
            others = {each: at for each, at in current.bans.items() if ban_id_of(each) != ban_id}
            return replace(current, bans=others)

        update_room(self._store, room, without_ban, self._clock(), deadline)
        audit_room(AuditAction.BAN_LIFTED, room, subject=chosen[0])


def ban_id_of(user_id: str) -> str:
    return short_hash(user_id)


def _ban(user_id: str, since: datetime) -> Ban:
    return Ban(ban_id_of(user_id), user_id, since)


def _with_ban(room: Room, banned: str, now: datetime) -> Room:
    if room.closed_at is not None:
        raise RoomClosed("This room was deleted, so nobody can be banned from it.")
    if banned in room.settings.moderators:
        reason = "must not be a moderator; remove the user from the moderators first"
        raise InvalidField(FieldProblem("userId", reason))
    if banned in room.bans:
        return room
    if len(room.bans) >= MAX_BANS or total_bytes([*room.bans, banned]) > MAX_BANS_BYTES:
        raise TooManyBans(
            f"A room may have {MAX_BANS} bans, whose user ids may have {MAX_BANS_BYTES} bytes of "
            "UTF-8 in total; lift one first."
        )
    return replace(room, bans={**room.bans, banned: now})
