"""Rooms in DynamoDB: one item per room name, one per OpenTok session."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.room_items import (
    FIRST_CHECK,
    ROOMS,
    Item,
    plain,
    retention_item,
    retired_values,
    room_item,
    room_key,
    room_of,
    room_values,
    seat_values,
    session_item,
    session_key,
    typed,
    watched_values,
)
from chalicelib.adapters.dynamodb.table import ConditionFailed, Table, ask
from chalicelib.core.model.room import NAME_KEPT_AFTER_CLOSING, Room
from chalicelib.core.ports.room_store import RoomCursor, RoomPage, StaleRoom
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.timestamps import epoch_milliseconds, from_epoch_milliseconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        KeysAndAttributesTypeDef,
        PutTypeDef,
        TransactWriteItemTypeDef,
        UpdateTypeDef,
    )

BY_CREATOR: Final = "rooms-by-creator"


class DynamoDBRooms:
    """The room store. Reads of one room are consistent; the list of a creator's rooms lags.

    Args:
        client: With time limits of its own, so that a call given up on ends.
        table: The table's name.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = Table(client, table)

    def find(self, name: str, deadline: Deadline) -> Room | None:
        item = self._table.get(room_key(name), deadline)
        return None if item is None else room_of(item)

    def create(self, room: Room, replaced: Room | None, deadline: Deadline) -> Room:
        put: PutTypeDef = {
            "TableName": self._table.name,
            "Item": room_item(room),
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if replaced is not None:
            put["ConditionExpression"] += " OR roomId = :replaced"
            put["ExpressionAttributeValues"] = typed({":replaced": replaced.room_id})
        writes: list[TransactWriteItemTypeDef] = [
            {"Put": put},
            self._start(room, room.created_at),
        ]
        if room.settings.archive_retention_days is not None:
            writes.append(self._retention(room, room.created_at))
        try:
            self._table.transact(writes, deadline)
        except ConditionFailed as failure:
            return room_of(failure.item)
        return room

    def close(self, room: Room, closed_at: datetime, deadline: Deadline) -> Room:
        while True:
            try:
                self._close(room, closed_at, deadline)
            except ConditionFailed as failure:
                standing = room_of(failure.item) if failure.item else None
                if standing is None or standing.room_id != room.room_id or standing.closed_at:
                    return room
                room = standing  # reopened meanwhile, with another session
            else:
                return room

    def _close(self, room: Room, closed_at: datetime, deadline: Deadline) -> None:
        closed = epoch_milliseconds(closed_at)
        write = UpdateBuilder()
        write.set(closed, "closedAt").set(ROOMS, "dueKind").set(closed, "dueAt")
        write.set(int((closed_at + NAME_KEPT_AFTER_CLOSING).timestamp()), "expiresAt")
        write.add_one("revision").remove("listedFor")
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
            del old["dueKind"]  # Once what was due is done, it is absent.
        for name, value in new.items():
            if name in old and value == old[name]:
                continue
            if value is None or value == frozenset():
                write.remove(name)
            else:
                write.set(value, name)
        key = room_key(before.name)
        try:
            others = self._others(before, after, now)
            if not others:
                self._table.update(key, write, deadline)
                return
            update: TransactWriteItemTypeDef = {
                "Update": cast("UpdateTypeDef", write.update(self._table.name, key))
            }
            self._table.transact([update, *others], deadline)
        except ConditionFailed as failure:
            raise StaleRoom(room_of(failure.item) if failure.item else None) from failure

    def _others(self, before: Room, after: Room, now: datetime) -> "list[TransactWriteItemTypeDef]":
        """What a change of the room means to its other items."""
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
        """What a change means to the sessions: another hint, or another session."""
        if before.session_id == after.session_id:
            key, hint = session_key(after.session_id), UpdateBuilder()
            # All that it needs to hold, since the item may be lost.
            for name, value in plain(session_item(after)).items():
                if name not in key:
                    hint.set(value, name)
            return [{"Update": cast("UpdateTypeDef", hint.update(self._table.name, key))}]
        return [self._start(after, now), self._retirement(before, now)]

    def _start(self, room: Room, at: datetime) -> "TransactWriteItemTypeDef":
        """A new session. Reconciliation looks after it unasked: the first callback may be lost."""
        item = session_item(room) | watched_values(at + FIRST_CHECK)
        return {"Put": {"TableName": self._table.name, "Item": item}}

    def _retirement(self, room: Room, at: datetime) -> "TransactWriteItemTypeDef":
        """All of the session's item, in case it is lost: no room may stay open for want of it.

        Reconciliation looks after it until its last token has ended.
        """
        return {
            "Put": {
                "TableName": self._table.name,
                "Item": session_item(room) | retired_values(at),
            }
        }

    def created_by(
        self, user_id: str, start: RoomCursor | None, limit: int, deadline: Deadline
    ) -> RoomPage:
        query: dict[str, Any] = {
            "TableName": self._table.name,
            "IndexName": BY_CREATOR,
            "KeyConditionExpression": "listedFor = :user",
            "ExpressionAttributeValues": typed({":user": user_id}),
            "ScanIndexForward": False,
            "Limit": limit + 1,
        }
        if start is not None:
            position = {"listedFor": user_id, "createdAt": epoch_milliseconds(start.created_at)}
            query["ExclusiveStartKey"] = room_key(start.name) | typed(position)
        listed = ask(deadline, lambda: self._table.client.query(**query))["Items"]
        shown = listed[:limit]
        found = self._read_all({_pk(entry): _key(entry) for entry in shown}, deadline)
        # The index lags: an entry may be of a room that is gone, its name another's by now.
        rooms = tuple(
            room
            for entry in shown
            if (room := found.get(_pk(entry))) is not None
            and (room.created_by, room.created_at) == (user_id, _created_at(entry))
            and room.closed_at is None
        )
        if len(listed) == len(shown):
            return RoomPage(rooms, None)
        return RoomPage(rooms, _page_start(shown[-1]))

    def _read_all(self, keys: Mapping[str, Item], deadline: Deadline) -> dict[str, Room]:
        """The rooms of these keys that exist, never stale."""
        rooms: dict[str, Room] = {}
        pending: Sequence[Item] = list(keys.values())
        attempt = 0
        while pending:
            if attempt:
                deadline.back_off(attempt)
            attempt += 1
            wanted: KeysAndAttributesTypeDef = {"Keys": pending, "ConsistentRead": True}
            batch = partial(
                self._table.client.batch_get_item, RequestItems={self._table.name: wanted}
            )
            answer = ask(deadline, batch)
            rooms |= {_pk(item): room_of(item) for item in answer["Responses"][self._table.name]}
            left = answer["UnprocessedKeys"].get(self._table.name)
            pending = left["Keys"] if left else ()
        return rooms


def _pk(item: Item) -> str:
    return item["pk"]["S"]


def _key(item: Item) -> Item:
    return {"pk": item["pk"], "sk": item["sk"]}


def _created_at(item: Item) -> datetime:
    return from_epoch_milliseconds(int(item["createdAt"]["N"]))


def _page_start(entry: Item) -> RoomCursor:
    """Where a page goes on that ended with this entry of the index."""
    return RoomCursor(_pk(entry).removeprefix("room#"), _created_at(entry))
