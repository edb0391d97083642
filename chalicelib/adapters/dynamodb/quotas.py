"""Counts and holds behind quotas in DynamoDB: items of a user, which expire by themselves.

Each period of a count is an item with a number. One item has the user's holds, each an attribute
named by its room.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Final

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.table import ConditionFailed, Item, Table, deserialize, serialize
from chalicelib.core.ports.quota_store import Allowance, Period
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

    def add(self, period: Period, amount: int, deadline: Deadline) -> int:
        old = self._table.exchange(period_key(period), count_update(period, amount), deadline)
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
        if not rooms:
            return
        write = UpdateBuilder().only_if_present("pk")
        for room in rooms:
            write.remove(_ROOM + room)
        with suppress(ConditionFailed):
            self._table.update(_key(user_id, "holds"), write, deadline)


def period_key(period: Period) -> Item:
    return _key(period.user_id, f"{period.counted}#{int(period.ends.timestamp())}")


def count_update(period: Period, amount: int) -> UpdateBuilder:
    return UpdateBuilder().add(amount, "count").set(int(period.ends.timestamp()), "expiresAt")


def allowance_update(allowance: Allowance) -> UpdateBuilder:
    """Build an update that adds 1 to the count, if it stays within the limit."""
    write = count_update(allowance.period, 1)
    count = write.path("count")
    below = f"{count} < {write.value(allowance.limit)}"
    return write.only_if(f"attribute_not_exists({count}) OR {below}")


def _key(user_id: str, kind: str) -> Item:
    return serialize({"pk": f"user#{user_id}", "sk": kind})
