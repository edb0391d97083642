"""A builder of DynamoDB update and condition expressions.

Every name and value becomes a placeholder. Some names are reserved words, and a user id may contain
any character.
"""

from typing import Any, Self

from chalicelib.adapters.dynamodb.table import Item, serialize_value


class UpdateBuilder:
    """An update with a condition, or a condition alone."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: list[object] = []
        self._sets: list[str] = []
        self._removes: list[str] = []
        self._adds: list[str] = []
        self._conditions: list[str] = []

    def path(self, *parts: str) -> str:
        """Return a path into the item, as placeholders."""
        names = self._names
        return ".".join(names.setdefault(part, f"#n{len(names)}") for part in parts)

    def value(self, value: object) -> str:
        """Return the placeholder of a value."""
        self._values.append(value)
        return f":v{len(self._values) - 1}"

    def set(self, value: object, *path: str) -> Self:
        self._sets.append(f"{self.path(*path)} = {self.value(value)}")
        return self

    def set_if_absent(self, value: object, *path: str) -> Self:
        place = self.path(*path)
        self._sets.append(f"{place} = if_not_exists({place}, {self.value(value)})")
        return self

    def add(self, amount: int, name: str) -> Self:
        """Add to a number, which is 0 if it is absent."""
        self._adds.append(f"{self.path(name)} {self.value(amount)}")
        return self

    def add_one(self, name: str) -> Self:
        place = self.path(name)
        self._sets.append(f"{place} = {place} + {self.value(1)}")
        return self

    def add_to_set(self, value: str, name: str) -> Self:
        """Add a text to an attribute that holds a set of texts. The set need not exist."""
        self._adds.append(f"{self.path(name)} {self.value({value})}")
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

    def only_if_present(self, *path: str) -> Self:
        return self.only_if(f"attribute_exists({self.path(*path)})")

    def only_if_unchanged(self, value: object | None, *path: str) -> Self:
        """Require that the path holds this value. None requires that the path is absent."""
        return self.only_if_absent(*path) if value is None else self.only_if_equal(value, *path)

    def update(self, table: str, key: Item) -> dict[str, Any]:
        """Build the arguments of `UpdateItem`, or of an update in a transaction."""
        clauses = [
            f"{word} {', '.join(parts)}"
            for word, parts in (
                ("SET", self._sets),
                ("REMOVE", self._removes),
                ("ADD", self._adds),
            )
            if parts
        ]
        return self.check(table, key) | {"UpdateExpression": " ".join(clauses)}

    def check(self, table: str, key: Item) -> dict[str, Any]:
        """Build the arguments of a condition check in a transaction."""
        request: dict[str, Any] = {
            "TableName": table,
            "Key": key,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if self._conditions:
            request["ConditionExpression"] = " AND ".join(f"({each})" for each in self._conditions)
        if self._names:
            request["ExpressionAttributeNames"] = {name: part for part, name in self._names.items()}
        if self._values:
            request["ExpressionAttributeValues"] = {
                f":v{number}": serialize_value(value) for number, value in enumerate(self._values)
            }
        return request
