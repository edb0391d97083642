"""Lists of the rooms of all users, from two sparse indexes that may be out of date.

Live rooms are those of live sessions in the index of due work. The index by creator has all rooms:
a room under its creator's id, and a session under the name of its room. A room without a creator is
found by its session.
"""

from collections.abc import Mapping, Sequence
from datetime import MAXYEAR, UTC, datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from chalicelib.adapters.dynamodb.batches import get_all
from chalicelib.adapters.dynamodb.due_work import DUE_INDEX, session_from_item
from chalicelib.adapters.dynamodb.room_items import (
    SHARDS,
    due_kind,
    room_from_item,
    room_key,
    session_key,
    sessions_listing,
)
from chalicelib.adapters.dynamodb.rooms_by_creator import BY_CREATOR
from chalicelib.adapters.dynamodb.table import Item, Table, call, deserialize, serialize
from chalicelib.core.model.room import Room
from chalicelib.core.ports.room_store import DirectoryPage, DirectoryPlace
from chalicelib.core.ports.session_store import CheckQueue
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import epoch_milliseconds, from_epoch_milliseconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ROOM: Final = "room#"
_SESSION: Final = "session#"


class DynamoDBRoomDirectory:
    """The directory of rooms.

    Args:
        client: A client with its own timeouts, so that an abandoned call ends.
        table: The table's name.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = Table(client, table)

    def page_of_all(
        self, after: DirectoryPlace | None, limit: int, deadline: Deadline
    ) -> DirectoryPage:
        scan: dict[str, Any] = {
            "TableName": self._table.name,
            "IndexName": BY_CREATOR,
            "Limit": limit,
        }
        if after is not None:
            scan["ExclusiveStartKey"] = _key_of(after)
        response = call(deadline, partial(self._table.client.scan, **scan))
        entries = [_place_of(each) for each in response["Items"]]
        found = self._rooms({_name_of(each) for each in entries}, deadline)
        last = response.get("LastEvaluatedKey")
        return DirectoryPage(
            tuple(
                room
                for each in entries
                if (room := found.get(_name_of(each))) is not None and _is_entry_of(each, room)
            ),
            None if last is None else _place_of(last),
        )

    def live_sessions(self, limit: int, deadline: Deadline) -> Sequence[str]:
        latest = epoch_milliseconds(datetime(MAXYEAR, 1, 1, tzinfo=UTC))
        queries = (
            {
                "IndexName": DUE_INDEX,
                "KeyConditionExpression": "dueKind = :kind AND dueAt <= :latest",
                "ExpressionAttributeValues": serialize(
                    {":kind": due_kind(CheckQueue.LIVE, shard), ":latest": latest}
                ),
            }
            for shard in range(SHARDS)
        )
        return [
            each["pk"]["S"].removeprefix(_SESSION)
            for query in queries
            for each in islice(self._table.query(query, deadline), limit // SHARDS)
        ]

    def rooms_of(self, session_ids: Sequence[str], deadline: Deadline) -> Sequence[Room]:
        if not session_ids:
            return ()
        keys = [session_key(each) for each in session_ids]
        items = get_all(self._table, keys, deadline)
        sessions = {each.id: each for each in map(session_from_item, items)}
        rooms = self._rooms({each.room_name.lower() for each in sessions.values()}, deadline)
        return [
            rooms[session.room_name.lower()]
            for each in session_ids
            if (session := sessions.get(each)) is not None
            and session.is_of(rooms.get(session.room_name.lower()))
        ]

    def _rooms(self, names: "Sequence[str] | set[str]", deadline: Deadline) -> Mapping[str, Room]:
        """Read the rooms of these names, in lower case, that exist."""
        if not names:
            return {}
        items: Sequence[Item] = get_all(self._table, [room_key(each) for each in names], deadline)
        return {each["pk"]["S"].removeprefix(_ROOM): room_from_item(each) for each in items}


def _is_entry_of(entry: DirectoryPlace, room: Room) -> bool:
    """Return True if the entry is the one by which the room is listed."""
    if room.closed_at is not None:
        return False
    if entry.is_session:
        return room.created_by is None and room.session_id == entry.id
    return (room.created_by, room.created_at) == (entry.owner, entry.created_at)


def _name_of(entry: DirectoryPlace) -> str:
    """Return the name of the entry's room, in lower case."""
    return entry.owner if entry.is_session else entry.id


def _place_of(item: Item) -> DirectoryPlace:
    values = deserialize(item)
    kind, _, entry_id = values["pk"].partition("#")
    is_session = kind == "session"
    return DirectoryPlace(
        id=entry_id,
        created_at=from_epoch_milliseconds(values["createdAt"]),
        owner=values["listedFor"].lstrip("/") if is_session else values["listedFor"],
        is_session=is_session,
    )


def _key_of(place: DirectoryPlace) -> Item:
    owner = sessions_listing(place.owner) if place.is_session else place.owner
    key = session_key(place.id) if place.is_session else room_key(place.id)
    return key | serialize({"listedFor": owner, "createdAt": epoch_milliseconds(place.created_at)})
