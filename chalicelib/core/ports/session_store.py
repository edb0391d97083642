"""Ports for sessions and for due work. Every call returns or raises before its deadline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from chalicelib.core.model.attendance import EndHint
from chalicelib.core.model.connection import Connection, Counts, Ending, EndReport, Session, Stream
from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import SeatClaim, SeatRelease
from chalicelib.core.ports.connection_page import ConnectionPage, EndedConnection
from chalicelib.core.support.deadline import Deadline


class SessionStore(Protocol):
    """A store of sessions and their connections. Reads are consistent, except that of `page`.

    A record only moves forward: after a disconnection is recorded, late events change nothing.
    Every method raises `StoreUnavailable` if the store cannot answer in time.
    """

    def session(self, session_id: str, deadline: Deadline) -> Session | None:
        """Return the session, or None if this service did not create it."""

    def monitor(self, room: Room, now: datetime, deadline: Deadline) -> None:
        """Check the room's idle session again soon and often, and remove the room's mark."""

    def record_connection(
        self,
        session: Session,
        connection: Connection,
        deadline: Deadline,
        expected: Room | None = None,
        ending: Ending | None = None,
    ) -> bool:
        """Record a connection, with its `refused` flag.

        Args:
            session: The session that the client connected to.
            connection: The connection.
            deadline: The time by which the record must be written.
            expected: If given, the stored room must still have the revision of this one.
            ending: The reason for which this service ends it, if it does.

        Returns:
            False if the connection's end is on record already.

        Raises:
            StaleRoom: The room has another revision.
        """

    def record_connection_and_seat(
        self,
        session: Session,
        connection: Connection,
        room: Room,
        claim: SeatClaim,
        deadline: Deadline,
    ) -> bool:
        """Record a connection and its seat in one transaction.

        Returns:
            False if the connection's end is on record already.

        Raises:
            StaleRoom: The room has another revision, or a condition of the claim does not hold.
        """

    def record_disconnection(
        self,
        session: Session,
        connection_id: str,
        at: datetime,
        deadline: Deadline,
        report: EndReport | EndHint | None = None,
    ) -> EndedConnection:
        """Record that a connection has ended, at `at` unless OpenTok ever reports the end."""

    def mark_ending(
        self, session_id: str, connection_id: str, ending: Ending, deadline: Deadline
    ) -> None:
        """Record why this service is about to disconnect a client, if it is on record."""

    def record_disconnection_and_release(
        self,
        session: Session,
        room: Room,
        release: SeatRelease,
        at: datetime,
        deadline: Deadline,
        *,
        report: EndReport | EndHint | None = None,
    ) -> None:
        """Record that a connection has ended and remove it from its seat, in one transaction.

        Raises:
            StaleRoom: A condition of the release does not hold.
        """

    def record_stream(
        self, session: Session, connection_id: str, stream: Stream, deadline: Deadline
    ) -> None:
        """Record a stream, unless the end of the stream or of its connection is on record.

        The calls for one connection may come in any order. A record has at most
        `MAX_STREAMS_AT_ONCE` streams, and no further stream once `MAX_ENDED_STREAMS` have ended.
        A long name is cut.
        """

    def end_stream(
        self,
        session: Session,
        connection_id: str,
        stream_id: str,
        at: datetime,
        deadline: Deadline,
        *,
        implied: datetime | None = None,
    ) -> None:
        """Record that a stream has ended, and that its connection may have ended at `implied`."""

    def save_unassigned_streams(
        self, session: Session, streams: Sequence[Stream], deadline: Deadline
    ) -> None:
        """Replace the session's streams without a known connection, if the session is on record."""

    def connection(
        self, session_id: str, connection_id: str, deadline: Deadline
    ) -> Connection | None:
        """Return a current connection, or None if it is not on record or has ended."""

    def connections(self, session_id: str, deadline: Deadline) -> list[Connection]:
        """Return all current connections."""

    def page(
        self, session_id: str, start: str | None, limit: int, deadline: Deadline
    ) -> ConnectionPage:
        """Return a page of the current connections, sorted by `place_of`.

        The page may lag behind writes by a moment. It starts after the place `start`. It has
        `limit` connections or fewer: those that can be read for 10 read units of DynamoDB, and at
        least `MANY_CONNECTIONS` if there are so many.
        """

    def of_user(self, session_id: str, user_id: str, deadline: Deadline) -> list[Connection]:
        """Return a user's current connections."""

    def was_connected(
        self, session_id: str, user_id: str, since: datetime, deadline: Deadline
    ) -> bool:
        """Return True if the user is connected and not refused, or left after `since`.

        A report that names no user does not change if a connection counts as refused here.
        """

    def counts(self, session_id: str, deadline: Deadline) -> Counts | None:
        """Return the counts saved last."""

    def save_counts(self, session_id: str, counts: Counts, deadline: Deadline) -> None: ...


class CheckQueue(StrEnum):
    """The queues of sessions to check. An earlier queue comes first."""

    LIVE = "live"
    IDLE = "idle"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class DueSession:
    """A session that is due for a check now or soon.

    Args:
        owner: The user who created the session's room, if known.
        has_access_limits: True if the session's room has a limit of participants or a lock.
    """

    id: str
    queue: CheckQueue
    due: datetime
    owner: str | None
    has_access_limits: bool


class DueWorkStore(Protocol):
    """A store of the rooms and sessions that the scheduled functions must handle.

    Its lists lag behind writes and may repeat entries. Every method raises `StoreUnavailable` if
    the store cannot answer in time.
    """

    def due_rooms(self, now: datetime, limit: int, deadline: Deadline) -> Sequence[str]:
        """Return the names of rooms to warn or to empty, longest due first."""

    def reschedule(self, room: Room, due: datetime | None, deadline: Deadline) -> None:
        """Set when the room is next due, unless the room has changed. None removes the due time."""

    def retire(self, room: Room, now: datetime, deadline: Deadline) -> bool:
        """Retire the session of a room whose closing time has passed.

        Returns:
            False if the room has changed.
        """

    def due_sessions(self, until: datetime, limit: int, deadline: Deadline) -> Sequence[DueSession]:
        """Return the sessions that are due by this time, in any order.

        Args:
            until: The time, which may be in the future.
            limit: The number of sessions that are read of each part of each queue. In a part with
                more, those that are due longest are returned.
            deadline: The time by which the store must have answered.
        """

    def schedule_check(
        self,
        session: Session,
        next_check: datetime,
        quiet_since: datetime | None,
        deadline: Deadline,
    ) -> None:
        """Set the next check after a check, unless another call has set it meanwhile.

        Args:
            session: The session as it was read before the check.
            next_check: The time of the next check.
            quiet_since: The time of the first check that found nobody; None if anybody was found.
            deadline: The time by which this must be written.
        """

    def postpone_check(self, session_id: str, until: datetime, deadline: Deadline) -> None:
        """Set the next check of a session whose check failed. Its queue stays the same."""

    def stop_checks(self, session: Session, deadline: Deadline) -> None:
        """Check the session no more, unless another call has set its next check meanwhile."""

    def mark_room_idle(self, session: Session, deadline: Deadline) -> None:
        """Mark the session's room, so that the next token that it issues resumes monitoring."""
