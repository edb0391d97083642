"""Port: the record of who was connected to a room, and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.core.model.attendance import Attendance, RoomSession
from chalicelib.core.support.deadline import Deadline


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """The time from `start` until before `end`."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class ArrivalCursor:
    """The position in a session's attendance after this arrival."""

    came: datetime
    connection_id: str


@dataclass(frozen=True, slots=True)
class ArrivalPage:
    """Some connections of a session, by arrival, and where the next page starts, if anywhere."""

    connections: tuple[Attendance, ...]
    next_cursor: ArrivalCursor | None


@dataclass(frozen=True, slots=True)
class SessionPage:
    """Some sessions of a name, earliest first.

    Args:
        next_start: The time at which the next session began; None after the last one.
    """

    sessions: tuple[RoomSession, ...]
    next_start: datetime | None = None


class AttendanceStore(Protocol):
    """A store of attendance. Reads may lag behind callbacks by a moment.

    Every method raises `StoreUnavailable` if the store cannot answer in time.
    """

    def sessions_of(self, room_name: str, span: TimeSpan, deadline: Deadline) -> SessionPage:
        """Return sessions of all rooms that have or had this name, earliest first.

        They began in this time, or are among the last ones before it.
        """

    def page(
        self,
        session_id: str,
        span: TimeSpan,
        start: ArrivalCursor | None,
        limit: int,
        deadline: Deadline,
    ) -> ArrivalPage:
        """Return at most `limit` connections that lasted in this time, refused ones too.

        The page may be short, or even empty, and still have a next one.
        """

    def iter_all(self, session_id: str, span: TimeSpan, deadline: Deadline) -> Iterator[Attendance]:
        """Return all connections that lasted in this time, by arrival. The read is consistent."""
