"""Due work in one sparse index: rooms to close, sessions to check, archives to delete."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, cast

from chalicelib.adapters.dynamodb.attribute_values import Item, serialize
from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.room_items import (
    ROOMS,
    SESSIONS,
    retired_values,
    room_key,
    session_item,
    session_key,
)
from chalicelib.adapters.dynamodb.table import ConditionFailed, Table, call
from chalicelib.core.model.connection import Session
from chalicelib.core.model.room import Room
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.timestamps import epoch_milliseconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import ConditionCheckTypeDef

DUE_INDEX: Final = "due"
"""The index's name. The index holds keys alone, so that a new seat does not update it."""


class DynamoDBDueWork:
    """The due work store."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = Table(client, table)

    def due_rooms(self, now: datetime, limit: int, deadline: Deadline) -> Sequence[str]:
        due = due_keys(self._table, ROOMS, now, limit, deadline)
        return [key.removeprefix("room#") for key in due]

    def reschedule(self, room: Room, due: datetime | None, deadline: Deadline) -> None:
        write = UpdateBuilder().only_if_equal(room.room_id, "roomId")
        write.only_if_equal(room.revision, "revision")
        if due is None:
            write.remove("dueKind").remove("dueAt")
        else:
            write.set(epoch_milliseconds(due), "dueAt")
        with suppress(ConditionFailed):
            self._table.update(room_key(room.name), write, deadline)

    def retire(self, room: Room, now: datetime, deadline: Deadline) -> bool:
        check = UpdateBuilder().only_if_equal(room.room_id, "roomId")
        check.only_if_equal(room.revision, "revision")
        condition = check.check(self._table.name, room_key(room.name))
        item = session_item(room) | retired_values(now)
        try:
            self._table.transact(
                [
                    {"ConditionCheck": cast("ConditionCheckTypeDef", condition)},
                    {"Put": {"TableName": self._table.name, "Item": item}},
                ],
                deadline,
            )
        except ConditionFailed:
            return False
        return True

    def due_sessions(self, now: datetime, limit: int, deadline: Deadline) -> Sequence[str]:
        due = due_keys(self._table, SESSIONS, now, limit, deadline)
        return [key.removeprefix("session#") for key in due]

    def mark_checked(
        self, session_id: str, next_check: datetime, deadline: Deadline, *, idle: bool
    ) -> None:
        write = UpdateBuilder().only_if_present("pk").set(epoch_milliseconds(next_check), "dueAt")
        write = write.set(True, "idle") if idle else write.remove("idle")
        with suppress(ConditionFailed):
            self._table.update(session_key(session_id), write, deadline)

    def stop_monitoring(self, session: Session, deadline: Deadline) -> bool:
        # Mark the room first: the next user who is admitted then starts monitoring again.
        mark = UpdateBuilder().only_if_equal(session.id, "sessionId").set(True, "monitoringStopped")
        with suppress(ConditionFailed):
            self._table.update(room_key(session.room_name), mark, deadline)
        # The previous check set `idle`. A connection that arrived before that mark is recorded by
        # now, so this check saw it. A connection that arrived after the mark has removed it, as has
        # a retirement. So if `idle` is still set, nobody has connected.
        stop = UpdateBuilder().only_if_present("idle")
        stop.remove("idle").remove("dueKind").remove("dueAt")
        try:
            self._table.update(session_key(session.id), stop, deadline)
        except ConditionFailed:
            return False
        return True


def due_keys(table: Table, kind: str, now: datetime, limit: int, deadline: Deadline) -> list[str]:
    """Return the partition keys of due items of this kind, longest due first."""
    query: dict[str, Any] = {
        "TableName": table.name,
        "IndexName": DUE_INDEX,
        "KeyConditionExpression": "dueKind = :kind AND dueAt <= :now",
        "ExpressionAttributeValues": serialize({":kind": kind, ":now": epoch_milliseconds(now)}),
        "Limit": limit,
    }
    found: list[Item] = call(deadline, lambda: table.client.query(**query))["Items"]
    return [item["pk"]["S"] for item in found]
