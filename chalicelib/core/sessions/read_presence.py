from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.model.connection import MANY_CONNECTIONS, Connection, Counts
from chalicelib.core.model.room import Room
from chalicelib.core.model.user import User
from chalicelib.core.ports.room_store import RoomAccess
from chalicelib.core.ports.session_store import ConnectionPage, SessionStore
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock


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
        """Return counts that are at most a few seconds old. All callers share saved counts.

        If the room has many connections, the counts are those of its last reconciliation.
        """
        nobody = ConnectionPage((), None)
        return _of_room(room, self._counts(room, nobody, deadline), self._clock())

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
            return page, _of_room(room, Counts.of(page.connections, now), now)
        return page, _of_room(room, self._counts(room, page, deadline), now)

    def _counts(self, room: Room, page: ConnectionPage, deadline: Deadline) -> Counts:
        """Return counts that agree with a page of the room's connections."""
        now, others = self._clock(), page.next_cursor is not None
        counts = self._sessions.counts(room.session_id, deadline)
        if (
            counts is None
            or not counts.are_fresh(now)
            or not counts.agree_with(page.connections, others=others)
        ):
            counts = Counts.of(self._everybody(room.session_id, deadline), now)
            self._sessions.save_counts(room.session_id, counts, deadline)
        return counts

    def _everybody(self, session_id: str, deadline: Deadline) -> Sequence[Connection]:
        """Return all connections. Up to `MANY_CONNECTIONS` are read for half the price."""
        first = self._sessions.page(session_id, None, MANY_CONNECTIONS, deadline)
        if first.next_cursor is None:
            return first.connections
        return self._sessions.connections(session_id, deadline)


def _of_room(room: Room, counts: Counts, now: datetime) -> RoomCounts:
    return RoomCounts(counts, len(room.seats.held(now)))
