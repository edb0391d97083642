from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chalicelib.core.model.attendance import Attendance, RoomSession
from chalicelib.core.model.user import User
from chalicelib.core.ports.attendance import ArrivalCursor, AttendanceStore, TimeSpan
from chalicelib.core.ports.room_store import RoomAccess, RoomStore
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import Clock
from chalicelib.errors import AttendanceNotKept, FieldProblem, InvalidField

MAX_READS_OF_A_PAGE: Final = 5
"""The number of reads after which a page ends, so that past connections do not hold it up."""
USUAL_SPAN: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class AttendanceCursor:
    """The position in the attendance of a room.

    Args:
        session_started_at: The time that identifies the session among those of the room.
        after: The position in the session; None before its first connection.
    """

    session_started_at: datetime
    after: ArrivalCursor | None


@dataclass(frozen=True, slots=True)
class AttendancePage:
    """Some connections of a room, by session and arrival, and where the next page starts."""

    connections: tuple[Attendance, ...]
    next_cursor: AttendanceCursor | None


class ReadAttendance:
    """Shows moderators who was in their room, also after the room was deleted.

    Args:
        rooms: The rooms.
        access: Says why a user may not see the attendance of a room.
        store: The record.
        clock: Returns the current time.
        kept: The time for which attendance is kept; 0 keeps none.
    """

    def __init__(
        self,
        rooms: RoomStore,
        access: RoomAccess,
        store: AttendanceStore,
        clock: Clock,
        kept: timedelta,
    ) -> None:
        self._rooms = rooms
        self._access = access
        self._store = store
        self._clock = clock
        self._kept = kept

    def span(self, start: datetime | None, end: datetime | None) -> TimeSpan:
        """Return the time that a caller asks for: until now, and of 24 hours, by default.

        Raises:
            InvalidField: The time does not end after its start.
        """
        try:
            until = end or self._clock()
            since = start or until - USUAL_SPAN
        except OverflowError:
            since = until
        if since >= until:
            raise InvalidField(FieldProblem("from", "must be before `to`"))
        return TimeSpan(since, until)

    def of_room(
        self,
        user: User,
        name: str,
        span: TimeSpan,
        deadline: Deadline,
        *,
        start: AttendanceCursor | None,
        limit: int,
    ) -> AttendancePage:
        """Return a page of the connections that lasted in this time, open ones too.

        Moderators see those of the room of this name. Admins also see those of earlier rooms of
        this name, and so does the user who created such a room.

        Raises:
            AttendanceNotKept: The service keeps no attendance.
            RoomNotFound, Banned, NotAModerator: See `RoomAccess.moderated_room`.
        """
        # DynamoDB removes what has expired later, and nothing earlier than `LEAST_KEPT`.
        span = TimeSpan(max(span.start, self._clock() - self._kept), span.end)
        since = span.start if start is None else max(span.start, start.session_started_at)
        listed = self._store.sessions_of(name, TimeSpan(since, span.end), deadline)
        left = self._seen_by(user, name, listed.sessions, deadline)
        if not self._kept:
            raise AttendanceNotKept("This service keeps no attendance.")
        if start is not None:
            left = [each for each in left if each.started_at >= start.session_started_at]
        found: list[Attendance] = []
        after = None
        if start is not None and left and left[0].started_at == start.session_started_at:
            after = start.after
        for _ in range(MAX_READS_OF_A_PAGE):
            if not left or len(found) == limit:
                break
            page = self._store.page(left[0].id, span, after, limit - len(found), deadline)
            found += page.connections
            after = page.next_cursor
            if after is None:
                left = left[1:]
        following = None
        if left:
            following = AttendanceCursor(left[0].started_at, after)
        elif listed.next_start is not None:
            following = AttendanceCursor(listed.next_start, None)
        return AttendancePage(tuple(found), following)

    def _seen_by(
        self, user: User, name: str, sessions: Iterable[RoomSession], deadline: Deadline
    ) -> list[RoomSession]:
        """Return those of the sessions whose attendance the user may see."""
        room = self._rooms.find(name, deadline)

        def may_see(session: RoomSession) -> bool:
            if room is not None and session.room_id == room.room_id:
                return room.moderated_by(user)
            return user.admin or session.owner == user.id

        seen = [each for each in sessions if may_see(each)]
        if not seen:
            self._access.moderated_room(user, name, "see its attendance", deadline)
        return seen
