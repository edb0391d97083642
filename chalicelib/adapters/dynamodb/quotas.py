"""What counts towards quotas in DynamoDB: items of a user, which expire by themselves.

An item for each count and period has the number. One item has the user's holds, each an attribute
named by its room.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.table import Item, Table, deserialize, serialize
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import epoch_milliseconds, from_epoch_milliseconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ROOM: Final = "room#"
"""The prefix of an attribute's name, so that no room is called like another attribute."""


class DynamoDBQuotas:
    """The quota store. Each method is one call."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = Table(client, table)

    def add(
        self, user_id: str, counted: str, ends: datetime, amount: int, deadline: Deadline
    ) -> int:
        seconds = int(ends.timestamp())
        write = UpdateBuilder().add(amount, "count").set(seconds, "expiresAt")
        old = self._table.exchange(_key(user_id, f"{counted}#{seconds}"), write, deadline)
        before: int = deserialize(old).get("count", 0)
        return before + amount

    def add_holds(
        self, user_id: str, holds: Mapping[str, datetime], deadline: Deadline
    ) -> dict[str, datetime]:
        write = UpdateBuilder().set(int(max(holds.values()).timestamp()) + 1, "expiresAt")
        for room, until in holds.items():
            write.set(epoch_milliseconds(until), _ROOM + room)
        old = self._table.exchange(_key(user_id, "holds"), write, deadline)
        before = {
            name.removeprefix(_ROOM): from_epoch_milliseconds(value)
            for name, value in deserialize(old).items()
            if name.startswith(_ROOM)
        }
        return {**before, **holds}

    def remove_holds(self, user_id: str, rooms: Collection[str], deadline: Deadline) -> None:
        write = UpdateBuilder()
        for room in rooms:
            write.remove(_ROOM + room)
        if rooms:
            self._table.update(_key(user_id, "holds"), write, deadline)


def _key(user_id: str, kind: str) -> Item:
    return serialize({"pk": f"user#{user_id}", "sk": kind})
