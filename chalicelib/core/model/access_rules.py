"""The access rules of a room, checked at a join and again when a client connects.

The first rule that fails decides. docs/rooms.md has a table of these rules, and both orders: a join
is checked in another order than a connection.
"""

import math
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from chalicelib.core.model.connection import Connection, Participant, Session
from chalicelib.core.model.room import Room, State
from chalicelib.core.model.user import Role, User
from chalicelib.core.support.formats import rfc3339
from chalicelib.errors import (
    Banned,
    NotAMember,
    RoleNotAllowed,
    RoomClosed,
    RoomFull,
    RoomLocked,
    RoomNotOpen,
)


def grant_role(asked: Role | None, *, default: Role, moderates: bool) -> Role:
    """Return the role for a client token.

    Args:
        asked: The requested role, if any.
        default: The room's role for users who do not moderate it.
        moderates: True if the caller moderates the room.

    Raises:
        RoleNotAllowed: The caller may not have the requested role.
    """
    if moderates:
        return asked or Role.MODERATOR
    if asked is None:
        return default
    if asked is Role.MODERATOR:
        raise RoleNotAllowed("Only a moderator of this room may have the role moderator.")
    if default is Role.SUBSCRIBER and asked is not Role.SUBSCRIBER:
        raise RoleNotAllowed("Only moderators may publish in this room; ask for role subscriber.")
    return asked


def check_admission(
    room: Room, user: User, now: datetime, is_inside: Callable[[], bool] = lambda: False
) -> None:
    """Check that the room's rules admit the user, without the rules on seats.

    Args:
        room: The current room.
        user: The caller.
        now: The current time.
        is_inside: Returns True if the user is in the room or left a moment ago. It is called only
            if the room is locked.

    Raises:
        RoomClosed: The room was deleted, or its `closesAt` has passed.
        NotAMember: The room has a list of members, and the user is not on it.
        Banned: A moderator has banned the user.
        RoomNotOpen: The room's `opensAt` is in the future.
        RoomLocked: The room is locked, and the user is neither in the room nor a moderator.
    """
    if room.closed_at is not None:
        raise RoomClosed("This room was deleted.")
    if not room.admits(user):
        raise NotAMember("Only members may join this room; ask a moderator to add you.")
    if user.id in room.bans:
        raise Banned("A moderator has banned you from this room.")
    check_hours(room, now)
    if room.locked and not room.moderated_by(user) and not is_inside():
        raise RoomLocked("This room is locked; ask a moderator to unlock it.")


def check_hours(room: Room, now: datetime) -> None:
    """Check that the room is open at this time, locked or not.

    Raises:
        RoomClosed: The room was deleted, or its `closesAt` has passed.
        RoomNotOpen: The room's `opensAt` is in the future.
    """
    state, opens_at = room.state(now), room.settings.opens_at
    if state is State.CLOSED:
        raise RoomClosed("This room's closing time has passed, or it was deleted.")
    if state is State.SCHEDULED and opens_at is not None:
        raise RoomNotOpen(
            f"This room opens at {rfc3339(opens_at)}.",
            retry_after=math.ceil((opens_at - now).total_seconds()),
            extensions={"opensAt": rfc3339(opens_at)},
        )


def room_full(room: Room, now: datetime) -> RoomFull:
    """Return the error with the number of seats and the time when one may become free."""
    seats = room.settings.max_participants
    taken = "The only seat of this room is" if seats == 1 else f"All {seats} seats of this room are"
    holds = room.seats.held(now)
    lapses_at = holds[0] if holds else None
    but = " or kept for moderators" if room.settings.moderator_seats else ""
    return RoomFull(
        f"{taken} taken{but}; please try again later.",
        retry_after=(
            None if lapses_at is None else max(1, math.ceil((lapses_at - now).total_seconds()))
        ),
        extensions={
            "maxParticipants": seats,
            "holdLapsesAt": None if lapses_at is None else rfc3339(lapses_at),
        },
    )


class RejectionReason(StrEnum):
    """The reason for a rejection of a connection. Each is also a part of a metric's name."""

    RETIRED = "SessionRetired"
    CLOSED = "RoomClosed"
    UNKNOWN = "UserUnknown"
    BANNED = "Banned"
    NOT_A_MEMBER = "NotAMember"
    NO_MODERATOR = "NoModerator"
    LOCKED = "RoomLocked"
    NOT_APPROVED = "NotApproved"
    FULL = "RoomFull"
    TOO_MANY = "TooManyConnections"
    REFUSED = "RefusedBefore"
    REVOKED = "InvitationRevoked"


def connection_rejection(
    session: Session,
    room: Room | None,
    connection: Connection,
    now: datetime,
    is_inside: Callable[[Room], bool],
    *,
    was_approved: Callable[[Room], bool],
) -> RejectionReason | None:
    """Return the reason to reject a new connection, if any, without the rules on seats.

    `is_inside` is called only if the room is locked, `was_approved` only if it has a waiting room.
    """
    participant = connection.participant
    reason = session_rejection(session, room, connection, now)
    if reason is not None or room is None or participant.user_id is None:
        return reason
    moderates = connects_as_moderator(room, participant, now)
    members = room.settings.members
    is_listed = members is None or participant.user_id in members
    if not is_listed and not moderates and participant.invitation_id is None:
        return RejectionReason.NOT_A_MEMBER
    if participant.role is Role.MODERATOR and not moderates:
        return RejectionReason.NO_MODERATOR
    if room.locked and not moderates and not is_inside(room):
        return RejectionReason.LOCKED
    if room.settings.waiting_room and not moderates and not was_approved(room):
        return RejectionReason.NOT_APPROVED
    return None


def connects_as_moderator(room: Room, participant: Participant, now: datetime) -> bool:
    """Return True if a client connects as a moderator of the room.

    A guest does so only by a moderator's invitation. Their record may be of one that is revoked.
    """
    if participant.invitation_id is not None and participant.role is not Role.MODERATOR:
        return False
    return room.connects_as_moderator(participant.user_id or "", now)


def session_rejection(
    session: Session, room: Room | None, connection: Connection, now: datetime
) -> RejectionReason | None:
    """Return the reason to reject a connection, even one that was admitted earlier, if any."""
    if room is None or not session.is_of(room):
        return RejectionReason.RETIRED
    if room.state(now) is State.CLOSED:
        return RejectionReason.CLOSED
    participant = connection.participant
    if participant.service is not None:
        return None  # a moderator started the service, and it takes no seat
    user_id = participant.user_id
    if user_id is None:
        return RejectionReason.UNKNOWN if room.rejects_unknown_users else None
    return RejectionReason.BANNED if user_id in room.bans else None
