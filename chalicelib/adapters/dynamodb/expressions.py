"""DynamoDB's update language, written by paths and values: every name and value by placeholder.

Names are placeholders throughout, because some are reserved words and user ids hold any character.
"""

from typing import Any, Self

from chalicelib.adapters.dynamodb.room_items import Item, typed_value


class UpdateBuilder:
    """An update or a condition, in the making."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        self._sets: list[str] = []
        self._removes: list[str] = []
        self._conditions: list[str] = []

    def path(self, *parts: str) -> str:
        """A path into the item, as it goes into an expression."""
        known = self._names
        return ".".join(known.setdefault(part, f"#n{len(known)}") for part in parts)

    def value(self, value: object) -> str:
        """A value, as it goes into an expression."""
        placeholder = f":v{len(self._values)}"
        self._values[placeholder] = typed_value(value)
        return placeholder

    def set(self, value: object, *path: str) -> Self:
        self._sets.append(f"{self.path(*path)} = {self.value(value)}")
        return self

    def set_if_absent(self, value: object, *path: str) -> Self:
        place = self.path(*path)
        self._sets.append(f"{place} = if_not_exists({place}, {self.value(value)})")
        return self

    def add_one(self, name: str) -> Self:
        place = self.path(name)
        self._sets.append(f"{place} = {place} + {self.value(1)}")
        return self

    def remove(self, *path: str) -> Self:
        self._removes.append(self.path(*path))
        return self

    def only_if(self, condition: str) -> Self:
        self._conditions.append(condition)
        return self

    def only_if_equal(self, value: object, *path: str) -> Self:
        return self.only_if(f"{self.path(*path)} = {self.value(value)}")

    def only_if_absent(self, *path: str) -> Self:
        return self.only_if(f"attribute_not_exists({self.path(*path)})")

    def only_if_there(self, *path: str) -> Self:
        return self.only_if(f"attribute_exists({self.path(*path)})")

    def only_if_as_seen(self, value: object | None, *path: str) -> Self:
        """Only if the path holds this value, or nothing where it is None."""
        return self.only_if_absent(*path) if value is None else self.only_if_equal(value, *path)

    def update(self, table: str, key: Item) -> dict[str, Any]:
        """The update, as `UpdateItem` and transactions take it."""
        clauses = [
            f"{word} {', '.join(parts)}"
            for word, parts in (("SET", self._sets), ("REMOVE", self._removes))
            if parts
        ]
        return self._asked(table, key) | {"UpdateExpression": " ".join(clauses)}

    def check(self, table: str, key: Item) -> dict[str, Any]:
        """The condition alone, as transactions take it."""
        return self._asked(table, key)

    def _asked(self, table: str, key: Item) -> dict[str, Any]:
        asked: dict[str, Any] = {
            "TableName": table,
            "Key": key,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if self._conditions:
            asked["ConditionExpression"] = " AND ".join(f"({each})" for each in self._conditions)
        if self._names:
            asked["ExpressionAttributeNames"] = {name: part for part, name in self._names.items()}
        if self._values:
            asked["ExpressionAttributeValues"] = self._values
        return asked
