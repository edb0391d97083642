"""The pool of sessions in DynamoDB.

A pooled session is the session's own item, without a room. Its `dueKind` names its project and one
of 4 shards. The room that takes the session puts the room's session item in its place, on the
condition of that `dueKind`. So a session that has a room cannot get another one.
"""

import random
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from chalicelib.adapters.dynamodb.due_work import DUE_INDEX
from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.room_items import session_key
from chalicelib.adapters.dynamodb.table import (
    ConditionFailed,
    Item,
    Table,
    call,
    deserialize,
    serialize,
)
from chalicelib.core.ports.video_platform import PoolRecord
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.formats import epoch_milliseconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

POOL_SHARDS: Final = 4
"""A partition takes 1,000 writes a second, so 4,000 rooms a second can take a session."""
_READ_AT_ONCE: Final = 25
"""The number of sessions of a shard from which candidates are chosen."""
_RECORD: Final = serialize({"pk": "pool#record", "sk": "record"})


class DynamoDBSessionPool:
    """The pool.

    Callers choose at random among sessions of a random shard, so that few choose the same one.

    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._table = Table(client, table)

    def candidates(self, project: str, limit: int, deadline: Deadline) -> Sequence[str]:
        for shard in random.sample(range(POOL_SHARDS), POOL_SHARDS):
            query = self._query(project, shard) | {"Limit": _READ_AT_ONCE}
            first = islice(self._table.query(query, deadline), _READ_AT_ONCE)
            found = [_session_id(item) for item in first]
            if found:
                return random.sample(found, min(limit, len(found)))
        return []

    def pooled(self, project: str, limit: int, deadline: Deadline) -> Sequence[str]:
        items = chain.from_iterable(
            self._table.query(self._query(project, shard), deadline) for shard in range(POOL_SHARDS)
        )
        return [_session_id(item) for item in islice(items, limit)]

    def add_session(self, session_id: str, project: str, now: datetime, deadline: Deadline) -> None:
        item = session_key(session_id) | serialize(
            {"dueKind": pool_due_kind(session_id, project), "dueAt": epoch_milliseconds(now)}
        )
        # A repeated call, whose first answer was lost, must not take the session from a room.
        with suppress(ConditionFailed):
            call(
                deadline,
                lambda: self._table.client.put_item(
                    TableName=self._table.name,
                    Item=item,
                    ConditionExpression="attribute_not_exists(pk)",
                ),
            )

    def drop_session(
        self, session_id: str, project: str, now: datetime, deadline: Deadline
    ) -> None:
        write = UpdateBuilder().only_if_equal(pool_due_kind(session_id, project), "dueKind")
        write.remove("dueKind").remove("dueAt").set(int(now.timestamp()), "expiresAt")
        with suppress(ConditionFailed):
            self._table.update(session_key(session_id), write, deadline)

    def record(self, deadline: Deadline) -> PoolRecord:
        item = self._table.get(_RECORD, deadline)
        if item is None:
            return PoolRecord()
        values = deserialize(item)
        return PoolRecord(
            values["project"],
            values["size"],
            {datetime.fromtimestamp(int(hour), UTC): n for hour, n in values["taken"].items()},
            frozenset(values.get("abandoned", ())),
        )

    def save_record(self, record: PoolRecord, deadline: Deadline) -> None:
        taken = {str(int(hour.timestamp())): number for hour, number in record.taken.items()}
        write = UpdateBuilder().set(record.project, "project").set(record.size, "size")
        write.set(taken, "taken")
        if record.abandoned:
            write.set(record.abandoned, "abandoned")
        else:
            write.remove("abandoned")
        self._table.update(_RECORD, write, deadline)

    def _query(self, project: str, shard: int) -> dict[str, Any]:
        return {
            "IndexName": DUE_INDEX,
            "KeyConditionExpression": "dueKind = :kind",
            "ExpressionAttributeValues": serialize({":kind": _pool_kind(project, shard)}),
        }


def pool_due_kind(session_id: str, project: str) -> str:
    """Return the `dueKind` of a session in the project's pool."""
    return _pool_kind(project, crc32(session_id.encode()) % POOL_SHARDS)


def _pool_kind(project: str, shard: int) -> str:
    return f"pool#{project}#{shard}"


def _session_id(item: Item) -> str:
    return str(deserialize(item)["pk"]).removeprefix("session#")
