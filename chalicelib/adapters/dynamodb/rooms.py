"""Rooms in DynamoDB: one item per room name, one per OpenTok session."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.adapters.dynamodb.items import (
    Item,
    room_item,
    room_key,
    room_of,
    session_item,
    typed,
)
from chalicelib.core.deadline import Deadline
from chalicelib.core.ports import PageStart, RoomPage
from chalicelib.core.rooms import NAME_KEPT_AFTER_CLOSING, Room
from chalicelib.core.times import epoch_milliseconds, from_epoch_milliseconds
from chalicelib.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        KeysAndAttributesTypeDef,
        PutTypeDef,
        TransactWriteItemTypeDef,
    )

BY_CREATOR: Final = "rooms-by-creator"

_ATTEMPTS: Final = 6
_LONGEST_TOKEN: Final = timedelta(days=30)
_CANCELLED: Final = "TransactionCanceledException"
_WORTH_REPEATING: Final = frozenset(
    {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)
_Result = TypeVar("_Result")


class _ConditionFailed(Exception):
    """A write's condition did not hold; carries the item that was there."""

    def __init__(self, item: Item) -> None:
        super().__init__()
        self.item = item


class _Cancelled(Exception):
    """A transaction did not happen; carries a reason per write."""

    def __init__(self, reasons: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        self.reasons = reasons


class DynamoDBRooms:
    """The room store. Reads of one room are consistent; the list of a creator's rooms lags.

    Args:
        client: With time limits of its own, so that a call given up on ends.
        table: The table's name.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def find(self, name: str, deadline: Deadline) -> Room | None:
        item = _ask(
            deadline,
            lambda: self._client.get_item(
                TableName=self._table, Key=room_key(name), ConsistentRead=True
            ),
        ).get("Item")
        return None if item is None else room_of(item)

    def create(self, room: Room, replaced: Room | None, deadline: Deadline) -> Room:
        put: PutTypeDef = {
            "TableName": self._table,
            "Item": room_item(room),
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if replaced is not None:
            put["ConditionExpression"] += " OR roomId = :replaced"
            put["ExpressionAttributeValues"] = typed({":replaced": replaced.room_id})
        session: PutTypeDef = {"TableName": self._table, "Item": session_item(room)}
        try:
            self._transact([{"Put": put}, {"Put": session}], deadline)
        except _ConditionFailed as failure:
            return room_of(failure.item)
        return room

    def close(self, room: Room, closed_at: datetime, deadline: Deadline) -> None:
        closed = epoch_milliseconds(closed_at)
        name_free = int((closed_at + NAME_KEPT_AFTER_CLOSING).timestamp())
        last_token = int((closed_at + _LONGEST_TOKEN).timestamp())
        close_room: TransactWriteItemTypeDef = {
            "Update": {
                "TableName": self._table,
                "Key": room_key(room.name),
                "UpdateExpression": "SET closedAt = :closed, expiresAt = :expires REMOVE listedFor",
                "ConditionExpression": "roomId = :id AND attribute_not_exists(closedAt)",
                "ExpressionAttributeValues": typed(
                    {":closed": closed, ":expires": name_free, ":id": room.room_id}
                ),
            }
        }
        # All of the session's item, in case it is lost: no room may stay open for want of it.
        session = session_item(room) | typed({"expiresAt": last_token})
        retire_session: TransactWriteItemTypeDef = {
            "Put": {"TableName": self._table, "Item": session}
        }
        with suppress(_ConditionFailed):
            self._transact([close_room, retire_session], deadline)

    def created_by(
        self, user_id: str, start: PageStart | None, limit: int, deadline: Deadline
    ) -> RoomPage:
        query: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": BY_CREATOR,
            "KeyConditionExpression": "listedFor = :user",
            "ExpressionAttributeValues": typed({":user": user_id}),
            "ScanIndexForward": False,
            "Limit": limit + 1,
        }
        if start is not None:
            position = {"listedFor": user_id, "createdAt": epoch_milliseconds(start.created_at)}
            query["ExclusiveStartKey"] = room_key(start.name) | typed(position)
        listed = _ask(deadline, lambda: self._client.query(**query))["Items"]
        shown = listed[:limit]
        found = self._read_all({_pk(entry): _key(entry) for entry in shown}, deadline)
        # The index lags: an entry may be of a room that is gone, its name another's by now.
        rooms = tuple(
            room
            for entry in shown
            if (room := found.get(_pk(entry))) is not None
            and (room.created_by, room.created_at) == (user_id, _created_at(entry))
            and room.closed_at is None
        )
        if len(listed) == len(shown):
            return RoomPage(rooms, None)
        return RoomPage(rooms, _page_start(shown[-1]))

    def _read_all(self, keys: Mapping[str, Item], deadline: Deadline) -> dict[str, Room]:
        """The rooms of these keys that exist, never stale."""
        rooms: dict[str, Room] = {}
        pending: Sequence[Item] = list(keys.values())
        attempt = 0
        while pending:
            if attempt:
                deadline.pause(attempt)
            attempt += 1
            wanted: KeysAndAttributesTypeDef = {"Keys": pending, "ConsistentRead": True}
            batch = partial(self._client.batch_get_item, RequestItems={self._table: wanted})
            answer = _ask(deadline, batch)
            rooms |= {_pk(item): room_of(item) for item in answer["Responses"][self._table]}
            left = answer["UnprocessedKeys"].get(self._table)
            pending = left["Keys"] if left else ()
        return rooms

    def _transact(self, writes: "list[TransactWriteItemTypeDef]", deadline: Deadline) -> None:
        """All of the writes or none, repeated while others write to the same items.

        Raises:
            _ConditionFailed: A write's condition did not hold.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                _ask(deadline, lambda: self._client.transact_write_items(TransactItems=writes))
            except _Cancelled as error:
                for reason in error.reasons:
                    if reason["Code"] == "ConditionalCheckFailed":
                        raise _ConditionFailed(reason.get("Item", {})) from error
                codes = {reason["Code"] for reason in error.reasons}
                if attempt == _ATTEMPTS or not codes <= _WORTH_REPEATING:
                    raise _unavailable(f"transaction cancelled: {sorted(codes)}") from error
                deadline.pause(attempt)
            else:
                return


def _ask(deadline: Deadline, call: Callable[[], _Result]) -> _Result:
    """What DynamoDB answers.

    Raises:
        StoreUnavailable: It does not answer in time, or refuses.
        _Cancelled: The call was a transaction, and it did not happen.
    """
    try:
        return deadline.run(call)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == _CANCELLED:
            raise _Cancelled(error.response.get("CancellationReasons", ())) from error
        raise _unavailable(f"{error.operation_name}: {code}") from error
    except (BotoCoreError, TimeoutError) as error:
        raise _unavailable(type(error).__name__) from error


def _unavailable(note: str) -> StoreUnavailable:
    return StoreUnavailable(
        "The rooms cannot be read or written at the moment; try again.",
        note=f"DynamoDB: {note}",
        retry_after=2,
    )


def _pk(item: Item) -> str:
    return item["pk"]["S"]


def _key(item: Item) -> Item:
    return {"pk": item["pk"], "sk": item["sk"]}


def _created_at(item: Item) -> datetime:
    return from_epoch_milliseconds(int(item["createdAt"]["N"]))


def _page_start(entry: Item) -> PageStart:
    """Where a page goes on that ended with this entry of the index."""
    return PageStart(_pk(entry).removeprefix("room#"), _created_at(entry))
