"""Due work, in one sparse index: rooms to close and sessions to reconcile."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, cast

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.room_items import (
    ROOMS,
    SESSIONS,
    Item,
    retired_values,
    room_key,
    session_item,
    session_key,
    typed,
)
from chalicelib.adapters.dynamodb.table import ConditionFailed, Table, ask
from chalicelib.core.model.connection import Session
from chalicelib.core.model.room import Room
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.timestamps import epoch_milliseconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import ConditionCheckTypeDef

DUE_INDEX: Final = "due"
"""The index's name; it has keys alone, so that no seat taken has to be copied into it."""


class DynamoDBDueWork:
    """The due_work store."""

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
        write = UpdateBuilder().only_if_there("pk").set(epoch_milliseconds(next_check), "dueAt")
        write = write.set(True, "idle") if idle else write.remove("idle")
        with suppress(ConditionFailed):
            self._table.update(session_key(session_id), write, deadline)

    def stop_monitoring(self, session: Session, deadline: Deadline) -> bool:
        # The room first, which has whoever is let in next put it back on the list.
        note = UpdateBuilder().only_if_equal(session.id, "sessionId").set(True, "monitoringStopped")
        with suppress(ConditionFailed):
            self._table.update(room_key(session.room_name), note, deadline)
        # An arrival that does not see the mark, made at the check before, has been recorded by
        # now and was found; one that sees it takes it away, and so does a retirement.
        forget = UpdateBuilder().only_if_there("idle")
        forget.remove("idle").remove("dueKind").remove("dueAt")
        try:
            self._table.update(session_key(session.id), forget, deadline)
        except ConditionFailed:
            return False
        return True


def due_keys(table: Table, which: str, now: datetime, limit: int, deadline: Deadline) -> list[str]:
    """The partition keys of what is due of this list, the longest due first."""
    query: dict[str, Any] = {
        "TableName": table.name,
        "IndexName": DUE_INDEX,
        "KeyConditionExpression": "dueKind = :which AND dueAt <= :now",
        "ExpressionAttributeValues": typed({":which": which, ":now": epoch_milliseconds(now)}),
        "Limit": limit,
    }
    found: list[Item] = ask(deadline, lambda: table.client.query(**query))["Items"]
    return [item["pk"]["S"] for item in found]
