from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.model.connection import MANY_CONNECTIONS, Counts
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

        If the room has many connections, the counts are mostly those of its last reconciliation.
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


def _of_room(room: Room, counts: Counts, now: datetime) -> RoomCounts:
    return RoomCounts(counts, len(room.seats.held(now)))
