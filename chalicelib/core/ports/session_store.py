"""What following a session needs from outside, told in the rules' own terms.

Every call takes a deadline and answers or raises before it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from chalicelib.core.model.connection import Connection, Counts, Stream
from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import SeatClaim, SeatRelease
from chalicelib.core.support.deadline import Deadline

OWN_SIGNALS: Final = "roomkey-"
"""What the types of the service's own signals begin with: apps act upon them."""


class StaleRoom(Exception):
    """What a write stood on no longer holds, and nothing was written: judge again.

    Args:
        room: The room as it stands now; None where there is none of this name.
    """

    def __init__(self, room: Room | None) -> None:
        super().__init__()
        self.room = room


@dataclass(frozen=True, slots=True)
class Session:
    """An OpenTok session, and the room that it belongs or belonged to.

    Args:
        guarded: Whether the room had a limit of participants or was locked when that last
            changed; a hint.
        watched: Whether reconciliation looks at it, and will go on to.
        retired_until: Its last token's latest end, where no room uses it any more.
    """

    id: str
    room_name: str
    room_id: str
    guarded: bool = False
    watched: bool = False
    retired_until: datetime | None = None

    def is_of(self, room: Room | None) -> bool:
        """Whether the room is this session's, and uses it still."""
        return room is not None and (room.room_id, room.session_id) == (self.room_id, self.id)


@dataclass(frozen=True, slots=True)
class ConnectionPage:
    """Some connections, and the id after which the next ones start; None where there are none."""

    connections: tuple[Connection, ...]
    next_cursor: str | None


class SeatStore(Protocol):
    """Writes seats. Both raise `StaleRoom` and `StoreUnavailable`."""

    def take_seat(self, room: Room, claim: SeatClaim, deadline: Deadline) -> None:
        """UpdateBuilder the seat, if the room is of the same revision and the facts hold."""

    def remember_admin(
        self,
        room: Room,
        user_id: str,
        until: datetime,
        past: Collection[str],
        deadline: Deadline,
    ) -> None:
        """Note until when an admin's token may last, and forget the admins of the past."""


class SessionStore(Protocol):
    """Keeps sessions and who is in them; never stale.

    A connection's state only moves forward: what is gone stays gone, whatever comes late.
    Every method raises `StoreUnavailable` if the store cannot answer in time.
    """

    def session(self, session_id: str, deadline: Deadline) -> Session | None:
        """What is known of a session; None if it is none of ours."""

    def watch(self, room: Room, now: datetime, deadline: Deadline) -> None:
        """Have reconciliation look at the room's session again, and the room know that it does."""

    def arrive(
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

    def leave(self, session: Session, connection_id: str, at: datetime, deadline: Deadline) -> bool:
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

    def publish(
        self, session: Session, connection_id: str, stream: Stream, deadline: Deadline
    ) -> None:
        """Record a stream, unless it or its connection is gone already; in any order.

        A connection of thousands of streams may have no room for one more, which is then left out.
        """

    def unpublish(
        self,
        session: Session,
        connection_id: str,
        stream_id: str,
        at: datetime,
        deadline: Deadline,
    ) -> None:
        """Record that a stream is gone."""

    def everybody(self, session_id: str, deadline: Deadline) -> list[Connection]:
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

    def put_off(self, room: Room, due: datetime | None, deadline: Deadline) -> None:
        """Have the room due then, or never, unless it has changed since it was read."""

    def retire(self, room: Room, now: datetime, deadline: Deadline) -> bool:
        """Retire the session of a room whose hours are over; False if the room has changed."""

    def due_sessions(self, now: datetime, limit: int, deadline: Deadline) -> Sequence[str]:
        """Ids of sessions to be checked, the longest due first."""

    def checked(
        self, session_id: str, next_check: datetime, deadline: Deadline, *, idle: bool
    ) -> None:
        """Have the session checked again then, and remember whether it was idle."""

    def forget(self, session: Session, deadline: Deadline) -> bool:
        """Have a session that was idle before checked no more, and its room say so.

        Returns:
            False if somebody has come meanwhile, or it is retired by now: nothing was forgotten.
        """


@dataclass(frozen=True, slots=True)
class ListedConnection:
    """A connection as the platform lists it."""

    id: str
    since: datetime


class ConnectionControl(Protocol):
    """What can be asked of, and done to, those connected to a session.

    Every method raises `NotConfigured`, `ProviderRefused` and `ProviderUnavailable` as
    `VideoPlatform` does.
    """

    def session_started(self, session_id: str) -> datetime | None:
        """When a session was made, if its id tells."""

    def connections(self, session_id: str, deadline: Deadline) -> Sequence[ListedConnection]:
        """Who is connected; empty where nobody ever was."""

    def stream_ids(self, session_id: str, deadline: Deadline) -> Collection[str]:
        """The streams published."""

    def disconnect(self, session_id: str, connection_id: str, deadline: Deadline) -> bool:
        """Force a client out; False if it is not connected to this session."""

    def signal(
        self,
        session_id: str,
        connection_id: str | None,
        kind: str | None,
        data: str,
        deadline: Deadline,
    ) -> bool:
        """Signal to one client or to all; False if there is no such client, or nobody.

        Raises:
            SignalTooLarge: The platform finds it so.
        """

    def mute_stream(self, session_id: str, stream_id: str, deadline: Deadline) -> bool:
        """Mute a stream; False if there is none of this id in the session."""

    def mute_all(
        self, session_id: str, excluded: Sequence[str], deadline: Deadline, *, active: bool
    ) -> bool:
        """Mute all streams, and those to come, but some; or let those to come be.

        Returns:
            False if nobody is connected.
        """
