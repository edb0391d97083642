from dataclasses import dataclass

from chalicelib.core.model.connection import Counts, Stream
from chalicelib.core.model.room import Room
from chalicelib.core.model.user import User
from chalicelib.core.ports.room_store import RoomAccess
from chalicelib.core.ports.session_store import ConnectionPage, SessionStore
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock


@dataclass(frozen=True, slots=True)
class RoomCounts:
    """The counts of a room's session.

    Args:
        counts: The counts of connections and their streams.
        seats_held: The number of seats reserved for users to connect.
        unassigned_streams: Streams of clients that are not known, as a callback was lost.
    """

    counts: Counts
    seats_held: int
    unassigned_streams: tuple[Stream, ...]

    @property
    def streams(self) -> int:
        return self.counts.streams + len(self.unassigned_streams)


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
        session = self._sessions.session(room.session_id, deadline)
        unassigned = () if session is None else session.unassigned_streams
        return RoomCounts(counts, len(room.seats.held(now)), unassigned)

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
