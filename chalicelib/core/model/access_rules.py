"""Whether a user may come into a room now. Read in the order in which it refuses."""

import math
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from chalicelib.core.model.connection import Connection, Session
from chalicelib.core.model.room import Room, State
from chalicelib.core.model.user import Role, User
from chalicelib.core.support.timestamps import rfc3339
from chalicelib.errors import Banned, NotAMember, RoomClosed, RoomFull, RoomLocked, RoomNotOpen


def admit(
    room: Room, user: User, now: datetime, is_inside: Callable[[], bool] = lambda: False
) -> None:
    """Pass if the room's rules let the user in; whether there is a seat is another question.

    Args:
        room: As it stands.
        user: Who asks.
        now: When.
        is_inside: Whether the user is in already, or was until a moment ago; asked only where
            that decides.

    Raises:
        RoomClosed: It was deleted, or its `closesAt` has passed.
        NotAMember: It has a list of members, and the user is not on it.
        Banned: A moderator has banned the user.
        RoomNotOpen: Its `opensAt` is still to come.
        RoomLocked: It is locked, and the user is neither in nor a moderator.
    """
    if room.closed_at is not None:
        raise RoomClosed("This room was deleted.")
    if not room.admits(user):
        raise NotAMember("This room lets only its members in, and you are not one of them.")
    if user.id in room.bans:
        raise Banned("A moderator has banned you from this room.")
    state = room.state(now)
    if state is State.CLOSED:
        raise RoomClosed("This room's closing time has passed.")
    opens_at = room.settings.opens_at
    if state is State.SCHEDULED and opens_at is not None:
        raise RoomNotOpen(
            f"This room opens at {rfc3339(opens_at)}.",
            retry_after=math.ceil((opens_at - now).total_seconds()),
            extensions={"opensAt": rfc3339(opens_at)},
        )
    if state is State.LOCKED and not room.moderated_by(user) and not is_inside():
        raise RoomLocked("This room is locked; only those who are in already may come back.")


def room_full(room: Room, now: datetime) -> RoomFull:
    """The refusal that says how many seats there are, and when one may next become free."""
    seats = room.settings.max_participants
    held = room.seats.held(now)
    lapses_at = held[0] if held else None
    return RoomFull(
        f"All {seats} seats of this room are taken.",
        retry_after=(
            None if lapses_at is None else max(1, math.ceil((lapses_at - now).total_seconds()))
        ),
        extensions={
            "maxParticipants": seats,
            "holdLapsesAt": None if lapses_at is None else rfc3339(lapses_at),
        },
    )


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
