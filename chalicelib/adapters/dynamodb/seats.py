"""Seats in DynamoDB: two maps in the room's item, `seats` and `holds`, there from creation.

Every write stands on the room's revision, so that rules judged in code cannot change under it, and
on the facts about seats, which change without a revision: callers who come at once neither wait for
each other nor take more seats than there are.
"""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.adapters.dynamodb.expressions import Write
from chalicelib.adapters.dynamodb.room_items import room_key, room_of
from chalicelib.adapters.dynamodb.table import ConditionFailed, Table
from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import MAX_CONNECTIONS_PER_USER, Leaving, Seating
from chalicelib.core.ports.session_store import Outdated
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.timestamps import epoch_milliseconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoDBSeats:
    """Seats of those who ask to come in."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = Table(client, table)

    def take_seat(self, room: Room, seating: Seating, deadline: Deadline) -> None:
        self._write(room, seated(room, seating), deadline)

    def remember_admin(
        self,
        room: Room,
        user_id: str,
        until: datetime,
        past: Collection[str],
        deadline: Deadline,
    ) -> None:
        write = _of(room).set(epoch_milliseconds(until), "adminsUntil", user_id)
        for other in past:
            ended = epoch_milliseconds(room.admins_until[other])
            write.only_if_equal(ended, "adminsUntil", other).remove("adminsUntil", other)
        self._write(room, write, deadline)

    def _write(self, room: Room, write: Write, deadline: Deadline) -> None:
        try:
            self._table.update(room_key(room.name), write, deadline)
        except ConditionFailed as failure:
            raise Outdated(room_of(failure.item) if failure.item else None) from failure


def seated(room: Room, seating: Seating) -> Write:
    """The seating as a write to the room's item."""
    write = _of(room).only_if_equal(room.revision, "revision")
    for user_id, hold in seating.evicted:
        write.only_if_equal({}, "seats", user_id)
        write.only_if_as_seen(None if hold is None else epoch_milliseconds(hold), "holds", user_id)
        write.remove("seats", user_id)
        if hold is not None:
            write.remove("holds", user_id)
    if seating.user_id is None:
        return write
    _take(write, seating, seating.user_id)
    return write


def left(room: Room, leaving: Leaving) -> Write:
    """The leaving as a write to the room's item."""
    user_id, connection_id = leaving.user_id, leaving.connection_id
    write = _of(room).only_if_there("seats", user_id, connection_id)
    write.only_if(f"size({write.path('seats', user_id)}) = {write.value(leaving.seated)}")
    write.only_if_as_seen(
        None if leaving.hold is None else epoch_milliseconds(leaving.hold), "holds", user_id
    )
    write.remove("seats", user_id, connection_id)
    if leaving.hold_until is not None:
        write.set(epoch_milliseconds(leaving.hold_until), "holds", user_id)
    return write


def _of(room: Room) -> Write:
    return Write().only_if_equal(room.room_id, "roomId")


def _take(write: Write, seating: Seating, user_id: str) -> None:
    now = epoch_milliseconds(seating.now)
    seats, seat = write.path("seats"), write.path("seats", user_id)
    if seating.known:
        write.only_if_there("seats", user_id)
        kept = f"{seat} <> {write.value({})} OR {write.path('holds', user_id)} > {write.value(now)}"
        # The user's own lapsed seat is among those counted.
        most = seating.cap + len(seating.evicted)
        write.only_if(f"{kept} OR size({seats}) <= {write.value(most)}")
    else:
        write.only_if_absent("seats", user_id)
        write.only_if(f"size({seats}) < {write.value(seating.cap + len(seating.evicted))}")
    if seating.hold_until is not None:
        write.set(epoch_milliseconds(seating.hold_until), "holds", user_id)
    if seating.connection_id is None:
        if not seating.known:
            write.set({}, "seats", user_id)
        return
    # A connection takes the place of the hold that its token was given.
    write.remove("holds", user_id)
    if not seating.known:
        write.set({seating.connection_id: now}, "seats", user_id)
        return
    write.only_if(f"size({seat}) < {write.value(MAX_CONNECTIONS_PER_USER)}")
    write.set(now, "seats", user_id, seating.connection_id)
