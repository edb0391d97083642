"""The structs of requests and answers as JSON Schemas."""

from collections.abc import Iterable, Mapping
from inspect import cleandoc
from typing import Any, Final

import msgspec

from chalicelib.api.http.operations import Operation, Route
from chalicelib.api.http.responses import Problem

PREFIX: Final = "#/components/schemas/{name}"


class Schemas:
    """The schemas of all structs that the routes declare.

    Args:
        routes: All routes.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        every: list[type[msgspec.Struct]] = [Problem]
        for route in routes:
            every += (each for each in structs_of(route.operation) if each not in every)
        found, components = msgspec.json.schema_components(every, ref_template=PREFIX)
        self._by_struct = dict(zip(every, found, strict=True))
        self.components: Mapping[str, Any] = {
            name: _tidied(components[name]) for name in sorted(components)
        }

    def reference(self, struct: type[msgspec.Struct]) -> dict[str, Any]:
        """Return the reference to a struct's schema."""
        return self._by_struct[struct]

    def requires_a_field(self, struct: type[msgspec.Struct]) -> bool:
        """Return True if `{}` is not valid."""
        return bool(self.components[struct.__name__]["required"])

    def parameters(self, query: type[msgspec.Struct]) -> list[dict[str, Any]]:
        """Return a query's parameters. None of them can be null, even if its struct allows it."""
        _, components = msgspec.json.schema_components([query], ref_template=PREFIX)
        schema = _tidied(components[query.__name__])
        return [
            {
                "name": name,
                "in": "query",
                "required": name in schema["required"],
                "schema": _without_null(described),
            }
            for name, described in schema["properties"].items()
        ]


def structs_of(operation: Operation) -> list[type[msgspec.Struct]]:
    """Return the structs of an operation's bodies."""
    every = (operation.body, *operation.returns.values())
    return [each for each in every if isinstance(each, type)]


def _tidied(schema: Any) -> Any:  # noqa: ANN401  any part of a schema
    """Return a schema without msgspec's titles, null defaults and indentation, and with enum types.

    `title`, `default` and `enum` may also be the names of properties, whose values are objects.
    """
    if isinstance(schema, list):
        return [_tidied(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    tidied = {name: _tidied(each) for name, each in schema.items()}
    if isinstance(tidied.get("title"), str):
        del tidied["title"]
    if tidied.get("default", ...) is None:
        del tidied["default"]
    if isinstance(tidied.get("description"), str):
        tidied["description"] = cleandoc(tidied["description"])
    if isinstance(tidied.get("enum"), list):
        tidied["type"] = "integer" if isinstance(tidied["enum"][0], int) else "string"
    return tidied


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    kept = dict(schema)
    alternatives = [each for each in kept.pop("anyOf", []) if each != {"type": "null"}]
    return kept | (alternatives[0] if alternatives else {})
