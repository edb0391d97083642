"""What the rules need from outside, told in their own terms.

Every call takes the request's deadline and answers or raises before it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import SeatClaim
from chalicelib.core.model.user import User
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import StoreUnavailable


@dataclass(frozen=True, slots=True)
class RoomCursor:
    """Where a list of rooms goes on: after the room of this name and time of creation."""

    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RoomPage:
    """Some rooms, and where the next ones start; None where there are no more."""

    rooms: tuple[Room, ...]
    next_cursor: RoomCursor | None


class RoomStore(Protocol):
    """Keeps rooms. Names are compared without case.

    Every method raises `StoreUnavailable` if the store cannot answer in time.
    """

    def find(self, name: str, deadline: Deadline) -> Room | None:
        """The latest room of this name, closed ones included; never stale."""

    def create(self, room: Room, replaced: Room | None, deadline: Deadline) -> Room:
        """Put the room if its name is unused or still held by the closed room `replaced`.

        Returns:
            The room that stands afterwards: this one, or the one that was there first.
        """

    def close(self, room: Room, closed_at: datetime, deadline: Deadline) -> Room:
        """Mark the room as closed for good. Repeating it, or a newer room, changes nothing.

        Returns:
            The room as it stood, with another session if it was opened again meanwhile.
        """

    def compare_and_set(self, before: Room, after: Room, now: datetime, deadline: Deadline) -> None:
        """Write what differs, if the room still has the revision that was read. Raise that by one.

        If the session is another one, the old session is retired from now on.

        Raises:
            StaleRoom: The room has changed meanwhile.
        """

    def created_by(
        self, user_id: str, start: RoomCursor | None, limit: int, deadline: Deadline
    ) -> RoomPage:
        """The rooms this user created and has not deleted, newest first."""


class RoomAccess(Protocol):
    """Finds rooms for those who may see or control them; also raises as `RoomStore` does."""

    def visible_room(self, user: User, name: str, deadline: Deadline) -> Room:
        """The room of this name, open or closed.

        Raises:
            RoomNotFound: There is none, or it is not for this user.
        """

    def moderated_room(self, user: User, name: str, to_do: str, deadline: Deadline) -> Room:
        """The room of this name, for somebody who may control it.

        Raises:
            RoomNotFound: As for `one`.
            NotAModerator: The user may see it, but not do `to_do`.
        """


class StaleRoom(Exception):
    """What a write stood on no longer holds, and nothing was written: judge again.

    Args:
        room: The room as it stands now; None where there is none of this name.
    """

    def __init__(self, room: Room | None) -> None:
        super().__init__()
        self.room = room


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


MAX_ATTEMPTS: Final = 8


def busy(room: Room) -> StoreUnavailable:
    return StoreUnavailable(
        "Too many are changing this room at the moment; try again.",
        note=f"room {room.name}: stale {MAX_ATTEMPTS} times",
        retry_after=2,
    )
