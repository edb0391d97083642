"""Changing what decides who may come in: read, judge, write if nothing has changed meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from chalicelib.core.model.room import Room
from chalicelib.core.ports.room_store import MAX_ATTEMPTS, RoomStore, StaleRoom, busy
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import RoomNotFound


def change_room(
    store: RoomStore,
    room: Room,
    changed: Callable[[Room], Room],
    now: datetime,
    deadline: Deadline,
) -> Room:
    """The room after the change, which is made anew on whatever others have changed meanwhile.

    Args:
        store: Where the room is kept.
        room: As it was read.
        changed: The room as it is to be, made from one as it stands; raises if it may not be.
        now: When this is.
        deadline: By when to have it written.

    Raises:
        RoomNotFound: It is gone, or another has its name.
        StoreUnavailable: Others kept changing it.
    """
    first = room
    for attempt in range(1, MAX_ATTEMPTS + 1):
        wanted = changed(room)
        if wanted == room:
            return room
        try:
            store.compare_and_set(room, wanted, now, deadline)
        except StaleRoom as stale:
            if stale.room is None or stale.room.room_id != first.room_id:
                raise RoomNotFound(f"There is no room {first.name} any more.") from stale
            room = stale.room
            deadline.back_off(attempt)
        else:
            return replace(wanted, revision=room.revision + 1)
    raise busy(first)
