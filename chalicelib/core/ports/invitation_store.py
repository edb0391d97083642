"""The port for invitations and the guests who have come by them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from chalicelib.core.model.invitation import Invitation, InvitationUse
from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import SeatClaim
from chalicelib.core.ports.waiting_store import WaitingEntry, WaitingLook
from chalicelib.core.support.deadline import Deadline

NO_KEY_HASH: Final = "-" * 64
"""A text that is the hash of no guest's key, to look up an invitation alone."""


@dataclass(frozen=True, slots=True)
class FoundInvitation:
    """An invitation as a guest finds it.

    Args:
        invitation: None if there is none with this id.
        has_come: True if a guest with this key has come by it before.
    """

    invitation: Invitation | None
    has_come: bool


@dataclass(frozen=True, slots=True)
class RoomInvitations:
    """The list of a room's invitations.

    Args:
        version: The number of changes to the list; 0 if there is none yet.
        invitations: Those on the list that still exist, ended ones too, in any order.
        revoked_until: The time at which the last revoked invitation would have ended, if there
            is one: until then, its guests may have client tokens.
    """

    version: int
    invitations: tuple[Invitation, ...]
    revoked_until: datetime | None = None


class StaleInvitations(Exception):
    """A new invitation was not added, because the room's list has changed since it was read."""


class InvitationEnded(Exception):
    """Nothing was written: the guest's invitation is revoked, or other guests have used it up."""


class HasComeBefore(Exception):
    """A use was not taken, because this guest has taken one already."""


class InvitationStore(Protocol):
    """A store of invitations. Reads are consistent.

    Every method raises `StoreUnavailable` if the store cannot answer in time.
    """

    def look_up(self, invitation_id: str, key_hash: str, deadline: Deadline) -> FoundInvitation:
        """Return the invitation, and if the guest with this key has come by it, in one call."""

    def look_up_waiting(
        self, invitation_id: str, key_hash: str, place: WaitingEntry, deadline: Deadline
    ) -> tuple[FoundInvitation, WaitingLook]:
        """Return the same, and the room and its waiting room, in one call."""

    def of_room(self, room_id: str, deadline: Deadline) -> RoomInvitations:
        """Return the list of the room's invitations."""

    def put_new(
        self,
        invitation: Invitation,
        listed: RoomInvitations,
        dropped: Collection[str],
        deadline: Deadline,
    ) -> None:
        """Store a new invitation, and put it on the list of its room.

        Args:
            invitation: The new invitation.
            listed: The list as it was read.
            dropped: The ids of the invitations that the list no longer needs.
            deadline: The time by which the call must return.

        Raises:
            InvitationEnded: The invitation by which its maker came is revoked.
            StaleInvitations: The list has changed since it was read.
        """

    def revoke(self, invitation_id: str, room_id: str, at: datetime, deadline: Deadline) -> bool:
        """End an invitation, and note its end on the list. A repeated call changes nothing more.

        Returns:
            False if the room has no such invitation.
        """

    def revoked_until(self, room_id: str, deadline: Deadline) -> datetime | None:
        """Return `RoomInvitations.revoked_until`, by one small read."""

    def revoked(self, invitation_ids: Collection[str], deadline: Deadline) -> frozenset[str]:
        """Return those of these invitations that are revoked or no longer exist."""

    def take_use(
        self, use: InvitationUse, room: Room, claim: SeatClaim | None, deadline: Deadline
    ) -> None:
        """Take a use of the invitation, and write the claim of a seat, in one transaction.

        Args:
            use: The use, and the guest who takes it.
            room: The room as it was read.
            claim: The claim of the guest's seat; None in a room without a limit of participants.
            deadline: The time by which the call must return.

        Raises:
            HasComeBefore: The guest has taken a use already.
            InvitationEnded: The invitation is revoked or used up.
            StaleRoom: The room has another revision, or a condition of the claim does not hold.
        """
