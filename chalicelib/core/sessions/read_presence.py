from dataclasses import dataclass

from chalicelib.core.model.connection import Counts
from chalicelib.core.model.room import Room
from chalicelib.core.model.user import User
from chalicelib.core.ports.room_store import RoomAccess
from chalicelib.core.ports.session_store import ConnectionPage, SessionStore
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.timestamps import Clock


@dataclass(frozen=True, slots=True)
class RoomCounts:
    """The counts of a room's session, and the number of seats reserved for users to connect."""

    counts: Counts
    seats_held: int


class ReadPresence:
    """Shows a room's connections to users who may see the room."""

    def __init__(self, rooms: RoomAccess, sessions: SessionStore, clock: Clock) -> None:
        self._rooms = rooms
        self._sessions = sessions
        self._clock = clock

    def counts(self, room: Room, deadline: Deadline) -> RoomCounts:
        """Return counts that are at most a few seconds old. All callers share saved counts."""
        now = self._clock()
        counts = self._sessions.counts(room.session_id, deadline)
        if counts is None or not counts.are_fresh(now):
            counts = Counts.of(self._sessions.connections(room.session_id, deadline), now)
            self._sessions.save_counts(room.session_id, counts, deadline)
        return RoomCounts(counts, len(room.seats.held(now)))

    def connections(
        self, user: User, name: str, start: str | None, limit: int, deadline: Deadline
    ) -> tuple[ConnectionPage, RoomCounts]:
        """Return a page of the room's connections, and the counts of all.

        Raises:
            RoomNotFound: No such room exists, or the user may not see it.
        """
        room = self._rooms.visible_room(user, name, deadline)
        page = self._sessions.page(room.session_id, start, limit, deadline)
        return page, self.counts(room, deadline)
