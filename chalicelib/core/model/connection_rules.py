"""Whether a connection that has come may stay.

A token cannot be taken back, so what it allowed is judged again when its connection comes. Read in
the order in which it refuses.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from chalicelib.core.model.connection import Connection
from chalicelib.core.model.role import Role
from chalicelib.core.model.room import Room, State
from chalicelib.core.ports.session_store import Session


class Reason(StrEnum):
    """Why a connection must leave; the name of a metric, too."""

    RETIRED = "SessionRetired"
    CLOSED = "RoomClosed"
    UNKNOWN = "UserUnknown"
    BANNED = "Banned"
    NOT_A_MEMBER = "NotAMember"
    NO_MODERATOR = "NoModerator"
    LOCKED = "RoomLocked"
    FULL = "RoomFull"
    TOO_MANY = "TooManyConnections"
    REFUSED = "RefusedBefore"


def connection_rejection(
    session: Session,
    room: Room | None,
    connection: Connection,
    now: datetime,
    is_inside: Callable[[Room], bool],
) -> Reason | None:
    """Why the connection must leave, as far as that is no question of seats."""
    participant = connection.participant
    reason = session_rejection(session, room, connection, now)
    if reason is not None or room is None or participant.user_id is None:
        return reason
    moderates = room.connects_as_moderator(participant.user_id, now)
    members = room.settings.members
    if members is not None and participant.user_id not in members and not moderates:
        return Reason.NOT_A_MEMBER
    if participant.role is Role.MODERATOR and not moderates:
        return Reason.NO_MODERATOR
    if room.locked and not moderates and not is_inside(room):
        return Reason.LOCKED
    return None


def session_rejection(
    session: Session, room: Room | None, connection: Connection, now: datetime
) -> Reason | None:
    """Why the connection must leave even if it was let in once."""
    if room is None or not session.is_of(room):
        return Reason.RETIRED
    if room.state(now) is State.CLOSED:
        return Reason.CLOSED
    participant = connection.participant
    if participant.service is not None:
        return None  # a moderator had it come, and it takes no seat
    user_id = participant.user_id
    if user_id is None:
        return Reason.UNKNOWN if room.has_access_limits else None
    return Reason.BANNED if user_id in room.bans else None
