"""The list of each user's rooms, in a sparse index that may be out of date."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from chalicelib.adapters.dynamodb.batches import get_all
from chalicelib.adapters.dynamodb.room_items import room_from_item, room_key
from chalicelib.adapters.dynamodb.table import Item, Table, call, serialize
from chalicelib.core.model.room import Room
from chalicelib.core.ports.room_store import RoomCursor, RoomPage
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import epoch_milliseconds, from_epoch_milliseconds

BY_CREATOR: Final = "rooms-by-creator"


class RoomsByCreator:
    """The rooms that each user created and has not deleted."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def created_by(
        self, user_id: str, start: RoomCursor | None, limit: int, deadline: Deadline
    ) -> RoomPage:
        query: dict[str, Any] = {
            "TableName": self._table.name,
            "IndexName": BY_CREATOR,
            "KeyConditionExpression": "listedFor = :user",
            "ExpressionAttributeValues": serialize({":user": user_id}),
            "ScanIndexForward": False,
            "Limit": limit + 1,
        }
        if start is not None:
            position = {"listedFor": user_id, "createdAt": epoch_milliseconds(start.created_at)}
            query["ExclusiveStartKey"] = room_key(start.name) | serialize(position)
        response = call(deadline, lambda: self._table.client.query(**query))
        listed = response["Items"]
        entries = listed[:limit]
        found = self._read_all({_pk(entry): _key(entry) for entry in entries}, deadline)
        # The index may be out of date: the room may be gone, and another room may have its name.
        rooms = tuple(
            room
            for entry in entries
            if (room := found.get(_pk(entry))) is not None
            and (room.created_by, room.created_at) == (user_id, _created_at(entry))
            and room.closed_at is None
        )
        # DynamoDB may end a page early, even an empty one.
        last = entries[-1] if len(listed) > limit else response.get("LastEvaluatedKey")
        return RoomPage(rooms, None if last is None else _page_start(last))

    def count_created_by(self, user_id: str, limit: int, deadline: Deadline) -> int:
        query = partial(
            self._table.client.query,
            TableName=self._table.name,
            IndexName=BY_CREATOR,
            KeyConditionExpression="listedFor = :user",
            ExpressionAttributeValues=serialize({":user": user_id}),
            ProjectionExpression="createdAt",
            Limit=limit,
        )
        return len(call(deadline, query)["Items"])

    def _read_all(self, keys: Mapping[str, Item], deadline: Deadline) -> dict[str, Room]:
        """Read the rooms of these keys that exist, consistently."""
        items = get_all(self._table, list(keys.values()), deadline)
        return {_pk(item): room_from_item(item) for item in items}


def _pk(item: Item) -> str:
    return item["pk"]["S"]


def _key(item: Item) -> Item:
    return {"pk": item["pk"], "sk": item["sk"]}


def _created_at(item: Item) -> datetime:
    return from_epoch_milliseconds(int(item["createdAt"]["N"]))


def _page_start(entry: Item) -> RoomCursor:
    """Return the cursor of the page after this entry of the index."""
    return RoomCursor(_pk(entry).removeprefix("room#"), _created_at(entry))
