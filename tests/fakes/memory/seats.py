"""Fake seat store, and the conditions of writes of seats."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TypeVar

from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import MAX_CONNECTIONS_PER_USER, SeatClaim, SeatRelease, Seats
from chalicelib.core.ports.room_store import StaleRoom
from chalicelib.core.support.deadline import Deadline
from tests.fakes.memory.table import Table

_Value = TypeVar("_Value")


class FakeSeats:
    """Seats in memory."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def write_claim(self, room: Room, claim: SeatClaim, deadline: Deadline) -> None:
        with self._table.faults.call("write_claim", deadline):
            record = self._table.current(room)
            self._table.put_room(record, seats=seats_after(record.room, claim))

    def free(self, room: Room, user_id: str, deadline: Deadline) -> None:
        with self._table.faults.call("free", deadline):
            record = self._table.current(room)
            seats = record.room.seats
            freed = Seats(
                _without(seats.connections, [user_id]),
                _without(seats.holds, [user_id]),
                _without(seats.waiting, [user_id]),
            )
            self._table.put_room(record, seats=freed)

    def remember_admin(
        self,
        room: Room,
        user_id: str,
        until: datetime,
        past: Collection[str],
        deadline: Deadline,
    ) -> None:
        with self._table.faults.call("remember_admin", deadline):
            record = self._table.same_room(room)
            noted = record.room.admins_until
            if any(noted.get(other) != room.admins_until[other] for other in past):
                raise StaleRoom(record.room)
            self._table.put_room(record, admins_until={**_without(noted, past), user_id: until})


def seats_after(room: Room, claim: SeatClaim) -> Seats:
    """Return the room's seats with the claim written.

    Args:
        room: The current record, of the revision that the claim was made for.
        claim: What to write.

    Raises:
        StaleRoom: A fact that the claim rests on has changed.
    """
    connections, holds = room.seats.connections, room.seats.holds
    for lapsed, hold in claim.evicted:
        if connections.get(lapsed) != {} or holds.get(lapsed) != hold:
            raise StaleRoom(room)
    if not connections.keys() >= set(claim.counted_on):
        raise StaleRoom(room)
    user_id = claim.user_id
    if user_id is not None and not _may_take(room.seats, claim, user_id):
        raise StaleRoom(room)
    evicted = [lapsed for lapsed, _ in claim.evicted]
    connections, holds = _without(connections, evicted), _without(holds, evicted)
    waiting = _without(room.seats.waiting, claim.forgotten)
    if user_id is None:
        return Seats(connections, holds, waiting)
    seat = dict(connections.get(user_id, {}))
    if claim.hold_until is not None:
        holds[user_id] = claim.hold_until
    if claim.waiting_since is not None:
        waiting[user_id] = claim.waiting_since
    if claim.connection_id is not None:
        holds.pop(user_id, None)
        waiting.pop(user_id, None)
        seat[claim.connection_id] = claim.now
    return Seats({**connections, user_id: seat}, holds, waiting)


def seats_left(room: Room, release: SeatRelease) -> Seats:
    """Return the room's seats without the connection that leaves.

    Raises:
        StaleRoom: A fact that the release rests on has changed.
    """
    user_id, seats = release.user_id, room.seats
    seat = seats.connections.get(user_id, {})
    if release.connection_id not in seat or len(seat) != release.seated:
        raise StaleRoom(room)
    if seats.holds.get(user_id) != release.hold:
        raise StaleRoom(room)
    holds = dict(seats.holds)
    if release.hold_until is not None:
        holds[user_id] = release.hold_until
    return Seats(
        {**seats.connections, user_id: _without(seat, [release.connection_id])},
        holds,
        _without(seats.waiting, [user_id]),
    )


def _may_take(seats: Seats, claim: SeatClaim, user_id: str) -> bool:
    seated, most = len(seats.connections), claim.cap + len(claim.evicted)
    if not claim.known:
        return user_id not in seats.connections and seated < most
    if user_id not in seats.connections:
        return False
    if claim.connection_id is not None and not _has_room(seats, user_id):
        return False
    # The user's own lapsed seat is among those counted.
    return seats.is_kept(user_id, claim.now) or seated <= most


def _has_room(seats: Seats, user_id: str) -> bool:
    return len(seats.connections[user_id]) < MAX_CONNECTIONS_PER_USER


def _without(values: Mapping[str, _Value], names: Collection[str]) -> dict[str, _Value]:
    return {name: value for name, value in values.items() if name not in names}
