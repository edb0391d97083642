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
    """How many are in a room, and how many seats wait for somebody to connect."""

    counts: Counts
    seats_held: int


class ReadPresence:
    """Shows who is in a room to those who may see it."""

    def __init__(self, rooms: RoomAccess, sessions: SessionStore, clock: Clock) -> None:
        self._rooms = rooms
        self._sessions = sessions
        self._clock = clock

    def counts(self, room: Room, deadline: Deadline) -> RoomCounts:
        """Counts that are at most a few seconds old, whoever asked for them last."""
        now = self._clock()
        counts = self._sessions.counts(room.session_id, deadline)
        if counts is None or not counts.are_fresh(now):
            everybody = self._sessions.connections(room.session_id, deadline)
            counts = Counts.of(everybody, now)
            self._sessions.save_counts(room.session_id, counts, deadline)
        return RoomCounts(counts, len(room.seats.held(now)))

    def connections(
        self, user: User, name: str, start: str | None, limit: int, deadline: Deadline
    ) -> tuple[ConnectionPage, RoomCounts]:
        """Some of those who are in, and the counts of all.

        Raises:
            RoomNotFound: There is none that this user may see.
        """
        room = self._rooms.visible_room(user, name, deadline)
        page = self._sessions.page(room.session_id, start, limit, deadline)
        return page, self.counts(room, deadline)
