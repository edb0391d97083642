"""Ports for rooms and seats: the interfaces that use cases need and adapters implement.

Every call takes the request's deadline and returns or raises before it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import SeatClaim
from chalicelib.core.model.user import User
from chalicelib.core.ports.quota_store import Allowance
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import StoreUnavailable


@dataclass(frozen=True, slots=True)
class RoomCursor:
    """The position after a room in a list sorted by time of creation."""

    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RoomPage:
    """A page of a list of rooms.

    Args:
        next_cursor: The start of the next page; None on the last page.
    """

    rooms: tuple[Room, ...]
    next_cursor: RoomCursor | None


class RoomStore(Protocol):
    """A store of rooms. Names are compared without case.

    Every method raises `StoreUnavailable` if the store cannot answer in time.
    """

    def find(self, name: str, deadline: Deadline) -> Room | None:
        """Return the latest room of this name, even a closed one. The read is consistent."""

    def create(
        self,
        room: Room,
        replaced: Room | None,
        deadline: Deadline,
        allowance: Allowance | None = None,
        pooled_for: str | None = None,
    ) -> Room:
        """Put the room if its name is unused or still belongs to the closed room `replaced`.

        Args:
            room: The new room.
            replaced: The closed room that has the name, if any.
            deadline: The time by which the call must return.
            allowance: The count to which the room is added, in the same transaction.
            pooled_for: The project in whose pool the room's session is. The session leaves the
                pool in the same transaction. None for a session that was made for this room.

        Returns:
            The room that has the name afterwards: this one, or one that was created earlier.

        Raises:
            SessionTaken: The name is free, but the session is no longer in the pool.
            AllowanceSpent: The name is free, but the count is at its limit.
        """

    def close(self, room: Room, closed_at: datetime, deadline: Deadline) -> Room:
        """Mark the room as deleted, without seats. A repeated call changes nothing.

        If a newer room has the name, the call changes nothing either.

        Returns:
            The room, with its new session if it was reopened meanwhile.
        """

    def compare_and_set(self, before: Room, after: Room, now: datetime, deadline: Deadline) -> None:
        """Write the differences and raise the revision, if the room has the revision of `before`.

        If the session differs, the old session is retired as of `now`.

        Raises:
            StaleRoom: The room has changed meanwhile.
        """

    def created_by(
        self, user_id: str, start: RoomCursor | None, limit: int, deadline: Deadline
    ) -> RoomPage:
        """Return a page of the rooms that this user created and has not deleted, newest first.

        A page may have fewer rooms than `limit`, or none, though a next page exists.
        """

    def count_created_by(self, user_id: str, limit: int, deadline: Deadline) -> int:
        """Count the rooms that this user created and has not deleted, up to `limit`.

        The count may be a moment out of date, like the list.
        """


@dataclass(frozen=True, slots=True)
class DirectoryPlace:
    """The position after an entry in the directory of all rooms.

    Args:
        id: The room's name in lower case, or the id of a session.
        owner: The user who created the room, or the name of the session's room.
        is_session: True if the entry is a session's.
    """

    id: str
    created_at: datetime
    owner: str
    is_session: bool


@dataclass(frozen=True, slots=True)
class DirectoryPage:
    """A page of all rooms, which may be short or empty though a next page exists."""

    rooms: tuple[Room, ...]
    after: DirectoryPlace | None


class RoomDirectory(Protocol):
    """Lists of the rooms of all users. They may be a moment out of date.

    Every method raises `StoreUnavailable` if it cannot answer in time.
    """

    def page_of_all(
        self, after: DirectoryPlace | None, limit: int, deadline: Deadline
    ) -> DirectoryPage:
        """Return a page of all rooms that are not deleted, each once, in no particular order.

        Args:
            after: The place after which the page starts; None for the first page.
            limit: The number of entries to look at, 1 to 100.
            deadline: The time by which the call must return.
        """

    def live_sessions(self, limit: int, deadline: Deadline) -> Sequence[str]:
        """Return the ids of the sessions in which somebody was at their last check.

        Sessions are among them whose first check is still to come. There may be more than `limit`.
        """

    def rooms_of(self, session_ids: Sequence[str], deadline: Deadline) -> Sequence[Room]:
        """Return the rooms that use these sessions now, in the same order.

        Args:
            session_ids: At most 100 sessions.
            deadline: The time by which the call must return.
        """


class RoomAccess(Protocol):
    """An interface for rooms that a user may see or control.

    Every method also raises `StoreUnavailable`.
    """

    def visible_room(self, user: User, name: str, deadline: Deadline) -> Room:
        """Return the room of this name, open or closed.

        Raises:
            RoomNotFound: No such room exists, or the user may not see it.
            Banned: A moderator has banned the user.
        """

    def moderated_room(self, user: User, name: str, to_do: str, deadline: Deadline) -> Room:
        """Return the room of this name, if the user moderates it.

        Raises:
            RoomNotFound: No such room exists, or the user may not see it.
            Banned: A moderator has banned the user.
            NotAModerator: The user may see the room, but not do `to_do`.
        """

    def room_with_media(self, user: User, name: str, to_do: str, deadline: Deadline) -> Room:
        """Return the room, if the user moderates it and OpenTok can process its media.

        Raises:
            RoomNotFound, NotAModerator: See `moderated_room`.
            RoomClosed, NotRouted, EncryptedRoom: OpenTok cannot process its media.
        """


class StaleRoom(Exception):
    """A write was refused because the room has changed since it was read.

    Args:
        room: The current room; None if no room has this name any more.
    """

    def __init__(self, room: Room | None) -> None:
        super().__init__()
        self.room = room


class SeatStore(Protocol):
    """A store of seats. Every method raises `StaleRoom` and `StoreUnavailable`."""

    def write_claim(self, room: Room, claim: SeatClaim, deadline: Deadline) -> None:
        """Write the claim, if the room's revision is unchanged and the claim's conditions hold."""

    def free(self, room: Room, user_id: str, deadline: Deadline) -> None:
        """Delete a user's seat, hold and wait, if the room's revision is unchanged."""

    def remember_admin(
        self,
        room: Room,
        user_id: str,
        until: datetime,
        past: Collection[str],
        deadline: Deadline,
    ) -> None:
        """Record until when an admin's token may be valid, and delete the records of `past`."""


MAX_ATTEMPTS: Final = 8


def busy(subject: str) -> StoreUnavailable:
    """Return the error for a room that others kept changing during every attempt.

    Args:
        subject: The room or connection that the write was for, for the log.
    """
    return StoreUnavailable(
        "Too many requests are changing this room at the moment; please try again.",
        note=f"{subject}: stale {MAX_ATTEMPTS} times",
        retry_after=2,
    )
