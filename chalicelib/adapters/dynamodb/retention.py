"""Retention schedules in DynamoDB: how long archives are kept, and when that is checked next."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from chalicelib.adapters.dynamodb.due_work import due_keys
from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.room_items import RETENTION, retention_key
from chalicelib.adapters.dynamodb.table import ConditionFailed, Table, deserialize
from chalicelib.core.ports.archives import RetentionSchedule
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import epoch_milliseconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_EXPIRES_AFTER: Final = timedelta(days=7)
"""The time for which a schedule without archives stays after its next check."""


class DynamoDBRetention:
    """The schedule store."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = Table(client, table)

    def rooms_due(self, now: datetime, limit: int, deadline: Deadline) -> Sequence[str]:
        due = due_keys(self._table, RETENTION, now, limit, deadline)
        return [key.removeprefix("media#") for key in due]

    def schedule(self, room_id: str, deadline: Deadline) -> RetentionSchedule | None:
        item = self._table.get(retention_key(room_id), deadline)
        values = {} if item is None else deserialize(item)
        if "days" not in values:
            return None
        return RetentionSchedule(room_id, values["name"], values["days"])

    def reschedule(
        self,
        schedule: RetentionSchedule,
        next_look: datetime,
        deadline: Deadline,
        *,
        may_expire: bool,
    ) -> None:
        write = UpdateBuilder().only_if_equal(schedule.days, "days")
        write.set(epoch_milliseconds(next_look), "dueAt")
        if may_expire:
            write.set_if_absent(int((next_look + _EXPIRES_AFTER).timestamp()), "expiresAt")
        else:
            write.remove("expiresAt")
        with suppress(ConditionFailed):
            self._table.update(retention_key(schedule.room_id), write, deadline)
