"""The table, asked under a deadline, with what can go wrong told apart."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.adapters.dynamodb.expressions import UpdateBuilder
from chalicelib.adapters.dynamodb.room_items import Item
from chalicelib.core.support.deadline import Deadline
from chalicelib.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef, UpdateItemOutputTypeDef

ATTEMPTS: Final = 6

_CANCELLED: Final = "TransactionCanceledException"
_CONDITION_FAILED: Final = "ConditionalCheckFailedException"
_CONFLICT: Final = "TransactionConflictException"
_TOO_LARGE: Final = "exceeded the maximum allowed size"
_WORTH_REPEATING: Final = frozenset(
    {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)
_Result = TypeVar("_Result")


class ConditionFailed(Exception):
    """A write's condition did not hold; carries the item that was there, and which write it was."""

    def __init__(self, item: Item, write: int = 0) -> None:
        super().__init__()
        self.item = item
        self.write = write


class _Cancelled(Exception):
    """A transaction did not happen; carries a reason per write."""

    def __init__(self, reasons: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        self.reasons = reasons


class Table:
    """The service's one table.

    Args:
        client: With time limits of its own, so that a call given up on ends.
        name: The table's name.
    """

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self.client = client
        self.name = name

    def get(self, key: Item, deadline: Deadline) -> Item | None:
        """The item of this key, never stale."""
        return ask(
            deadline,
            lambda: self.client.get_item(TableName=self.name, Key=key, ConsistentRead=True),
        ).get("Item")

    def query(self, query: Mapping[str, Any], deadline: Deadline) -> Iterator[Item]:
        """All the items that a query finds, page after page as they are looked at.

        A `Limit` is of the first page; each further one looks at twice as many as the one before,
        so that what a filter leaves out makes no long way.
        """
        asked = {"TableName": self.name, **query}
        while True:
            answer = ask(deadline, partial(self.client.query, **asked))
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
            if "Limit" in asked:
                asked["Limit"] *= 2

    def update(self, key: Item, write: UpdateBuilder, deadline: Deadline) -> None:
        """Update an item, repeated while a transaction is at work on it.

        Raises:
            ConditionFailed: Its condition did not hold.
        """
        self._update(write.update(self.name, key), deadline)

    def exchange(self, key: Item, write: UpdateBuilder, deadline: Deadline) -> Item:
        """Update an item likewise, and tell how it was before; empty where there was none."""
        asked = write.update(self.name, key) | {"ReturnValues": "ALL_OLD"}
        return self._update(asked, deadline).get("Attributes", {})

    def _update(self, asked: Mapping[str, Any], deadline: Deadline) -> "UpdateItemOutputTypeDef":
        attempt = 0
        while True:
            attempt += 1
            try:
                return ask(deadline, lambda: self.client.update_item(**asked))
            except StoreUnavailable as error:
                if attempt == ATTEMPTS or not _is_conflict(error.__cause__):
                    raise
                deadline.back_off(attempt)

    def transact(self, writes: "list[TransactWriteItemTypeDef]", deadline: Deadline) -> None:
        """All of the writes or none, repeated while others write to the same items.

        Raises:
            ConditionFailed: A write's condition did not hold.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                ask(deadline, lambda: self.client.transact_write_items(TransactItems=writes))
            except _Cancelled as error:
                for number, reason in enumerate(error.reasons):
                    if reason["Code"] == "ConditionalCheckFailed":
                        raise ConditionFailed(reason.get("Item", {}), number) from error
                codes = {reason["Code"] for reason in error.reasons}
                if attempt == ATTEMPTS or not codes <= _WORTH_REPEATING:
                    raise unavailable(f"transaction cancelled: {sorted(codes)}") from error
                deadline.back_off(attempt)
            else:
                return


def ask(deadline: Deadline, call: Callable[[], _Result]) -> _Result:
    """What DynamoDB answers.

    Raises:
        StoreUnavailable: It does not answer in time, or refuses.
        ConditionFailed: The call was a write, and its condition did not hold.
    """
    try:
        return deadline.run(call)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == _CANCELLED:
            raise _Cancelled(error.response.get("CancellationReasons", ())) from error
        if code == _CONDITION_FAILED:
            raise ConditionFailed(cast("Item", error.response.get("Item", {}))) from error
        raise unavailable(f"{error.operation_name}: {code}") from error
    except (BotoCoreError, TimeoutError) as error:
        raise unavailable(type(error).__name__) from error


def is_too_large(failure: StoreUnavailable) -> bool:
    """Whether the write would have made an item larger than DynamoDB's 400 KB."""
    cause = failure.__cause__
    return isinstance(cause, ClientError) and _TOO_LARGE in cause.response["Error"]["Message"]


def _is_conflict(cause: BaseException | None) -> bool:
    """Whether a transaction was at work on the same item."""
    return isinstance(cause, ClientError) and cause.response["Error"]["Code"] == _CONFLICT


def unavailable(note: str) -> StoreUnavailable:
    return StoreUnavailable(
        "The rooms cannot be read or written at the moment; try again.",
        note=f"DynamoDB: {note}",
        retry_after=2,
    )
