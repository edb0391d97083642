"""A client of DynamoDB that counts its calls and the read units that AWS would charge."""

from collections.abc import Callable
from typing import Any

from mypy_boto3_dynamodb import DynamoDBClient


class CountedClient:
    """A client that passes each call on to another client."""

    def __init__(self, client: DynamoDBClient) -> None:
        self.calls: list[str] = []
        self.read_units = 0.0
        self._client = client

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        method = getattr(self._client, operation)

        def call(**asked: Any) -> Any:
            self.calls.append(operation)
            if operation != "query":
                return method(**asked)
            answer = method(**asked, ReturnConsumedCapacity="TOTAL")
            self.read_units += answer["ConsumedCapacity"]["CapacityUnits"]
            return answer

        return call
