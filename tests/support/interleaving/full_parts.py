"""DynamoDB without questions about parts of queues in which no session can be."""

from collections.abc import Callable
from typing import Any

from mypy_boto3_dynamodb import DynamoDBClient

from chalicelib.adapters.dynamodb.room_items import SHARDS, due_kind, queue_of
from chalicelib.core.ports.session_store import CheckQueue
from tests.support.interleaving.opentok import OpenTokModel


class FullParts:
    """A client that answers for empty parts by itself: a room has one session or two.

    Without it, a reconciliation run asks DynamoDB for each part of each queue, and finds nothing in
    most of them.
    """

    def __init__(self, client: DynamoDBClient, opentok: OpenTokModel) -> None:
        self._client = client
        self._opentok = opentok
        self._parts = {due_kind(queue, part) for queue in CheckQueue for part in range(SHARDS)}

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._client, operation)
        return self._query if operation == "query" else method

    def _query(self, **asked: Any) -> Any:
        kind = asked["ExpressionAttributeValues"].get(":kind", {}).get("S")
        if kind in self._parts and kind not in self._full():
            return {"Items": [], "Count": 0}
        return self._client.query(**asked)

    def _full(self) -> set[str]:
        return {queue_of(each, queue) for each in self._opentok.session_ids for queue in CheckQueue}
