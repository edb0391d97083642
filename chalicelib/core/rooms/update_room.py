"""The compare-and-set loop for changes of a room's access rules."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from chalicelib.core.model.room import Room
from chalicelib.core.ports.room_store import MAX_ATTEMPTS, RoomStore, StaleRoom, busy
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import RoomNotFound


def update_room(
    store: RoomStore,
    room: Room,
    change: Callable[[Room], Room],
    now: datetime,
    deadline: Deadline,
) -> Room:
    """Write a changed room and return it. If others changed the room meanwhile, start again.

    Args:
        store: The store of rooms.
        room: The room as it was read.
        change: Returns the changed room, made from the current one, or raises.
        now: The current time.
        deadline: The time by which the room must be written.

    Raises:
        RoomNotFound: The room is gone, or another room has its name.
        StoreUnavailable: Others kept changing the room.
    """
    first = room
    for attempt in range(1, MAX_ATTEMPTS + 1):
        wanted = change(room)
        if wanted == room:
            return room
        try:
            store.compare_and_set(room, wanted, now, deadline)
        except StaleRoom as stale:
            if stale.room is None or stale.room.room_id != first.room_id:
                raise RoomNotFound(f"Room {first.name} no longer exists.") from stale
            room = stale.room
            deadline.back_off(attempt)
        else:
            return replace(wanted, revision=room.revision + 1)
    raise busy(f"room {first.name}")
