"""Rooms in DynamoDB: one item for each room name, and one for each OpenTok session."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, cast

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.pool.session_pool import pool_due_kind
from chalicelib.adapters.dynamodb.quotas import allowance_update, period_key
from chalicelib.adapters.dynamodb.room_items import (
    ROOMS,
    retention_item,
    room_from_item,
    room_item,
    room_key,
    room_values,
    seat_values,
    session_item,
    session_key,
    started_session_item,
)
from chalicelib.adapters.dynamodb.rooms_by_creator import RoomsByCreator
from chalicelib.adapters.dynamodb.table import (
    ConditionFailed,
    Table,
    deserialize,
    serialize,
)
from chalicelib.adapters.dynamodb.transactions import retirement
from chalicelib.core.model.room import NAME_KEPT_AFTER_CLOSING, Room
from chalicelib.core.ports.quota_store import Allowance, AllowanceSpent
from chalicelib.core.ports.room_store import RoomCursor, RoomPage, StaleRoom
from chalicelib.core.ports.video_platform import SessionTaken
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import epoch_milliseconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        PutTypeDef,
        TransactWriteItemTypeDef,
        UpdateTypeDef,
    )

_ROOM_WRITE: Final = 0
_SESSION_WRITE: Final = 1
"""The numbers of the room's and its session's writes in the transaction that creates it."""


class DynamoDBRooms:
    """The room store. Reads of one room are consistent. A creator's list may be out of date.

    Args:
        client: A client with its own timeouts, so that an abandoned call ends.
        table: The table's name.
        longest_token: The longest lifetime of a client token; at most 30 days.
        attendance: The time for which attendance is kept, 0 to 400 days.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        longest_token: timedelta,
        attendance: timedelta,
    ) -> None:
        self._table = Table(client, table)
        self._attendance = attendance
        self._longest_token = longest_token
        self._by_creator = RoomsByCreator(self._table)

    def find(self, name: str, deadline: Deadline) -> Room | None:
        item = self._table.get(room_key(name), deadline)
        return None if item is None else room_from_item(item)

    def create(
        self,
        room: Room,
        replaced: Room | None,
        deadline: Deadline,
        allowance: Allowance | None = None,
        pooled_for: str | None = None,
    ) -> Room:
        put: PutTypeDef = {
            "TableName": self._table.name,
            "Item": room_item(room),
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if replaced is not None:
            put["ConditionExpression"] += " OR roomId = :replaced"
            put["ExpressionAttributeValues"] = serialize({":replaced": replaced.room_id})
        writes: list[TransactWriteItemTypeDef] = [
            {"Put": put},
            self._start(room, room.created_at, pooled_for),
        ]
        if room.settings.archive_retention_days is not None:
            writes.append(self._retention(room, room.created_at))
        if allowance is not None:
            count = allowance_update(allowance)
            update = count.update(self._table.name, period_key(allowance.period))
            writes.append({"Update": cast("UpdateTypeDef", update)})
        try:
            self._table.transact(writes, deadline)
        except ConditionFailed as failure:
            if failure.write == _ROOM_WRITE:
                return room_from_item(failure.item)
            if failure.write == _SESSION_WRITE:
                raise SessionTaken from failure
            raise AllowanceSpent from failure
        return room

    def close(self, room: Room, closed_at: datetime, deadline: Deadline) -> Room:
        while True:
            try:
                self._close(room, closed_at, deadline)
            except ConditionFailed as failure:
                current = room_from_item(failure.item) if failure.item else None
                if current is None or current.room_id != room.room_id or current.closed_at:
                    return room
                room = current  # another caller reopened it, with another session
            else:
                return room

    def _close(self, room: Room, closed_at: datetime, deadline: Deadline) -> None:
        closed = epoch_milliseconds(closed_at)
        write = UpdateBuilder()
        write.set(closed, "closedAt").set(ROOMS, "dueKind").set(closed, "dueAt")
        write.set(int((closed_at + NAME_KEPT_AFTER_CLOSING).timestamp()), "expiresAt")
        write.add_one("revision").remove("listedFor")
        for name in ("seats", "holds", "waiting"):
            write.set({}, name)
        write.only_if_equal(room.room_id, "roomId").only_if_absent("closedAt")
        write.only_if_equal(room.session_id, "sessionId")
        update: TransactWriteItemTypeDef = {
            "Update": cast("UpdateTypeDef", write.update(self._table.name, room_key(room.name)))
        }
        self._table.transact([update, self._retirement(room, closed_at)], deadline)

    def compare_and_set(self, before: Room, after: Room, now: datetime, deadline: Deadline) -> None:
        old, new = room_values(before), room_values(after)
        if before.seats is not after.seats:
            old |= seat_values(before)
            new |= seat_values(after)
        write = UpdateBuilder().add_one("revision")
        write.only_if_equal(before.room_id, "roomId").only_if_equal(before.revision, "revision")
        if new["dueAt"] != old["dueAt"]:
            del old["dueKind"]  # `dueKind` is absent once the due work is done.
        for name, value in new.items():
            if name in old and value == old[name]:
                continue
            if value is None or value == frozenset():
                write.remove(name)
            else:
                write.set(value, name)
        key = room_key(before.name)
        try:
            others = self._other_writes(before, after, now)
            if not others:
                self._table.update(key, write, deadline)
                return
            update: TransactWriteItemTypeDef = {
                "Update": cast("UpdateTypeDef", write.update(self._table.name, key))
            }
            self._table.transact([update, *others], deadline)
        except ConditionFailed as failure:
            raise StaleRoom(room_from_item(failure.item) if failure.item else None) from failure

    def _other_writes(
        self, before: Room, after: Room, now: datetime
    ) -> "list[TransactWriteItemTypeDef]":
        """Build the writes to the room's other items that a change of the room needs."""
        writes: list[TransactWriteItemTypeDef] = []
        if session_item(before) != session_item(after):
            writes += self._sessions(before, after, now)
        if before.settings.archive_retention_days != after.settings.archive_retention_days:
            writes.append(self._retention(after, now))
        return writes

    def _retention(self, room: Room, at: datetime) -> "TransactWriteItemTypeDef":
        return {"Put": {"TableName": self._table.name, "Item": retention_item(room, at)}}

    def _sessions(
        self, before: Room, after: Room, now: datetime
    ) -> "list[TransactWriteItemTypeDef]":
        """Build the session writes: new access limits, or another session."""
        if before.session_id == after.session_id:
            key, update = session_key(after.session_id), UpdateBuilder()
            # Set all attributes, because the item may be lost.
            for name, value in deserialize(session_item(after)).items():
                if name not in key:
                    update.set(value, name)
            return [{"Update": cast("UpdateTypeDef", update.update(self._table.name, key))}]
        return [self._start(after, now), self._retirement(before, now)]

    def _start(
        self, room: Room, at: datetime, pooled_for: str | None = None
    ) -> "TransactWriteItemTypeDef":
        put: PutTypeDef = {"TableName": self._table.name, "Item": started_session_item(room, at)}
        if pooled_for is not None:
            pool = pool_due_kind(room.session_id, pooled_for)
            put["ConditionExpression"] = "dueKind = :pool"
            put["ExpressionAttributeValues"] = serialize({":pool": pool})
        return {"Put": put}

    def _retirement(self, room: Room, at: datetime) -> "TransactWriteItemTypeDef":
        return retirement(self._table.name, room, at, self._longest_token, self._attendance)

    def created_by(
        self, user_id: str, start: RoomCursor | None, limit: int, deadline: Deadline
    ) -> RoomPage:
        return self._by_creator.created_by(user_id, start, limit, deadline)

    def count_created_by(self, user_id: str, limit: int, deadline: Deadline) -> int:
        return self._by_creator.count_created_by(user_id, limit, deadline)
