"""Whether a user may come into a room now. Read in the order in which it refuses."""

import math
from datetime import datetime

from chalicelib.core.identity import User
from chalicelib.core.rooms import Room, State
from chalicelib.core.times import rfc3339
from chalicelib.errors import NotAMember, RoomClosed, RoomNotOpen


def admit(room: Room, user: User, now: datetime) -> None:
    """Pass if the user may come in.

    Raises:
        RoomClosed: It was deleted, or its `closesAt` has passed.
        NotAMember: It has a list of members, and the user is not on it.
        RoomNotOpen: Its `opensAt` is still to come.
    """
    if room.closed_at is not None:
        raise RoomClosed("This room was deleted.")
    if not room.admits(user):
        raise NotAMember("This room lets only its members in, and you are not one of them.")
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
