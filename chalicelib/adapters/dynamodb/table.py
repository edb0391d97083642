"""Calls to the DynamoDB table under a deadline, and conversion of its typed attribute values."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.adapters.aws_answers import NOT_PARSED, AnswerTooLarge
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        TransactWriteItemTypeDef,
        UpdateItemOutputTypeDef,
    )

    from chalicelib.adapters.dynamodb.expressions import UpdateBuilder

Item = dict[str, "AttributeValueTypeDef"]


def serialize(values: Mapping[str, object]) -> Item:
    """Convert values to an item. Leave out values that are None or an empty set."""
    return {
        name: serialize_value(value)
        for name, value in values.items()
        if value is not None and value != frozenset()
    }


def deserialize(item: Mapping[str, Any]) -> dict[str, Any]:
    """Convert an item that DynamoDB returned to Python values."""
    return {name: _deserialize_value(value) for name, value in item.items()}


def serialize_value(value: object) -> "AttributeValueTypeDef":
    """Convert one value. Only the types that this service stores are supported."""
    match value:
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case frozenset() | set():
            return {"SS": sorted(value)}
        case dict():
            return {"M": {name: serialize_value(each) for name, each in value.items()}}
    raise TypeError(f"an attribute cannot hold {type(value).__name__}")


def _deserialize_value(attribute: Mapping[str, Any]) -> Any:  # noqa: ANN401  any stored value
    ((kind, value),) = attribute.items()
    if kind == "M":
        return {name: _deserialize_value(each) for name, each in value.items()}
    return int(value) if kind == "N" else value


MAX_ATTEMPTS: Final = 6
FIRST_PAGE_ITEMS: Final = 1000
"""So many usual connections, of 600 bytes each in JSON, fit in an answer of 1 MiB."""
MAX_PAGE_ITEMS: Final = 10_000

_CANCELLED: Final = "TransactionCanceledException"
_CONDITION_FAILED: Final = "ConditionalCheckFailedException"
_CONFLICT: Final = "TransactionConflictException"
_TOO_LARGE: Final = "exceeded the maximum allowed size"
_RETRYABLE_REASONS: Final = frozenset(
    {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)
_Result = TypeVar("_Result")


class ConditionFailed(Exception):
    """A write's condition did not hold.

    Args:
        item: The stored item; empty if there is none.
        write: The number of the failed write in its transaction.
    """

    def __init__(self, item: Item, write: int = 0) -> None:
        super().__init__()
        self.item = item
        self.write = write


class _Cancelled(Exception):
    """DynamoDB cancelled a transaction, with one reason for each write."""

    def __init__(self, reasons: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        self.reasons = reasons


class Table:
    """The service's one table.

    Args:
        client: A client with its own timeouts, so that an abandoned call ends.
        name: The table's name.
    """

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self.client = client
        self.name = name

    def get(self, key: Item, deadline: Deadline) -> Item | None:
        """Get an item by a consistent read."""
        item = call(
            deadline,
            lambda: self.client.get_item(TableName=self.name, Key=key, ConsistentRead=True),
        ).get("Item")
        if item is not None and not key.items() <= item.items():
            raise unavailable("GetItem: an answer about another item")
        return item

    def query(self, query: Mapping[str, Any], deadline: Deadline) -> Iterator[Item]:
        """Yield all items of a query. Request each page when it is needed.

        `Limit` applies to the first page and doubles with each page, so that a filter that drops
        most items does not need many calls. Once an answer is too large, pages stay smaller.
        """
        request = {"TableName": self.name, "Limit": FIRST_PAGE_ITEMS, **query}
        most = MAX_PAGE_ITEMS
        while True:
            try:
                response = call(deadline, partial(self.client.query, **request))
            except StoreUnavailable as error:
                request["Limit"] = most = smaller(request["Limit"], error)
                continue
            yield from response["Items"]
            if "LastEvaluatedKey" not in response:
                return
            request["ExclusiveStartKey"] = response["LastEvaluatedKey"]
            request["Limit"] = min(request["Limit"] * 2, most)

    def page(self, query: Mapping[str, Any], deadline: Deadline) -> tuple[list[Item], float]:
        """Return one page of a query's items, and the read units that it took."""
        request = {"TableName": self.name, "ReturnConsumedCapacity": "TOTAL", **query}
        response = call(deadline, partial(self.client.query, **request))
        return response["Items"], response["ConsumedCapacity"]["CapacityUnits"]

    def update(self, key: Item, write: "UpdateBuilder", deadline: Deadline) -> None:
        """Update an item. Retry while a transaction writes to the same item.

        Raises:
            ConditionFailed: The update's condition did not hold.
        """
        self._update(write.update(self.name, key), deadline)

    def exchange(self, key: Item, write: "UpdateBuilder", deadline: Deadline) -> Item:
        """Update an item like `update`, and return the old item; empty if there was none."""
        request = write.update(self.name, key) | {"ReturnValues": "ALL_OLD"}
        return self._update(request, deadline).get("Attributes", {})

    def _update(self, request: Mapping[str, Any], deadline: Deadline) -> "UpdateItemOutputTypeDef":
        attempt = 0
        while True:
            attempt += 1
            try:
                return call(deadline, lambda: self.client.update_item(**request))
            except StoreUnavailable as error:
                if attempt == MAX_ATTEMPTS or not _is_conflict(error.__cause__):
                    raise
                deadline.back_off(attempt)

    def transact(self, writes: "list[TransactWriteItemTypeDef]", deadline: Deadline) -> None:
        """Perform all writes or none. Retry while other calls write to the same items.

        Raises:
            ConditionFailed: A write's condition did not hold.
        """
        for attempt in range(1, MAX_ATTEMPTS + 1):
            # With the same token, a call that botocore repeats after a lost answer changes nothing.
            request = partial(
                self.client.transact_write_items,
                TransactItems=writes,
                ClientRequestToken=str(uuid4()),
            )
            try:
                call(deadline, request)
            except _Cancelled as error:
                for number, reason in enumerate(error.reasons):
                    if reason["Code"] == "ConditionalCheckFailed":
                        raise ConditionFailed(reason.get("Item", {}), number) from error
                codes = {reason["Code"] for reason in error.reasons}
                if attempt == MAX_ATTEMPTS or not codes <= _RETRYABLE_REASONS:
                    raise unavailable(f"transaction cancelled: {sorted(codes)}") from error
                deadline.back_off(attempt)
            else:
                return


