"""PATCH: a room with other rules, and what that means for those who are in."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from chalicelib.core.model.connection import Connection
from chalicelib.core.model.room import Room, State
from chalicelib.core.model.seats import Seats
from chalicelib.core.model.user import User
from chalicelib.core.ports.room_store import RoomAccess, RoomStore
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.ports.video_platform import VideoPlatform
from chalicelib.core.rooms.create_room import location_hint
from chalicelib.core.rooms.room_patch import RoomPatch
from chalicelib.core.rooms.update_room import change_room
from chalicelib.core.sessions.reconcile_seats import SeatReconciler
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import increment
from chalicelib.core.support.timestamps import Clock
from chalicelib.errors import TooManyConnected

if TYPE_CHECKING:
    from datetime import datetime

MOST_SEATED_AT_ONCE: Final = 1000


class ChangeRoom:
    """Changes rooms that exist."""

    def __init__(
        self,
        *,
        store: RoomStore,
        sessions: SessionStore,
        platform: VideoPlatform,
        rooms: RoomAccess,
        seats: SeatReconciler,
        clock: Clock,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._platform = platform
        self._rooms = rooms
        self._seats = seats
        self._clock = clock

    def change(
        self, user: User, name: str, changes: RoomPatch, caller_ip: str, deadline: Deadline
    ) -> Room:
        """The room as it stands with the changes.

        Raises:
            RoomNotFound: There is none that this user may see.
            NotAModerator: The user may see it, but does not moderate it.
            RoomClosed: It was deleted.
            InvalidField: The changes contradict each other or what stands.
            TooManyConnected: More are in than can be seated at once.
        """
        room = self._rooms.moderated_room(user, name, "change it", deadline)

        def changed(standing: Room) -> Room:
            wanted = changes.apply_to(standing)
            wanted = self._reopened(standing, wanted, caller_ip, deadline)
            return self._seated(standing, wanted, deadline)

        after = change_room(self._store, room, changed, self._clock(), deadline)
        if room.settings.max_participants is None is not after.settings.max_participants:
            # Who came or went while the seats were being written.
            self._seats.reconcile(after.name, after.session_id, deadline)
        return after

    def _reopened(self, before: Room, after: Room, caller_ip: str, deadline: Deadline) -> Room:
        """A room whose hours were over gets a new session: tokens of the old one stay out."""
        now = self._clock()
        if before.state(now) is not State.CLOSED or after.state(now) is State.CLOSED:
            return after
        location = location_hint(after.settings.location, caller_ip)
        session_id = self._platform.create_session(after.settings, location, deadline)
        increment("SessionsCreated")
        return replace(after, session_id=session_id, seats=Seats())

    def _seated(self, before: Room, after: Room, deadline: Deadline) -> Room:
        """A room that gets a limit has everybody seated who is in; one that loses it, nobody."""
        was, is_now = before.settings.max_participants, after.settings.max_participants
        if (was is None) == (is_now is None) or before.session_id != after.session_id:
            return after
        if is_now is None:
            return replace(after, seats=Seats())
        everybody = self._sessions.connections(after.session_id, deadline)
        seats = _seats_of(everybody)
        if len(seats.connections) > MOST_SEATED_AT_ONCE:
            raise TooManyConnected(
                f"{len(seats.connections)} users are in; a room can be given a limit of "
                f"participants while {MOST_SEATED_AT_ONCE} are at most."
            )
        return replace(after, seats=seats)


def _seats_of(connections: Iterable[Connection]) -> Seats:
    seated: dict[str, dict[str, datetime]] = {}
    for each in connections:
        if each.participant.user_id is not None and not each.refused:
            seated.setdefault(each.participant.user_id, {})[each.id] = each.since
    return Seats(seated)
