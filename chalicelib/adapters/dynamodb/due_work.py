"""Due work in one sparse index: rooms to close, sessions to check, archives to delete."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice, product
from typing import TYPE_CHECKING, Any, Final

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.presence.connections import streams_of
from chalicelib.adapters.dynamodb.room_items import (
    ROOMS,
    SHARDS,
    due_kind,
    moment,
    queue_of,
    room_key,
    session_key,
)
from chalicelib.adapters.dynamodb.table import (
    ConditionFailed,
    Item,
    Table,
    deserialize,
    serialize,
)
from chalicelib.adapters.dynamodb.transactions import retirement, unchanged_room
from chalicelib.core.model.connection import Session
from chalicelib.core.model.room import Room
from chalicelib.core.ports.session_store import CheckQueue, DueSession
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import epoch_milliseconds, from_epoch_milliseconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DUE_INDEX: Final = "due"
"""The index's name. Beside keys it holds what orders sessions. A new seat does not update it."""


_SESSION: Final = "session#"


class DynamoDBDueWork:
    """The due work store.

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
        table = self._table.name
        try:
            self._table.transact(
                [
                    unchanged_room(table, room),
                    retirement(table, room, now, self._longest_token, self._attendance),
                ],
                deadline,
            )
        except ConditionFailed:
            return False
        return True

    def due_sessions(self, until: datetime, limit: int, deadline: Deadline) -> Sequence[DueSession]:
        return [
            _due_session(item, queue)
            for queue, shard in product(CheckQueue, range(SHARDS))
            for item in due_items(self._table, due_kind(queue, shard), until, limit, deadline)
        ]

    def schedule_check(
        self,
        session: Session,
        next_check: datetime,
        quiet_since: datetime | None,
        deadline: Deadline,
    ) -> None:
        queue = CheckQueue.LIVE if quiet_since is None else CheckQueue.IDLE
        if session.retired_until is not None:
            queue = CheckQueue.RETIRED
        write = _as_read(session).set(queue_of(session.id, queue), "dueKind")
        write.set(epoch_milliseconds(next_check), "dueAt")
        if quiet_since is None:
            write.remove("quietSince")
        else:
            write.set(epoch_milliseconds(quiet_since), "quietSince")
        with suppress(ConditionFailed):
            self._table.update(session_key(session.id), write, deadline)

    def postpone_check(self, session_id: str, until: datetime, deadline: Deadline) -> None:
        write = UpdateBuilder().only_if_present("dueKind").set(epoch_milliseconds(until), "dueAt")
        with suppress(ConditionFailed):
            self._table.update(session_key(session_id), write, deadline)

    def stop_checks(self, session: Session, deadline: Deadline) -> None:
        write = _as_read(session).remove("dueKind").remove("dueAt")
        with suppress(ConditionFailed):
            self._table.update(session_key(session.id), write, deadline)

    def mark_room_idle(self, session: Session, deadline: Deadline) -> None:
        mark = UpdateBuilder().only_if_equal(session.id, "sessionId").set(True, "sessionIdle")
        with suppress(ConditionFailed):
            self._table.update(room_key(session.room_name), mark, deadline)


def session_from_item(item: Item) -> Session:
    """Build a session from an item that DynamoDB returned."""
    values = deserialize(item)
    retired, quiet_since = values.get("retiredUntil"), values.get("quietSince")
    unassigned = values.get("unassigned")
    return Session(
        id=values["pk"].removeprefix(_SESSION),
        room_name=values["name"],
        room_id=values["roomId"],
        has_access_limits=values.get("hasAccessLimits", False),
        monitored="dueKind" in values and quiet_since is None,
        owner=values.get("createdBy"),
        next_check=moment(values["dueAt"]) if "dueKind" in values else None,
        quiet_since=moment(quiet_since),
        unassigned_streams=() if unassigned is None else streams_of(unassigned),
        retired_until=None if retired is None else datetime.fromtimestamp(int(retired), UTC),
    )


def monitoring_update(session: Session, due: datetime) -> UpdateBuilder:
    """Check an idle session soon. Set all attributes, because the item may be lost."""
    queue = CheckQueue.LIVE if session.retired_until is None else CheckQueue.RETIRED
    write = UpdateBuilder().set(session.room_name, "name").set(session.room_id, "roomId")
    if session.owner is not None:
        write.set(session.owner, "createdBy")
    write.set(queue_of(session.id, queue), "dueKind").remove("quietSince")
    return write.set(epoch_milliseconds(due), "dueAt")


def _as_read(session: Session) -> UpdateBuilder:
    """Require that no other call has set the session's next check.

    A token or a client that came during a check sets it, and a retirement does. They must not be
    overwritten.
    """
    due = session.next_check
    return UpdateBuilder().only_if_unchanged(due and epoch_milliseconds(due), "dueAt")


def _due_session(item: Item, queue: CheckQueue) -> DueSession:
    values = {"createdBy": None, "hasAccessLimits": False} | deserialize(item)
    return DueSession(
        id=values["pk"].removeprefix(_SESSION),
        queue=queue,
        due=from_epoch_milliseconds(values["dueAt"]),
        owner=values["createdBy"],
        has_access_limits=values["hasAccessLimits"],
    )


def due_keys(table: Table, kind: str, now: datetime, limit: int, deadline: Deadline) -> list[str]:
    """Return the partition keys of due items of this kind, longest due first."""
    return [item["pk"]["S"] for item in due_items(table, kind, now, limit, deadline)]


def due_items(table: Table, kind: str, now: datetime, limit: int, deadline: Deadline) -> list[Item]:
    """Return the index's entries of due items of this kind, longest due first."""
    query: dict[str, Any] = {
        "IndexName": DUE_INDEX,
        "KeyConditionExpression": "dueKind = :kind AND dueAt <= :now",
        "ExpressionAttributeValues": serialize({":kind": kind, ":now": epoch_milliseconds(now)}),
        "Limit": limit,
    }
    return [*islice(table.query(query, deadline), limit)]