def call(deadline: Deadline, operation: Callable[[], _Result]) -> _Result:
    """Perform an operation and return DynamoDB's response.

    Raises:
        StoreUnavailable: DynamoDB did not respond in time, or returned an error.
        ConditionFailed: The operation was a write, and its condition did not hold.
    """
    try:
        return deadline.run(operation)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == _CANCELLED:
            raise _Cancelled(error.response.get("CancellationReasons", ())) from error
        if code == _CONDITION_FAILED:
            raise ConditionFailed(cast("Item", error.response.get("Item", {}))) from error
        raise unavailable(f"{error.operation_name}: {code}") from error
    except (BotoCoreError, TimeoutError, *NOT_PARSED) as error:
        raise unavailable(type(error).__name__) from error


def smaller(size: int, error: StoreUnavailable) -> int:
    """Return how many items to read instead of `size`, whose answer was too large.

    Raises:
        StoreUnavailable: The error has another cause, or it was one item.
    """
    if size == 1 or not isinstance(error.__cause__, AnswerTooLarge):
        raise error
    return (size + 1) // 2


def is_too_large(failure: StoreUnavailable) -> bool:
    """Return True if the write would have made an item larger than DynamoDB's 400 KB."""
    cause = failure.__cause__
    return isinstance(cause, ClientError) and _TOO_LARGE in cause.response["Error"]["Message"]


def _is_conflict(cause: BaseException | None) -> bool:
    """Return True if a transaction was writing to the same item."""
    return isinstance(cause, ClientError) and cause.response["Error"]["Code"] == _CONFLICT


def unavailable(note: str) -> StoreUnavailable:
    return StoreUnavailable(
        "The rooms cannot be read or written at the moment; try again.",
        note=f"DynamoDB: {note}",
        retry_after=2,
    )
