"""The list of live rooms, from a sparse index that may be out of date."""

from collections.abc import Mapping, Sequence
from datetime import MAXYEAR, UTC, datetime
from typing import TYPE_CHECKING, Final

from chalicelib.adapters.dynamodb.batches import get_all
from chalicelib.adapters.dynamodb.due_work import DUE_INDEX, session_from_item
from chalicelib.adapters.dynamodb.room_items import (
    SHARDS,
    due_kind,
    room_from_item,
    room_key,
    session_key,
)
from chalicelib.adapters.dynamodb.table import Item, Table, serialize
from chalicelib.core.model.room import Room
from chalicelib.core.ports.session_store import CheckQueue
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import epoch_milliseconds

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

    def live_sessions(self, deadline: Deadline) -> Sequence[str]:
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
            for each in self._table.query(query, deadline)
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
