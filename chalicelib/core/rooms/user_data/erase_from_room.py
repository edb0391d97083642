"""The erasure of a user from a room's own record."""

from dataclasses import replace
from enum import Enum, auto

from chalicelib.core.model.room import Room
from chalicelib.core.ports.room_store import MAX_ATTEMPTS, RoomStore, SeatStore, StaleRoom, busy
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.rooms.update_room import update_room
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.errors import RoomNotFound


class Outcome(Enum):
    """The result of the erasure of a user from one record."""

    ERASED = auto()
    WAITS = auto()
    KEPT = auto()


class RoomEraser:
    """Puts a tombstone in a user's place in rooms, unless the user is connected."""

    def __init__(
        self, rooms: RoomStore, seats: SeatStore, sessions: SessionStore, clock: Clock
    ) -> None:
        self._rooms = rooms
        self._seats = seats
        self._sessions = sessions
        self._clock = clock

    def erase(
        self, name: str, user_id: str, tombstone: str, deadline: Deadline, *, keeps_ban: bool
    ) -> Outcome:
        """Erase a user from the room of this name. The user's ban stays if `keeps_ban` is True."""
        room = self._rooms.find(name, deadline)
        if room is None:
            return Outcome.KEPT
        if room.seats.is_live(user_id) or self._sessions.of_user(
            room.session_id, user_id, deadline
        ):
            return Outcome.WAITS
        after = self._without_seat(room, user_id, tombstone, deadline)
        if after is None:
            return Outcome.KEPT

        def erased(current: Room) -> Room:
            return _erased(current, user_id, tombstone, keeps_ban=keeps_ban)

        if erased(after) == after:
            return Outcome.KEPT if after is room else Outcome.ERASED
        try:
            update_room(self._rooms, after, erased, self._clock(), deadline)
        except RoomNotFound:
            return Outcome.KEPT
        return Outcome.ERASED

    def _without_seat(
        self, room: Room, user_id: str, tombstone: str, deadline: Deadline
    ) -> Room | None:
        """Remove the user's seat and time as an admin.

        Returns:
            The room as it is then, and `room` itself if there was neither; None if it is gone.
        """
        current: Room | None = room
        for attempt in range(1, MAX_ATTEMPTS + 1):
            if current is None or current.room_id != room.room_id:
                return None
            seats, until = current.seats, current.admins_until.get(user_id)
            has_seat = user_id in {*seats.connections, *seats.holds, *seats.waiting}
            if not has_seat and until is None:
                return current
            try:
                if has_seat:
                    self._seats.free(current, user_id, deadline)
                if until is not None:
                    self._seats.remember_admin(current, tombstone, until, {user_id}, deadline)
            except StaleRoom as stale:
                current = stale.room
                deadline.back_off(attempt)
            else:
                current = self._rooms.find(room.name, deadline)
        raise busy(f"room {room.name}")


def _erased(room: Room, user_id: str, tombstone: str, *, keeps_ban: bool) -> Room:
    """Return the room with the tombstone in the user's place."""

    def swap(users: frozenset[str]) -> frozenset[str]:
        return frozenset(tombstone if each == user_id else each for each in users)

    settings, members = room.settings, room.settings.members
    bans = room.bans
    if user_id in bans and not keeps_ban:
        bans = {tombstone if each == user_id else each: at for each, at in bans.items()}
    return replace(
        room,
        created_by=tombstone if room.created_by == user_id else room.created_by,
        settings=replace(
            settings,
            moderators=swap(settings.moderators),
            members=None if members is None else swap(members),
        ),
        bans=bans,
    )
