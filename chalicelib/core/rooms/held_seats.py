"""The quota of seats that a user holds without connecting, over all rooms."""

from collections.abc import Mapping
from datetime import datetime
from threading import Lock

from chalicelib.core.model.room import Room
from chalicelib.core.ports.quota_store import QuotaStore
from chalicelib.core.ports.room_store import RoomStore
from chalicelib.core.rooms.quotas import MAX_USERS, exceeded
from chalicelib.core.support.deadline import Deadline


class HeldSeats:
    """Counts held seats in this instance, and from a user's second room on in the store.

    So a user who joins one room costs no call. Each instance may miss one room of a user.
    """

    def __init__(self, limit: int, rooms: RoomStore, store: QuotaStore) -> None:
        self._limit = limit
        self._rooms = rooms
        self._store = store
        self._by_user: dict[str, Mapping[str, datetime]] = {}
        self._lock = Lock()

    def count(
        self, room: Room, user_id: str, until: datetime, now: datetime, deadline: Deadline
    ) -> None:
        """Count the seat that the user is about to hold in this room.

        Raises:
            QuotaExceeded: The user holds too many seats in other rooms.
        """
        name = room.name.lower()
        mine = self._remember(user_id, name, until, now)
        if len(mine) == 1:
            return
        recorded = self._store.add_holds(user_id, mine, deadline)
        if len(recorded) <= self._limit:
            return
        # Some of these holds may have ended, or their users may have connected.
        others = {
            other: end
            for other, end in recorded.items()
            if other != name and end > now and self._is_held(other, user_id, now, deadline)
        }
        is_refused = len(others) >= self._limit
        kept = others if is_refused else {**others, name: until}
        self._store.remove_holds(user_id, recorded.keys() - kept.keys(), deadline)
        with self._lock:
            self._by_user[user_id] = kept
        if is_refused:
            raise exceeded(
                "heldSeats",
                self._limit,
                f"You hold {len(others)} seats in other rooms without having connected. Connect "
                "there, or wait until they lapse.",
                min(others.values()) - now,
            )

    def _remember(
        self, user_id: str, name: str, until: datetime, now: datetime
    ) -> Mapping[str, datetime]:
        """Return the holds of this user that this instance knows of, the new one included."""
        with self._lock:
            before = self._by_user.pop(user_id, {})
            mine = {other: end for other, end in before.items() if end > now} | {name: until}
            self._by_user[user_id] = mine
            if len(self._by_user) > MAX_USERS:
                del self._by_user[next(iter(self._by_user))]
        return mine

    def _is_held(self, name: str, user_id: str, now: datetime, deadline: Deadline) -> bool:
        """Return True if the user still has a hold in the room, and has not connected there."""
        room = self._rooms.find(name, deadline)
        if room is None or user_id not in room.seats.waiting:
            return False
        return room.seats.is_kept(user_id, now)
