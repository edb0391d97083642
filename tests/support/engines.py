"""The engines that the room store is tested on: moto, and Amazon's own."""

from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.types import TypeDeserializer
from mypy_boto3_dynamodb import DynamoDBClient

from chalicelib.core.model.room import Room
from stand_ins.aws import resources
from tests.support.stand_ins import TABLE

_deserialize = TypeDeserializer().deserialize


@dataclass(frozen=True)
class Engine:
    """DynamoDB behind a real socket, with the service's table in it."""

    client: DynamoDBClient

    def empty_table(self) -> None:
        for name in self.client.list_tables()["TableNames"]:
            self.client.delete_table(TableName=name)
        resources.create_table("test", self.client)

    def items(self) -> list[dict[str, Any]]:
        """Return all items of the table, as plain values."""
        pages = self.client.get_paginator("scan").paginate(TableName=TABLE, ConsistentRead=True)
        return [
            {name: _deserialize(value) for name, value in item.items()}
            for page in pages
            for item in page["Items"]
        ]

    def keys(self) -> list[str]:
        """Return the keys of all items of the table, in order."""
        return sorted(item["pk"] for item in self.items())

    def room_item(self, room: Room) -> dict[str, Any]:
        """Return the item of the room's name."""
        return self._item(f"room#{room.name.lower()}")

    def session_item(self, room: Room) -> dict[str, Any]:
        """Return the item of the room's session."""
        return self._item(f"session#{room.session_id}")

    def remove(self, item: dict[str, Any]) -> None:
        """Remove an item, as TTL or an operator does."""
        self.client.delete_item(
            TableName=TABLE, Key={"pk": {"S": item["pk"]}, "sk": {"S": item["sk"]}}
        )

    def _item(self, key: str) -> dict[str, Any]:
        (item,) = (item for item in self.items() if item["pk"] == key)
        return item
