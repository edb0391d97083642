"""The port for the waiting room: who waits, and what moderators decided."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import SeatClaim
from chalicelib.core.model.waiting import Decision, ListChange, WaitingList, WaitingUser
from chalicelib.core.support.deadline import Deadline


@dataclass(frozen=True, slots=True)
class WaitingLook:
    """A room with its waiting room, as one read found them.

    Args:
        room: The latest room of the name. If it has another session, nobody waits or is approved.
        waiting: The users who asked lately.
        decision: The decision about one user, if there is one.
    """

    room: Room | None
    waiting: WaitingList = field(default_factory=WaitingList)
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class WaitingEntry:
    """The entry of a user in a waiting room.

    Args:
        room_name: The room's name.
        session_id: The session that the room had when it was last read.
        user: The waiting id of the user.
    """

    room_name: str
    session_id: str
    user: str


class StaleWaiting(Exception):
    """A write was refused because the waiting room has changed since it was read."""


class WaitingStore(Protocol):
    """A store of waiting users and decisions, by session. Reads are consistent.

    Every method raises `StoreUnavailable` if the store cannot answer in time.
    """

    def look(self, name: str, session_id: str, user: str | None, deadline: Deadline) -> WaitingLook:
        """Return the room of this name with its waiting room, by one read.

        Args:
            name: The room's name.
            session_id: The session that the room had when it was last read.
            user: The waiting id of the user whose decision is read too; None for nobody's.
            deadline: The time by which the store must have answered.
        """

    def waiting(self, room: Room, deadline: Deadline) -> WaitingList:
        """Return who asked lately for a token of the room's session."""

    def decision(self, room: Room, user: str, deadline: Deadline) -> Decision | None:
        """Return the decision about the user with this waiting id, if there is one."""

    def record(self, room: Room, change: ListChange, deadline: Deadline) -> None:
        """Write that a user asks. Without an entry in `change.before` they are new.

        Raises:
            StaleWaiting: What the write touches has changed since, or as many others as may wait
                do so by now.
        """

    def approve(
        self, room: Room, change: ListChange, claim: SeatClaim | None, deadline: Deadline
    ) -> None:
        """Approve a waiting user and keep their seat, in one transaction.

        Args:
            room: The room, whose revision must be unchanged.
            change: The removal of the user, who must still be in the list.
            claim: The claim of the user's seat; None in a room without a limit of participants.
            deadline: The time by which it must be written.

        Raises:
            StaleRoom: The room has changed, or a condition of the claim does not hold.
            StaleWaiting: What the write touches in the list has changed.
        """

    def turn_away(self, room: Room, change: ListChange, deadline: Deadline) -> None:
        """Turn a waiting user away, in one transaction.

        Raises:
            StaleWaiting: What the write touches in the list has changed.
        """

    def remove(self, room: Room, users: Sequence[WaitingUser], deadline: Deadline) -> None:
        """Remove users from the list without a decision. Those who are not in it stay out."""

    def note_signal(
        self, room: Room, before: WaitingList, signalled: int, at: datetime, deadline: Deadline
    ) -> None:
        """Write the number that moderators are about to be signalled.

        Raises:
            StaleWaiting: They have been signalled another number since.
        """

    def decide(
        self,
        room: Room,
        user: str,
        before: Decision | None,
        decision: Decision,
        deadline: Deadline,
    ) -> None:
        """Put a decision in the place of the one that was read. Nobody waits for it.

        Raises:
            StaleWaiting: Another decision was put there meanwhile.
        """

    def send_out(self, room: Room, user: str, at: datetime, deadline: Deadline) -> None:
        """Let the user wait to come back, unless they are turned away at this time."""
