"""What following a session needs from outside, told in the rules' own terms.

Every call takes a deadline and answers or raises before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.core.model.connection import Connection, Counts, Session, Stream
from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import SeatClaim, SeatRelease
from chalicelib.core.support.deadline import Deadline


@dataclass(frozen=True, slots=True)
class ConnectionPage:
    """Some connections, and the id after which the next ones start; None where there are none."""

    connections: tuple[Connection, ...]
    next_cursor: str | None


class SessionStore(Protocol):
    """Keeps sessions and who is in them; never stale.

    A connection's state only moves forward: what is gone stays gone, whatever comes late.
    Every method raises `StoreUnavailable` if the store cannot answer in time.
    """

    def session(self, session_id: str, deadline: Deadline) -> Session | None:
        """What is known of a session; None if it is none of ours."""

    def monitor(self, room: Room, now: datetime, deadline: Deadline) -> None:
        """Have reconciliation look at the room's session again, and the room know that it does."""

    def record_connection(
        self,
        session: Session,
        connection: Connection,
        deadline: Deadline,
        standing: Room | None = None,
    ) -> bool:
        """Record a connection; False if it is gone already.

        Args:
            session: Where it is.
            connection: What is known of it; `refused` is kept with it.
            deadline: By when to have it written.
            standing: If given, the room must be of this revision still.

        Raises:
            StaleRoom: It is not.
        """

    def record_connection_and_seat(
        self,
        session: Session,
        connection: Connection,
        room: Room,
        claim: SeatClaim,
        deadline: Deadline,
    ) -> bool:
        """Record a connection and its seat, both or neither; False if it is gone already.

        Raises:
            StaleRoom: The room has another revision, or a fact the claim stands on is none.
        """

    def record_disconnection(
        self, session: Session, connection_id: str, at: datetime, deadline: Deadline
    ) -> bool:
        """Record that a connection is gone; whether a user was in by it, who was not refused."""

    def record_disconnection_and_release(
        self,
        session: Session,
        room: Room,
        release: SeatRelease,
        at: datetime,
        deadline: Deadline,
    ) -> None:
        """Record that a connection is gone and take it from its seat, both or neither.

        Raises:
            StaleRoom: A fact that the release stands on is none.
        """

    def record_stream(
        self, session: Session, connection_id: str, stream: Stream, deadline: Deadline
    ) -> None:
        """Record a stream, unless it or its connection is gone already; in any order.

        A connection of thousands of streams may have no room for one more, which is then left out.
        """

    def end_stream(
        self,
        session: Session,
        connection_id: str,
        stream_id: str,
        at: datetime,
        deadline: Deadline,
    ) -> None:
        """Record that a stream is gone."""

    def connections(self, session_id: str, deadline: Deadline) -> list[Connection]:
        """All that are in."""

    def page(
        self, session_id: str, start: str | None, limit: int, deadline: Deadline
    ) -> ConnectionPage:
        """Some of those who are in, by connection id."""

    def of_user(self, session_id: str, user_id: str, deadline: Deadline) -> list[Connection]:
        """A user's connections."""

    def was_connected(
        self, session_id: str, user_id: str, since: datetime, deadline: Deadline
    ) -> bool:
        """Whether the user is in and was not refused, or left after `since`."""

    def counts(self, session_id: str, deadline: Deadline) -> Counts | None:
        """The counts last kept."""

    def save_counts(self, session_id: str, counts: Counts, deadline: Deadline) -> None: ...


class DueWorkStore(Protocol):
    """What is due. Lists lag and may repeat; every method raises `StoreUnavailable`."""

    def due_rooms(self, now: datetime, limit: int, deadline: Deadline) -> Sequence[str]:
        """Names of rooms to be warned or emptied, the longest due first."""

    def reschedule(self, room: Room, due: datetime | None, deadline: Deadline) -> None:
        """Have the room due then, or never, unless it has changed since it was read."""

    def retire(self, room: Room, now: datetime, deadline: Deadline) -> bool:
        """Retire the session of a room whose hours are over; False if the room has changed."""

    def due_sessions(self, now: datetime, limit: int, deadline: Deadline) -> Sequence[str]:
        """Ids of sessions to be checked, the longest due first."""

    def mark_checked(
        self, session_id: str, next_check: datetime, deadline: Deadline, *, idle: bool
    ) -> None:
        """Have the session checked again then, and remember whether it was idle."""

    def stop_monitoring(self, session: Session, deadline: Deadline) -> bool:
        """Have a session that was idle before checked no more, and its room say so.

        Returns:
            False if somebody has come meanwhile, or it is retired by now: nothing was forgotten.
        """
