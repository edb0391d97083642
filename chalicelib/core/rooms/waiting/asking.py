"""The parts of a join that concern the waiting room, and their rules."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.model.user import User, is_guest_id
from chalicelib.core.model.waiting import (
    ASK_AGAIN_SECONDS,
    MAX_NAME_BYTES,
    Decision,
    Verdict,
    WaitingList,
    WaitingUser,
)
from chalicelib.core.ports.waiting_store import WaitingLook
from chalicelib.core.support.formats import cut_to_bytes
from chalicelib.errors import TurnedAway, WaitingRoomFull


@dataclass(frozen=True, slots=True)
class Asking:
    """The part of a join that the waiting room needs.

    Args:
        name: The display name that the caller chose. Moderators see that of a guest.
        skips: True if the user need not wait, unless a moderator has decided against them.
        uses_left: The uses left of a new guest's invitation; None if there is no limit to them.
        look: The room and its waiting room, if they have just been read.
    """

    name: str | None = None
    skips: bool = False
    uses_left: int | None = None
    look: WaitingLook | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval that a user who passes needs on record.

    Args:
        own: The waiting id of the user.
        before: The decision about the user that was read.
        decision: The decision to put in its place.
    """

    own: str
    before: Decision | None
    decision: Decision


def check_not_turned_away(decision: Decision | None, now: datetime) -> None:
    """Check that no moderator has turned the user away.

    Raises:
        TurnedAway: One has, less than 10 minutes ago.
    """
    until = None if decision is None else decision.turned_away_until(now)
    if until is not None:
        raise TurnedAway(
            "A moderator did not approve you. You may ask again later.",
            retry_after=max(1, int((until - now).total_seconds())),
        )


def check_uses(mine: WaitingUser, asking: Asking, waiting: WaitingList, now: datetime) -> None:
    """Check that others leave a use of the invitation to this guest.

    Raises:
        WaitingRoomFull: As many wait already as it has uses left.
    """
    left = asking.uses_left
    if left is not None and waiting.uses_awaited(mine, now) >= left:
        raise WaitingRoomFull(
            "As many guests wait already as may still come by this invitation.",
            retry_after=ASK_AGAIN_SECONDS,
        )


def approval_of(user: User, own: str, before: Decision | None, now: datetime) -> Approval | None:
    """Return the approval that the user needs on record; None if it is there."""
    by = invitation_of(user)
    if before is not None and before.approves_by(by) and not before.is_old(now):
        return None
    return Approval(own, before, Decision(Verdict.APPROVED, now, by))


def invitation_of(user: User) -> str | None:
    """Return the id of the invitation by which the user comes; None if they are no guest."""
    return None if user.invited is None else user.invited.invitation_id


def shown_name(user: User, asking: Asking) -> str | None:
    """Return the name that moderators see. Only guests choose it themselves."""
    name = user.name if user.name is not None or not is_guest_id(user.id) else asking.name
    return None if name is None else cut_to_bytes(name, MAX_NAME_BYTES)
