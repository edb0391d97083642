"""Seats in DynamoDB: three maps in the room's item that always exist: `seats`, `holds`, `waiting`.

A claim's write requires an unchanged room revision, because the rules were checked against that
revision. The write also requires the facts about seats on which the claim is based, because seats
change without a new revision. So concurrent users do not wait for each other, and they never take
more seats than the room has.

The keys of the maps are packed ids: see `packed_ids`.
"""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.packed_ids import PackedUpdateBuilder
from chalicelib.adapters.dynamodb.room_items import room_from_item, room_key
from chalicelib.adapters.dynamodb.table import ConditionFailed, Table
from chalicelib.core.model.room import Room
from chalicelib.core.model.seats import MAX_CONNECTIONS_PER_USER, SeatClaim, SeatRelease
from chalicelib.core.ports.room_store import StaleRoom
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import epoch_milliseconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoDBSeats:
    """The seat store, which writes the claims of joins.

    The claims and releases of connections are written by `DynamoDBSessions`.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = Table(client, table)

    def write_claim(self, room: Room, claim: SeatClaim, deadline: Deadline) -> None:
        self._write(room, claim_update(room, claim), deadline)

    def free(self, room: Room, user_id: str, deadline: Deadline) -> None:
        write = _unchanged(room)
        for name in ("seats", "holds", "waiting"):
            write.remove(name, user_id)
        self._write(room, write, deadline)

    def remember_admin(
        self,
        room: Room,
        user_id: str,
        until: datetime,
        past: Collection[str],
        deadline: Deadline,
    ) -> None:
        write = _same_room(room).set(epoch_milliseconds(until), "adminsUntil", user_id)
        for other in past:
            ended = epoch_milliseconds(room.admins_until[other])
            write.only_if_equal(ended, "adminsUntil", other).remove("adminsUntil", other)
        self._write(room, write, deadline)

    def _write(self, room: Room, write: UpdateBuilder, deadline: Deadline) -> None:
        try:
            self._table.update(room_key(room.name), write, deadline)
        except ConditionFailed as failure:
            raise StaleRoom(room_from_item(failure.item) if failure.item else None) from failure


def claim_update(room: Room, claim: SeatClaim) -> UpdateBuilder:
    """Build the claim's update of the room's item."""
    write = _unchanged(room)
    for user_id, hold in claim.evicted:
        write.only_if_equal({}, "seats", user_id)
        write.only_if_unchanged(
            None if hold is None else epoch_milliseconds(hold), "holds", user_id
        )
        write.remove("seats", user_id)
        if hold is not None:
            write.remove("holds", user_id)
    if claim.user_id is None:
        return write
    _give_seat(write, claim, claim.user_id)
    return write


def release_update(room: Room, release: SeatRelease) -> UpdateBuilder:
    """Build the release's update of the room's item."""
    user_id, connection_id = release.user_id, release.connection_id
    write = _same_room(room).only_if_present("seats", user_id, connection_id)
    write.only_if(f"size({write.path('seats', user_id)}) = {write.value(release.seated)}")
    write.only_if_unchanged(
        None if release.hold is None else epoch_milliseconds(release.hold), "holds", user_id
    )
    write.remove("seats", user_id, connection_id).remove("waiting", user_id)
    if release.hold_until is not None:
        write.set(epoch_milliseconds(release.hold_until), "holds", user_id)
    return write


def _same_room(room: Room) -> UpdateBuilder:
    return PackedUpdateBuilder().only_if_equal(room.room_id, "roomId")


def _unchanged(room: Room) -> UpdateBuilder:
    """Require the revision under which the rules were checked."""
    return _same_room(room).only_if_equal(room.revision, "revision")


def _give_seat(write: UpdateBuilder, claim: SeatClaim, user_id: str) -> None:
    now = epoch_milliseconds(claim.now)
    for moderator in claim.counted_on:
        write.only_if_present("seats", moderator)
    for other in claim.forgotten:
        write.remove("waiting", other)
    if claim.waiting_since is not None:
        write.set(epoch_milliseconds(claim.waiting_since), "waiting", user_id)
    seats, seat = write.path("seats"), write.path("seats", user_id)
    if claim.known:
        write.only_if_present("seats", user_id)
        kept = f"{seat} <> {write.value({})} OR {write.path('holds', user_id)} > {write.value(now)}"
        # The size includes the user's own expired seat.
        most = claim.cap + len(claim.evicted)
        write.only_if(f"{kept} OR size({seats}) <= {write.value(most)}")
    else:
        write.only_if_absent("seats", user_id)
        write.only_if(f"size({seats}) < {write.value(claim.cap + len(claim.evicted))}")
    if claim.hold_until is not None:
        write.set(epoch_milliseconds(claim.hold_until), "holds", user_id)
    if claim.connection_id is None:
        if not claim.known:
            write.set({}, "seats", user_id)
        return
    # The connection replaces the hold that its token got, and ends the wait.
    write.remove("holds", user_id).remove("waiting", user_id)
    if not claim.known:
        write.set({claim.connection_id: now}, "seats", user_id)
        return
    write.only_if(f"size({seat}) < {write.value(MAX_CONNECTIONS_PER_USER)}")
    write.set(now, "seats", user_id, claim.connection_id)
