from dataclasses import dataclass

from chalicelib.core.model.connection import MANY_CONNECTIONS, Counts, Stream
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
        """Return counts that are at most a few seconds old. All callers share saved counts.

        If the room has many connections, the counts are mostly those of its last reconciliation.
        """
        nobody = ConnectionPage((), None)
        return self._of_room(room, self._counts(room, nobody, deadline), deadline)

    def connections(
        self, user: User, name: str, start: str | None, limit: int, deadline: Deadline
    ) -> tuple[ConnectionPage, RoomCounts]:
        """Return a page of the room's connections, and the counts of all.

        If the page has all connections, they are what is counted. Otherwise the counts are saved
        ones, unless these contradict the page.

        Raises:
            RoomNotFound: No such room exists, or the user may not see it.
        """
        room = self._rooms.visible_room(user, name, deadline)
        page = self._sessions.page(room.session_id, start, limit, deadline)
        now = self._clock()
        if start is None and page.next_cursor is None:
            return page, self._of_room(room, Counts.of(page.connections, now), deadline)
        return page, self._of_room(room, self._counts(room, page, deadline), deadline)

    def _counts(self, room: Room, page: ConnectionPage, deadline: Deadline) -> Counts:
        """Return counts that agree with a page of the room's connections."""
        now, session_id = self._clock(), room.session_id
        saved = self._sessions.counts(session_id, deadline)
        others = page.next_cursor is not None
        if saved is not None and not saved.agree_with(page.connections, others=others):
            saved = None
        if saved is not None and saved.are_fresh(now):
            return saved
        first = self._sessions.page(session_id, None, MANY_CONNECTIONS, deadline)
        if first.next_cursor is None:
            counts = Counts.of(first.connections, now)
        elif saved is not None and saved.are_reconciled(now):
            return saved
        else:
            counts = Counts.of(self._sessions.connections(session_id, deadline), now)
        self._sessions.save_counts(session_id, counts, deadline)
        return counts

    def _of_room(self, room: Room, counts: Counts, deadline: Deadline) -> RoomCounts:
        session = self._sessions.session(room.session_id, deadline)
        unassigned = () if session is None else session.unassigned_streams
        return RoomCounts(counts, len(room.seats.held(self._clock())), unassigned)
