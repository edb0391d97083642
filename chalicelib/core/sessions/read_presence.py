from dataclasses import dataclass
from typing import Final

from chalicelib.core.model.connection import Counts, Stream
from chalicelib.core.model.room import Room
from chalicelib.core.model.user import User
from chalicelib.core.ports.connection_page import ConnectionPage
from chalicelib.core.ports.room_store import RoomAccess
from chalicelib.core.ports.session_store import SessionStore
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock

FEW_CONNECTIONS: Final = 60
"""The number of connections up to which readers count, if these can be read as one page."""


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
        saved = self._sessions.counts(room.session_id, deadline)
        if saved is not None and saved.are_fresh(self._clock()):
            return self._of_room(room, saved, deadline)
        page = self._sessions.page(room.session_id, None, FEW_CONNECTIONS, deadline)
        if page.others:
            return self._of_room(room, self._many(room, page, saved, deadline), deadline)
        counts = Counts.of(page.connections, self._clock())
        self._sessions.save_counts(room.session_id, counts, deadline)
        return self._of_room(room, counts, deadline)

    def connections(
        self, user: User, name: str, start: str | None, limit: int, deadline: Deadline
    ) -> tuple[ConnectionPage, RoomCounts]:
        """Return a page of the room's connections, and the counts of all.

        If few are in, they are read at once, and are what is counted. Otherwise the counts are
        saved ones, unless these contradict the page.

        Raises:
            RoomNotFound: No such room exists, or the user may not see it.
        """
        room = self._rooms.visible_room(user, name, deadline)
        number = limit if start is not None else max(limit, FEW_CONNECTIONS)
        page = self._sessions.page(room.session_id, start, number, deadline)
        if start is None and not page.others:
            counts = Counts.of(page.connections, self._clock())
        else:
            saved = self._sessions.counts(room.session_id, deadline)
            counts = self._many(room, page, saved, deadline)
        return page.first(limit), self._of_room(room, counts, deadline)

    def _many(
        self, room: Room, page: ConnectionPage, saved: Counts | None, deadline: Deadline
    ) -> Counts:
        """Return saved counts of many connections, unless they are too old or contradict a page."""
        now = self._clock()
        if (
            saved is not None
            and saved.agree_with(page.connections, others=page.others)
            and (saved.are_fresh(now) or saved.are_reconciled(now))
        ):
            return saved
        counts = Counts.of(self._sessions.connections(room.session_id, deadline), now)
        self._sessions.save_counts(room.session_id, counts, deadline)
        return counts

    def _of_room(self, room: Room, counts: Counts, deadline: Deadline) -> RoomCounts:
        session = self._sessions.session(room.session_id, deadline)
        unassigned = () if session is None else session.unassigned_streams
        return RoomCounts(counts, len(room.seats.held(self._clock())), unassigned)
