"""A client of DynamoDB that counts its calls and the read units that AWS would charge."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from mypy_boto3_dynamodb import DynamoDBClient

_UNIT_BYTES = 4096
_UNSEEN_ITEM_BYTES = 500


class CountedClient:
    """A client that passes each call on to another client.

    moto reports one unit for any read. So the units are also calculated from the items, and the
    larger number counts.
    """

    def __init__(self, client: DynamoDBClient) -> None:
        self.calls: list[str] = []
        self.read_units = 0.0
        self._client = client

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        method = getattr(self._client, operation)

        def call(**asked: Any) -> Any:
            self.calls.append(operation)
            if operation not in {"query", "get_item"}:
                return method(**asked)
            answer = method(**(asked | {"ReturnConsumedCapacity": "TOTAL"}))
            reported = answer["ConsumedCapacity"]["CapacityUnits"]
            price = 1 if asked.get("ConsistentRead") else 0.5
            self.read_units += max(reported, price * math.ceil(_read_bytes(answer) / _UNIT_BYTES))
            return answer

        return call


def _read_bytes(answer: Mapping[str, Any]) -> int:
    """Return the size of all items that DynamoDB looked at, also those that a filter drops."""
    items = answer.get("Items", [answer.get("Item", {})])
    unseen: int = answer.get("ScannedCount", len(items)) - len(items)
    return sum(item_bytes(each) for each in items) + unseen * _UNSEEN_ITEM_BYTES


def item_bytes(item: Mapping[str, Any]) -> int:
    """Return an item's size in bytes, by DynamoDB's rules."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(attribute: Mapping[str, Any]) -> int:
    ((kind, value),) = attribute.items()
    match kind:
        case "M":
            return 3 + sum(
                1 + len(name.encode()) + _value_bytes(each) for name, each in value.items()
            )
        case "SS":
            return 3 + sum(1 + len(each.encode()) for each in value)
        case "N":
            return len(str(value)) // 2 + 2
        case "BOOL":
            return 1
        case _:
            return len(str(value).encode())
