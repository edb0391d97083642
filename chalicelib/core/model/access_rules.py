"""Whether a user may come into a room now. Read in the order in which it refuses."""

import math
from collections.abc import Callable
from datetime import datetime

from chalicelib.core.model.room import Room, State
from chalicelib.core.model.user import User
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
